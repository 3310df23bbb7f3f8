// Back-propagation by hand: one step at a time on the drawing, with its arithmetic beside it.

import { _, number } from "../words.js";
import { START, STEPS, WEIGHTS, compute, differences, found, kindOf, updated, used, worked } from "./backprop.js";

const MOST_ERRORS = 6; // of past steps of training, shown

const form = document.querySelector("#numbers");
const drawing = document.querySelector("#network");
const slider = document.querySelector("#step");
const steps = [...document.querySelectorAll("#steps > li")];

let place = 0;
let errors = []; // E before each step of training that was taken

const written = (digits) => (value) => number(value, { maximumSignificantDigits: digits }).replace("-", "−");
const short = written(3);
const long = written(4);

// An empty field counts as 0.
const read = () => Object.fromEntries(Object.keys(START).map((name) => [name, Number(form.elements[name].value)]));

function write(net) {
  for (const [name, value] of Object.entries(net)) form.elements[name].value = Number(value.toPrecision(12));
}

function show() {
  const net = read();
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
    line.toggleAttribute("aria-current", line.dataset.kind === kindOf(step));
  }
}

function showStep(at) {
  for (const [index, step] of steps.entries()) step.hidden = index !== place;
  const lines = worked(STEPS[place], at, long).map((line) => Object.assign(document.createElement("p"), { textContent: line }));
  steps[place].querySelector("[data-worked]").replaceChildren(...lines);
  document.querySelector("#place").textContent = _("step {step} of {steps}", { step: place + 1, steps: STEPS.length });
  slider.value = place;
}

function showErrors(at) {
  const seen = [...errors, at.E, at.after].slice(-MOST_ERRORS).map(long).join(" → ");
  document.querySelector("#errors").textContent = _("E before and after each step of training: {errors}", { errors: seen });
}

function showCheck(at, slopes) {
  const off = Math.max(...WEIGHTS.map((weight) => Math.abs(at[`d_${weight}`] - slopes[weight])));
  const values = { off: off.toExponential(0).replace("-", "−") };
  document.querySelector("#check").textContent = _(
    "Checked: all nine gradients are within {off} of what E does when each weight is nudged by 0.00001 to both sides.", values,
  );
}

function goTo(step) {
  place = Math.min(Math.max(step, 0), STEPS.length - 1);
  show();
}

function train() {
  const at = compute(read());
  errors.push(at.E);
  write(updated(at));
  show();
}

function startAgain() {
  errors = [];
  place = 0;
  write(START);
  show();
}

for (const part of document.querySelectorAll(".moves, #training")) part.hidden = false;
for (const button of document.querySelectorAll("[data-move]")) button.onclick = () => goTo(place + Number(button.dataset.move));
slider.max = STEPS.length - 1;
slider.oninput = () => goTo(Number(slider.value));
document.querySelector("#train").onclick = train;
document.querySelector("#again").onclick = startAgain;
form.addEventListener("input", show);
show();
