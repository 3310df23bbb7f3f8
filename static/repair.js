// What comes of a repair: drawn anew every second while one of the runs waits or trains. The verdict is also said.

import { drawAnew } from "./live.js";

const POLL_MS = 1000;

async function drawNow() {
  const focused = document.activeElement?.closest("#repair a[href]")?.getAttribute("href");
  await drawAnew("#repair");
  if (focused) document.querySelector(`#repair a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  const verdict = document.querySelector("#repair .verdict");
  if (!active() && verdict) document.querySelector("#said").textContent = verdict.querySelector("#word").innerText;
}

const active = () => Boolean(document.querySelector("#repair")?.dataset.active);

const timer = setInterval(() => {
  if (!active()) clearInterval(timer);
  else if (!document.hidden) drawNow().catch(() => {});
}, POLL_MS);
