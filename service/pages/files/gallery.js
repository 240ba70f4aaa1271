// The gallery: one plate for each asset type, its controls made from the JSON Schema that the
// service gives of its parameters. A picture is asked for when it comes into view, or is wanted.

import { startCockpit } from "./cockpit.js";
import { newControl, tellValue } from "./controls.js";
import { groundOf } from "./ground.js";

const SEED = {
  type: "string",
  pattern: "^[0-9]{1,19}$",
  description: "0 to 2^63-1; empty: the current asset.",
};

const IMAGES = "image/avif,image/webp,image/png,image/*;q=0.8,*/*;q=0.5";

// Where to tell what became of a picture, by its address.
const tellers = new Map();

async function startGallery() {
  const gallery = document.getElementById("gallery");
  try {
    const types = await answerOf("generators");
    gallery.append(...types.map(newPlate));
  } catch (error) {
    gallery.textContent = `The gallery could not be hung: ${error.message}`;
  }
  gallery.setAttribute("aria-busy", "false");
}

async function answerOf(address) {
  return (await checked(await fetch(address))).json();
}

async function checked(response) {
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const errors = (problem.errors ?? []).map((each) => ` ${each.name} ${each.reason}.`);
  throw new Error((problem.detail ?? response.statusText) + errors.join(""));
}

function newPlate(type) {
  const plate = document.getElementById("plate").content.firstElementChild.cloneNode(true);
  const form = plate.querySelector("form");
  const image = plate.querySelector("img");
  const required = type.parameters.required ?? [];
  plate.querySelector("h3").textContent = type.name.replaceAll("_", " ");
  plate.querySelector(".summary").textContent = type.summary;
  plate.querySelector("button").textContent = required.length ? "Direct it" : "Draw it";
  plate.querySelector(".address").setAttribute("aria-label", `Open ${type.name} alone`);
  image.width = type.width;
  image.height = type.height;
  image.alt = `${type.name}: ${type.summary}`;
  image.addEventListener("load", () => {
    plate.classList.remove("waiting");
    plate.dataset.ground = groundOf(image);
  });
  image.addEventListener("error", () => explainFailure(plate, image));

  for (const [name, schema] of Object.entries({ ...type.parameters.properties, seed: SEED })) {
    const control = newControl(`${type.name}-${name}`, name, schema, required.includes(name));
    plate.querySelector(".controls").append(control);
  }
  listen(plate, form, () => show(plate, image, addressOf(type, form)), required.length > 0);
  if (required.length) {
    plate.classList.add("blank");
    plate.querySelector(".told").textContent = "Nothing is drawn before you ask.";
  } else {
    show(plate, image, addressOf(type, form));
  }
  return plate;
}

function listen(plate, form, draw, waitsForSubmit) {
  const drawIfValid = () => form.reportValidity() && draw();
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    drawIfValid();
  });
  form.addEventListener("input", (event) => tellValue(event.target));
  if (!waitsForSubmit) form.addEventListener("change", drawIfValid);
  form.addEventListener("reset", () => {
    // The fields have their first values again only after this event.
    setTimeout(() => {
      for (const field of form.elements) tellValue(field);
      if (!waitsForSubmit) draw();
    });
  });
}

function addressOf(type, form) {
  // Without its first slash it is found below whatever path a proxy adds.
  const address = new URL(type.path.slice(1), document.baseURI);
  for (const field of form.elements) {
    if (field.name && field.value !== field.dataset.first) {
      address.searchParams.set(field.name, field.value);
    }
  }
  return address.href;
}

function show(plate, image, address) {
  if (image.src === address) return;
  const teller = plate.querySelector(".told");
  tellers.set(address, teller);
  teller.textContent = "Waiting for the ink to dry…";
  plate.querySelector(".address").href = address;
  plate.classList.remove("blank");
  plate.classList.add("waiting");
  image.src = address;
}

async function explainFailure(plate, image) {
  const teller = plate.querySelector(".told");
  const address = image.src;
  image.removeAttribute("src");
  plate.classList.remove("waiting");
  plate.classList.add("blank");
  teller.textContent = "It could not be drawn.";
  // An image does not tell what was wrong; asked again in the same words, the service does.
  try {
    await checked(await fetch(address, { headers: { Accept: IMAGES } }));
  } catch (error) {
    teller.textContent = error.message;
  }
}

function tellOutcomes(entries) {
  for (const entry of entries) {
    if (entry.initiatorType !== "img" || entry.responseStatus >= 400) continue;
    const teller = tellers.get(entry.name);
    if (teller) teller.textContent = outcomeOf(entry);
  }
}

function outcomeOf(entry) {
  if (entry.transferSize === 0) return "From your browser's own cache.";
  // Browsers tell Server-Timing to pages that came over TLS or from this machine only.
  const timing = new Map((entry.serverTiming ?? []).map((each) => [each.name, each]));
  const took = `${Math.round(entry.duration)} ms`;
  switch (timing.get("cache")?.description) {
    case "hit":
      return `Hit: here from the cache in ${took}.`;
    case "stale":
      return `Stale: past its time, here in ${took}.`;
    case "coalesced":
      return `Coalesced: shared a drawing under way, here in ${took}.`;
    case "miss":
      return `Miss: drawn in ${Math.round(timing.get("render").duration)} ms, here in ${took}.`;
    default:
      return `Here in ${took}.`;
  }
}

new PerformanceObserver((list) => tellOutcomes(list.getEntries())).observe({ type: "resource" });
startGallery();
startCockpit();
