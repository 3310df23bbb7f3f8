// The class's page follows what goes on: its parts are drawn anew, but for one that somebody is about to use, so that
// nothing moves away under the pointer.

import { drawAnew } from "./live.js";

const REFRESH_MS = 3000;
const IDLE = ["#now", "#students", "#newest", "#queue", "#labs", "#mysteries"].map((part) => `${part}:not(:hover, :focus-within)`);

setInterval(() => {
  if (!document.hidden) drawAnew(...IDLE).catch(() => {}); // the server is back soon
}, REFRESH_MS);
