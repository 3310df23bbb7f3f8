// Back-propagation on a network of two inputs, two hidden units and one output, all sigmoid, with E = ½(h1 − target)².
//
// The lecture's names: f are the inputs, g the hidden units, h1 the output, u and v the weights into them, 0 the bias.
// Every number has a name: `s_g1` is what goes into g1, `slope_g1` is σ′ there, `d_u11` is ∂E/∂u11, and `new_u11` is the
// weight after the update.

export const START = {
  f1: 1, f2: 0.5, target: 1, eta: 0.5,
  u10: 0.1, u11: 0.4, u12: -0.6, u20: -0.2, u21: 0.7, u22: 0.3,
  v10: 0.2, v11: 0.5, v12: -0.8,
};
export const UNITS = {
  g1: { bias: "u10", weights: ["u11", "u12"], inputs: ["f1", "f2"] },
  g2: { bias: "u20", weights: ["u21", "u22"], inputs: ["f1", "f2"] },
  h1: { bias: "v10", weights: ["v11", "v12"], inputs: ["g1", "g2"] },
};
const HEARD_THROUGH = { g1: "v11", g2: "v12" };

// The unit and the input of each weight; a bias has none.
const ENDS = Object.fromEntries(
  Object.entries(UNITS).flatMap(([unit, { bias, weights, inputs }]) => [
    [bias, { unit, input: null }],
    ...weights.map((weight, k) => [weight, { unit, input: inputs[k] }]),
  ]),
);
export const WEIGHTS = Object.keys(ENDS);

const sigmoid = (s) => 1 / (1 + Math.exp(-s));

// Every number of one step of training, by name, from those that START has.
export function compute(net) {
  const at = forward(net);
  at.error = at.d_h1 = at.h1 - at.target;
  for (const [unit, weight] of Object.entries(HEARD_THROUGH)) at[`d_${unit}`] = at.slope_h1 * at[weight] * at.d_h1;
  for (const [weight, { unit, input }] of Object.entries(ENDS)) {
    at[`d_${weight}`] = at[`d_${unit}`] * at[`slope_${unit}`] * (at[input] ?? 1);
    at[`new_${weight}`] = at[weight] - at.eta * at[`d_${weight}`];
  }
  at.after = forward(updated(at)).E;
  return at;
}

function forward(net) {
  const at = { ...net };
  for (const [unit, { bias, weights, inputs }] of Object.entries(UNITS)) {
    at[`s_${unit}`] = weights.reduce((sum, weight, k) => sum + at[weight] * at[inputs[k]], at[bias]);
    at[unit] = sigmoid(at[`s_${unit}`]);
    at[`slope_${unit}`] = at[unit] * (1 - at[unit]);
  }
  at.E = (at.h1 - at.target) ** 2 / 2;
  return at;
}

// The network with the weights that `compute` found.
export function updated(at) {
  return Object.fromEntries(Object.keys(START).map((name) => [name, at[`new_${name}`] ?? at[name]]));
}

const NUDGE = 1e-5; // small, yet large enough for double precision

// ∂E/∂w of every weight without back-propagation: from E a little to both sides of w.
export function differences(net) {
  const near = (weight, by) => forward({ ...net, [weight]: net[weight] + by }).E;
  return Object.fromEntries(WEIGHTS.map((w) => [w, (near(w, NUDGE) - near(w, -NUDGE)) / (2 * NUDGE)]));
}

// --- step by step ---

// Each step by the name of the number that it finds, in the order of the slide: forward, then unit by unit from the top.
export const STEPS = [
  "g1", "g2", "h1", "E",
  ...["h1", "g1", "g2"].flatMap((unit) => [...(unit in HEARD_THROUGH ? [`d_${unit}`] : []), ...weightSteps(unit)]),
  "after",
];

function weightSteps(unit) {
  return [UNITS[unit].bias, ...UNITS[unit].weights].flatMap((weight) => [`d_${weight}`, `new_${weight}`]);
}

// The names of what a step reads.
export function used(step) {
  const [kind, of] = step.split("_");
  if (step in UNITS) return [UNITS[step].bias, ...UNITS[step].weights, ...UNITS[step].inputs];
  if (step === "E") return ["h1", "target"];
  if (step === "after") return WEIGHTS;
  if (kind === "new") return [of];
  if (of in HEARD_THROUGH) return ["h1", HEARD_THROUGH[of]];
  return [ENDS[of].unit, ENDS[of].input].filter(Boolean);
}

// A step as lines of arithmetic, its numbers as `show` writes them.
export function worked(step, at, show) {
  const [kind, of] = step.split("_");
  const product = (...names) => names.map((name, i) => (i ? bracketed(show(at[name] ?? 1)) : show(at[name]))).join(" · ");
  const result = show(at[step]);
  if (step in UNITS) return summed(step, at, show, product);
  if (step === "E") {
    const error = show(at.error);
    return [`${show(at.h1)} − ${bracketed(show(at.target))} = ${error}`, `½ · ${bracketed(error)}² = ${result}`];
  }
  if (step === "after") return [`${show(at.E)} → ${result}`];
  if (kind === "new") return [`${show(at[of])} − ${bracketed(show(at.eta))} · ${bracketed(show(at[`d_${of}`]))} = ${result}`];
  if (of in HEARD_THROUGH) return [`${product("slope_h1", HEARD_THROUGH[of], "d_h1")} = ${result}`];
  return [`${product(`d_${ENDS[of].unit}`, `slope_${ENDS[of].unit}`, ENDS[of].input)} = ${result}`];
}

function summed(unit, at, show, product) {
  const { bias, weights, inputs } = UNITS[unit];
  const sum = show(at[`s_${unit}`]);
  const parts = weights.map((weight, k) => bracketed(product(weight, inputs[k])));
  return [`${[show(at[bias]), ...parts].join(" + ")} = ${sum}`, `σ(${sum}) = ${show(at[unit])}`];
}

// After a sign a negative number stands in brackets.
const bracketed = (text) => (/^[-−]/.test(text) ? `(${text})` : text);
