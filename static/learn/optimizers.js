// The update rules of torch.optim with the constants of a run, in double precision, for points of a plane.

// What is added to a square root that is divided by; NADAM_DECAY is how fast Nadam's β₁ warms up (Dozat, 2016).
const EPS = 1e-8;
const ADAGRAD_EPS = 1e-10;
const NADAM_DECAY = 0.004;

const zip = (f, ...vectors) => vectors[0].map((_first, i) => f(...vectors.map((vector) => vector[i])));
const square = (x) => x * x;
const moving = (keep) => (mean, value) => keep * mean + (1 - keep) * value;

// Each one makes the state after a step of the state before it and the gradient ∇J where `theta` is.
const RULES = {
  sgd: (state, gradient, { lr }) => ({ theta: zip((at, slope) => at - lr * slope, state.theta, gradient) }),

  momentum({ theta, m }, gradient, { lr, momentum }) {
    const next = zip((kept, slope) => momentum * kept + slope, m, gradient);
    return { theta: zip((at, kept) => at - lr * kept, theta, next), m: next };
  },

  // As torch has it, `theta` is the point one look ahead.
  nesterov({ theta, m }, gradient, { lr, momentum }) {
    const next = zip((kept, slope) => momentum * kept + slope, m, gradient);
    return { theta: zip((at, slope, kept) => at - lr * (slope + momentum * kept), theta, gradient, next), m: next };
  },

  adagrad({ theta, v }, gradient, { lr }) {
    const next = zip((sum, slope) => sum + square(slope), v, gradient);
    return { theta: scaled(theta, gradient, next, lr, ADAGRAD_EPS), v: next };
  },

  rmsprop({ theta, v }, gradient, { lr, rho }) {
    const next = zip(moving(rho), v, gradient.map(square));
    return { theta: scaled(theta, gradient, next, lr, EPS), v: next };
  },

  adam(state, gradient, { lr, momentum, beta2 }) {
    const { m, v, t } = moments(state, gradient, momentum, beta2);
    const step = zip((mean) => mean / (1 - momentum ** t), m);
    return { theta: scaled(state.theta, step, corrected(v, beta2, t), lr, EPS), m, v, t };
  },

  nadam(state, gradient, { lr, momentum, beta2 }) {
    const { m, v, t } = moments(state, gradient, momentum, beta2);
    const [warm, warmer] = [t, t + 1].map((at) => momentum * (1 - 0.5 * 0.96 ** (at * NADAM_DECAY)));
    const product = state.product * warm;
    const mixed = (slope, mean) => ((1 - warm) * slope) / (1 - product) + (warmer * mean) / (1 - product * warmer);
    return { theta: scaled(state.theta, zip(mixed, gradient, m), corrected(v, beta2, t), lr, EPS), m, v, t, product };
  },
};

const scaled = (theta, step, v, lr, eps) => zip((at, by, size) => at - lr * (by / (Math.sqrt(size) + eps)), theta, step, v);
const corrected = (v, beta2, t) => v.map((size) => size / (1 - beta2 ** t));

// Moving means of the gradient and of its square, and the number of the step.
function moments({ m, v, t }, gradient, momentum, beta2) {
  return { m: zip(moving(momentum), m, gradient), v: zip(moving(beta2), v, gradient.map(square)), t: t + 1 };
}

export const OPTIMIZERS = Object.keys(RULES);

// The points that a rule goes through, the start included, and the loss at each: fewer than `steps` where it diverges.
// `constants` are lr (η), momentum (β, β₁), rho and beta2 (β₂).
export function descend(optimizer, surface, start, constants, steps) {
  const zero = start.map(() => 0);
  let state = { theta: start, m: zero, v: zero, t: 0, product: 1 };
  const points = [start];
  const losses = [surface.loss(start)];
  while (points.length <= steps && !diverged(losses)) {
    state = RULES[optimizer](state, surface.gradient(state.theta), constants);
    points.push(state.theta);
    losses.push(surface.loss(state.theta));
  }
  return { points, losses };
}

const TOO_FAR = 1e3;

// Whether the last loss is a thousand times the first, or no number any more.
export function diverged(losses) {
  const [first, last] = [losses[0], losses.at(-1)];
  return !(last <= TOO_FAR * Math.max(first, 1));
}

// The first step with a loss below `target`, or null.
export function reached(losses, target) {
  const step = losses.findIndex((loss) => loss < target);
  return step < 0 ? null : step;
}
