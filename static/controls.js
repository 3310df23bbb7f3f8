// What one can switch on the page. The links that lead to the changed page become buttons that change it in place.

export class Controls {
  #root;
  #state;
  #changed;
  #goTo;

  // `changed()` is called when another picture is wanted, `goTo(step)` when another snapshot is.
  constructor(root, state, changed, goTo) {
    this.#root = root;
    this.#state = state;
    this.#changed = changed;
    this.#goTo = goTo;
    for (const link of root.querySelectorAll("a[data-switch]")) toButton(link);
    root.addEventListener("click", ({ target }) => {
      const button = target.closest("button[data-switch]");
      if (button) this.#press(button.dataset.switch, button.dataset.value);
    });
    root.addEventListener("drawn", () => this.show());
    root.addEventListener("zoomed", ({ target, detail }) => this.#zoom(target.dataset.key, detail));
    this.show();
  }

  // Every button as the state has it.
  show() {
    this.#root.dataset.view = this.#state.view;
    for (const button of this.#root.querySelectorAll("button[data-switch]")) {
      button.setAttribute("aria-pressed", this.#isOn(button.dataset.switch, button.dataset.value));
    }
  }

  #isOn(name, value) {
    const state = this.#state;
    if (name === "hide") return !state.hide.has(value);
    if (name === "log") return this.#figure(value).hasAttribute("data-logarithmic");
    if (name === "smooth") return state.smooth.has(value);
    if (name === "expected") return state.expected && state.shown === 0;
    if (name === "overview") return !this.#root.querySelector(`[data-overview="${value}"]`).hidden;
    return state[name] === value;
  }

  #press(name, value) {
    const state = this.#state;
    if (name === "log") state.toggleLog(value, this.#isOn(name, value));
    else if (name === "hide" || name === "smooth") state.toggle(name, value);
    else if (name === "expected") this.#expect();
    else state[name] = value;
    if (name === "overview") this.#showOverview(value);
    this.show();
    this.#changed();
  }

  // Theory tells how the signals begin.
  #expect() {
    this.#state.expected = !this.#isOn("expected");
    if (this.#state.expected && this.#state.shown !== 0) this.#goTo(0);
  }

  #showOverview(value) {
    for (const panel of this.#root.querySelectorAll("[data-overview]")) panel.hidden = panel.dataset.overview !== value;
  }

  #zoom(key, ranges) {
    if (ranges) this.#state.zoom[key] = { ...this.#state.zoom[key], ...ranges };
    else delete this.#state.zoom[key];
    this.#changed();
  }

  #figure(name) {
    return this.#root.querySelector(`.figure[data-figure="${name}"]`);
  }
}

export function toButton(link) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = link.className;
  Object.assign(button.dataset, link.dataset);
  if (link.ariaLabel) button.ariaLabel = link.ariaLabel;
  button.append(...link.childNodes);
  link.replaceWith(button);
  return button;
}
