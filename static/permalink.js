// "Copy link to this view": the address of exactly what is on the screen.

import { _ } from "./words.js";

const SAID_MS = 2500;

// `address()` tells it. The button is drawn anew with the page's head.
export function makePermalink(root, address) {
  const show = () => root.querySelectorAll("[data-permalink]").forEach((button) => (button.hidden = false));
  new MutationObserver(show).observe(root, { childList: true });
  show();
  root.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-permalink]");
    if (!button) return;
    const copied = await copy(address());
    say(root, copied ? _("Link copied") : address());
  });
}

export async function copy(text) {
  // The clipboard's own interface exists only on https and on this machine.
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
  const field = document.body.appendChild(document.createElement("textarea"));
  field.value = text;
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}

let timer = 0;

export function say(root, what) {
  const status = root.querySelector("#copied");
  status.textContent = what;
  clearTimeout(timer);
  timer = setTimeout(() => (status.textContent = ""), SAID_MS);
}
