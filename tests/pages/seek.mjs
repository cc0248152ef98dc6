// Seeking in a video after its URL has expired, in a real Chromium and a real Firefox: with plain markup, without
// script of the page.
//
// Usage: node seek.mjs INPUT.json
// INPUT: {"browser": "chrome" or "firefox", "path": path, "witness": url, "film": url, "kill": bool}
// Prints a line of JSON a seek: {"to", "at", "error", "after", "asked"}; "after" in seconds.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { launch } from "./launch.mjs";

const plan = JSON.parse(await readFile(process.argv[2], "utf8"));
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const visits = async () => (await fetch(`${plan.witness}/witness/visits`)).json();

const browser = await launch(plan, { protocolTimeout: 120000 });
const host = createServer((_, response) =>
  response
    .setHeader("content-type", "text/html")
    .end(`<!DOCTYPE html><video src="${plan.film}" muted controls preload="metadata"></video>`),
);
await new Promise((resolve) => host.listen(0, "127.0.0.1", resolve));
const page = await browser.newPage();
await page.goto(`http://localhost:${host.address().port}/`);
await page.waitForFunction(() => document.querySelector("video").readyState >= 1, { timeout: 30000 });

async function seek(to) {
  const how = await page.evaluate(
    (to) =>
      new Promise((resolve) => {
        const film = document.querySelector("video");
        const begun = performance.now();
        const end = (how) => resolve({ ...how, after: (performance.now() - begun) / 1000 });
        film.onseeked = () => end({ at: film.currentTime, error: null });
        film.onerror = () => end({ at: null, error: film.error.message || "error" });
        setTimeout(() => end({ at: null, error: "silent" }), 60000);
        film.currentTime = to;
      }),
    to,
  );
  console.log(JSON.stringify({ to, ...how, asked: await visits() }));
}

await visits();
await seek(100);
if (plan.kill) await fetch(`${plan.witness}/witness/kill-urls`);
// Within a second the link would lead to the very URL that has died.
await wait(1100);
await seek(20);
host.close();
await browser.close();
