// The figures of several runs: Plotly takes them over where they can be seen, a slider moves the histograms' moment,
// and while one of the runs trains everything follows.

import { drawChart, onSchemeChange, plotlyLoaded } from "./chart.js";
import { pageNow } from "./live.js";
import { _ } from "./words.js";

const REFRESH_MS = 2000;
const ADDRESS_MS = 250; // browsers refuse to change the address too often

const root = document.querySelector("#compared");
const slider = document.querySelector("#at");
const near = new Set();
const stale = new Set(root.querySelectorAll(".figure"));
let drawing = false;
let addressTimer = 0;

// Draws what is out of date near the window, until nothing is. Never runs twice at a time.
async function settle() {
  if (drawing || !window.Plotly) return;
  drawing = true;
  try {
    for (let next = first(); next; next = first()) {
      stale.delete(next);
      await draw(next);
    }
  } catch {
    setTimeout(settle, REFRESH_MS); // the server restarts, or the network is gone for a while
  } finally {
    drawing = false;
  }
}

function first() {
  return [...stale].find((figure) => near.has(figure));
}

async function draw(figure) {
  const query = new URLSearchParams(figure.dataset.query);
  if (figure.dataset.figure === "histograms") query.set("at", slider.value);
  query.set("theme", "page");
  try {
    const answer = await fetch(`/api/compare/figures/${figure.dataset.figure}?${query}`);
    if (!answer.ok) throw new Error(`${figure.dataset.figure}: ${answer.status}`);
    await drawChart(figure, await answer.text(), new Set());
  } catch (error) {
    stale.add(figure);
    throw error;
  }
}

function outdate(figures) {
  for (const figure of figures) stale.add(figure);
  settle();
}

slider.form.querySelector("button").hidden = true;
slider.addEventListener("input", () => {
  slider.form.querySelector("output").textContent = _("after {percent} % of the training", { percent: slider.value });
  outdate(root.querySelectorAll("[data-figure=histograms]"));
  clearTimeout(addressTimer);
  addressTimer = setTimeout(keepInAddress, ADDRESS_MS);
});

// A link to the page shows what its sender saw, and so do the links on it.
function keepInAddress() {
  for (const link of root.querySelectorAll(".choose a, .remove, .candidates a")) setMoment(link);
  const address = new URL(location.href);
  setMoment(address);
  history.replaceState(null, "", address);
}

function setMoment(link) {
  const query = new URLSearchParams(link.search);
  if (slider.value === "100") query.delete("at");
  else query.set("at", slider.value);
  link.search = query;
}

// The tables too, and at the end of the last run this once more.
async function follow() {
  if (!root.dataset.active || document.hidden) return;
  const now = (await pageNow())?.querySelector("#compared");
  if (!now) return;
  root.dataset.active = now.dataset.active;
  for (const part of [".chosen", "#numbers"]) {
    const [old, fresh] = [root.querySelector(part), now.querySelector(part)];
    if (old.innerHTML !== fresh.innerHTML && !old.contains(document.activeElement)) old.replaceWith(fresh);
  }
  outdate(root.querySelectorAll(".figure"));
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) near[isIntersecting ? "add" : "delete"](target);
    settle();
  },
  { rootMargin: "400px" },
);
for (const figure of stale) observer.observe(figure);
onSchemeChange(() => outdate(root.querySelectorAll(".figure")));
setInterval(() => follow().catch(() => {}), REFRESH_MS);
plotlyLoaded().then(settle);
