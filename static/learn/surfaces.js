// Loss surfaces over a plane, with their gradients. The smallest loss of each is 0, so that a logarithmic axis shows how
// near a point has come. Their scales are such that one η suits them all.

// `x` and `y` are what is drawn, `minima` where the loss is 0.
export const SURFACES = {
  bowl: {
    loss: ([x, y]) => 0.5 * (x * x + y * y),
    gradient: ([x, y]) => [x, y],
    minima: [[0, 0]],
    x: [-2.4, 2.4],
    y: [-1.6, 1.6],
    start: [-2, 1.2],
  },
  // 40 times as steep across as along
  ravine: {
    loss: ([x, y]) => 0.15 * x * x + 6 * y * y,
    gradient: ([x, y]) => [0.3 * x, 12 * y],
    minima: [[0, 0]],
    x: [-2.4, 2.4],
    y: [-1.6, 1.6],
    start: [-2, 1.2],
  },
  // between two minima; the start is a thousandth beside the way that leads straight to the saddle point
  saddle: {
    loss: ([x, y]) => 0.5 * x * x + 0.25 * (y * y - 1) ** 2,
    gradient: ([x, y]) => [x, y * (y * y - 1)],
    minima: [[0, -1], [0, 1]],
    x: [-2.4, 2.4],
    y: [-1.6, 1.6],
    start: [-2, 0.001],
  },
  // with 10 in place of Rosenbrock's 100, which bends as much
  rosenbrock: {
    loss: ([x, y]) => 0.05 * (1 - x) ** 2 + 0.5 * (y - x * x) ** 2,
    gradient: ([x, y]) => [0.1 * (x - 1) - 2 * x * (y - x * x), y - x * x],
    minima: [[1, 1]],
    x: [-1.8, 1.8],
    y: [-0.7, 1.7],
    start: [-1.2, 1],
  },
};
