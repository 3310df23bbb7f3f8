// Dropout as an ensemble: what a pass leaves of a network, and the outputs of all that it could leave.

import { _, number } from "../words.js";
import { Controls } from "./controls.js";
import { answer, drawKept, drawNetwork, droppable, everySubnetwork, expected, sampled, wholeAnswer } from "./ensemble.js";
import { colour, line, plot, token } from "./plot.js";
import { normalFrom, uniformFrom } from "./random.js";
import { viewBox, wiringMarkup } from "./wiring.js";

const BARS = 24;
const PASS_MS = 400;
const ROUNDING = 1e-12; // all that is left of a difference that is none

function draw({ depth, ...chosen }) {
  const network = drawNetwork(normalFrom(uniformFrom(chosen.seed)), Number(depth));
  const all = everySubnetwork(network, chosen);
  const passes = passesOf(network, chosen);
  const told = { ...expected(all), whole: wholeAnswer(network, chosen) };
  drawWiring(network, passes);
  plot(document.querySelector("#outputs"), () => outputsFigure(all, told, passes));
  tellEnsemble(all.length, told);
  tellPasses(passes, chosen.p);
}

// The same seed draws the same passes, however many there are.
function passesOf(network, chosen) {
  const uniform = uniformFrom(chosen.seed + 1);
  return Array.from({ length: chosen.passes }, () => {
    const kept = drawKept(uniform, droppable(network), chosen.p);
    return { kept, output: answer(network, chosen, kept) };
  });
}

function drawWiring(network, passes) {
  const { kept, output } = passes.at(-1);
  const svg = document.querySelector("#wiring");
  svg.setAttribute("viewBox", viewBox(network.length - 1));
  svg.innerHTML = wiringMarkup(network, kept);
  const values = { pass: passes.length, kept: kept.filter(Boolean).length, units: kept.length, output: written(output) };
  say("pass", _("Pass {pass} keeps {kept} of {units} units and answers {output}.", values));
}

function outputsFigure(all, { mean, whole }, passes) {
  const bars = histogram(all);
  const highest = 1.3 * Math.max(...bars.y);
  const upright = (x, name, look) => ({ x: [x, x], y: [0, highest], name, mode: "lines", line: look, hovertemplate: "%{x:.3f}" });
  const data = [
    { ...bars, type: "bar", name: _("all sub-networks"), marker: { color: colour(0), opacity: 0.45 }, hovertemplate: "%{x:.2f}, %{y:.1%}" },
    upright(mean, _("their mean"), line(0, { width: 5 })),
    upright(whole, _("the whole network"), line(1, { dash: "4px,4px" })),
    {
      x: passes.map(({ output }) => output), y: passes.map(() => 0.94 * highest), name: _("passes drawn"), mode: "markers",
      marker: { color: token("ink"), symbol: "line-ns-open", size: 11, line: { width: 1.5 } }, hovertemplate: "%{x:.3f}",
    },
  ];
  const yaxis = { title: _("probability"), range: [0, highest], tickformat: ".0%" };
  return { data, layout: { bargap: 0, xaxis: { title: _("output of the network"), zeroline: false }, yaxis } };
}

// How probable outputs in each of BARS equal ranges are, as bars at their middles.
function histogram(all) {
  const outputs = all.map(({ output }) => output);
  const [low, high] = [Math.min(...outputs), Math.max(...outputs)];
  const width = (high - low) / BARS || 1;
  const y = Array(BARS).fill(0);
  for (const { output, probability } of all) y[Math.min(BARS - 1, Math.floor((output - low) / width))] += probability;
  return { x: y.map((_share, bar) => low + (bar + 0.5) * width), y, width };
}

function tellEnsemble(count, { mean, std, whole }) {
  const difference = Math.abs(mean - whole);
  const values = { count: number(count), mean: rough(mean), whole: rough(whole) };
  say("networks", _("{count} networks in one. Their mean answers {mean}, the whole network {whole}.", values));
  say("mean", `${written(mean)} ± ${written(std)}`);
  say("whole", written(whole));
  const share = number(difference / std, { style: "percent", maximumSignificantDigits: 2 });
  const near = () => _("{difference}, {share} of the standard deviation", { difference: written(difference), share });
  say("difference", difference < ROUNDING ? _("none: exact") : near());
}

function tellPasses(passes, p) {
  const { mean, std } = sampled(passes.map(({ output }) => output));
  const units = passes[0].kept.length;
  say("drawn-label", _("Passes drawn: mean ± standard deviation of {count}", { count: number(passes.length) }));
  say("drawn", `${written(mean)} ± ${written(std)}`);
  say("kept", _("{expected} of {units}", { expected: number(units * (1 - p), { maximumFractionDigits: 1 }), units }));
}

function say(name, text) {
  document.querySelector(`[data-say=${name}]`).textContent = text;
}

const withDigits = (digits) => (value) =>
  number(value, { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "−");
const written = withDigits(4);
const rough = withDigits(2);

// One pass more; from the beginning after the last one.
function next(controls) {
  const slider = document.querySelector("#passes");
  const { passes } = controls.values;
  controls.set("passes", passes < Number(slider.max) ? passes + 1 : 1);
}

function playing(button, step) {
  let timer = 0;
  button.addEventListener("click", () => {
    clearInterval(timer);
    timer = timer ? 0 : setInterval(step, PASS_MS);
    button.textContent = timer ? _("Pause") : _("Play");
  });
}

const [another, play] = document.querySelectorAll("#next, #play");
const controls = new Controls(document.querySelector("#controls"), draw);
another.addEventListener("click", () => next(controls));
playing(play, () => next(controls));
another.hidden = false;
play.hidden = matchMedia("(prefers-reduced-motion: reduce)").matches;
