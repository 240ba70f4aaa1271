// Controls for parameters, made from their JSON Schema. What still has its first value is not sent.

const AUTO_COLOR = "#0a0a0a";

export function newControl(id, name, schema, isRequired) {
  const wanted = schema.anyOf?.find((each) => each.type !== "null") ?? schema;
  const first = schema.default ?? null;
  const field = newField(wanted, first, isRequired);
  field.id = id;
  field.name = name;
  field.required = isRequired;
  field.dataset.first = field.value;

  const label = document.createElement("label");
  label.htmlFor = id;
  label.textContent = name;
  const control = document.createElement("div");
  control.className = `control ${field.type}`;
  control.append(label, field);
  if (schema.description) {
    const hint = document.createElement("small");
    hint.id = `${id}-hint`;
    hint.textContent = schema.description;
    field.setAttribute("aria-describedby", hint.id);
    control.append(hint);
  }
  if (field.type === "range" || field.type === "color") {
    label.append(document.createElement("output"));
    tellValue(field, label);
  }
  if (name === "seed") field.after(newDice(field));
  return control;
}

// Shows the value of what does not show it by itself.
export function tellValue(field, label = field.labels?.[0]) {
  const output = label?.querySelector("output");
  if (!output) return;
  const isAuto = field.type === "color" && field.value === field.dataset.first;
  output.textContent = isAuto ? "auto" : field.value;
}

function newField(schema, first, isRequired) {
  if (schema.enum) return newSelect(schema.enum, first);
  if (schema.type === "boolean") return newSelect(["true", "false"], first);
  if (schema.type === "integer" || schema.type === "number") return newNumber(schema, first);
  if (schema.pattern?.startsWith("^#[")) return newInput("color", first ?? AUTO_COLOR);
  return isRequired ? newTextArea(schema, first) : newText(schema, first);
}

function newSelect(values, first) {
  const field = document.createElement("select");
  if (first === null) field.add(new Option("any", "", true, true));
  for (const value of values) {
    const isFirst = String(value) === String(first);
    field.add(new Option(String(value).replaceAll("_", " "), value, isFirst, isFirst));
  }
  return field;
}

function newNumber(schema, first) {
  const hasRange = first !== null && "minimum" in schema && "maximum" in schema;
  const field = document.createElement("input");
  field.type = hasRange ? "range" : "number";
  field.min = schema.minimum ?? "";
  field.max = schema.maximum ?? "";
  field.step = schema.type === "integer" ? "1" : "0.05";
  field.placeholder = "any";
  // Last, for a range would round it to steps that it does not have yet.
  field.defaultValue = first ?? "";
  return field;
}

function newText(schema, first) {
  const field = newInput("text", first ?? "");
  field.autocomplete = "off";
  field.placeholder = "any";
  // A field's pattern is anchored by itself, and in it a class has to escape these.
  if (schema.pattern) field.pattern = schema.pattern.slice(1, -1).replace("/-]", "\\/\\-]");
  return field;
}

function newTextArea(schema, first) {
  const field = document.createElement("textarea");
  field.rows = 3;
  field.maxLength = schema.maxLength ?? 500;
  field.placeholder = "burning rage";
  field.defaultValue = first ?? "";
  return field;
}

function newInput(type, first) {
  const field = document.createElement("input");
  field.type = type;
  field.defaultValue = first;
  return field;
}

function newDice(field) {
  const dice = document.createElement("button");
  dice.type = "button";
  dice.className = "dice";
  dice.textContent = "Roll";
  dice.setAttribute("aria-label", "Roll a seed");
  dice.addEventListener("click", () => {
    field.value = String(crypto.getRandomValues(new Uint32Array(1))[0]);
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  return dice;
}
