// The epoch slider: it stays on the newest snapshot until it is moved.

import { _, number } from "./words.js";

const PLAY_MS = 350;
const AROUND = 50; // snapshots on either side that a reader may reach at once

export class Slider {
  #range;
  #output;
  #play;
  #latest;
  #moments = []; // [step, epoch], in order
  #epochs;
  #following = true;
  #timer = 0;
  #chosen;

  // `chosen(step, following, moving)` is called whenever another snapshot is to be shown, `touched(steps)` with those
  // around when the reader is about to move it.
  constructor(root, epochs, chosen, touched = () => {}) {
    this.#range = root.querySelector("input");
    this.#output = root.querySelector("output");
    this.#play = root.querySelector("[data-play]");
    this.#latest = root.querySelector("[data-latest]");
    this.#epochs = epochs;
    this.#chosen = chosen;
    this.#range.oninput = () => this.#moved();
    this.#play.onclick = () => (this.#timer ? this.#stop() : this.#start());
    this.#latest.onclick = () => this.#show(this.#last, true, true);
    for (const kind of ["pointerenter", "focusin", "input"]) root.addEventListener(kind, () => touched(this.#around()));
  }

  // The snapshots there are now; `step` moves to that one, or the last one before it.
  update(moments, step = null) {
    const kept = step ?? this.#moments[this.#range.value]?.[0];
    this.#moments = moments;
    this.#range.max = Math.max(0, this.#last);
    if (step !== null) this.#following = false;
    const place = step === null ? moments.findIndex(([at]) => at === kept) : this.#before(step);
    this.#show(this.#following || place < 0 ? this.#last : place, this.#following || place < 0);
  }

  goTo(step) {
    this.#stop();
    this.#show(this.#before(step), false, true);
  }

  get #last() {
    return this.#moments.length - 1;
  }

  #before(step) {
    return Math.max(0, this.#moments.findLastIndex(([at]) => at <= step));
  }

  // The steps around the one that is shown, nearest first.
  #around() {
    const here = Number(this.#range.value);
    const places = Array.from({ length: AROUND }, (_none, i) => [here + i + 1, here - i - 1]).flat();
    return places.filter((place) => place >= 0 && place <= this.#last).map((place) => this.#moments[place][0]);
  }

  #moved() {
    this.#stop();
    const place = Number(this.#range.value);
    this.#show(place, place === this.#last, true);
  }

  #show(place, following, moving = false) {
    if (place < 0) return;
    this.#range.hidden = this.#play.hidden = false;
    const [step, epoch] = this.#moments[place];
    this.#following = following;
    this.#range.value = place;
    this.#latest.hidden = following;
    const values = { epoch: number(Number(epoch.toPrecision(4))), epochs: number(Number(this.#epochs)), step: number(step) };
    const words = _("epoch {epoch} of {epochs}, step {step}", values);
    this.#range.setAttribute("aria-valuetext", words);
    this.#output.textContent = words;
    this.#chosen(step, following, moving);
  }

  #start() {
    const first = Number(this.#range.value) >= this.#last;
    if (first) this.#show(0, false, true);
    this.#timer = setInterval(() => this.#advance(), PLAY_MS);
    this.#say(_("Pause"));
  }

  #advance() {
    const next = Number(this.#range.value) + 1;
    if (next > this.#last) this.#stop();
    else this.#show(next, next === this.#last, true);
  }

  #stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#say(_("Play"));
  }

  #say(what) {
    this.#play.setAttribute("aria-label", what);
    this.#play.toggleAttribute("data-playing", this.#timer !== 0);
  }
}
