// One chart: a Plotly figure in a container, in the colours of the scheme in force.

const dark = matchMedia("(prefers-color-scheme: dark)");
const touch = matchMedia("(pointer: coarse)");
const PAIR = /light-dark\((#\w+|rgba\([^)]*\)),(#\w+|rgba\([^)]*\))\)/g;

// Per container: the ranges that the reader zoomed to, which a new drawing keeps (Plotly's own `uirevision` forgets
// them when the figure comes with other ranges), and how it was last drawn.
const zooms = new WeakMap();
const drawn = new WeakMap();

export const scheme = () => (dark.matches ? "dark" : "light");
export const onSchemeChange = (listener) => dark.addEventListener("change", listener);

export function loadPlotly(address) {
  return new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = loaded;
    script.onerror = () => failed(new Error(`${address} could not be loaded`));
    document.head.append(script);
  });
}

// `text` is the figure's JSON, `hidden` the names of the layers whose lines are not wanted.
export async function drawChart(container, text, hidden) {
  drawn.set(container, [text, hidden]);
  const { data, layout } = JSON.parse(text.replace(PAIR, dark.matches ? "$2" : "$1"));
  for (const trace of data) if (hidden.has(trace.meta)) trace.visible = false;
  for (const [axis, range] of Object.entries(zooms.get(container) ?? {})) layout[axis].range = range;
  // A finger that drags over a chart wants to scroll the page.
  if (touch.matches) layout.dragmode = false;
  const plot = container.querySelector(".plot") ?? addPlot(container);
  await Plotly.react(plot, data, layout, config(container));
  if (!zooms.has(container)) keepZoom(container, plot);
  for (const first of container.querySelectorAll(":scope > :not(.plot)")) first.remove();
}

function addPlot(container) {
  const plot = container.appendChild(document.createElement("div"));
  plot.className = "plot";
  return plot;
}

function config(container) {
  const home = { name: "home", title: "Show everything", icon: Plotly.Icons.home, click: () => showAll(container) };
  const picture = { filename: container.dataset.figure };
  return { displaylogo: false, responsive: true, doubleClick: false, modeBarButtons: [["toImage", home]], toImageButtonOptions: picture };
}

function keepZoom(container, plot) {
  zooms.set(container, {});
  plot.on("plotly_doubleclick", () => showAll(container));
  plot.on("plotly_relayout", (change) => {
    for (const axis of ["xaxis", "yaxis"]) {
      if (`${axis}.range[0]` in change) zooms.get(container)[axis] = [change[`${axis}.range[0]`], change[`${axis}.range[1]`]];
    }
  });
}

function showAll(container) {
  zooms.set(container, {});
  drawChart(container, ...drawn.get(container));
}
