// The page of a run: figures that follow the run while it goes on.

import { Board } from "./board.js";
import { loadPlotly } from "./chart.js";
import { followRun } from "./live.js";
import { makeSharing } from "./sharing.js";
import { Slider } from "./slider.js";

const PLOTLY = "/static/plotly.min.js";
const REFRESH_MS = 300; // while it goes on: drawing more often would take the processor away from the training

const ADDRESS_MS = 250; // browsers refuse to change the address too often

const root = document.querySelector("#run");
const { base } = root.dataset;
const moments = new Map(
  root.dataset.snapshots
    .split(" ")
    .filter(Boolean)
    .map((pair) => pair.split(":").map(Number)),
);

async function fetchFigure(name, query, renderer) {
  const address = `${base}/figures/${name}${renderer === "svg" ? ".svg" : ""}`;
  const answer = await fetch(`${address}?${new URLSearchParams({ ...query, theme: "page" })}`);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.text();
}

let addressTimer = 0;
const board = new Board(root, fetchFigure);
const slider = new Slider(root.querySelector("#slider") ?? document.createElement("div"), root.dataset.epochs, choose);

function choose(step, following) {
  board.step = step;
  board.settle();
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => keepInAddress(step, following), ADDRESS_MS);
}

// A link to the page shows what its sender saw.
function keepInAddress(step, following) {
  const address = new URL(location.href);
  if (following) address.searchParams.delete("step");
  else address.searchParams.set("step", step);
  if (address.href !== location.href) history.replaceState(null, "", address);
}

let firstPicture = null;
let timer = 0;

function refresh(step = null) {
  timer = 0;
  board.attempt = root.dataset.attempt;
  board.version = [root.dataset.attempt, moments.size, root.dataset.status].join(" ");
  if (!moments.size) return;
  slider.update([...moments].sort(([a], [b]) => a - b), step);
  // The server draws the first picture, for Plotly takes a second to load.
  firstPicture ??= board.settle().then(() => loadPlotly(PLOTLY)).then(() => board.usePlotly());
}

const pinned = new URLSearchParams(location.search).get("step");
refresh(pinned === null || !moments.has(Number(pinned)) ? null : Number(pinned));
makeSharing(root);
followRun(root, base, moments, () => (timer ||= setTimeout(refresh, firstPicture ? REFRESH_MS : 0)));
