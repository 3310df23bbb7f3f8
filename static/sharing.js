// A link is made without leaving the page, and Copy copies it.

import { drawAnew } from "./live.js";
import { _ } from "./words.js";

export function makeSharing(root) {
  root.addEventListener("submit", async (event) => {
    const address = event.target.dataset.share;
    if (!address) return;
    event.preventDefault();
    const seconds = Number(new FormData(event.target).get("lasting"));
    const body = JSON.stringify(seconds ? { expires_in: seconds } : {});
    const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    if (!answer.ok) return event.target.submit();
    const made = await answer.json();
    await drawAnew("#share");
    showLink(root.querySelector("#share"), made);
  });

  root.addEventListener("click", (event) => {
    if (event.target.matches("[data-copy]")) copy(event.target.closest("[data-link]"));
  });

  // The code that fills the screen goes away with the Escape key too.
  addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && location.hash === "#screen") location.hash = "#share";
  });

  const link = root.querySelector("[data-link]:not([hidden]) [data-copy]");
  if (link) link.hidden = false;
}

function showLink(section, { link, qr }) {
  section.hidden = false;
  const part = section.querySelector("[data-link]");
  part.hidden = part.querySelector("[data-copy]").hidden = false;
  for (const place of part.querySelectorAll("[data-qr]")) place.innerHTML = qr;
  part.querySelector("[data-address]").textContent = link;
  const input = part.querySelector("input");
  input.value = link;
  input.focus();
  input.select();
  section.scrollIntoView({ block: "nearest" });
}

async function copy(part) {
  const input = part.querySelector("input");
  input.select();
  // The clipboard's own interface exists only on https and on this machine.
  if (navigator.clipboard) await navigator.clipboard.writeText(input.value);
  else document.execCommand("copy");
  part.querySelector("[role=status]").textContent = _("Copied. It is shown only now.");
}
