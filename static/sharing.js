// The Share button makes a link without leaving the page, and Copy copies it.

import { drawAnew } from "./live.js";

export function makeSharing(root) {
  root.addEventListener("submit", async (event) => {
    const address = event.target.dataset.share;
    if (!address) return;
    event.preventDefault();
    const answer = await fetch(address, { method: "POST" });
    if (!answer.ok) return event.target.submit();
    const { link } = await answer.json();
    await drawAnew("#share");
    showLink(root.querySelector("#share"), link);
  });

  root.addEventListener("click", (event) => {
    if (event.target.matches("[data-copy]")) copy(event.target.closest("[data-link]"));
  });

  const link = root.querySelector("[data-link]:not([hidden]) [data-copy]");
  if (link) link.hidden = false;
}

function showLink(section, url) {
  section.hidden = false;
  const row = section.querySelector("[data-link]");
  row.hidden = row.querySelector("[data-copy]").hidden = false;
  const input = row.querySelector("input");
  input.value = url;
  input.focus();
  input.select();
  section.scrollIntoView({ block: "nearest" });
}

async function copy(row) {
  const input = row.querySelector("input");
  input.select();
  // The clipboard's own interface exists only on https and on this machine.
  if (navigator.clipboard) await navigator.clipboard.writeText(input.value);
  else document.execCommand("copy");
  row.querySelector("[role=status]").textContent = "Copied. It is shown only now.";
}
