// Back-propagation on a network of two inputs, two hidden units and one output, all sigmoid, with E = ½(h1 − target)².
//
// The lecture's names: f are the inputs, g the hidden units, h1 the output, u and v the weights into them, 0 the bias.
// Every number has a name: `s_g1` is what goes into g1, `slope_g1` is σ′ there, `d_u11` is ∂E/∂u11, and `new_u11` is the
// weight after the update. `after` is E with the new weights.

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
  const after = forward(updated(at));
  return { ...at, after: after.E, after_h1: after.h1 };
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

export const NUDGE = 1e-5; // small, yet large enough for double precision

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

// Which line of the slide a step belongs to.
export function kindOf(step) {
  const [kind, of] = step.split("_");
  if (step in UNITS) return "forward";
  if (step === "E") return "error";
  if (step === "after") return "after";
  if (kind === "new") return "update";
  return of in HEARD_THROUGH ? "unit" : "weight";
}

// What a step's number belongs to.
export const found = (step) => step.split("_").at(-1);

const USED = {
  forward: (unit) => [UNITS[unit].bias, ...UNITS[unit].weights, ...UNITS[unit].inputs],
  error: () => ["h1", "target"],
  unit: (unit) => ["h1", HEARD_THROUGH[unit]],
  weight: (weight) => [ENDS[weight].unit, ENDS[weight].input].filter(Boolean),
  update: (weight) => [weight],
  after: () => WEIGHTS,
};

// The names of what a step reads.
export const used = (step) => USED[kindOf(step)](found(step));

const times = (...texts) => texts.map((text, i) => (i ? bracketed(text) : text)).join(" · ");
const bracketed = (text) => (/^[-−]/.test(text) ? `(${text})` : text); // after a sign

const squared = (unit, $) => `½ · (${$(unit)} − ${bracketed($("target"))})²`;

// As lines without their result; `$` gives the number of a name, written.
const WORKED = {
  forward(unit, $) {
    const { bias, weights, inputs } = UNITS[unit];
    const parts = weights.map((weight, k) => bracketed(times($(weight), $(inputs[k]))));
    return [`${[$(bias), ...parts].join(" + ")} = ${$(`s_${unit}`)}`, `σ(${$(`s_${unit}`)})`];
  },
  error: (_E, $) => [`${$("h1")} − ${bracketed($("target"))} = ${$("error")}`, `½ · ${bracketed($("error"))}²`],
  unit: (unit, $) => [times($("slope_h1"), $(HEARD_THROUGH[unit]), $("d_h1"))],
  weight(weight, $) {
    const { unit, input } = ENDS[weight];
    return [times($(`d_${unit}`), $(`slope_${unit}`), input ? $(input) : "1")];
  },
  update: (weight, $) => [`${$(weight)} − ${bracketed(times($("eta"), $(`d_${weight}`)))}`],
  after: (_after, $) => [`${squared("h1", $)} = ${$("E")}`, squared("after_h1", $)],
};

// A step as lines of arithmetic, its numbers as `show` writes them.
export function worked(step, at, show) {
  const lines = WORKED[kindOf(step)](found(step), (name) => show(at[name]));
  return [...lines.slice(0, -1), `${lines.at(-1)} = ${show(at[step])}`];
}
