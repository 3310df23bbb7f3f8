// One chart: a Plotly figure in a container, in the colours of the scheme in force.

const dark = matchMedia("(prefers-color-scheme: dark)");
const touch = matchMedia("(pointer: coarse)");
const PAIR = /light-dark\((#\w+|rgba\([^)]*\)),(#\w+|rgba\([^)]*\))\)/g;
const CONFIG = { displaylogo: false, responsive: true, modeBarButtons: [["toImage", "resetScale2d"]] };

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
  const { data, layout } = JSON.parse(text.replace(PAIR, dark.matches ? "$2" : "$1"));
  for (const trace of data) if (hidden.has(trace.meta)) trace.visible = false;
  // A finger that drags over a chart wants to scroll the page.
  if (touch.matches) layout.dragmode = false;
  const plot = container.querySelector(".plot") ?? container.appendChild(document.createElement("div"));
  plot.className = "plot";
  await Plotly.react(plot, data, layout, { ...CONFIG, toImageButtonOptions: { filename: container.dataset.figure } });
  for (const first of container.querySelectorAll(":scope > :not(.plot)")) first.remove();
}
