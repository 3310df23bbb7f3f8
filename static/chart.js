// One chart in its container: a Plotly figure in the colours of the scheme in force, or the server's picture above it.

import { AXES } from "./state.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const touch = matchMedia("(pointer: coarse)");
const PAIR = /light-dark\((#\w+|rgba\([^)]*\)),(#\w+|rgba\([^)]*\))\)/g;

export const scheme = () => (dark.matches ? "dark" : "light");
export const onSchemeChange = (listener) => dark.addEventListener("change", listener);

// The page has asked for it already.
// A page without a picture yet names Plotly's address instead of loading it: that would hold the first picture up.
export function plotlyLoaded() {
  if (globalThis.Plotly) return Promise.resolve();
  const script = document.querySelector("#plotly") ?? addScript(document.querySelector("[data-plotly]").dataset.plotly);
  return new Promise((loaded) => script.addEventListener("load", loaded));
}

function addScript(src) {
  const script = Object.assign(document.createElement("script"), { src, id: "plotly" });
  document.head.append(script);
  return script;
}

// `text` is the figure's JSON, `hidden` the names of the layers that are not wanted, `zoom` the ranges of the axes that
// the reader zoomed to, which a new drawing keeps.
export async function drawChart(container, text, hidden, zoom = {}) {
  const { data, layout } = JSON.parse(text.replace(PAIR, dark.matches ? "$2" : "$1"));
  for (const trace of data) if (hidden.has(trace.meta)) trace.visible = false;
  for (const note of layout.annotations) if (hidden.has(note.name)) note.visible = false;
  for (const [axis, range] of Object.entries(zoom)) layout[axis].range = range;
  layout.height = container.clientHeight;
  // A finger that drags over a chart wants to scroll the page.
  if (touch.matches) layout.dragmode = false;
  container.toggleAttribute("data-logarithmic", layout.yaxis.type === "log");
  const plot = plotOf(container) ?? addPlot(container);
  await Plotly.react(plot, data, layout, { displayModeBar: false, responsive: true, doubleClick: false });
  if (!plot.dataset.heard) tellZoom(container, plot);
  for (const first of container.querySelectorAll(":scope > :not(.plot)")) first.remove();
}

// The server's picture hides the chart until that is drawn again: it takes a tenth of the time.
export function drawPicture(container, svg, hidden) {
  for (const first of container.querySelectorAll(":scope > :not(.plot)")) first.remove();
  container.insertAdjacentHTML("afterbegin", svg);
  for (const part of container.firstElementChild.querySelectorAll("[data-layer]")) {
    if (hidden.has(part.dataset.layer)) part.remove();
  }
}

// As a file, at twice the size, with a title and the names of its lines: it has to speak for itself.
export function saveChart(container, filename) {
  const { data, layout } = plotOf(container);
  const { width } = container.getBoundingClientRect();
  const alone = {
    ...layout,
    title: { text: container.dataset.title, x: 0.02, font: { size: 15, color: layout.font.color } },
    margin: { ...layout.margin, t: layout.margin.t + 34 },
    showlegend: data.filter((trace) => trace.meta).length > 1,
  };
  const size = { width: Math.max(640, Math.round(width)), height: layout.height + 60 };
  return Plotly.downloadImage({ data, layout: alone }, { format: "png", scale: 2, filename, ...size });
}

const plotOf = (container) => container.querySelector(":scope > .plot");

function addPlot(container) {
  const plot = container.appendChild(document.createElement("div"));
  plot.className = "plot";
  return plot;
}

// As an event `zoomed` of the container: the ranges of the axes that were changed, or none for the whole figure.
function tellZoom(container, plot) {
  plot.dataset.heard = "yes";
  const tell = (detail) => container.dispatchEvent(new CustomEvent("zoomed", { bubbles: true, detail }));
  plot.on("plotly_doubleclick", () => tell(null));
  plot.on("plotly_relayout", (change) => {
    const changed = AXES.filter((axis) => `${axis}.range[0]` in change);
    const ranges = changed.map((axis) => [axis, [change[`${axis}.range[0]`], change[`${axis}.range[1]`]]]);
    if (changed.length) tell(Object.fromEntries(ranges));
  });
}
