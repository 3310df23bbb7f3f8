// The page on activations: f and f′ on one canvas, and below it where a layer's pre-activations lie.

import { _, number } from "../words.js";
import { Controls } from "./controls.js";
import { FUNCTIONS, below, flatStretches, maxout } from "./functions.js";
import { WEIGHT_VARIANCE, forward } from "./meanfield.js";
import { colour, line, plot, token } from "./plot.js";
import { written } from "./written.js";

const REACH = 6; // of the axis, on either side
const POINTS = 481;
const INPUTS = 1024; // of a Shapeset image, whose values have this mean square
const INPUT_SQUARE = 0.37;
const NAMES = [...document.querySelector("#activation").options].map((option) => [option.value, option.text]);
const labelOf = Object.fromEntries(NAMES);
const grid = (reach) => Array.from({ length: POINTS }, (_one, i) => -reach + (2 * reach * i) / (POINTS - 1));
const percent = (share) => number(share, { style: "percent", maximumFractionDigits: share < 0.1 ? 1 : 0 });

const alphaOf = (name, chosen) => (name === "elu" ? chosen.elu_alpha : chosen.alpha);

// f and f′ of an activation at s.
function at(name, s, chosen) {
  if (name === "maxout") return maxout(s, chosen.pieces);
  const { f, slope } = FUNCTIONS[name];
  return { value: f(s, alphaOf(name, chosen)), slope: slope(s, alphaOf(name, chosen)) };
}

function draw(chosen) {
  showFields(chosen);
  plot(document.querySelector("#curves"), () => curves(chosen));
  document.querySelector("#told-slope").textContent = toldSlope(chosen);
  drawDensity(chosen);
}

// A field that the chosen activations do not read is out of the way.
function showFields(chosen) {
  const shown = drawnNames(chosen);
  const readers = { alpha: "leaky_relu", elu_alpha: "elu", pieces: "maxout" };
  for (const [field, reader] of Object.entries(readers)) {
    document.querySelector(`[data-control=${field}]`).classList.toggle("unread", !shown.includes(reader));
  }
}

const drawnNames = (chosen) => NAMES.map(([name]) => name).filter((name) => name === chosen.activation || chosen[`with_${name}`]);

// --- the curves ---

// Where there are several curves, each has a mark of its own besides its colour.
const MARKS = ["circle", "square", "diamond", "triangle-up", "cross", "x", "star", "triangle-down", "pentagon", "hourglass"];
const MARKED = 9; // marks along a curve

function curves(chosen) {
  const names = drawnNames(chosen);
  const data = names.flatMap((name) => curve(name, chosen, names.length > 1));
  const layout = {
    xaxis: { title: _("pre-activation z"), range: [-REACH, REACH] },
    yaxis: { title: _("f(z), and f′(z) dashed"), range: heights(data) },
    shapes: zones(chosen, REACH),
  };
  return { data, layout };
}

function curve(name, chosen, marked) {
  const x = grid(REACH);
  const place = NAMES.findIndex(([one]) => one === name);
  const points = x.map((s) => at(name, s, chosen));
  const line = { color: colour(place), width: name === chosen.activation ? 3.5 : 2, simplify: false };
  const marker = { symbol: MARKS[place], size: 8, maxdisplayed: MARKED };
  const look = { x, mode: marked ? "lines+markers" : "lines", marker, legendgroup: name, hovertemplate: "z = %{x:.2f}<br>%{y:.3f}" };
  return [
    { ...look, y: points.map(({ value }) => value), name: labelOf[name], line },
    { ...look, y: points.map(({ slope }) => slope), name: `${labelOf[name]} ′`, line: { ...line, dash: "6px,4px" }, showlegend: !marked },
  ];
}

// Of the axis: all that is drawn near 0, and a little air.
function heights(data) {
  const near = data.flatMap(({ x, y }) => y.filter((_value, i) => Math.abs(x[i]) < 3)).concat(0, 1);
  const [low, high] = [Math.max(-3, Math.min(...near)), Math.min(3, Math.max(...near))];
  return [low - 0.15, high + 0.15];
}

