// Rows of numbers as a grid of cells in SVG: each with its number, the darker the larger, those below 0 in another colour.

import { number } from "../words.js";

// `most` is the size that is drawn darkest; a cell of null stays empty. A square of `size` x `size` cells is framed, which
// may reach beyond the edge.
export function pixelsMarkup(rows, most, { row, column, size }) {
  const cells = rows.flatMap((line, y) => line.map((value, x) => (value === null ? "" : cell(value, y, x, most))));
  const square = (kind, x, y, side) => `<rect class="${kind}" x="${x}" y="${y}" width="${side}" height="${side}"/>`;
  return `${cells.join("")}${square("outline", 0, 0, rows.length)}${square("window", column, row, size)}`;
}

function cell(value, row, column, most) {
  const text = number(value, { maximumFractionDigits: 1 }).replace("-", "−");
  const place = `x="${column}" y="${row}" width="1" height="1"`;
  const strength = Math.min(1, Math.abs(value) / most).toFixed(2);
  return `<rect class="${value < 0 ? "negative" : "positive"}" ${place} fill-opacity="${strength}"/>
    <text x="${column + 0.5}" y="${row + 0.62}">${text}</text>`;
}
