// What the scripts here share: the input, the folder, and the lines of their checks.

import { mkdir, readFile } from "node:fs/promises";

// `node SCRIPT INPUT.json FOLDER`
const [input, output] = process.argv.slice(2);

export const plan = JSON.parse(await readFile(input, "utf8"));
export const folder = output;
await mkdir(folder, { recursive: true });

// A script that waits for ever fails, and tells its checks so far.
const MINUTES = plan.minutes ?? 20;
setTimeout(() => {
  console.log(`FAILED  the script has not ended after ${MINUTES} minutes`);
  process.exit(1);
}, MINUTES * 60_000).unref();

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// The requests to S3 since the last call, as the witness (`serve_link/witness.rs`) tells them.
export const visits = async () => (await fetch(`${plan.witness}/witness/visits`)).json();

// Prints a line. The script ends with 1 if a check fails.
export function check(what, holds, detail = "") {
  console.log(`${holds ? "ok" : "FAILED"}  ${plan.browser ?? "chrome"} ${what} ${holds ? "" : detail}`);
  if (!holds) process.exitCode = 1;
}

// Waits until `predicate` is true in the page, and returns its value. Puppeteer's default asks once a frame, and a tab
// in the background draws no frames, such as one that the browser restored.
export const until = (page, predicate, timeout = 30000) => page.waitForFunction(predicate, { polling: 100, timeout });

// Whether the page of a link shows its image.
export function showsImage(page) {
  const isShown = () => {
    const image = document.querySelector(".stage img");
    return image && image.complete && image.naturalWidth > 0;
  };
  return until(page, isShown, 20000).then(() => true, () => false);
}
