// Rows of numbers as a grid of cells in SVG: each with its number, the darker the larger, those below 0 in another colour.

import { number } from "../words.js";

export const viewBox = (rows) => `-0.06 -0.06 ${rows[0].length + 0.12} ${rows.length + 0.12}`;

// `most` is the size that is drawn darkest. `window` is a rectangle of cells to be framed, { row, column, rows, columns }.
export function pixelsMarkup(rows, most, window) {
  const cells = rows.flatMap((line, row) => line.map((value, column) => cell(value, row, column, most)));
  const { row, column, rows: height, columns: width } = window;
  return `${cells.join("")}<rect class="window" x="${column}" y="${row}" width="${width}" height="${height}"/>`;
}

function cell(value, row, column, most) {
  const strength = Math.min(1, Math.abs(value) / most);
  const kind = `${value < 0 ? "negative" : "positive"}${strength > 0.55 ? " strong" : ""}`;
  const text = `<text x="${column + 0.5}" y="${row + 0.62}">${number(value, { maximumFractionDigits: 1 })}</text>`;
  const place = `x="${column}" y="${row}" width="1" height="1"`;
  return `<g class="${kind}"><rect ${place} fill-opacity="${strength.toFixed(2)}"/>${text}</g>`;
}
