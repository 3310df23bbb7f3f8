// A lab while its runs train: drawn anew every two seconds, and the verdict is said when it comes. What was unfolded
// stays so, and the focus where it was.

import { drawAnew } from "./live.js";

const POLL_MS = 2000;

const lab = () => document.querySelector("#lab");
const word = () => document.querySelector("#word")?.innerText ?? "";
const unfolding = () => [...lab().querySelectorAll("details")];

async function drawNow() {
  const before = word();
  const open = unfolding().map((details) => details.open);
  const focused = document.activeElement?.closest("#lab a[href]")?.getAttribute("href");
  await drawAnew("#lab");
  if (unfolding().length === open.length) unfolding().forEach((details, i) => (details.open = open[i]));
  if (focused) lab().querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  if (word() !== before) document.querySelector("#said").textContent = word();
}

const timer = setInterval(() => {
  if (!lab()?.dataset.active) clearInterval(timer);
  else if (!document.hidden) drawNow().catch(() => {}); // the server is back soon
}, POLL_MS);
