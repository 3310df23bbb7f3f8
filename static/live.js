// What happens to a run while it goes on, from the server's event stream.

import { _ } from "./words.js";

const ACTIVE = ["queued", "running"];
const RECONNECT_MS = 2000;

// Fills `moments` (step -> epoch) and keeps the page's head; `changed()` is called when there is something to draw.
export function followRun(root, base, moments, changed) {
  if (!ACTIVE.includes(root.dataset.status)) return;
  const stream = new EventSource(`${base}/events`);

  stream.addEventListener("snapshot", ({ data }) => {
    const { step, epoch, attempt } = JSON.parse(data);
    restartIfNew(root, attempt, moments);
    moments.set(step, epoch);
    changed();
  });

  stream.addEventListener("status", ({ data }) => {
    const state = JSON.parse(data);
    if (restartIfNew(root, state.attempt, moments)) changed();
    showProgress(root, state);
    if (state.status === root.dataset.status) return;
    root.dataset.status = state.status;
    changed();
    drawHead();
  });

  // The server ends the stream with the run. Otherwise a lost connection comes back by itself, a refused one does not.
  stream.onerror = () => {
    if (!ACTIVE.includes(root.dataset.status)) return stream.close();
    if (stream.readyState !== EventSource.CLOSED) return;
    pageNow().catch(() => {}); // leads to where one signs in, where that is why it was refused
    setTimeout(() => followRun(root, base, moments, changed), RECONNECT_MS);
  };
}

function drawHead() {
  drawAnew("#run-head", "#repairs-tried", "#certainty", "#answers").catch(() => setTimeout(drawHead, RECONNECT_MS));
}

// A run that another worker has begun again starts from its first snapshot.
function restartIfNew(root, attempt, moments) {
  if (String(attempt) === root.dataset.attempt) return false;
  root.dataset.attempt = attempt;
  moments.clear();
  return true;
}

function showProgress(root, state) {
  const progress = root.querySelector("#run-head progress");
  if (!progress) return;
  progress.max = state.steps || 1;
  progress.value = state.step;
  const { step, steps, epoch, epochs, queue_place, seconds_left } = state;
  root.querySelector("[data-live=place]").textContent =
    state.status === "running"
      ? _("step {step:,} of {steps:,} · epoch {epoch} of {epochs}", { step, steps, epoch: Math.floor(epoch), epochs })
      : _("waiting for a worker, place {place} in the queue", { place: queue_place ?? 1 });
  root.querySelector("[data-live=left]").textContent = seconds_left ? _("about {time} left", { time: duration(seconds_left) }) : "";
}

function duration(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

// Takes parts of the page, those it has, from the server as they are now.
export async function drawAnew(...selectors) {
  const page = await pageNow();
  for (const selector of selectors) {
    const [old, fresh] = [document.querySelector(selector), page?.querySelector(selector)];
    if (old && fresh) replace(old, fresh);
  }
}

// The page as the server has it; null where there is none. Where its address leads elsewhere by now, because the session
// has ended, so that one has to sign in, or because a run is gone, the browser follows.
export async function pageNow() {
  const answer = await fetch(location.href);
  if (answer.redirected) location.reload();
  if (!answer.ok || answer.redirected) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// What was scrolled within stays so.
function replace(old, fresh) {
  const places = [...old.querySelectorAll(".scroll")].map(({ scrollLeft: left, scrollTop: top }) => ({ left, top }));
  old.replaceWith(fresh);
  for (const box of fresh.querySelectorAll(".scroll")) box.scrollTo({ ...places.shift(), behavior: "instant" });
}