// Where the chosen activation is saturated, as Plotly's rectangles.
function zones(chosen, reach) {
  const look = { type: "rect", yref: "paper", y0: 0, y1: 1, fillcolor: token("alarm"), opacity: 0.14, line: { width: 0 }, layer: "below" };
  return flatOf(chosen).map(([from, to]) => ({ ...look, x0: Math.max(from, -reach), x1: Math.min(to, reach) }));
}

const flatOf = ({ activation, ...chosen }) => flatStretches(FUNCTIONS[activation] ?? {}, alphaOf(activation, chosen));

function toldSlope(chosen) {
  const points = grid(REACH).map((s) => ({ s, slope: at(chosen.activation, s, chosen).slope }));
  const top = points.reduce((best, point) => (point.slope > best.slope + 1e-12 ? point : best));
  const values = { name: labelOf[chosen.activation], slope: written(top.slope, 3), place: written(top.s, 3) };
  const constant = points.every(({ slope }) => Math.abs(slope - top.slope) < 1e-9);
  if (constant) return _("{name}: f′ = {slope} everywhere.", values);
  const least = points.reduce((best, point) => Math.min(best, Math.abs(point.slope)), Infinity);
  if (points.filter(({ slope }) => Math.abs(slope - top.slope) < 1e-9).length > 2) {
    return _("{name}: f′ is at most {slope}; the smallest |f′| between −6 and 6 is {least}.", { ...values, least: written(least, 2) });
  }
  return _("{name}: f′ is at most {slope}, at z = {place}; the smallest |f′| between −6 and 6 is {least}.", { ...values, least: written(least, 2) });
}

// --- the density ---

// The std of the pre-activations of the chosen layer; null for maxout, whose pieces make no single sum.
function stdOf(chosen) {
  if (chosen.activation === "maxout") return null;
  const f = (s) => at(chosen.activation, s, chosen).value;
  const variance = WEIGHT_VARIANCE[chosen.init];
  const gains = Array.from({ length: chosen.depth }, (_one, i) => {
    const fanIn = i === 0 ? INPUTS : chosen.width;
    return fanIn * variance(fanIn, chosen.width);
  });
  return forward(f, gains, INPUT_SQUARE).at(-1).std;
}

function drawDensity(chosen) {
  const std = stdOf(chosen);
  const telling = document.querySelector("#told-density");
  document.querySelector("#density").hidden = std === null || !(std > 0) || !Number.isFinite(std);
  if (std === null) {
    telling.textContent = _("Each piece of a maxout unit has a sum of its own, and the largest passes: there is no flat side to lie on.");
    return;
  }
  const reach = Math.min(Math.max(REACH, 3 * std), 1e6);
  if (std > 0 && Number.isFinite(std)) plot(document.querySelector("#density"), () => density(chosen, std, reach));
  telling.textContent = toldDensity(chosen, std);
}

function density(chosen, std, reach) {
  const x = grid(reach);
  const y = x.map((s) => Math.exp(-((s / std) ** 2) / 2) / (std * Math.sqrt(2 * Math.PI)));
  const area = { x, y, mode: "lines", fill: "tozeroy", fillcolor: `${colour(0)}33`, line: line(0, { dash: "solid", simplify: false }), hovertemplate: "z = %{x:.2f}" };
  const layout = {
    xaxis: { title: _("pre-activation z of layer {layer}", { layer: chosen.depth }), range: [-reach, reach] },
    yaxis: { title: _("density"), rangemode: "tozero" },
    shapes: zones(chosen, reach),
    showlegend: false,
  };
  return { data: [area], layout };
}

function toldDensity(chosen, std) {
  const values = { layer: chosen.depth, std: written(std, 3) };
  if (!FUNCTIONS[chosen.activation].steepest) {
    return _("Layer {layer}: the pre-activations have a std of {std}; this activation has no flat side, so nothing is saturated.", values);
  }
  const inside = flatOf(chosen).reduce((sum, [from, to]) => sum + below(to / std) - below(from / std), 0);
  return _("Layer {layer}: the pre-activations have a std of {std}, and {share} of the units are saturated before the first step.", { ...values, share: percent(inside) });
}

new Controls(document.querySelector("#controls"), draw);
