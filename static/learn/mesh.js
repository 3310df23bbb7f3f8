// A surface over a square as a mesh in SVG, seen from above at a slant: every browser draws it, in the page's colours.

const TILT = Math.PI / 5; // of the view towards the square
const HEIGHT = 1.25; // of the surface, where half the square's edge is 1
const OUTSIDE = 1.17; // how far the labels stand from the middle
const INSET = 0.08; // and those of the ends from them, so that two do not meet at a corner

export const VIEW_BOX = "-1.62 -1.72 3.24 2.8";

// `values` and `slopes` have a row for each place along the second edge. A cell is of the class `flat` where its corners'
// mean slope is below `limit`. Places are [column, row] and may lie between: the `trail` is drawn over the surface, with
// `point` on it. `turn` is in degrees; `labels` are what stands at the start, the middle and the end of either edge.
export function meshMarkup({ values, slopes }, { turn, limit, trail, point, labels }) {
  const [lowest, highest] = [Math.min(...values.flat()), Math.max(...values.flat())];
  const see = projection(values.length - 1, (turn * Math.PI) / 180);
  const project = (place) => see(place, (between(values, ...place) - lowest) / (highest - lowest));
  const cells = cellsOf(values.length).map((corners) => ({
    slope: mean(corners.map(([column, row]) => slopes[row][column])),
    depth: mean(corners.map((corner) => project(corner).depth)),
    outline: path(corners.map((corner) => project(corner))),
  }));
  cells.sort((left, right) => right.depth - left.depth);
  const shapes = cells.map(({ slope, outline }) => `<path class="${slope < limit ? "flat" : "steep"}" d="${outline}Z"/>`);
  const here = project(point);
  return [
    edges(see, values.length - 1, labels),
    ...shapes,
    `<path class="trail" d="${path(trail.map((place) => project(place)))}"/>`,
    `<circle class="here" cx="${rounded(here.x)}" cy="${rounded(here.y)}" r="0.045"/>`,
  ].join("");
}

// From a place and its height, 0 to 1, to where it is seen and how far away. `last` is the last column and row.
function projection(last, angle) {
  return ([column, row], height) => {
    const [across, along] = [(2 * column) / last - 1, (2 * row) / last - 1];
    const depth = across * Math.sin(angle) + along * Math.cos(angle);
    const up = depth * Math.sin(TILT) + height * HEIGHT * Math.cos(TILT);
    return { x: across * Math.cos(angle) - along * Math.sin(angle), y: -up, depth };
  };
}

// The value at a place between the points of the mesh, linearly.
function between(values, column, row) {
  const [left, below] = [column, row].map((place) => Math.min(Math.floor(place), values.length - 2));
  const [x, y] = [column - left, row - below];
  const line = (at) => values[at][left] * (1 - x) + values[at][left + 1] * x;
  return line(below) * (1 - y) + line(below + 1) * y;
}

function cellsOf(side) {
  const places = Array.from({ length: side - 1 }, (_none, at) => at);
  return places.flatMap((row) =>
    places.map((column) => [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]]),
  );
}

// The two edges of the square that are nearest, on the ground, with what they are labelled.
function edges(see, last, labels) {
  const nearest = (ends) => ends.sort((left, right) => depthOf(see, left) - depthOf(see, right))[0];
  const sides = [0, last].map((end) => [[0, end], [last, end]]);
  const ups = [0, last].map((end) => [[end, 0], [end, last]]);
  return [nearest(sides), nearest(ups)].map((ends, edge) => labelled(see, last, ends, labels[edge])).join("");
}

const depthOf = (see, ends) => mean(ends.map((end) => see(end, 0).depth));

function labelled(see, last, ends, texts) {
  const along = (share) => ends[0].map((value, axis) => value + (ends[1][axis] - value) * share);
  const outwards = along(0.5).map((value) => (value - last / 2) * (OUTSIDE - 1));
  const marks = [INSET, 0.5, 1 - INSET].map((share, at) => {
    const { x, y } = see(along(share).map((value, axis) => value + outwards[axis]), 0);
    return `<text x="${rounded(x)}" y="${rounded(y + 0.05)}">${texts[at]}</text>`;
  });
  return `<path class="edge" d="${path(ends.map((place) => see(place, 0)))}"/>${marks.join("")}`;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const rounded = (value) => value.toFixed(3);
const path = (points) => `M${points.map(({ x, y }) => `${rounded(x)} ${rounded(y)}`).join("L")}`;
