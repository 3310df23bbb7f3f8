// The loss of each optimizer against steps.

import { _ } from "../words.js";
import { colour, line, plot, token } from "./plot.js";

const DECADES = [-4, 2]; // of the axis

// `racers` are [{ number, look, name, losses }]; what is drawn is what has happened at `step` of `steps`.
export function drawLosses(container, racers, step, steps, target) {
  const courses = () => racers.map((racer) => course(racer, step));
  plot(container, () => ({ data: [goal(steps, target), ...courses(), balls(racers, step)], layout: layout(steps) }));
}

const layout = (steps) => ({
  xaxis: { title: _("step"), range: [0, steps], fixedrange: true },
  yaxis: { title: _("loss"), type: "log", range: DECADES, dtick: 1, fixedrange: true },
  showlegend: false, hovermode: "x unified", margin: { l: 62, r: 16, t: 8, b: 46 },
});

const goal = (steps, target) => ({
  x: [0, steps], y: [target, target], mode: "lines", hoverinfo: "skip",
  line: { color: token("muted"), width: 1, dash: "4px,4px" },
});

function course({ look, name, losses }, step) {
  return { y: losses.slice(0, step + 1), name, mode: "lines", line: line(look, { width: 2 }), hovertemplate: "%{y:.2g}" };
}

function balls(racers, step) {
  const ends = racers.map(({ losses }) => Math.min(step, losses.length - 1));
  return {
    x: ends, y: racers.map(({ losses }, i) => losses[ends[i]]), mode: "markers+text", hoverinfo: "skip", cliponaxis: false,
    text: racers.map(({ number }) => String(number)), textfont: { size: 11, color: token("on-accent") },
    marker: { size: 17, color: racers.map(({ look }) => colour(look)) },
  };
}
