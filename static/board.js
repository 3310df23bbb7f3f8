// All figures of a page, kept up to date: what can be seen is drawn, and drawn again when what it shows has changed.

import { drawChart, onSchemeChange, scheme } from "./chart.js";

const RETRY_MS = 2000;

export class Board {
  attempt = 0;
  version = ""; // of the run; figures over the epochs change with it
  step = null; // of the snapshot that densities show; null before the first one
  #figures;
  #source;
  #near = new Set();
  #hidden = new Set();
  #renderer = "svg";
  #settling = null;

  // `source(name, query, renderer)` resolves to the text of a figure: SVG, or JSON for Plotly.
  constructor(root, source) {
    this.#source = source;
    this.#figures = [...root.querySelectorAll(".figure")];
    this.#watch();
    this.#makeLegend(root);
    onSchemeChange(() => this.settle());
    addEventListener("pointerup", () => setTimeout(() => this.settle()));
  }

  // Draws until nothing near the window is out of date. Never runs twice at a time.
  settle() {
    this.#settling ??= this.#catchUp().finally(() => (this.#settling = null));
    return this.#settling;
  }

  usePlotly() {
    this.#renderer = "plotly";
    return this.settle();
  }

  async #catchUp() {
    try {
      for (let stale = this.#stale(); stale.length; stale = this.#stale()) {
        await Promise.all(stale.map((figure) => this.#draw(figure)));
      }
    } catch {
      setTimeout(() => this.settle(), RETRY_MS); // the server restarts, or the network is gone for a while
    }
  }

  #stale() {
    if (this.step === null) return [];
    const stale = this.#figures.filter(
      // One that the reader is just dragging on keeps still.
      (figure) => this.#near.has(figure) && figure.dataset.drawn !== this.#wanted(figure) && !figure.matches(":active"),
    );
    // The densities first: they are what one waits for.
    return stale.sort((a, b) => (b.dataset.reads === "step") - (a.dataset.reads === "step"));
  }

  #wanted(figure) {
    const shows = figure.dataset.reads === "step" ? `${this.attempt} ${this.step}` : this.version;
    return [shows, this.#renderer, scheme(), ...this.#hidden].join(" ");
  }

  async #draw(figure) {
    const wanted = this.#wanted(figure);
    const renderer = this.#renderer;
    const { figure: name, reads, layer } = figure.dataset;
    const query = reads === "step" ? { step: this.step } : reads === "layer" ? { layer } : {};
    const text = await this.#source(name, query, renderer);
    if (renderer === "plotly") await drawChart(figure, text, this.#hidden);
    else figure.innerHTML = text;
    figure.dataset.drawn = wanted;
  }

  #watch() {
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) this.#near[isIntersecting ? "add" : "delete"](target);
        this.settle();
      },
      { rootMargin: "1000px" },
    );
    for (const figure of this.#figures) observer.observe(figure);
  }

  #makeLegend(root) {
    for (const item of root.querySelectorAll(".legend [data-layer]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.title = "Show or hide this layer";
      button.setAttribute("aria-pressed", "true");
      button.append(...item.childNodes);
      button.onclick = () => this.#toggle(button, item.dataset.layer);
      item.append(button);
    }
  }

  #toggle(button, layer) {
    const shown = this.#hidden.delete(layer) || !this.#hidden.add(layer);
    button.setAttribute("aria-pressed", shown);
    this.settle();
  }
}
