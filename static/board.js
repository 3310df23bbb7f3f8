// All figures of a page, kept up to date: drawn, and drawn again when what they show has changed.

import { drawChart, drawPicture, onSchemeChange, scheme } from "./chart.js";

const RETRY_MS = 2000;
const REST_MS = 400; // after which a slider that was moved counts as at rest

export class Board {
  attempt = 0;
  version = ""; // of the run; figures over the epochs change with it
  live = false; // while it goes on only what is near the window is drawn anew
  step = null; // of the snapshot that densities show; null before the first one
  #figures;
  #source;
  #state;
  #near = new Set();
  #seen = new Set();
  #plotly = false;
  #moving = 0; // a timer's number while the slider moves
  #settling = null;
  #overtaken = false;
  #preparing = null;

  // `source(wanted, step, version, renderer)` resolves to the texts of figures by key: SVG, or JSON for Plotly.
  constructor(root, state, source) {
    this.#source = source;
    this.#state = state;
    this.#figures = [...root.querySelectorAll(".figure")];
    this.#watch(this.#near, "1000px");
    this.#watch(this.#seen, "0px");
    onSchemeChange(() => this.settle());
    addEventListener("pointerup", () => setTimeout(() => this.settle()));
  }

  // Draws until nothing is out of date. Never runs twice at a time.
  settle() {
    this.#overtaken = true;
    this.#settling ??= this.#catchUp().finally(() => (this.#settling = null));
    return this.#settling;
  }

  // Asks for all charts, so that they are here when Plotly is.
  async fetchAll() {
    await this.#ask(this.#figures, "plotly").catch(() => {});
  }

  usePlotly() {
    this.#plotly = true;
    return this.settle();
  }

  // Shows another snapshot; while the slider is `moving` in the server's pictures, which are drawn at once.
  show(step, moving) {
    const first = this.step === null;
    this.step = step;
    if (first) this.#adopt();
    if (moving) {
      clearTimeout(this.#moving);
      this.#moving = setTimeout(() => this.#rest(), REST_MS);
    }
    return this.settle();
  }

  // Asks for the pictures of other snapshots, in this order, so that the slider finds them here.
  async prepare(steps) {
    const mine = (this.#preparing = {});
    for (const step of steps) {
      if (this.#preparing !== mine) return;
      const figures = this.#figures.filter((figure) => this.#moves(figure) && !this.#zoomed(figure));
      if (figures.length) await this.#ask(figures, "svg", step).catch(() => {});
    }
  }

  // What the server has put on the page is as it should be.
  #adopt() {
    for (const figure of this.#figures) if (figure.querySelector("svg")) figure.dataset.drawn = this.#wanted(figure, "svg");
  }

  #rest() {
    this.#moving = 0;
    this.settle();
  }

  async #catchUp() {
    try {
      for (let stale = this.#stale(); stale.length; stale = this.#stale()) await this.#drawAll(stale);
    } catch {
      setTimeout(() => this.settle(), RETRY_MS); // the server restarts, or the network is gone for a while
    }
  }

  async #drawAll(stale) {
    this.#overtaken = false;
    const renderer = this.#renderer(stale[0]);
    const batch = stale.filter((figure) => this.#renderer(figure) === renderer);
    const wanted = batch.map((figure) => this.#wanted(figure, renderer));
    const texts = await this.#ask(batch, renderer);
    for (const [place, figure] of batch.entries()) {
      await this.#draw(figure, texts.get(figure.dataset.key), renderer);
      figure.dataset.drawn = wanted[place];
      figure.dispatchEvent(new Event("drawn", { bubbles: true }));
      if (renderer === "svg") continue;
      await breath();
      if (this.#overtaken) return;
    }
  }

  #draw(figure, text, renderer) {
    const { hide, zoom } = this.#state;
    if (renderer === "svg") return drawPicture(figure, text, hide);
    return drawChart(figure, text, hide, zoom[figure.dataset.key]);
  }

  #ask(figures, renderer, step = this.step) {
    const wanted = figures.map((figure) => [figure.dataset.key, this.#content(figure, step)]);
    return this.#source(wanted, step, this.version, renderer);
  }

  #stale() {
    if (this.step === null) return [];
    const due = this.#figures.filter(
      (figure) =>
        (this.#moving ? this.#moves(figure) : !this.live || this.#near.has(figure)) &&
        figure.checkVisibility() &&
        figure.dataset.drawn !== this.#wanted(figure, this.#renderer(figure)) &&
        !figure.matches(":active"), // one that the reader is just dragging on keeps still
    );
    const rank = (figure) => 2 * this.#seen.has(figure) + (figure.dataset.reads === "step");
    return due.sort((a, b) => rank(b) - rank(a));
  }

  #moves(figure) {
    return figure.dataset.reads === "step" && this.#seen.has(figure);
  }

  #zoomed(figure) {
    return Object.keys(this.#state.zoom[figure.dataset.key] ?? {}).length > 0;
  }

  // The server's pictures know no zoom.
  #renderer(figure) {
    return this.#plotly && !(this.#moving && this.#moves(figure) && !this.#zoomed(figure)) ? "plotly" : "svg";
  }

  #wanted(figure, renderer) {
    const looks = renderer === "plotly" ? [scheme(), JSON.stringify(this.#state.zoom[figure.dataset.key])] : [];
    return [this.#content(figure, this.step), renderer, ...looks, ...this.#state.hide].join(" ");
  }

  // All that the server must know to draw it.
  #content({ dataset }, step) {
    const { log, linear, smooth, view, expected } = this.#state;
    const options = dataset.options.split(" ");
    const said = [
      log.has(dataset.figure) && "log", linear.has(dataset.figure) && "linear", smooth.has(dataset.figure) && "smooth",
      options.includes("ridge") && view, options.includes("expected") && expected && "expected",
    ];
    const shows = dataset.reads === "step" ? `${this.attempt} ${step}` : this.version;
    return [dataset.key, shows, ...said.filter(Boolean)].join(" ");
  }

  #watch(found, rootMargin) {
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) found[isIntersecting ? "add" : "delete"](target);
        this.settle();
      },
      { rootMargin },
    );
    for (const figure of this.#figures) observer.observe(figure);
  }
}

// Lets what the reader does come in between.
const breath = () => globalThis.scheduler?.yield?.() ?? new Promise((later) => setTimeout(later));
