// Two costs of one small network as functions of two of its weights, one in each layer: figure 5 of Glorot & Bengio
// (2010). Inputs and targets are random, the output is a softmax; both costs are those that a run can be trained with.

import { FUNCTIONS } from "./functions.js";

export const EXAMPLES = 10;
export const INPUTS = 4;
export const HIDDEN = 4;
export const CLASSES = 2;
export const REACH = 10; // each of the two weights goes from -REACH to REACH
export const FLAT = 0.05; // of the steepest slope: where there is less, the surface counts as flat
export const COSTS = ["crossEntropy", "quadratic"];

// `normal` draws from N(0, 1). `inputs` (examples x inputs), `targets` (a class for each example), `first` (hidden x
// inputs) and `second` (classes x hidden) are the weights of the layers.
export function drawProblem(normal) {
  const matrix = (rows, columns) => Array.from({ length: rows }, () => Array.from({ length: columns }, () => normal()));
  return {
    inputs: matrix(EXAMPLES, INPUTS),
    targets: Array.from({ length: EXAMPLES }, () => (normal() > 0 ? 1 : 0)),
    first: matrix(HIDDEN, INPUTS),
    second: matrix(CLASSES, HIDDEN),
  };
}

// The same with all weights multiplied by `size`.
export function withWeights(problem, size) {
  const scaled = (matrix) => matrix.map((row) => row.map((weight) => weight * size));
  return { ...problem, first: scaled(problem.first), second: scaled(problem.second) };
}

// Both costs where the first weight of each layer is `w1` and `w2`: each with its `value`, a mean over the examples in
// the units of the cost, and its derivatives by the two weights, `d1` and `d2`.
export function costsAt(problem, activation, w1, w2) {
  const sums = Object.fromEntries(COSTS.map((cost) => [cost, { value: 0, d1: 0, d2: 0 }]));
  problem.inputs.forEach((input, example) => {
    const passed = forward(problem, activation, input, w1, w2);
    const target = problem.targets[example];
    for (const cost of COSTS) add(sums[cost], outputError(cost, passed.shares, target), passed, input, w2, problem);
  });
  return sums;
}

function forward({ first, second }, activation, input, w1, w2) {
  const { f, slope } = FUNCTIONS[activation];
  const sums = first.map((row, unit) => dot(row, input) + (unit ? 0 : (w1 - row[0]) * input[0]));
  const hidden = sums.map((sum) => f(sum));
  const logits = second.map((row, label) => dot(row, hidden) + (label ? 0 : (w2 - row[0]) * hidden[0]));
  return { hidden: hidden[0], slope: slope(sums[0]), shares: logShares(logits) };
}

const dot = (left, right) => left.reduce((sum, value, at) => sum + value * right[at], 0);

// The logarithms of the softmax, which stay finite where it comes down to 0.
function logShares(logits) {
  const most = Math.max(...logits);
  const total = most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
  return logits.map((logit) => logit - total);
}

// What one example adds to the cost, and the derivatives of that by the logits.
function outputError(cost, logs, target) {
  const misses = logs.map((log, label) => Math.exp(log) - (label === target ? 1 : 0));
  if (cost === "crossEntropy") return { value: -logs[target], errors: misses };
  const common = logs.reduce((sum, log, label) => sum + misses[label] * Math.exp(log), 0);
  return { value: dot(misses, misses) / 2, errors: logs.map((log, label) => Math.exp(log) * (misses[label] - common)) };
}

function add(sum, { value, errors }, { hidden, slope }, input, w2, { second }) {
  const back = errors.reduce((total, error, label) => total + error * (label ? second[label][0] : w2), 0);
  sum.value += value / EXAMPLES;
  sum.d1 += (back * slope * input[0]) / EXAMPLES;
  sum.d2 += (errors[0] * hidden) / EXAMPLES;
}

// Both costs over the square, at `side` x `side` points: the `weights` along each edge, and for each cost its `values`
// and the norms of its gradient, `slopes`, a row for each w2 and a column for each w1.
export function surfaces(problem, activation, side) {
  const weights = Array.from({ length: side }, (_none, at) => -REACH + (2 * REACH * at) / (side - 1));
  const rows = weights.map((w2) => weights.map((w1) => costsAt(problem, activation, w1, w2)));
  const each = (pick) => rows.map((row) => row.map(pick));
  const surface = (cost) => ({
    values: each((costs) => costs[cost].value),
    slopes: each((costs) => Math.hypot(costs[cost].d1, costs[cost].d2)),
  });
  return { weights, ...Object.fromEntries(COSTS.map((cost) => [cost, surface(cost)])) };
}

// The largest slope of a surface.
export const steepest = ({ slopes }) => Math.max(...slopes.flat());

// The share of the square in which the gradient's norm is less than FLAT of its maximum.
export function flatShare(surface) {
  const limit = FLAT * steepest(surface);
  const all = surface.slopes.flat();
  return all.filter((slope) => slope < limit).length / all.length;
}
