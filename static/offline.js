// The offline file: the same figures, from the data inside it.

import { Board } from "./board.js";
import { Slider } from "./slider.js";

const root = document.querySelector("#run");
const figures = JSON.parse(document.querySelector("#figures").textContent);

const board = new Board(root, async (name, query) => {
  const [key] = Object.values(query);
  return JSON.stringify(key === undefined ? figures[name] : figures[name][key]);
});

const sliderRoot = root.querySelector("#slider");
if (sliderRoot && figures.moments.length) {
  const slider = new Slider(sliderRoot, root.dataset.epochs, (step) => {
    board.step = step;
    board.settle();
  });
  slider.update(figures.moments);
  board.usePlotly();
}
