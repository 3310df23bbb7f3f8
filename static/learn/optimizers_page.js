// The optimizers' race: every path is computed whenever a control is moved; the clock only says how much of it is seen.

import { onSchemeChange, plotlyLoaded } from "../chart.js";
import { _, number } from "../words.js";
import { OPTIMIZERS, descend, diverged, reached } from "./optimizers.js";
import { Picture, drawLosses } from "./race_picture.js";
import { SURFACES } from "./surfaces.js";

const STEPS = 300;
const STEPS_A_SECOND = 40;
const TARGET = 0.01; // the loss that counts as there

const form = document.querySelector("#race");
const slider = document.querySelector("#at");
const losses = document.querySelector("#losses");
const play = document.querySelector("[data-do=play]");
const rowOf = (name) => document.querySelector(`[data-optimizer=${name}]`);
const nameOf = (name) => rowOf(name).querySelector("label span").textContent;
const written = (value) => {
  const notation = value > 0 && value < 1e-3 ? "scientific" : "standard";
  return number(value, { maximumSignificantDigits: 2, notation });
};

let racers = [];
let step = 0;
let clock = null; // { since, from } while it runs

const value = (name) => Number(form.elements[name].value);
const constants = () => ({ lr: 10 ** value("lr"), momentum: value("momentum"), rho: value("rho"), beta2: value("beta2") });

const picture = new Picture(document.querySelector("#picture"), (point) => {
  [form.elements.x.value, form.elements.y.value] = point.map((at) => at.toFixed(2));
  change();
});

function change() {
  const surface = SURFACES[form.elements.surface.value];
  const start = [value("x"), value("y")];
  racers = OPTIMIZERS.filter((name) => form.elements[`race_${name}`].checked).map((name) => ({
    optimizer: name, name: nameOf(name), number: OPTIMIZERS.indexOf(name) + 1,
    ...descend(name, surface, start, constants(), STEPS),
  }));
  for (const racer of racers) racer.reached = reached(racer.losses, TARGET);
  showConstants();
  tell();
  picture.set(surface, racers);
  show(step);
}

function showConstants() {
  for (const output of form.querySelectorAll("[data-of]")) {
    const shown = constants()[output.dataset.of];
    output.textContent = number(shown, { maximumSignificantDigits: 3 });
  }
}

// --- who wins ---

function tell() {
  const there = racers.filter((racer) => racer.reached !== null).sort((a, b) => a.reached - b.reached);
  const lost = racers.filter(({ losses }) => diverged(losses));
  const late = racers.filter((racer) => !there.includes(racer) && !lost.includes(racer));
  const [first, ...others] = there;
  const said = [];
  const list = (some, what) => some.map((racer) => `${racer.name} ${what(racer)}`).join(", ");
  if (first) said.push(_("{name} is the first below a loss of {target}, after {steps} steps.", { name: sentence(first.name), target: number(TARGET), steps: first.reached }));
  if (others.length) said.push(_("Then come {others}.", { others: list(others, (racer) => racer.reached) }));
  if (late.length) said.push(_("Not there after {steps} steps: {others}.", { steps: STEPS, others: list(late, ({ losses }) => `(${written(losses.at(-1))})`) }));
  if (lost.length) said.push(_("Diverged: {others}.", { others: list(lost, ({ losses }) => `(${_("step {step}", { step: losses.length - 1 })})`) }));
  document.querySelector("#told").textContent = said.join(" ");
}

const sentence = (name) => name[0].toUpperCase() + name.slice(1);

// --- the moment that is shown ---

function show(at) {
  step = Math.min(at, STEPS);
  slider.value = step;
  document.querySelector("#moment").textContent = _("step {step} of {steps}", { step, steps: STEPS });
  for (const racer of racers) showRow(racer);
  picture.show(step);
  drawLosses(losses, racers, step, STEPS, TARGET);
}

function showRow({ optimizer, losses, reached: there }) {
  const row = rowOf(optimizer);
  const lost = diverged(losses) && step >= losses.length - 1;
  row.querySelector("[data-reached]").textContent = there !== null && there <= step ? number(there) : "–";
  row.querySelector("[data-loss]").textContent = lost ? _("diverged") : written(losses[Math.min(step, losses.length - 1)]);
}

function tick(now) {
  if (!clock) return;
  clock.since ??= now;
  show(clock.from + Math.floor(((now - clock.since) / 1000) * STEPS_A_SECOND));
  if (step < STEPS) requestAnimationFrame(tick);
  else stop();
}

function start() {
  clock = { from: step < STEPS ? step : 0 };
  showPlay();
  requestAnimationFrame(tick);
}

function stop() {
  clock = null;
  showPlay();
}

const showPlay = () => (play.textContent = clock ? _("Pause") : _("Play"));

function stopAt(at) {
  stop();
  show(at);
}

function toTheSurfacesStart() {
  [form.elements.x.value, form.elements.y.value] = SURFACES[form.elements.surface.value].start;
}

form.addEventListener("input", ({ target }) => {
  if (target === slider) stopAt(Number(slider.value));
  else {
    if (target.name === "surface") toTheSurfacesStart();
    change();
  }
});
form.addEventListener("submit", (event) => event.preventDefault());
play.onclick = () => (clock ? stop() : start());
document.querySelector("[data-do=step]").onclick = () => stopAt(step + 1);
document.querySelector("[data-do=reset]").onclick = () => stopAt(0);
document.querySelector(".transport").hidden = false;
onSchemeChange(() => {
  picture.drawGround();
  show(step);
});

toTheSurfacesStart();
showPlay();
await plotlyLoaded();
change();
if (matchMedia("(prefers-reduced-motion: reduce)").matches) show(STEPS);
else start();
