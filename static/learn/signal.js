// A random network of equally wide layers, once up and once down.

import { normalFrom, uniformFrom } from "./random.js";

// Normal numbers, drawn once and then only scaled, so that what is drawn moves smoothly with the scale: `weights`
// (depth, width · width), `inputs` and `errors` (examples · width), the latter ∂C/∂z of the top layer.
export function drawNumbers(depth, width, examples, seed) {
  const normal = normalFrom(uniformFrom(seed));
  const many = (count) => Float64Array.from({ length: count }, normal);
  const weights = Array.from({ length: depth }, () => many(width * width));
  return { depth, width, examples, weights, inputs: many(examples * width), errors: many(examples * width) };
}

// Std of each layer's activations and of ∂C/∂s, over units and examples, for weights of variance gain² / width.
export function propagate({ width, examples, weights, inputs, errors }, { f, slope }, gain) {
  const scale = gain / Math.sqrt(width);
  const sums = [];
  const activations = [];
  let z = inputs;
  for (const layer of weights) {
    const s = up(layer, z, width, examples, scale);
    sums.push(s);
    z = s.map((value) => f(value));
    activations.push(std(z));
  }
  const gradients = [];
  let error = errors;
  for (let i = weights.length - 1; i >= 0; i--) {
    const delta = error.map((value, k) => value * slope(sums[i][k]));
    gradients.unshift(std(delta));
    error = down(weights[i], delta, width, examples, scale);
  }
  return { activations, gradients };
}

// s = scale · W z, for every example; W is out × in.
function up(layer, z, width, examples, scale) {
  const s = new Float64Array(examples * width);
  for (let e = 0; e < examples; e++) {
    for (let o = 0; o < width; o++) {
      let sum = 0;
      for (let i = 0; i < width; i++) sum += layer[o * width + i] * z[e * width + i];
      s[e * width + o] = scale * sum;
    }
  }
  return s;
}

// scale · Wᵀ δ, for every example.
function down(layer, delta, width, examples, scale) {
  const error = new Float64Array(examples * width);
  for (let e = 0; e < examples; e++) {
    for (let o = 0; o < width; o++) {
      const d = scale * delta[e * width + o];
      for (let i = 0; i < width; i++) error[e * width + i] += layer[o * width + i] * d;
    }
  }
  return error;
}

function std(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
