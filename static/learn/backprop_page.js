// Back-propagation by hand: one step at a time on the drawing, with its arithmetic beside it.

import { _ } from "../words.js";
import { NUDGE, START, STEPS, WEIGHTS, compute, differences, found, kindOf, updated, used, worked } from "./backprop.js";
import { Controls } from "./controls.js";
import { written } from "./written.js";

const MOST_ERRORS = 6; // of past steps of training, shown

const drawing = document.querySelector("#network");
const steps = [...document.querySelectorAll("#steps > li")];

let errors = []; // E before each step of training that was taken
let net = START;
let place = 0;

const short = (value) => written(value, 3); // on the drawing
const long = (value) => written(value, 4);

function show({ step, ...numbers }) {
  [net, place] = [numbers, step - 1];
  const at = compute(net);
  showNumbers(at);
  showParts();
  showStep(at);
  showErrors(at);
  showCheck(at, differences(net));
}

// What is known by now: the numbers that are given, and those of the steps up to this one.
function showNumbers(at) {
  const known = new Set([...Object.keys(START), ...STEPS.slice(0, place + 1)]);
  if (known.has("E")) known.add("d_h1");
  for (const text of drawing.querySelectorAll("[data-number]")) {
    const { number: name, prefix = "" } = text.dataset;
    const isNew = known.has(`new_${name}`);
    text.classList.toggle("new", isNew);
    if (isNew) text.textContent = `→ ${short(at[`new_${name}`])}`;
    else text.textContent = known.has(name) ? prefix + short(at[name]) : "";
  }
}

function showParts() {
  const step = STEPS[place];
  for (const part of drawing.querySelectorAll("[data-part]")) {
    part.classList.toggle("used", used(step).includes(part.dataset.part));
    part.classList.toggle("found", part.dataset.part === found(step));
  }
  for (const line of document.querySelectorAll("[data-kind]")) {
    line.ariaCurrent = line.dataset.kind === kindOf(step) ? "step" : null;
  }
}

function showStep(at) {
  for (const [index, step] of steps.entries()) step.hidden = index !== place;
  steps[place].querySelector("[data-worked]").replaceChildren(...worked(STEPS[place], at, long).map(paragraph));
  document.querySelector("#place").textContent = _("step {step} of {steps}", { step: place + 1, steps: STEPS.length });
}

const paragraph = (textContent) => Object.assign(document.createElement("p"), { textContent });

function showErrors(at) {
  const seen = [...errors, at.E, at.after].slice(-MOST_ERRORS).map(long).join(" → ");
  document.querySelector("#errors").textContent = _("E before and after each step of training: {errors}", { errors: seen });
}

function showCheck(at, slopes) {
  const off = Math.max(...WEIGHTS.map((weight) => Math.abs(at[`d_${weight}`] - slopes[weight])));
  const values = { off: written(off, 1), nudge: written(NUDGE, 1) };
  document.querySelector("#check").textContent = _(
    "Checked without back-propagation: E was computed with each weight {nudge} larger and smaller, and its slope differs from these nine gradients by {off} at most.",
    values,
  );
}

for (const part of document.querySelectorAll(".moves, #training")) part.hidden = false;

const form = document.querySelector("#controls");
const controls = new Controls(form, show);

// Other numbers are another story.
form.addEventListener("input", () => (errors = []));

for (const button of document.querySelectorAll("[data-move]")) {
  button.onclick = () => controls.set("step", place + 1 + Number(button.dataset.move)); // a slider stays in its range
}
document.querySelector("#train").onclick = () => train();
document.querySelector("#again").onclick = () => startAgain();

function train() {
  const at = compute(net);
  errors.push(at.E);
  write(updated(at));
}

function startAgain() {
  errors = [];
  write(START);
  controls.set("step", 1);
}

function write(numbers) {
  for (const [name, value] of Object.entries(numbers)) controls.set(name, Number(value.toPrecision(6)));
}
