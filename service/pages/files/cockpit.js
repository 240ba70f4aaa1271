// The cockpit: the statistics of the cache, fetched every two seconds while anybody looks.

const PERIOD_MS = 2000;
const ANALYTICS_PERIOD_MS = 10_000;
const REASONS = {
  cold: "never seen, or long forgotten",
  expired: "past its TTL",
  evicted: "dropped for room",
  cleared: "cleared by an admin",
  bypassed: "an admin asked for a new one",
};
const COLUMNS = {
  ratio: "Hit ratio",
  hits: "Hits",
  misses: "Misses",
  held: "Held",
  memory: "Memory",
  ttl: "TTL",
  diagnosis: "Diagnosis",
};
const MIB = 2 ** 20;

const cockpit = document.getElementById("cockpit");
const memoryLimit = Number(cockpit.dataset.memoryLimit);
const hasAnalytics = cockpit.dataset.analytics === "yes";

const rows = new Map();
let timer = 0;
const diagnosed = { at: -Infinity, types: {} };

export function startCockpit() {
  document.getElementById("legend").append(...Object.entries(REASONS).map(newLegend));
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) tellPulse("Paused while nobody looks.");
    else refresh();
  });
  if (!document.hidden) refresh();
}

async function refresh() {
  clearTimeout(timer);
  try {
    const [{ cache_stats: stats }, types] = await Promise.all([
      answerOf("cache/stats"),
      diagnoses(),
    ]);
    tellFigures(stats);
    tellTypes(stats.caches, types);
    tellPulse(`Live; read at ${new Date().toLocaleTimeString()}.`);
  } catch {
    tellPulse(`No answer at ${new Date().toLocaleTimeString()}; these figures are older. Trying again.`);
  }
  if (!document.hidden) timer = setTimeout(refresh, PERIOD_MS);
}

async function answerOf(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(response.statusText);
  return response.json();
}

async function diagnoses() {
  if (!hasAnalytics || performance.now() - diagnosed.at < ANALYTICS_PERIOD_MS) {
    return diagnosed.types;
  }
  diagnosed.at = performance.now();
  try {
    diagnosed.types = (await answerOf("cache/analytics")).analytics;
  } catch {
    // What is seen of the cache does not depend on what is made of it: the last ones stay.
  }
  return diagnosed.types;
}

function tellPulse(text) {
  const pulse = document.getElementById("pulse");
  // Told to screen readers when it changes in kind, not every two seconds.
  const kind = text.split(/[; ]/)[0];
  pulse.setAttribute("aria-live", pulse.dataset.kind === kind ? "off" : "polite");
  pulse.dataset.kind = kind;
  pulse.textContent = text;
}

function tellFigures(stats) {
  const caches = Object.values(stats.caches);
  const sum = (name) => caches.reduce((total, each) => total + each[name], 0);
  const figures = {
    ratio: ratioText(stats.overall_hit_rate, stats.total_hits + stats.total_misses),
    lookups: count(stats.total_hits + stats.total_misses + sum("coalesced") + sum("stale")),
    drawn: count(stats.total_set),
    saved: duration(sum("saved_seconds")),
    memory: `${mib(stats.memory_bytes)} of ${mib(memoryLimit)} MiB`,
  };
  for (const [name, text] of Object.entries(figures)) {
    document.querySelector(`[data-figure="${name}"]`).textContent = text;
  }
  document.getElementById("memory").value = stats.memory_bytes;
}

function tellTypes(caches, types) {
  for (const [name, cache] of Object.entries(caches)) {
    if (!rows.has(name)) rows.set(name, newRow(name));
    const row = rows.get(name);
    row.ratio.textContent = ratioText(cache.hit_rate, cache.hits + cache.misses);
    row.bar.value = cache.hit_rate;
    row.hits.textContent = count(cache.hits);
    tellMisses(row, cache);
    row.held.textContent = `${count(cache.size)} of ${count(cache.max_size)}`;
    row.memory.textContent = `${mib(cache.memory_bytes)} MiB`;
    row.ttl.textContent = cache.default_ttl === null ? "none" : duration(cache.default_ttl);
    row.diagnosis.textContent = types[name]?.diagnosis ?? "–";
    row.advice.textContent = types[name]?.recommendations[0]?.why ?? "";
  }
}

function tellMisses(row, cache) {
  const reasons = Object.entries(cache.miss_reasons).filter(([, misses]) => misses > 0);
  for (const [reason, part] of Object.entries(row.parts)) {
    part.style.flexGrow = cache.miss_reasons[reason] ?? 0;
  }
  row.misses.textContent = reasons.length
    ? reasons.map(([reason, misses]) => `${count(misses)} ${reason}`).join(", ")
    : "0";
}

function newRow(name) {
  const row = document.getElementById("types").insertRow();
  const heading = document.createElement("th");
  heading.scope = "row";
  heading.textContent = name.replaceAll("_", " ");
  row.append(heading);
  const told = {};
  for (const [key, label] of Object.entries(COLUMNS)) {
    const cell = row.insertCell();
    cell.dataset.label = label;
    told[key] = document.createElement("span");
    cell.append(told[key]);
  }
  told.bar = document.createElement("progress");
  told.bar.max = 1;
  told.bar.setAttribute("aria-hidden", "true"); // the figure beside it says the same
  told.ratio.after(told.bar);
  told.advice = document.createElement("small");
  told.diagnosis.after(told.advice);
  const strip = document.createElement("span");
  strip.className = "strip";
  told.parts = {};
  for (const reason of Object.keys(REASONS)) {
    told.parts[reason] = document.createElement("i");
    told.parts[reason].className = reason;
  }
  strip.append(...Object.values(told.parts));
  told.misses.after(strip);
  return told;
}

function newLegend([reason, meaning]) {
  const item = document.createElement("li");
  const swatch = document.createElement("i");
  swatch.className = reason;
  const word = document.createElement("b");
  word.textContent = reason;
  item.append(swatch, word, ` ${meaning}`);
  return item;
}

function ratioText(ratio, asked) {
  return asked ? `${(ratio * 100).toFixed(1)} %` : "–";
}

function count(number) {
  return number.toLocaleString("en");
}

function mib(bytes) {
  return (bytes / MIB).toFixed(bytes < 100 * MIB ? 1 : 0);
}

function duration(seconds) {
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
