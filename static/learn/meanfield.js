// What theory expects of a wide random network before its first step, as ml/theory.py computes it: Glorot & Bengio
// (2010), equations 5 and 6; for any activation Poole et al. (2016) on the way up, Schoenholz et al. (2017) on the way down.

import { below } from "./functions.js";

const REACH = 8; // of the grid that a normal distribution is integrated on, in standard deviations
const CELLS = 2000;
const NARROW = 1e-4; // a slope is taken on a grid of at least this standard deviation, or rounding would drown it

const edges = Array.from({ length: CELLS + 1 }, (_one, i) => -REACH + (2 * REACH * i) / CELLS);
const weights = edges.slice(1).map((edge, i) => below(edge) - below(edges[i]));

// Var W of one weight, by the initialisation's name in the catalog.
export const WEIGHT_VARIANCE = {
  standard: (fanIn) => 1 / (3 * fanIn),
  xavier_uniform: (fanIn, fanOut) => 2 / (fanIn + fanOut),
  kaiming_normal: (fanIn) => 2 / fanIn,
  lecun_normal: (fanIn) => 1 / fanIn,
  normal: () => 1,
};

// Of z = f(s) for s ~ N(0, std²): variance, mean square, and E[f′(s)²].
export function moments(f, std) {
  let mean = 0;
  let square = 0;
  let slope = 0;
  const step = Math.max(std, NARROW);
  let left = f(step * edges[0]);
  for (let i = 0; i < CELLS; i++) {
    const z = f((std * (edges[i] + edges[i + 1])) / 2);
    const right = f(step * edges[i + 1]);
    mean += weights[i] * z;
    square += weights[i] * z * z;
    slope += weights[i] * ((right - left) / (step * (edges[i + 1] - edges[i]))) ** 2;
    left = right;
  }
  return { variance: square - mean * mean, square, slope };
}

// Every layer, bottom up: the std of its pre-activations and the moments of its activations. `gains` are
// fan_in · Var W of each layer, `square` the inputs' mean square.
export function forward(f, gains, square) {
  let fed = square;
  return gains.map((gain) => {
    const std = Math.sqrt(gain * fed);
    const layer = { std, ...moments(f, std) };
    fed = layer.square;
    return layer;
  });
}

// The variance of the gradient at each layer's pre-activation, bottom up, where that at the top layer's activation is
// 1: Var δⁱ = E[f′(sⁱ)²] · nᵢ₊₁ · Var Wⁱ⁺¹ · Var δⁱ⁺¹. `downs[i]` is units · Var W of layer i.
export function backward(layers, downs) {
  const variances = [];
  let gradient = 1;
  for (let i = layers.length - 1; i >= 0; i--) {
    gradient *= layers[i].slope;
    variances.unshift(gradient);
    gradient *= downs[i];
  }
  return variances;
}
