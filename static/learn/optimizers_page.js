// The optimizers' race: every path is computed as soon as a control is moved; the clock only says how much of it is seen.

import { plotlyLoaded } from "../chart.js";
import { _, number } from "../words.js";
import { Controls } from "./controls.js";
import { OPTIMIZERS, descend, diverged, reached } from "./optimizers.js";
import { drawLosses } from "./race_losses.js";
import { Picture } from "./race_picture.js";
import { SURFACES } from "./surfaces.js";
import { written } from "./written.js";

const STEPS = 300;
const STEPS_A_SECOND = 40;
const CHART_MS = 100; // between two charts of a race that runs
const TARGET = 0.01; // the loss that counts as there

const form = document.querySelector("#controls");
const slider = form.elements.step;
const play = document.querySelector("[data-do=play]");
const rowOf = (name) => document.querySelector(`[data-optimizer=${name}]`);

let racers = [];
let step = STEPS;
let clock = null; // while it runs: from which step, since when, and when the chart was drawn

function change({ surface: name, x, y, step: at, ...constants }) {
  const surface = SURFACES[name];
  racers = OPTIMIZERS.filter((optimizer) => constants[`race_${optimizer}`]).map((optimizer) => {
    const { points, losses } = descend(optimizer, surface, [x, y], constants, STEPS);
    return { optimizer, ...lookOf(optimizer), points, losses, there: reached(losses, TARGET), lost: diverged(losses) };
  });
  document.querySelector("#told").textContent = told();
  picture.set(surface, racers);
  show(at);
}

// How the page draws and calls an optimizer.
function lookOf(optimizer) {
  const sample = rowOf(optimizer).querySelector("svg");
  const [ink, dash] = ["stroke", "stroke-dasharray"].map((name) => sample.querySelector("path").getAttribute(name));
  const name = rowOf(optimizer).querySelector("label span").textContent;
  return { name, number: OPTIMIZERS.indexOf(optimizer) + 1, look: Number(sample.dataset.look), ink, dash };
}

// --- who wins ---

function told() {
  const [first, ...others] = racers.filter(({ there }) => there !== null).sort((a, b) => a.there - b.there);
  const lost = racers.filter((racer) => racer.lost);
  const back = racers.filter(({ there, lost, losses }) => there !== null && !lost && losses.at(-1) >= TARGET);
  const late = racers.filter((racer) => racer.there === null && !racer.lost);
  const list = (some, say) => some.map((racer) => `${racer.name} (${say(racer)})`).join(", ");
  const values = first && { name: capital(first.name), target: number(TARGET), steps: first.there };
  return [
    first && _("{name} is the first below a loss of {target}, after {steps} steps.", values),
    others.length && _("Then come {others}.", { others: list(others, ({ there }) => there) }),
    back.length && _("After {steps} steps above it again, at a loss of: {others}.", { steps: STEPS, others: list(back, atLast) }),
    late.length && _("After {steps} steps still above, at a loss of: {others}.", { steps: STEPS, others: list(late, atLast) }),
    lost.length && _("Diverged, after steps: {others}.", { others: list(lost, ({ losses }) => losses.length - 1) }),
  ].filter(Boolean).join(" ");
}

const atLast = ({ losses }) => written(losses.at(-1), 2);
const capital = (name) => name[0].toUpperCase() + name.slice(1);

// --- the moment that is shown ---

function show(at) {
  step = at;
  slider.value = step;
  const words = _("step {step} of {steps}", { step, steps: STEPS });
  document.querySelector("#moment").textContent = words;
  slider.setAttribute("aria-valuetext", words);
  for (const optimizer of OPTIMIZERS) showRow(optimizer);
  picture.show(step);
  showLosses(performance.now());
}

// Plotly takes longer than a frame.
function showLosses(now) {
  if (clock && now - clock.drawn < CHART_MS) return;
  if (clock) clock.drawn = now;
  drawLosses(document.querySelector("#losses"), racers, step, STEPS, TARGET);
}

function showRow(optimizer) {
  const racer = racers.find((one) => one.optimizer === optimizer);
  const [place, loss] = rowOf(optimizer).querySelectorAll("td");
  place.textContent = racer && racer.there !== null && racer.there <= step ? number(racer.there) : "–";
  loss.textContent = racer ? lossNow(racer) : "–";
}

function lossNow({ losses, lost }) {
  const last = losses.length - 1;
  return lost && step >= last ? _("diverged") : written(losses[Math.min(step, last)], 2);
}

// --- the clock ---

function tick(now) {
  if (!clock) return;
  clock.since ??= now;
  show(Math.min(STEPS, clock.from + Math.floor(((now - clock.since) / 1000) * STEPS_A_SECOND)));
  if (step < STEPS) requestAnimationFrame(tick);
  else stop();
}

function start() {
  clock = { from: step < STEPS ? step : 0, since: null, drawn: 0 };
  showPlay();
  requestAnimationFrame(tick);
}

// The address says the moment once it stands still.
function stop() {
  clock = null;
  showPlay();
  controls.touched();
}

const showPlay = () => (play.textContent = clock ? _("Pause") : _("Play"));

function stopAt(at) {
  clock = null;
  showPlay();
  controls.set("step", Math.min(at, STEPS));
}

const picture = new Picture(document.querySelector("#picture"), ([x, y]) => {
  controls.set("x", x.toFixed(2));
  controls.set("y", y.toFixed(2));
});

// Each surface has a start that tells something.
form.elements.surface.addEventListener("input", ({ target }) => {
  [form.elements.x.value, form.elements.y.value] = SURFACES[target.value].start;
});
slider.addEventListener("input", () => stopAt(Number(slider.value)));
play.onclick = () => (clock ? stop() : start());
document.querySelector("[data-do=step]").onclick = () => stopAt(Number(slider.value) + 1);
document.querySelector("[data-do=reset]").onclick = () => stopAt(0);
document.querySelector(".transport").hidden = false;

const moment = new URLSearchParams(location.search).has("step");
const controls = new Controls(form, change);
showPlay();
if (!moment && !matchMedia("(prefers-reduced-motion: reduce)").matches) plotlyLoaded().then(start);
