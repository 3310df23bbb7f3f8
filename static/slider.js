// The epoch slider: it stays on the newest snapshot until it is moved.

const PLAY_MS = 350;

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

  // `chosen(step, following)` is called whenever another snapshot is to be shown.
  constructor(root, epochs, chosen) {
    this.#range = root.querySelector("input");
    this.#output = root.querySelector("output");
    this.#play = root.querySelector("[data-play]");
    this.#latest = root.querySelector("[data-latest]");
    this.#epochs = epochs;
    this.#chosen = chosen;
    this.#range.oninput = () => this.#moved();
    this.#play.onclick = () => (this.#timer ? this.#stop() : this.#start());
    this.#latest.onclick = () => this.#show(this.#last, true);
  }

  get #last() {
    return this.#moments.length - 1;
  }

  // The snapshots there are now; `step` moves to that one.
  update(moments, step = null) {
    const kept = step ?? this.#moments[this.#range.value]?.[0];
    this.#moments = moments;
    this.#range.max = Math.max(0, this.#last);
    if (step !== null) this.#following = false;
    const place = moments.findIndex(([at]) => at === kept);
    this.#show(this.#following || place < 0 ? this.#last : place, this.#following || place < 0);
  }

  #moved() {
    this.#stop();
    const place = Number(this.#range.value);
    this.#show(place, place === this.#last);
  }

  #show(place, following) {
    if (place < 0) return;
    this.#range.hidden = this.#play.hidden = false;
    const [step, epoch] = this.#moments[place];
    this.#following = following;
    this.#range.value = place;
    this.#latest.hidden = following;
    const words = `epoch ${Number(epoch.toPrecision(4))} of ${this.#epochs}, step ${step.toLocaleString("en")}`;
    this.#range.setAttribute("aria-valuetext", words);
    this.#output.textContent = words.replace(",", " ·");
    this.#chosen(step, following);
  }

  #start() {
    const first = Number(this.#range.value) >= this.#last;
    if (first) this.#show(0, false);
    this.#timer = setInterval(() => this.#advance(), PLAY_MS);
    this.#say("Pause");
  }

  #advance() {
    const next = Number(this.#range.value) + 1;
    if (next > this.#last) this.#stop();
    else this.#show(next, next === this.#last);
  }

  #stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#say("Play");
  }

  #say(what) {
    this.#play.setAttribute("aria-label", what);
  }
}
