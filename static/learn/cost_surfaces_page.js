// Figure 5 of Glorot & Bengio (2010): two surfaces, a cut through both, and the gradients at a point of it.

import { _, number } from "../words.js";
import { Controls } from "./controls.js";
import { COSTS, FLAT, REACH, costsAt, drawProblem, flatShare, steepest, surfaces, withWeights } from "./costs.js";
import { VIEW_BOX, meshMarkup } from "./mesh.js";
import { colour, line, plot, token } from "./plot.js";
import { normalFrom, uniformFrom } from "./random.js";
import { written } from "./written.js";

const SIDE = 41; // points along each edge
const TURN = 0.5; // degrees for each pixel that is dragged
const LABELS = ["w₁", "w₂"].map((weight) => [written(-REACH, 2), weight, written(REACH, 2)]);
const NAMES = { crossEntropy: _("cross-entropy"), quadratic: _("quadratic cost") };

let kept = {}; // the surfaces, while only the point moves or the view turns

function surfacesOf({ activation, size, seed }) {
  const key = [activation, size, seed].join();
  if (kept.key !== key) {
    const problem = withWeights(drawProblem(normalFrom(uniformFrom(seed))), size);
    kept = { key, problem, drawn: surfaces(problem, activation, SIDE) };
  }
  return kept;
}

function draw(chosen) {
  const { problem, drawn } = surfacesOf(chosen);
  const here = costsAt(problem, chosen.activation, chosen.w1, chosen.w2);
  for (const cost of COSTS) {
    const steep = steepest(drawn[cost]);
    drawSurface(cost, drawn[cost], steep, chosen);
    tellNumbers(cost, here[cost], steep);
  }
  plot(document.querySelector("#cut"), () => cutFigure(problem, drawn, here, chosen));
}

function drawSurface(cost, surface, steep, { along, w1, w2, turn }) {
  const place = (weight) => ((weight + REACH) / (2 * REACH)) * (SIDE - 1);
  const point = [place(w1), place(w2)];
  const trail = surface.values.map((_row, at) => (along === "w1" ? [at, point[1]] : [point[0], at]));
  const svg = document.querySelector(`[data-surface=${cost}]`);
  svg.setAttribute("viewBox", VIEW_BOX);
  svg.innerHTML = meshMarkup(surface, { turn, limit: FLAT * steep, trail, point, labels: LABELS });
  const share = percent(flatShare(surface));
  document.querySelector(`[data-flat=${cost}]`).textContent = _("{share} of the square is flat", { share });
}

function tellNumbers(cost, { value, d1, d2 }, steep) {
  const slope = Math.hypot(d1, d2);
  const told = { value: short(value), d1: short(d1), d2: short(d2), slope: short(slope), share: percent(slope / steep) };
  for (const [name, text] of Object.entries(told)) document.querySelector(`[data-${name}=${cost}]`).textContent = text;
}

// Both costs as shares of their greatest height, so that their shapes can be compared.
function cutFigure(problem, drawn, here, { activation, along, w1, w2 }) {
  const cut = drawn.weights.map((weight) => costsAt(problem, activation, ...(along === "w1" ? [weight, w2] : [w1, weight])));
  const data = COSTS.flatMap((cost, index) => {
    const highest = Math.max(...drawn[cost].values.flat());
    const share = (costs) => costs[cost].value / highest;
    const look = { name: NAMES[cost], hovertemplate: "%{x:.1f}, %{y:.0%}" };
    const point = { x: [along === "w1" ? w1 : w2], y: [share(here)], mode: "markers", showlegend: false };
    return [
      { ...look, x: drawn.weights, y: cut.map(share), mode: "lines", line: line(index) },
      { ...look, ...point, marker: { size: 11, color: token("alarm"), line: { color: colour(index), width: 2 } } },
    ];
  });
  const xaxis = { title: along === "w1" ? _("w₁, with w₂ as it is") : _("w₂, with w₁ as it is"), range: [-REACH, REACH] };
  return { data, layout: { xaxis, yaxis: { title: _("cost, % of its highest"), range: [0, 1.05], tickformat: ".0%" } } };
}

// Dragging sideways turns the surfaces; the slider does it from the keyboard.
function turnBy(controls, svg) {
  svg.addEventListener("pointermove", ({ buttons, movementX }) => {
    if (!buttons) return;
    const turned = controls.values.turn - movementX * TURN;
    controls.set("turn", ((turned + 540) % 360) - 180);
  });
}

const short = (value) => written(value, 3);
const percent = (share) => number(share, { style: "percent", maximumSignificantDigits: 2 });

const controls = new Controls(document.querySelector("#controls"), draw);
for (const svg of document.querySelectorAll("[data-surface]")) turnBy(controls, svg);
