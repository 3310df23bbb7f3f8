// A convolution with zeros around the image, so that it keeps its size, and a dense layer with as many outputs.

// Parameters (weights and biases) and multiplications of one pass: an image of `side` x `side` pixels in `inputs`
// channels, to `outputs` channels of the same size, by kernels of `kernel` x `kernel` weights, `kernel` odd.
// Multiplications with the zeros around the image count too.
export function counts({ side, inputs, outputs, kernel }) {
  const positions = side ** 2;
  const weights = kernel ** 2 * inputs * outputs;
  const connections = positions ** 2 * inputs * outputs;
  return {
    convolution: { parameters: weights + outputs, multiplications: weights * positions },
    dense: { parameters: connections + outputs * positions, multiplications: connections },
  };
}

// The pixels that one output reads, [row, column] each; `side` is that of the image. Those outside it are left out.
export function inputsOf(row, column, kernel, side) {
  const reach = (kernel - 1) / 2;
  const around = (centre) => Array.from({ length: kernel }, (_none, at) => centre - reach + at);
  const inside = (place) => place >= 0 && place < side;
  return around(row).filter(inside).flatMap((y) => around(column).filter(inside).map((x) => [y, x]));
}

// The feature map of an image (rows of numbers) under a kernel (rows of numbers): like torch's conv2d, the kernel is laid
// on as it stands, not turned around.
export const convolve = (image, kernel) =>
  image.map((line, row) => line.map((_pixel, column) => terms(image, kernel, row, column).reduce(sumOf, 0)));

const sumOf = (sum, { pixel, weight }) => sum + pixel * weight;

// What one output is the sum of: pixels with the weights that they are multiplied by, zeros around the image among them.
export function terms(image, kernel, row, column) {
  const reach = (kernel.length - 1) / 2;
  return kernel.flatMap((weights, y) =>
    weights.map((weight, x) => ({ pixel: image[row + y - reach]?.[column + x - reach] ?? 0, weight })),
  );
}
