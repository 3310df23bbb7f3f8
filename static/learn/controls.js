// The controls of a Learn page: ordinary fields, whose state is in the address, so that a link shows what its sender saw.

import { number } from "../words.js";

const KEPT = ["hide", "lang"]; // of the address, which are no controls

export class Controls {
  #form;
  #defaults;
  #changed;
  #frame = 0;

  // `changed(values)` is called at once, and then once a frame while something moves.
  constructor(form, changed) {
    this.#form = form;
    this.#changed = changed;
    this.#defaults = this.#texts();
    this.#read(new URLSearchParams(location.search));
    // Fields may stand elsewhere on the page, with the form's name.
    document.addEventListener("input", ({ target }) => target.form === form && this.touched());
    form.addEventListener("submit", (event) => event.preventDefault());
    addEventListener("popstate", () => (this.#read(new URLSearchParams(location.search)), this.#tell()));
    this.#tell();
  }

  // By name: a number, a text, or whether it is ticked. A logarithmic slider's value is the number, not its exponent.
  get values() {
    return Object.fromEntries(this.#fields.map((field) => [field.name, valueOf(field)]));
  }

  // As if somebody had typed it; `value` as in `values`.
  set(name, value) {
    const field = this.#form.elements[name];
    if (field.type === "checkbox") field.checked = value;
    else field.value = "log" in field.dataset ? Math.log10(value) : value;
    this.touched();
  }

  touched() {
    this.#frame ||= requestAnimationFrame(() => ((this.#frame = 0), this.#tell()));
  }

  get #fields() {
    return [...this.#form.elements].filter((field) => field.name);
  }

  #texts() {
    return Object.fromEntries(this.#fields.map((field) => [field.name, textOf(field)]));
  }

  #read(query) {
    for (const field of this.#fields) {
      const text = query.get(field.name) ?? this.#defaults[field.name];
      if (field.type === "checkbox") field.checked = text === "1";
      else field.value = isSlider(field) && Number.isNaN(Number(text)) ? this.#defaults[field.name] : text;
      if (!field.checkValidity() || field.value === "") field.value = this.#defaults[field.name];
    }
  }

  #tell() {
    if (!this.#form.checkValidity()) return; // half typed
    for (const field of this.#fields) showValue(field);
    const query = new URLSearchParams(location.search);
    const texts = Object.entries(this.#texts()).filter(([name, text]) => text !== this.#defaults[name]);
    const kept = KEPT.filter((name) => query.has(name)).map((name) => [name, query.get(name)]);
    const asked = new URLSearchParams([...texts, ...kept]).toString().replaceAll("%2C", ",");
    history.replaceState(history.state, "", asked ? `?${asked}` : location.pathname);
    this.#changed(this.values);
  }
}

// A browser takes the middle of a slider for what is no number.
const isSlider = (field) => field.type === "range";
const textOf = (field) => (field.type === "checkbox" ? (field.checked ? "1" : "0") : field.value);

function valueOf(field) {
  if (field.type === "checkbox") return field.checked;
  if (field.type !== "range" && field.type !== "number") return field.value;
  return "log" in field.dataset ? 10 ** Number(field.value) : Number(field.value);
}

function showValue(field) {
  const output = isSlider(field) ? field.parentElement.querySelector("output") : null;
  if (!output) return;
  const text = number(valueOf(field), { maximumSignificantDigits: 3 }) + (field.dataset.unit ? ` ${field.dataset.unit}` : "");
  output.textContent = text;
  field.setAttribute("aria-valuetext", text);
}
