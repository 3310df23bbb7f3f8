// A small network as a drawing in SVG: inputs below, output on top, units that dropout took out crossed and cut off.

import { INPUT, WIDTH } from "./ensemble.js";

const APART = { across: 1, up: 1.15 };
const RADIUS = 0.24;

export const viewBox = (depth) => `-0.1 -0.5 ${WIDTH * APART.across + 0.2} ${(depth + 1) * APART.up + 1}`;

// `kept` holds true or false for each hidden unit, layer by layer. Lines are the thicker the larger the weight.
export function wiringMarkup(network, kept) {
  const depth = network.length - 1;
  const there = (level, unit) => level === 0 || level > depth || kept[(level - 1) * WIDTH + unit];
  const levels = [INPUT.length, ...network.map((layer) => layer.length)];
  const place = (level, unit) => ({
    x: (WIDTH * APART.across) / 2 + (unit - (levels[level] - 1) / 2) * APART.across,
    y: (depth + 1 - level) * APART.up,
  });
  const wires = network.flatMap((layer, level) =>
    layer.flatMap((weights, to) =>
      weights.map((weight, from) => {
        const whole = there(level, from) && there(level + 1, to);
        return wire(place(level, from), place(level + 1, to), weight, whole);
      }),
    ),
  );
  const units = levels.flatMap((count, level) =>
    Array.from({ length: count }, (_none, unit) => circle(place(level, unit), there(level, unit))),
  );
  return [...wires, ...units].join("");
}

function wire(from, to, weight, whole) {
  const width = Math.min(0.1, 0.015 + Math.abs(weight) * 0.05).toFixed(3);
  const kind = whole ? (weight < 0 ? "wire negative" : "wire") : "wire cut";
  return `<path class="${kind}" stroke-width="${width}" d="M${from.x} ${from.y}L${to.x} ${to.y}"/>`;
}

function circle({ x, y }, there) {
  const arm = RADIUS * 0.6;
  const cross = `<path class="cross" d="M${x - arm} ${y - arm}l${2 * arm} ${2 * arm}m0 ${-2 * arm}l${-2 * arm} ${2 * arm}"/>`;
  return `<circle class="unit${there ? "" : " out"}" cx="${x}" cy="${y}" r="${RADIUS}"/>${there ? "" : cross}`;
}
