// A convolution beside a dense layer: what each costs, what one output reads, and the feature map that a kernel makes.

import { _, number } from "../words.js";
import { Controls } from "./controls.js";
import { convolve, counts, inputsOf, terms } from "./convolution.js";
import { DIGITS } from "./digits.js";
import { pixelsMarkup } from "./pixels.js";
import { colour, plot } from "./plot.js";
import { written } from "./written.js";

const SIDE = 8; // of the digits
const BRIGHTEST = 16; // of their pixels
const KERNEL = 3; // side of the one that is laid on them
const KERNELS = {
  vertical: [-1, 0, 1, -1, 0, 1, -1, 0, 1],
  horizontal: [-1, -1, -1, 0, 0, 0, 1, 1, 1],
  blur: Array(KERNEL ** 2).fill(0.11),
  sharpen: [0, -1, 0, -1, 5, -1, 0, -1, 0],
};
const NAMES = { dense: _("dense"), convolution: _("convolution") };
const KINDS = { multiplications: _("multiplications"), parameters: _("parameters") };

const UNKNOWN = Array(SIDE).fill(Array(SIDE).fill(null)); // what a dense layer answers, whose weights are not given

const image = document.querySelector("#image");
const map = document.querySelector("#map");

function draw(chosen) {
  drawPlace(chosen);
  const { side, inputs, outputs, size } = chosen;
  const found = counts({ side, inputs, outputs, kernel: size });
  tellCounts(found);
  plot(document.querySelector("#counts"), () => countsFigure(found));
}

function countsFigure(found) {
  const data = Object.entries(NAMES).map(([layer, name], index) => ({
    type: "bar", orientation: "h", name, y: Object.values(KINDS), x: Object.keys(KINDS).map((kind) => found[layer][kind]),
    marker: { color: colour(1 - index), pattern: { shape: index ? "" : "/" } }, hovertemplate: "%{x:,}",
  }));
  const most = Math.log10(Math.max(...Object.values(found).map(({ multiplications }) => multiplications)));
  const xaxis = { title: _("how many, on a logarithmic axis"), type: "log", range: [0, most + 0.5], dtick: 2 };
  return { data, layout: { xaxis, yaxis: { title: "" } } };
}

function tellCounts(found) {
  const [few, many] = [found.convolution.parameters, found.dense.parameters];
  const values = { few: number(few), many: number(many), times: number(Math.round(many / few)) };
  say("counts", _("{few} parameters instead of {many}: {times} times fewer", values));
  for (const layer of Object.keys(NAMES)) {
    for (const kind of Object.keys(KINDS)) say(`${layer}-${kind}`, number(found[layer][kind]));
  }
}

function drawPlace({ digit, row, column, layer, ...chosen }) {
  const [top, left] = [row - 1, column - 1];
  const dense = layer === "dense";
  const pixels = DIGITS[digit];
  const kernel = kernelOf(chosen);
  const features = dense ? UNKNOWN : convolve(pixels, kernel);
  const window = dense ? { row: 0, column: 0, size: SIDE } : { row: top - 1, column: left - 1, size: KERNEL };
  image.innerHTML = pixelsMarkup(pixels, BRIGHTEST, window);
  map.innerHTML = pixelsMarkup(features, Math.max(1, ...features.flat().map(Math.abs)), { row: top, column: left, size: 1 });
  document.querySelector("#kernel").classList.toggle("gone", dense);
  tellReading(dense, top, left);
  say("sum", dense ? "" : sumText(terms(pixels, kernel, top, left), features[top][left]));
}

function tellReading(dense, top, left) {
  const values = { all: SIDE ** 2, own: number(SIDE ** 4), read: inputsOf(top, left, KERNEL, SIDE).length };
  const everything = () => _("This output reads all {all} pixels, through {all} weights of its own: {own} in the whole layer.", values);
  const little = () => _("This output reads {read} of {all} pixels. The 9 weights are the same at all {all} places.", values);
  say("reading", dense ? everything() : little());
}

// The terms that count: a pixel or a weight of 0 adds nothing.
function sumText(all, value) {
  const counting = all.filter(({ pixel, weight }) => pixel && weight);
  const sum = counting.map(({ pixel, weight }) => `${short(pixel)} · ${factor(weight)}`).join(" + ");
  return `${sum || "0"} = ${short(value)}`;
}

// Three rows of three, from the fields k1 to k9.
const kernelOf = (chosen) => [1, 4, 7].map((first) => [0, 1, 2].map((at) => chosen[`k${first + at}`]));
const short = (value) => written(value, 4);
const factor = (value) => (value < 0 ? `(${short(value)})` : short(value));

function say(name, text) {
  document.querySelector(`[data-say=${name}]`).textContent = text;
}

// The pointer takes the place along, on either picture; the sliders do it from the keyboard.
function follow(svg) {
  svg.addEventListener("pointermove", ({ clientX, clientY }) => {
    const at = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
    const place = (value) => Math.min(SIDE, Math.max(1, Math.floor(value) + 1));
    controls.set("row", place(at.y));
    controls.set("column", place(at.x));
  });
}

function fillKernel(weights) {
  weights.forEach((weight, at) => controls.set(`k${at + 1}`, weight));
}

const controls = new Controls(document.querySelector("#controls"), draw);
document.querySelector("#kernel").addEventListener("input", () => controls.touched());
for (const button of document.querySelectorAll("[data-kernel]")) {
  button.addEventListener("click", () => fillKernel(KERNELS[button.dataset.kernel]));
}
for (const svg of [image, map]) follow(svg);
