// The loss surface with the paths of the optimizers on it, and the loss of each against steps.

import { drawChart } from "../chart.js";
import { _ } from "../words.js";

const MARGIN = { l: 46, r: 10, t: 10, b: 40 };
const GRID = [121, 81]; // points along x and y
const LOWEST = -9; // log2 of the loss below which all is one colour
const SVG = "http://www.w3.org/2000/svg";

// Runs' colours on both grounds, and dashes: neighbours differ in both.
export const COLOURS = [
  "light-dark(#0951a8,#51b3ff)", "light-dark(#b36200,#f88b26)", "light-dark(#00613f,#0c9c6b)",
  "light-dark(#cc4088,#fe9aba)", "light-dark(#2d4551,#fefed6)", "light-dark(#8e5624,#fee00f)",
  "light-dark(#561072,#a072ac)",
];
export const DASHES = ["", "9 3", "2 3", "9 3 2 3", "16 4", "5 5", "14 3 2 3 2 3"];

const INK = "light-dark(#15181d,#e8eaee)";
const MUTED = "light-dark(#5b6470,#9ba5b1)";
const FAINT = "light-dark(#eceef0,#232932)";
const NOTHING = "rgba(0,0,0,0)";
const HIGH_TO_LOW = [
  [0, "light-dark(#5d93cf,#4f88bd)"], [0.45, "light-dark(#a9c8e8,#2a577f)"], [0.75, "light-dark(#dbe8f4,#1c3347)"],
  [1, "light-dark(#ffffff,#12161b)"],
];

const axis = (title, range, more) => ({
  title: { text: title, standoff: 6 }, range, fixedrange: true, gridcolor: FAINT, zeroline: false, linecolor: MUTED, ...more,
});
const layout = (xaxis, yaxis) => ({
  xaxis, yaxis, margin: MARGIN, annotations: [], showlegend: false, paper_bgcolor: NOTHING, plot_bgcolor: NOTHING,
  font: { color: INK, size: 13, family: "inherit" },
});
const places = ([from, to], count) => Array.from({ length: count }, (_none, i) => from + ((to - from) * i) / (count - 1));

function contours({ loss, x, y }) {
  const [xs, ys] = [places(x, GRID[0]), places(y, GRID[1])];
  const z = ys.map((v) => xs.map((u) => Math.max(LOWEST, Math.log2(loss([u, v])))));
  const levels = { start: LOWEST, end: 5, size: 1, coloring: "fill" };
  const line = { width: 0.6, color: MUTED, smoothing: 0.6 };
  const range = { zmin: LOWEST, zmax: 5 };
  const data = [{ type: "contour", x: xs, y: ys, z, contours: levels, line, ...range, colorscale: HIGH_TO_LOW, showscale: false, hoverinfo: "skip" }];
  return { data, layout: layout(axis("x", x), axis("y", y)) };
}

