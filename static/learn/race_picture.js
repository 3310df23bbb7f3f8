// The loss surface with the paths of the optimizers on it.

import { scheme } from "../chart.js";
import { _ } from "../words.js";
import { plot, token } from "./plot.js";

const MARGIN = { l: 52, r: 10, t: 10, b: 46 }; // that of `.paths` in the style sheet too
const GRID = [121, 81]; // points along x and y
const [LOWEST, HIGHEST] = [-9, 5]; // log2 of the losses between which colours change
const COLOURS = {
  light: [[0, "#5d93cf"], [0.45, "#a9c8e8"], [0.75, "#dbe8f4"], [1, "#ffffff"]],
  dark: [[0, "#4f88bd"], [0.45, "#2a577f"], [0.75, "#1c3347"], [1, "#12161b"]],
};
const FAR = 1e4; // px outside the picture, where one place is as good as another

const places = ([from, to], count) => Array.from({ length: count }, (_none, i) => from + ((to - from) * i) / (count - 1));
const between = (value, low, high) => Math.min(Math.max(value, low), high);

function contours({ loss, x, y }) {
  const [xs, ys] = [places(x, GRID[0]), places(y, GRID[1])];
  const ground = {
    type: "contour", x: xs, y: ys, z: ys.map((v) => xs.map((u) => Math.max(LOWEST, Math.log2(loss([u, v]))))),
    contours: { start: LOWEST, end: HIGHEST, size: 1 }, line: { width: 0.6, color: token("muted") },
    colorscale: COLOURS[scheme()], zmin: LOWEST, zmax: HIGHEST, showscale: false, hoverinfo: "skip",
  };
  const axis = (title, range) => ({ title, range, fixedrange: true, zeroline: false, automargin: false });
  return { data: [ground], layout: { xaxis: axis("x", x), yaxis: axis("y", y), margin: MARGIN, dragmode: false } };
}

function add(parent, name, attributes) {
  const made = parent.appendChild(document.createElementNS("http://www.w3.org/2000/svg", name));
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

export class Picture {
  #ground;
  #paths;
  #surface;
  #racers = [];
  #step = 0;

  // `started(point)` is called when the reader clicks or drags to another start.
  constructor(container, started) {
    this.#ground = container.appendChild(Object.assign(document.createElement("div"), { className: "ground" }));
    this.#paths = add(container, "svg", { class: "paths", role: "img", "aria-label": _("The paths on the surface") });
    this.#listen(started);
    new ResizeObserver(() => this.show(this.#step)).observe(container);
  }

  // `racers` are [{ number, ink, dash, points }].
  set(surface, racers) {
    const other = surface !== this.#surface;
    [this.#surface, this.#racers] = [surface, racers];
    if (other) plot(this.#ground, () => contours(this.#surface));
  }

  show(step) {
    this.#step = step;
    if (!this.#surface) return;
    this.#paths.replaceChildren();
    for (const minimum of this.#surface.minima) this.#cross(minimum);
    for (const racer of this.#racers) this.#path(racer);
    for (const racer of this.#racers) this.#ball(racer);
    if (this.#racers.length) this.#ring(this.#racers[0].points[0]);
  }

  #cross(minimum) {
    const [x, y] = this.#pixels(minimum);
    add(this.#paths, "path", { class: "minimum", d: `M${x - 7} ${y}h14M${x} ${y - 7}v14` });
  }

  #path({ points, ink, dash }) {
    const line = points.slice(0, this.#step + 1).map((point) => this.#pixels(point).map((at) => at.toFixed(1)).join(" "));
    add(this.#paths, "path", { d: `M${line.join("L")}`, stroke: ink, "stroke-dasharray": dash });
  }

  #ball({ points, ink, number }) {
    const [x, y] = this.#pixels(points[Math.min(this.#step, points.length - 1)]);
    const ball = add(this.#paths, "g", { class: "ball", transform: `translate(${x} ${y})` });
    add(ball, "circle", { r: 9, fill: ink });
    add(ball, "text", { y: 4 }).textContent = number;
  }

  #ring(start) {
    const [cx, cy] = this.#pixels(start);
    add(this.#paths, "circle", { class: "ring", cx, cy, r: 14 });
  }

  #pixels([u, v]) {
    const { clientWidth: width, clientHeight: height } = this.#paths;
    const { x: [left, right], y: [bottom, top] } = this.#surface;
    const at = [((u - left) / (right - left)) * width, ((top - v) / (top - bottom)) * height];
    return at.map((value) => between(value, -FAR, FAR));
  }

  #point({ clientX, clientY }) {
    const box = this.#paths.getBoundingClientRect();
    const { x: [left, right], y: [bottom, top] } = this.#surface;
    const across = between((clientX - box.left) / box.width, 0, 1);
    const down = between((clientY - box.top) / box.height, 0, 1);
    return [left + (right - left) * across, top - (top - bottom) * down];
  }

  // A finger that begins beside the ring scrolls the page. The ring is another one after each move.
  #listen(started) {
    let dragging = false;
    this.#paths.addEventListener("click", (event) => started(this.#point(event)));
    this.#paths.addEventListener("pointerdown", ({ target, pointerId }) => {
      dragging = target.classList.contains("ring");
      if (dragging) this.#paths.setPointerCapture(pointerId);
    });
    this.#paths.addEventListener("pointermove", (event) => dragging && started(this.#point(event)));
    for (const end of ["pointerup", "pointercancel"]) this.#paths.addEventListener(end, () => (dragging = false));
  }
}
