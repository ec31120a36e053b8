// SPDX-License-Identifier: LGPL-2.1-or-later
// Fields of what a session can be told: a slider and a box for numbers, a list for choices.

const words = { seed: "Seed", class: "Class", walk: "Walk", speed: "Speed", truncation: "Truncation",
  keyframes: "Keyframes" };
// A range that is wider is no use as a slider.
const widest = 10000;

let count = 0;

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

// What a slider goes through where nothing is said, or too much: around what the number is.
function findRange({ name, type, minimum, maximum }, value) {
  if (name === "speed") return [0, 10];
  if (name === "truncation") return [0, 2];
  if (minimum !== undefined && maximum - minimum <= widest) return [minimum, maximum];
  if (type === "integer") return null;
  if (value >= 0 && value <= 1) return [0, 1];
  return [-2 * Math.abs(value), 2 * Math.abs(value)];
}

function findStep(type, range) {
  return type === "integer" ? 1 : (range[1] - range[0]) / 200;
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

// One number: `change` is called with it while somebody moves it.
function makeNumber(id, parameter, value, name, change) {
  const { type, minimum, maximum } = parameter;
  const box = make("input", { type: "number", id, value: String(value), step: type === "integer" ? "1" : "any" });
  const range = findRange(parameter, value);
  const slider = range &&
    make("input", { type: "range", min: range[0], max: range[1], step: findStep(type, range), className: "wide" });
  if (minimum !== undefined && Math.abs(minimum) < 1e300) box.min = minimum;
  if (maximum !== undefined && Math.abs(maximum) < 1e300) box.max = maximum;
  box.addEventListener("change", () => {
    if (box.value === "" || !box.checkValidity()) {
      box.reportValidity();
      return;
    }
    if (slider) slider.value = box.value;
    change(Number(box.value));
  });
  if (slider) {
    slider.value = clamp(value, ...range);
    slider.setAttribute("aria-label", `${name}, slider`);
    slider.addEventListener("input", () => {
      box.value = slider.value;
      change(Number(slider.value));
    });
  }
  const show = (number) => {
    box.value = String(number);
    if (slider) slider.value = String(number);
  };
  return { box, slider, show };
}

function makeList(id, options, value, change) {
  const list = make("select", { id });
  for (const [key, text] of options) list.append(make("option", { value: key, textContent: text }));
  list.value = String(value);
  list.addEventListener("change", () => change(list.value));
  return list;
}

function makeRow(label, id, hint, ...rest) {
  const row = make("div", { className: "parameter" });
  row.append(make("label", { htmlFor: id, textContent: label }), ...rest.filter(Boolean));
  if (hint) row.append(make("span", { className: "hint", textContent: hint, id: `${id}-hint` }));
  return row;
}

export function listClasses(model) {
  const names = model?.class_names ?? [];
  const n = model?.classes ?? 0;
  return [["-1", "by the seed"], ...Array.from({ length: n }, (_, i) => [String(i), names[i] ?? `class ${i}`])];
}

export class Parameters {
  // `changed` is called with an object of what somebody has changed.
  constructor(place, changed) {
    this.place = place;
    this.changed = changed;
    this.shown = new Map();
  }

  has(name) {
    return this.shown.has(name);
  }

  // Fields of a mount's parameters; `model` says what its classes are called.
  build(mount, model) {
    this.shown.clear();
    this.values = {};
    this.place.querySelectorAll(".parameter").forEach((row) => row.remove());
    this.place.hidden = mount.parameters.length === 0;
    for (const parameter of mount.parameters) this.place.append(...this.#makeRows(parameter, model));
  }

  #change(name, value) {
    this.values[name] = value;
    this.changed({ [name]: value });
  }

  #makeRows(parameter, model) {
    const { name } = parameter;
    const label = words[name] ?? name;
    const id = `parameter-${++count}`;
    if (name === "class" && model?.classes > 0) return [this.#makeClass(id, label, model, parameter.value)];
    if (parameter.type === "choice") return [this.#makeChoice(id, label, parameter)];
    const values = [].concat(parameter.value);
    if (values.length > 1) return values.map((_, i) => this.#makeElement(label, parameter, values, i));
    return [this.#makeSingle(id, label, parameter, values[0] ?? 0)];
  }

  #makeClass(id, label, model, value) {
    const list = makeList(id, listClasses(model), value, (choice) => this.#change("class", Number(choice)));
    this.shown.set("class", (number) => { list.value = String(number); });
    return makeRow(label, id, "", list);
  }

  #makeChoice(id, label, { name, choices, value }) {
    const options = choices.map((choice) => [choice, choice]);
    const list = makeList(id, options, value, (choice) => this.#change(name, choice));
    this.shown.set(name, (choice) => { list.value = choice; });
    return makeRow(label, id, "", list);
  }

  #makeSingle(id, label, parameter, value) {
    const number = makeNumber(id, parameter, value, label, (v) => this.#change(parameter.name, v));
    const entry = make("span", { className: "entry" });
    entry.append(number.box);
    if (parameter.name === "seed") entry.append(this.#makeDice(number));
    this.shown.set(parameter.name, (v) => number.show([].concat(v)[0]));
    return makeRow(label, id, "", entry, number.slider);
  }

  #makeDice(number) {
    const dice = make("button", { type: "button", textContent: "Draw" });
    dice.setAttribute("aria-label", "Draw a seed");
    dice.addEventListener("click", () => {
      const seed = crypto.getRandomValues(new Uint32Array(1))[0];
      number.show(seed);
      this.#change("seed", seed);
    });
    return dice;
  }

  #makeElement(label, parameter, values, place) {
    const id = `parameter-${++count}`;
    const name = `${label} ${place + 1}`;
    const number = makeNumber(id, parameter, values[place], name, (value) => {
      values[place] = value;
      this.#change(parameter.name, [...values]);
    });
    const others = this.shown.get(parameter.name);
    this.shown.set(parameter.name, (all) => {
      others?.(all);
      values[place] = all[place];
      number.show(all[place]);
    });
    return makeRow(name, id, "", number.box, number.slider);
  }

  // How they stand now, as the server or the other side says.
  show(values) {
    for (const [name, value] of Object.entries(values)) this.shown.get(name)?.(value);
    Object.assign(this.values, values);
  }
}
