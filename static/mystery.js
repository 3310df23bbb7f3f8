// The pages of a mystery: what is waited for is drawn anew until it has come, and the class's link is copied.

import { drawAnew } from "./live.js";
import { copy, say } from "./permalink.js";
import { _ } from "./words.js";

const REFRESH_MS = 2000;

setInterval(() => {
  const waiting = [...document.querySelectorAll("[data-waits]")].map((part) => `#${part.id}`);
  if (waiting.length && !document.hidden) drawAnew(...waiting).catch(() => {}); // the server is back soon
}, REFRESH_MS);

const button = document.querySelector("[data-copy-link]");
if (button) {
  button.hidden = false;
  button.onclick = async () => {
    const { value } = button.parentElement.querySelector("input");
    say(document, (await copy(value)) ? _("Link copied") : value);
  };
}

// The code that fills the screen goes away with the Escape key too.
addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && location.hash === "#screen") location.hash = "#class";
});
