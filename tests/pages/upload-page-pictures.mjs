// Pictures of the page at an upload token's address, for the documentation. Chromium only.
//
// Usage: node upload-page-pictures.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome", "path": path, "open": url}
// FOLDER gets upload-page.png and upload-page-phone.png. Prints a line a check; ends with 1 if one fails.

import { join } from "node:path";
import { launch } from "./launch.mjs";
import { folder, plan, until } from "./script.mjs";
import { deliver, open, ready, row } from "./token-page.mjs";

const SKIES = [["#7fb2ea", "#d8763f"], ["#f2b45c", "#6b4a35"]];

// In the page: a picture of a roof below the sky, as bytes of a PNG. `noise` makes it large.
async function paint([sky, roof], noise) {
  const canvas = new OffscreenCanvas(800, 800);
  const context = canvas.getContext("2d");
  const fill = (color, ...corners) => {
    context.fillStyle = color;
    context.beginPath();
    for (const [x, y] of corners) context.lineTo(x, y);
    context.fill();
  };
  fill(sky, [0, 0], [800, 0], [800, 800], [0, 800]);
  fill("#e9e2d6", [120, 480], [680, 480], [680, 800], [120, 800]);
  fill(roof, [40, 500], [400, 170], [760, 500]);
  fill("#4a5560", [330, 560], [470, 560], [470, 800], [330, 800]);
  const image = context.getImageData(0, 0, 800, 800);
  for (let n = 0; n < image.data.length; n += 1) if (n % 4 < 3) image.data[n] += Math.random() * noise;
  context.putImageData(image, 0, 0);
  const blob = await canvas.convertToBlob();
  return [...new Uint8Array(await blob.arrayBuffer())];
}

const browser = await launch(plan);

async function picture(name, viewport, scheme) {
  const prepare = async (page) => {
    await page.setViewport({ height: 400, deviceScaleFactor: 1.5, ...viewport });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  };
  const { page } = await open(browser, plan.open, prepare);
  await ready(page);
  const pictures = [];
  for (const [n, colors] of SKIES.entries()) pictures.push(await page.evaluate(paint, colors, n === 1 ? 24 : 0));
  await deliver(page, "drop", [
    ["front of the house.png", "image/png", pictures[0]],
    ["measurements.txt", "text/plain", [...Buffer.from("12.4 m x 8.1 m")]],
    ["film of the attic.mov", "video/quicktime", new Array(60_000).fill(0)],
  ]);
  await row(page, "front of the house.png", "received");
  await row(page, "measurements.txt", "received");
  await page.emulateNetworkConditions({ latency: 0, download: -1, upload: 150_000 });
  await deliver(page, "drop", [["roof from the garden.png", "image/png", pictures[1]]]);
  await until(page, () => document.querySelector("#list li:last-child .state").textContent.includes("left"), 60_000);
  await page.screenshot({ path: join(folder, name), fullPage: true });
  await page.close({ runBeforeUnload: false });
}

await picture("upload-page.png", { width: 720 }, "light");
await picture("upload-page-phone.png", { width: 360, isMobile: true, hasTouch: true }, "dark");
await browser.close();
