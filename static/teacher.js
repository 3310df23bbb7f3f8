// The class's page follows what goes on: its parts are drawn anew, but for one that somebody is about to use, so that
// nothing moves away under the pointer.

import { drawAnew } from "./live.js";

const REFRESH_MS = 3000;
const MOVING = ["#now", "#queue", "#newest"];

setInterval(() => {
  const idle = MOVING.filter((part) => !document.querySelector(`${part}:is(:hover, :focus-within)`));
  if (!document.hidden) drawAnew(...idle).catch(() => {}); // the server is back soon
}, REFRESH_MS);
