// Activations and their slopes, as the catalog (ml/catalog/networks.py) and torch have them, in double precision.
// s is the pre-activation; at a kink the slope is that on the left.

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

const elu = (s, alpha) => (s > 0 ? s : alpha * Math.expm1(s));
const eluSlope = (s, alpha) => (s > 0 ? 1 : alpha * Math.exp(s));
const sigmoid = (s) => 1 / (1 + Math.exp(-s));
const density = (s) => Math.exp((-s * s) / 2) / Math.sqrt(2 * Math.PI);

// ∫ density up to s: (1 + erf(s/√2)) / 2.
export const below = (s) => (1 + erf(s / Math.SQRT2)) / 2;

// `steepest(alpha)` is the largest |f′|, of the activations that have a flat side; those can saturate.
export const FUNCTIONS = {
  sigmoid: { f: sigmoid, slope: (s) => sigmoid(s) * sigmoid(-s), steepest: () => 0.25 },
  tanh: { f: Math.tanh, slope: (s) => 1 - Math.tanh(s) ** 2, steepest: () => 1 },
  softsign: { f: (s) => s / (1 + Math.abs(s)), slope: (s) => 1 / (1 + Math.abs(s)) ** 2, steepest: () => 1 },
  relu: { f: (s) => Math.max(0, s), slope: (s) => (s > 0 ? 1 : 0), steepest: () => 1 },
  leaky_relu: { f: (s, alpha) => (s > 0 ? s : alpha * s), slope: (s, alpha) => (s > 0 ? 1 : alpha), alpha: 0.01 },
  elu: { f: elu, slope: eluSlope, steepest: (alpha) => Math.max(1, alpha), alpha: 1 },
  selu: {
    f: (s) => SELU_SCALE * elu(s, SELU_ALPHA),
    slope: (s) => SELU_SCALE * eluSlope(s, SELU_ALPHA),
    steepest: () => SELU_SCALE * SELU_ALPHA,
  },
  gelu: {
    f: (s) => s * below(s),
    slope: (s) => below(s) + s * density(s),
    steepest: () => (1 + erf(1)) / 2 + Math.exp(-1) / Math.sqrt(Math.PI),
  },
  linear: { f: (s) => s, slope: () => 1 },
};

// A maxout unit of one input x: the largest of `pieces` lines, here tangents of the parabola x²/4 with slopes that are
// evenly spread from −1 to 1 (Goodfellow et al., 2013, figure 1: it learns which lines).
export function maxout(x, pieces) {
  const slopes = Array.from({ length: pieces }, (_one, i) => -1 + (2 * i) / (pieces - 1));
  const values = slopes.map((slope) => slope * x - slope * slope);
  const value = Math.max(...values);
  return { value, slope: slopes[values.indexOf(value)] };
}

// Where |f′| is under 5 % of its maximum, as stretches [from, to]: there a unit is saturated. None where f has no flat
// side. Edges are found by halving, between points where the answer changes.
export const FLAT = 0.05;
const FAR = 40; // beyond, no slope gets over the limit or under it any more
const POINTS = 4000;

export function flatStretches({ slope, steepest }, alpha) {
  if (!steepest) return [];
  const flat = (s) => Math.abs(slope(s, alpha)) < FLAT * steepest(alpha);
  const edges = flat(-FAR) ? [-Infinity] : [];
  for (let i = 0; i < POINTS; i++) {
    const [left, right] = [i, i + 1].map((at) => -FAR + (2 * FAR * at) / POINTS);
    if (flat(left) !== flat(right)) edges.push(edgeBetween(flat, left, right));
  }
  if (flat(FAR)) edges.push(Infinity);
  return edges.flatMap((edge, i) => (i % 2 ? [] : [[edge, edges[i + 1]]]));
}

function edgeBetween(flat, left, right) {
  const side = flat(left);
  for (let i = 0; i < 50; i++) {
    const middle = (left + right) / 2;
    if (flat(middle) === side) left = middle;
    else right = middle;
  }
  return (left + right) / 2;
}

// Abramowitz & Stegun (1964): the series 7.1.6 near 0, the continued fraction 7.1.14 beyond, to about 1e-15.
export function erf(x) {
  const size = Math.abs(x);
  return Math.sign(x) * (size < 2.5 ? series(size) : 1 - fraction(size));
}

function series(x) {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17; n++) sum += term = (term * 2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function fraction(x) {
  let below = 0;
  for (let n = 60; n > 0; n--) below = n / 2 / (x + below);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + below);
}
