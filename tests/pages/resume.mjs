// Downloads that break off in a real Chromium and a real Firefox: what the browser does by itself, and what
// comes when the person opens the link again.
//
// Usage: node resume.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "witness": url, "size": bytes,
//         "cases": [{"url", "name", "after": bytes, "dies": bool}]}
// FOLDER gets the files. Prints a line of JSON a case: {"name", "itself", "asked", "again", "asked_again"}; the
// two lists are what S3 was asked, [range or null, status].

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { launch } from "./launch.mjs";
import { folder, plan, visits, wait } from "./script.mjs";

// The local AWS sends a file at this rate or faster.
const BYTES_PER_S = 20e6;

// Whether a whole file of this name is there, perhaps as "name(1)".
async function saved(name, seconds) {
  for (let tries = 0; tries < seconds * 10; tries += 1) {
    const [stem] = name.split(".");
    for (const file of await readdir(folder)) {
      const isWhole = file.startsWith(stem) && file.endsWith(".bin");
      if (isWhole && (await stat(join(folder, file))).size === plan.size) return true;
    }
    await wait(100);
  }
  return false;
}

for (const { url, name, after, dies } of plan.cases) {
  // A browser for each case: Firefox reports a download that breaks off in an alert, which blocks its next page.
  const browser = await launch(plan, { folder, saved: "application/octet-stream" });
  const page = await browser.newPage();
  await visits();
  await fetch(`${plan.witness}/witness/cut/${after}${dies ? "/dies" : ""}`);
  // A download is no page: the navigation ends with an error.
  const open = () => page.goto(url, { timeout: 15000 }).catch(() => null);
  await open();
  const itself = await saved(name, 6 + plan.size / BYTES_PER_S);
  const asked = await visits();
  let again = null;
  if (!itself) {
    await open();
    again = await saved(name, 60 + plan.size / BYTES_PER_S);
  }
  console.log(JSON.stringify({ name, itself, asked, again, asked_again: await visits() }));
  await Promise.race([browser.close().catch(() => null), wait(5000)]);
  browser.process()?.kill("SIGKILL");
}
// A connection to a browser that did not close may be open.
process.exit(0);
