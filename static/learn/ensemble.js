// Dropout of a small network: every sub-network that it can leave, and their mean beside one pass of the whole.

import { FUNCTIONS } from "./functions.js";

export const INPUT = [1, -0.5, 0.8];
export const WIDTH = 4; // units of each hidden layer

// Layers as lists of the weights of each unit, the output's last: N(0, 1/inputs) weights, no biases. `normal` draws from
// N(0, 1).
export function drawNetwork(normal, depth) {
  const widths = [INPUT.length, ...Array(depth).fill(WIDTH), 1];
  return widths.slice(1).map((units, layer) => {
    const spread = 1 / Math.sqrt(widths[layer]);
    return Array.from({ length: units }, () => Array.from({ length: widths[layer] }, () => spread * normal()));
  });
}

// What the network answers with these hidden units: `kept` holds true or false for each, layer by layer. Those that are
// left count 1/(1 − p), as torch.nn.Dropout has it. `activation` and `output` name functions.
export function answer(network, { activation, output, p }, kept) {
  let signal = INPUT;
  network.slice(0, -1).forEach((layer, at) => {
    const mask = kept.slice(at * WIDTH, (at + 1) * WIDTH);
    signal = pass(layer, signal, activation).map((value, unit) => (mask[unit] ? value / (1 - p) : 0));
  });
  return pass(network.at(-1), signal, output)[0];
}

// The network with dropout off: every unit is there, and counts once.
export const wholeAnswer = (network, choices) =>
  answer(network, { ...choices, p: 0 }, Array(droppable(network)).fill(true));

const pass = (layer, signal, name) =>
  layer.map((weights) => FUNCTIONS[name].f(weights.reduce((sum, weight, at) => sum + weight * signal[at], 0)));

// How many units dropout can take out.
export const droppable = (network) => (network.length - 1) * WIDTH;

// All 2^n sub-networks: the units `kept`, the `probability` that dropout leaves exactly these, and their `output`.
export function everySubnetwork(network, choices) {
  const units = droppable(network);
  return Array.from({ length: 2 ** units }, (_none, number) => {
    const kept = Array.from({ length: units }, (_unit, at) => Boolean((number >> at) & 1));
    const left = kept.filter(Boolean).length;
    const probability = choices.p ** (units - left) * (1 - choices.p) ** left;
    return { kept, probability, output: answer(network, choices, kept) };
  });
}

// Mean and standard deviation of the outputs, each with its probability.
export function expected(subnetworks) {
  const mean = subnetworks.reduce((sum, { probability, output }) => sum + probability * output, 0);
  const variance = subnetworks.reduce((sum, { probability, output }) => sum + probability * (output - mean) ** 2, 0);
  return { mean, std: Math.sqrt(variance) };
}

// The units that one pass leaves. `uniform` draws from [0, 1).
export const drawKept = (uniform, units, p) => Array.from({ length: units }, () => uniform() >= p);

// Mean and standard deviation of some outputs that were drawn.
export const sampled = (outputs) =>
  expected(outputs.map((output) => ({ probability: 1 / outputs.length, output })));
