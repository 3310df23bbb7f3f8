// What can be done with each figure: its numbers in a table or a file, its picture in a file, all of it in view again.

import { saveChart } from "./chart.js";
import { toButton } from "./controls.js";

export class Tools {
  #root;
  #state;
  #changed;

  // `changed()` is called when a table has been opened or closed.
  constructor(root, state, changed) {
    this.#root = root;
    this.#state = state;
    this.#changed = changed;
    for (const tools of root.querySelectorAll(".tools")) this.#prepare(tools);
    root.addEventListener("click", ({ target }) => {
      const tool = target.closest("button[data-tool]");
      if (tool) this.#use(tool.dataset.tool, this.#figureOf(tool));
    });
    root.addEventListener("drawn", ({ target }) => this.#follow(target));
  }

  #prepare(tools) {
    const table = tools.querySelector("[data-tool=table]");
    if (table) toButton(table).setAttribute("aria-expanded", false);
    tools.querySelector("[data-tool=svg]")?.remove();
    tools.querySelector("[data-tool=png]").hidden = false;
  }

  #use(tool, figure) {
    if (tool === "png" && globalThis.Plotly) saveChart(figure, this.#filename(figure));
    if (tool === "whole") figure.dispatchEvent(new CustomEvent("zoomed", { bubbles: true, detail: null }));
    if (tool !== "table") return;
    this.#state.toggle("table", figure.dataset.key);
    this.#showTable(figure);
    this.#changed();
  }

  // After each drawing: the files and the table are those of what is shown now.
  #follow(figure) {
    const tools = this.#toolsOf(figure);
    const { key } = figure.dataset;
    tools.querySelector("[data-tool=whole]").hidden = !Object.keys(this.#state.zoom[key] ?? {}).length;
    const file = tools.querySelector("[data-tool=csv]");
    if (file) file.href = this.#address(figure, "csv");
    if (this.#state.table.has(key)) this.#showTable(figure);
  }

  async #showTable(figure) {
    const open = this.#state.table.has(figure.dataset.key);
    this.#toolsOf(figure).querySelector("[data-tool=table]").setAttribute("aria-expanded", open);
    const place = figure.parentElement.querySelector(":scope > .numbers") ?? addPlace(figure);
    place.hidden = !open;
    const address = this.#address(figure, "html");
    if (!open || place.dataset.shows === address) return;
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) return;
    place.innerHTML = await answer.text();
    place.dataset.shows = address;
  }

  #address({ dataset }, kind) {
    const { shown, view, expected, log, linear, smooth } = this.#state;
    const options = dataset.options.split(" ");
    const { figure: name } = dataset;
    const query = new URLSearchParams(dataset.layer ? { layer: dataset.layer } : {});
    if (dataset.reads === "step" && shown !== null) query.set("step", shown);
    if (log.has(name) || linear.has(name)) query.set("log", Number(log.has(name)));
    if (smooth.has(name)) query.set("smooth", 1);
    if (options.includes("ridge") && view === "ridge") query.set("ridge", 1);
    if (options.includes("expected") && expected) query.set("expected", 1);
    query.set("v", this.#state.version);
    return `${this.#root.dataset.base}/figures/${name}.${kind}?${query}`;
  }

  #filename({ dataset }) {
    const step = dataset.reads === "step" ? `step ${this.#state.shown}` : "";
    return [this.#root.dataset.name, dataset.key, step].join(" ").trim().replace(/[^\p{L}\p{N}]+/gu, "-");
  }

  #toolsOf(figure) {
    return this.#root.querySelector(`.tools[data-of="${figure.dataset.key}"]`);
  }

  #figureOf(tool) {
    return this.#root.querySelector(`.figure[data-key="${tool.closest(".tools").dataset.of}"]`);
  }
}

// Wide tables are scrolled in their place, by keyboard too.
function addPlace(figure) {
  const place = document.createElement("div");
  place.className = "numbers";
  place.tabIndex = 0;
  place.role = "region";
  place.ariaLabel = figure.dataset.title;
  figure.after(place);
  return place;
}
