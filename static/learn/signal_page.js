// The page on the signal through twenty layers: a random network, and theory's line over it.

import { _, number } from "../words.js";
import { Controls } from "./controls.js";
import { FUNCTIONS } from "./functions.js";
import { backward, forward } from "./meanfield.js";
import { line, plot } from "./plot.js";
import { drawNumbers, propagate } from "./signal.js";

const DEPTH = 20;
const WIDTH = 100;
const EXAMPLES = 20;
const layers = Array.from({ length: DEPTH }, (_one, i) => i + 1);
const [LEAST, MOST] = [1e-5, 1e2]; // of the axis at least, so that what is level looks level
const FLOOR = 1e-12; // of the axis; below it a logarithm shows nothing that matters

let drawn = {}; // the random numbers, while only their scale moves

function numbersOf(seed) {
  if (drawn.seed !== seed) drawn = { seed, numbers: drawNumbers(DEPTH, WIDTH, EXAMPLES, seed) };
  return drawn.numbers;
}

function draw({ gain, activation, seed, theory }) {
  showMark(gain);
  const { f, slope, alpha } = FUNCTIONS[activation];
  const unit = { f: (s) => f(s, alpha), slope: (s) => slope(s, alpha) };
  const measured = propagate(numbersOf(seed), unit, gain);
  const expected = theory ? expectation(unit.f, gain) : null;
  drawStds("up", measured.activations, expected?.activations, _("std of z"));
  drawStds("down", measured.gradients, expected?.gradients, _("std of ∂C/∂s"));
  document.querySelector("#told-up").textContent = toldUp(measured.activations);
  document.querySelector("#told-down").textContent = toldDown(measured.gradients);
}

function expectation(f, gain) {
  const up = forward(f, layers.map(() => gain * gain), 1);
  const down = backward(up, layers.map(() => gain * gain));
  return { activations: up.map(({ variance }) => Math.sqrt(variance)), gradients: down.map(Math.sqrt) };
}

function drawStds(id, measured, expected, title) {
  plot(document.querySelector(`#${id}`), () => {
    const dots = { x: layers, y: measured, mode: "lines+markers", name: _("this network"), line: line(0, { dash: "solid" }), marker: { size: 8 } };
    const theory = { x: layers, y: expected, mode: "lines", name: _("theory"), line: line(1, { dash: "9px,3px" }) };
    const all = [...measured, ...(expected ?? [])].filter((value) => value > FLOOR && Number.isFinite(value));
    const ends = [Math.min(LEAST, ...all), Math.max(MOST, ...all)].map(Math.log10);
    const layout = {
      xaxis: { title: _("layer"), range: [0.4, DEPTH + 0.6], tickvals: [1, 5, 10, 15, 20] },
      yaxis: { title, type: "log", range: [ends[0] - 0.2, ends[1] + 0.2] },
    };
    return { data: expected ? [dots, theory] : [dots], layout };
  });
}

function toldUp(stds) {
  return compared(stds.at(-1) / stds[0], {
    more: (values) => _("Layer {depth} passes on a signal {times} times as strong as layer 1 does.", values),
    less: (values) => _("Layer {depth} passes on a signal {times} times weaker than layer 1 does.", values),
    same: (values) => _("Layers 1 and {depth} pass on signals within a factor of {times}.", values),
    none: (values) => _("Nothing that a number can hold arrives at layer {depth}.", values),
  });
}

function toldDown(stds) {
  return compared(stds[0] / stds.at(-1), {
    more: (values) => _("Layer 1 receives {times} times the gradient of layer {depth}: it explodes.", values),
    less: (values) => _("Layer 1 receives {times} times less gradient than layer {depth}: it vanishes.", values),
    same: (values) => _("Layers 1 and {depth} receive gradients within a factor of {times}.", values),
    none: () => _("No gradient that a number can hold arrives at layer 1."),
  });
}

const NOTED = 10; // times: nearer ones are called alike

function compared(ratio, { more, less, same, none }) {
  const values = (times) => ({ depth: DEPTH, times: number(times, { maximumSignificantDigits: 2 }) });
  if (!(ratio > 0 && Number.isFinite(ratio))) return none(values(1));
  if (ratio > NOTED) return more(values(ratio));
  return ratio < 1 / NOTED ? less(values(1 / ratio)) : same(values(Math.max(ratio, 1 / ratio)));
}

const marks = [...document.querySelectorAll("[data-gain]")];
const showMark = (gain) => marks.forEach((mark) => mark.setAttribute("aria-pressed", mark.dataset.gain === gain.toFixed(2)));

const controls = new Controls(document.querySelector("#controls"), draw);
for (const mark of marks) mark.addEventListener("click", () => controls.set("gain", Number(mark.dataset.gain)));
