// The page of a run: figures that follow the run while it goes on.

import { Board } from "./board.js";
import { plotlyLoaded } from "./chart.js";
import { Controls } from "./controls.js";
import { followDiagnosis } from "./diagnosis.js";
import { Figures } from "./figures.js";
import { followRun } from "./live.js";
import { makePermalink } from "./permalink.js";
import { makeSharing } from "./sharing.js";
import { Slider } from "./slider.js";
import { State } from "./state.js";
import { Tools } from "./tools.js";

const ACTIVE = ["queued", "running"];
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

const state = new State(location.search);
const figures = new Figures(base, state);
let board, slider, controls;

function showFigures() {
  board = new Board(root, state, figures.get.bind(figures));
  slider = new Slider(root.querySelector("#slider"), root.dataset.epochs, choose, (steps) => board.prepare(steps));
  controls = new Controls(root, state, redraw, (step) => slider.goTo(step));
  new Tools(root, state, keepInAddress);
  refresh();
}

function choose(step, following, moving) {
  state.step = following ? null : step;
  state.shown = step;
  controls.show();
  board.show(step, moving);
  keepInAddress();
}

let addressTimer = 0;

function keepInAddress() {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(() => {
    const query = state.query();
    history.replaceState(null, "", addressOf(query));
    for (const link of document.querySelectorAll(".languages a")) link.href = `?${query && `${query}&`}lang=${link.hreflang}`;
  }, ADDRESS_MS);
}

const addressOf = (query) => location.pathname + (query && `?${query}`) + location.hash;

// While the run goes on its latest snapshot is soon another one.
function permalink() {
  const query = state.query(ACTIVE.includes(root.dataset.status) ? state.shown : state.step);
  return new URL(addressOf(query), location.href).href;
}

function redraw() {
  board.settle();
  keepInAddress();
}

// What the diagnosis points at, without loading the page anew.
function see({ search, hash }) {
  const { overview, step } = new State(search);
  root.querySelector(`[data-switch=overview][data-value="${overview}"]`)?.click();
  if (step !== null) slider.goTo(step);
  location.hash = hash;
  root.querySelector(hash).scrollIntoView();
}

let firstPicture = null;
let timer = 0;

function refresh() {
  timer = 0;
  const { release, attempt, status } = root.dataset;
  board.attempt = attempt;
  board.live = ACTIVE.includes(status);
  board.version = state.version = [release, attempt, moments.size, status, document.documentElement.lang].join(".");
  if (!moments.size) return;
  root.querySelector("#drawings").classList.remove("empty");
  slider.update([...moments].sort(([a], [b]) => a - b), firstPicture ? null : state.step);
  firstPicture ??= showFirst();
}

// The server has drawn the first picture, for Plotly takes a second to load; the charts' numbers travel meanwhile.
async function showFirst() {
  const drawn = board.settle();
  // Of a run that has just begun nothing is on the page yet: its picture comes before the numbers.
  if (!document.querySelector("#plotly")) await drawn;
  board.fetchAll();
  await plotlyLoaded();
  board.usePlotly();
}

// A run that ended before it measured anything has no figures.
if (root.querySelector("#drawings")) {
  showFigures();
  // A mystery has none.
  const diagnoseAnew = root.querySelector("#diagnosis") ? followDiagnosis(root, base, () => state.query()) : () => {};
  followRun(root, base, moments, () => {
    timer ||= setTimeout(refresh, firstPicture ? REFRESH_MS : 0);
    diagnoseAnew();
  });
  root.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-see]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    see(link);
  });
}
makeSharing(root);
makePermalink(root, permalink);
