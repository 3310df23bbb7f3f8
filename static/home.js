// The list of runs, drawn anew every two seconds while one of them waits or trains.

import { drawAnew } from "./live.js";

setInterval(() => {
  if (document.querySelector("#runs")?.dataset.active && !document.hidden) drawAnew("#runs").catch(() => {});
}, 2000);
