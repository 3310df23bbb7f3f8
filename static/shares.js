// The overview of the share links: Copy copies one that was made just now.

import { makeSharing } from "./sharing.js";

makeSharing(document.body);
