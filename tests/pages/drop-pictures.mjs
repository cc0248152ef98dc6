// Pictures of the element <postern-drop>, for the documentation. Chromium only.
//
// Usage: node drop-pictures.mjs INPUT.json FOLDER. See drop.mjs for the input.
// FOLDER gets drop.png and drop-phone.png. Prints a line a check; ends with 1 if one fails.

import { join } from "node:path";
import { addPage, close, comesTo, dropped, open, page, pages } from "./element.mjs";
import { folder, plan, until } from "./script.mjs";

const BYTES_A_SECOND = 150_000;
const MARGIN = 16;

const form = `<form><label for="documents">Documents</label>
  <postern-drop id="documents" endpoint="${plan.endpoint}" accept="image/*,.pdf,.txt" multiple></postern-drop></form>`;
pages["/page.css"].body += "label { display: block; margin-block-end: .5rem; font-weight: 600 }";
addPage("/", form, "import '/postern/drop.js'");

async function picture(name, viewport, scheme) {
  await page.setViewport({ height: 800, deviceScaleFactor: 1.5, ...viewport });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.emulateNetworkConditions(null);
  await open("/");
  await dropped(["guest list.txt", "text/plain", "Ann, Ben, Eva\n".repeat(240)], ["film of the party.mov", "video/quicktime", "film".repeat(500_000)]);
  await comesTo("guest list.txt", "available");
  await page.emulateNetworkConditions({ latency: 0, download: -1, upload: BYTES_A_SECOND });
  await dropped(["speeches of the evening.txt", "text/plain", "words ".repeat(200_000)]);
  await until(page, () => document.querySelector("postern-drop").shadowRoot.querySelector("li:last-child progress").value > 0.3, 60_000);
  const { x, y, width, height } = await (await page.$("form")).boundingBox();
  const clip = { x: x - MARGIN, y: y - MARGIN, width: width + 2 * MARGIN, height: height + 2 * MARGIN };
  await page.screenshot({ path: join(folder, name), clip });
}

try {
  await picture("drop.png", { width: 720 }, "light");
  await picture("drop-phone.png", { width: 360, isMobile: true, hasTouch: true }, "dark");
} finally {
  await close();
}
