// The offline file: the same figures, from the data inside it.

import { Board } from "./board.js";
import { Controls } from "./controls.js";
import { Slider } from "./slider.js";
import { State } from "./state.js";
import { Tools } from "./tools.js";

const root = document.querySelector("#run");
const figures = JSON.parse(document.querySelector("#figures").textContent);
const state = new State(location.search);

function figureAt(key, step) {
  const [name, layer] = key.split(":");
  const found = figures[name];
  return JSON.stringify("data" in found ? found : found[layer ?? step]);
}

if (root.querySelector("#drawings") && figures.moments.length) {
  const board = new Board(root, state, async (wanted, step) => new Map(wanted.map(([key]) => [key, figureAt(key, step)])));
  const slider = new Slider(root.querySelector("#slider"), root.dataset.epochs, (step) => {
    state.shown = step;
    board.show(step, false);
  });
  new Controls(root, state, () => board.settle(), (step) => slider.goTo(step));
  new Tools(root, state, () => {});
  slider.update(figures.moments, state.step);
  board.usePlotly();
}
