// The page of an experiment, drawn anew every two seconds while one of its runs waits or trains. What was ticked stays.

import { drawAnew } from "./live.js";

const POLL_MS = 2000;
const ticked = () => [...document.querySelectorAll("#experiment [name=group]:checked")].map((box) => box.value);

async function drawNow() {
  const before = ticked();
  const focused = document.activeElement?.closest("#experiment") ? pathTo(document.activeElement) : null;
  await drawAnew("#experiment");
  for (const box of document.querySelectorAll("#experiment [name=group]")) box.checked = before.includes(box.value);
  if (focused) document.querySelector(focused)?.focus({ preventScroll: true });
}

// A selector that finds the same thing in the page as it is drawn anew; null where there is none.
function pathTo(element) {
  if (element.name === "group") return `#experiment [name=group][value="${element.value}"]`;
  return element.matches("a[href]") ? `#experiment a[href="${CSS.escape(element.getAttribute("href"))}"]` : null;
}

const timer = setInterval(() => {
  if (!document.querySelector("#experiment")?.dataset.active) clearInterval(timer);
  else if (!document.hidden) drawNow().catch(() => {});
}, POLL_MS);
