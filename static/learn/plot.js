// Charts of the Learn pages: Plotly in the page's own colours, drawn anew when the colour scheme changes.

import { onSchemeChange, plotlyLoaded, scheme } from "../chart.js";

const palette = JSON.parse(document.querySelector("[data-palette]").dataset.palette);
const drawn = new Map(); // container -> what draws it
const touch = matchMedia("(pointer: coarse)");

// Line number `i` of those that are compared: its colour in the scheme in force, and its dash.
export const line = (i, more = {}) => ({ color: colour(i), dash: palette.dashes[i % palette.dashes.length], width: 2.5, ...more });
export const colour = (i) => palette[scheme()][i % palette[scheme()].length];
// A colour of the page by the name of its token: token("alarm").
export const token = (name) => {
  const [light, dark] = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).match(/#\w+/g);
  return scheme() === "dark" ? (dark ?? light) : light;
};

// `figure()` gives Plotly's { data, layout } with the colours in force; it is asked again when these change.
export async function plot(container, figure) {
  drawn.set(container, figure);
  await plotlyLoaded();
  const { data, layout } = drawn.get(container)();
  await Plotly.react(container, data, dressed(layout), { displayModeBar: false, responsive: true, doubleClick: false });
}

// With the fonts, colours and margins of the product's charts. Axes need a `title`, a text with its unit.
function dressed(layout) {
  const axes = Object.keys(layout).filter((name) => /^[xy]axis/.test(name));
  const told = axes.map((name) => [name, axis(layout[name])]);
  return {
    font: { family: "system-ui, sans-serif", size: 13, color: token("ink") },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 62, r: 14, t: 12, b: 48 },
    hovermode: "closest",
    dragmode: touch.matches ? false : "zoom",
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { size: 13 } },
    ...layout,
    ...Object.fromEntries(told),
  };
}

const axis = ({ title, ...more }) => ({
  title: { text: title, font: { size: 13, color: token("muted") }, standoff: 8 },
  gridcolor: token("line"), zerolinecolor: token("muted"), linecolor: token("line"),
  tickfont: { size: 12, color: token("muted") }, automargin: true, exponentformat: "power",
  ...more,
});

onSchemeChange(() => drawn.forEach((figure, container) => plot(container, figure)));
