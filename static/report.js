// A lab report: printed, and its new link copied.

import { makeSharing } from "./sharing.js";

const button = document.querySelector("[data-print]");
button.hidden = false;
button.addEventListener("click", () => print());

const share = document.querySelector("#share");
if (share) {
  share.hidden = false;
  makeSharing(document.body);
}
