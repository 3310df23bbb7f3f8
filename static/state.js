// What is on the screen, as the address says it: a link shows exactly what its sender saw. The server reads the same
// addresses (app/page_state.py).

const SETS = ["hide", "log", "linear", "smooth", "table"];
export const AXES = ["xaxis", "yaxis"];

export class State {
  step; // null: the latest snapshot
  view; // "overlaid" or "ridge"
  expected;
  overview; // "": the first that suits the run
  hide; // layers
  log; // figures with this axis instead of their own
  linear;
  smooth; // figures
  table; // figures whose table is open, by their keys
  zoom = {}; // by key of a figure: the ranges of its zoomed axes

  constructor(search) {
    const query = new URLSearchParams(search);
    const step = query.get("step") ?? "";
    this.step = /^\d+$/.test(step) ? Number(step) : null;
    this.view = query.get("view") === "ridge" ? "ridge" : "overlaid";
    this.expected = query.get("expected") === "1";
    this.overview = query.get("overview") ?? "";
    for (const name of SETS) this[name] = new Set((query.get(name) ?? "").split(",").filter(Boolean));
    for (const part of (query.get("zoom") ?? "").split(";")) this.#readZoom(part);
  }

  // `step` where the snapshot on the screen is to be named although it is the latest.
  query(step = this.step) {
    const parts = {
      step: step ?? "",
      view: this.view === "ridge" ? "ridge" : "",
      expected: this.expected ? "1" : "",
      overview: this.overview,
      ...Object.fromEntries(SETS.map((name) => [name, [...this[name]].sort().join(",")])),
      zoom: Object.entries(this.zoom).filter(([, axes]) => Object.keys(axes).length).map(writeZoom).join(";"),
    };
    const said = Object.entries(parts).filter(([, value]) => value !== "");
    // Nothing in it needs escaping, and names with commas read better as they are.
    return said.map(([name, value]) => `${name}=${value}`).join("&");
  }

  // The other axis; again, and it is the figure's own.
  toggleLog(name, isLogarithmic) {
    const changed = this.log.delete(name) | this.linear.delete(name);
    if (!changed) this[isLogarithmic ? "linear" : "log"].add(name);
    for (const key of Object.keys(this.zoom)) if (key.split(":")[0] === name) delete this.zoom[key];
  }

  toggle(set, value) {
    if (!this[set].delete(value)) this[set].add(value);
  }

  #readZoom(part) {
    const [, key, numbers] = part.match(/^(\w+(?::\w+)?):([-\d.e+,]*)$/) ?? [];
    const ends = numbers?.split(",") ?? [];
    if (ends.length !== 4) return;
    const pairs = AXES.map((axis, i) => [axis, ends.slice(2 * i, 2 * i + 2)]);
    const there = pairs.filter(([, pair]) => pair.every((end) => end !== "" && Number.isFinite(Number(end))));
    this.zoom[key] = Object.fromEntries(there.map(([axis, pair]) => [axis, pair.map(Number)]));
  }
}

function writeZoom([key, axes]) {
  const ends = AXES.flatMap((axis) => axes[axis] ?? ["", ""]);
  return `${key}:${ends.map((end) => (end === "" ? "" : Number(end.toPrecision(4)))).join(",")}`;
}