const svg = (name, attributes, parent) => {
  const made = parent.appendChild(document.createElementNS(SVG, name));
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

export class Picture {
  #chart;
  #svg;
  #surface;
  #racers = [];
  #step = 0;

  // `started(point)` is called when the reader clicks or drags to another start.
  constructor(container, started) {
    container.replaceChildren();
    this.#chart = container.appendChild(Object.assign(document.createElement("div"), { className: "ground" }));
    this.#svg = svg("svg", { class: "paths", role: "img", "aria-label": _("The paths on the surface") }, container);
    this.#listen(started);
    new ResizeObserver(() => this.draw()).observe(container);
  }

  // The surface anew; `racers` are [{ number, points }].
  set(surface, racers) {
    const other = surface !== this.#surface;
    [this.#surface, this.#racers] = [surface, racers];
    if (other) this.drawGround();
  }

  drawGround() {
    return drawChart(this.#chart, JSON.stringify(contours(this.#surface)), new Set());
  }

  show(step) {
    this.#step = step;
    this.draw();
  }

  draw() {
    if (!this.#surface) return;
    this.#svg.replaceChildren();
    for (const minimum of this.#surface.minima) this.#cross(this.#pixels(minimum));
    for (const { number, points } of this.#racers) this.#path(number, points.slice(0, this.#step + 1));
    for (const { number, points } of this.#racers) this.#ball(number, points[Math.min(this.#step, points.length - 1)]);
    const [start] = this.#racers[0]?.points ?? [];
    if (start) this.#at("circle", this.#pixels(start), { class: "start", r: 13 });
  }

  #path(number, points) {
    const line = points.map((point) => this.#pixels(point).map((at) => at.toFixed(1)).join(" ")).join("L");
    svg("path", { d: `M${line}`, "data-racer": number }, this.#svg);
  }

  #ball(number, point) {
    const [x, y] = this.#pixels(point);
    const ball = svg("g", { class: "ball", "data-racer": number, transform: `translate(${x} ${y})` }, this.#svg);
    svg("circle", { r: 9 }, ball);
    svg("text", { y: 4 }, ball).textContent = number;
  }

  #cross([x, y]) {
    svg("path", { class: "minimum", d: `M${x - 7} ${y}h14M${x} ${y - 7}v14` }, this.#svg);
  }

  #at(name, [cx, cy], attributes) {
    svg(name, { cx, cy, ...attributes }, this.#svg);
  }

  // Far outside the picture one place is as good as another.
  #pixels([x, y]) {
    const { clientWidth: width, clientHeight: height } = this.#svg;
    const [[left, right], [bottom, top]] = [this.#surface.x, this.#surface.y];
    const within = (value) => Math.min(Math.max(value, -1e4), 1e4);
    return [within(((x - left) / (right - left)) * width), within(((top - y) / (top - bottom)) * height)];
  }

  #point({ clientX, clientY }) {
    const { left, top, width, height } = this.#svg.getBoundingClientRect();
    const { x, y } = this.#surface;
    const share = (value) => Math.min(Math.max(value, 0), 1);
    return [x[0] + (x[1] - x[0]) * share((clientX - left) / width), y[1] - (y[1] - y[0]) * share((clientY - top) / height)];
  }

  // A finger that begins beside the ring scrolls the page.
  #listen(started) {
    this.#svg.addEventListener("click", (event) => started(this.#point(event)));
    this.#svg.addEventListener("pointerdown", (event) => {
      if (event.target.classList.contains("start")) this.#svg.setPointerCapture(event.pointerId);
    });
    this.#svg.addEventListener("pointermove", (event) => {
      if (this.#svg.hasPointerCapture(event.pointerId)) started(this.#point(event));
    });
  }
}

// `racers` are [{ number, name, losses }], the chart is that of the first `step` of `steps`.
export function drawLosses(container, racers, step, steps, target) {
  const lines = racers.map(({ number, name, losses }) => ({
    x: losses.slice(0, step + 1).map((_loss, i) => i), y: losses.slice(0, step + 1), name, meta: name, mode: "lines",
    line: { color: COLOURS[number - 1], dash: DASHES[number - 1].replaceAll(" ", "px,") + (DASHES[number - 1] && "px"), width: 2 },
    hovertemplate: "%{y:.3g}",
  }));
  const ends = racers.map(({ losses }) => Math.min(step, losses.length - 1));
  const balls = {
    x: ends, y: racers.map(({ losses }, i) => losses[ends[i]]), mode: "markers+text", hoverinfo: "skip",
    text: racers.map(({ number }) => String(number)), textfont: { size: 11, color: "light-dark(#ffffff,#0f1216)" },
    marker: { size: 17, color: racers.map(({ number }) => COLOURS[number - 1]) }, cliponaxis: false,
  };
  const goal = { x: [0, steps], y: [target, target], mode: "lines", hoverinfo: "skip", line: { color: MUTED, width: 1, dash: "4px,4px" } };
  const y = axis(_("loss"), [-4, 2], { type: "log", dtick: 1, exponentformat: "power" });
  const figure = { data: [goal, ...lines, balls], layout: { ...layout(axis(_("step"), [0, steps]), y), hovermode: "x unified" } };
  return drawChart(container, JSON.stringify(figure), new Set());
}
