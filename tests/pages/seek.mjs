// Seeks in a video after its URL has expired, in a real Chromium and a real Firefox.
//
// Usage: node seek.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "witness": url, "film": url, "kind": kind, "port": port,
//         "kill": null, "kill-urls" or "kill-urls/page"}
// `kind` is "page" (the link's own page), "plain" (a page of another origin, at the port, with plain markup) or
// "cors" (that page with `crossorigin`).
// Prints a line of JSON for the beginning and for each seek: {"to", "at", "error", "after", "asked"}; "after" in
// seconds. After the URL's death it seeks until a seek fails. The link's page is then loaded again, and a last line is
// about a seek on it.

import { createServer } from "node:http";
import { launch } from "./launch.mjs";
import { plan, until, visits, wait } from "./script.mjs";

// What an earlier browser asked is no request of this one.
await visits();
const browser = await launch(plan, { protocolTimeout: 120000 });
const attribute = plan.kind === "cors" ? 'crossorigin="anonymous"' : "";
const host = createServer((_, response) =>
  response
    .setHeader("content-type", "text/html")
    .end(`<!DOCTYPE html><video src="${plan.film}" ${attribute} muted controls preload="metadata"></video>`),
);
await new Promise((resolve) => host.listen(plan.port, "127.0.0.1", resolve));
const page = await browser.newPage();
await page.goto(plan.kind === "page" ? plan.film : `http://localhost:${plan.port}/`);
const ready = () => until(page, () => document.querySelector("video").readyState >= 1);
await ready();

async function seek(to) {
  const how = await page.evaluate(
    (to) =>
      new Promise((resolve) => {
        const film = document.querySelector("video");
        const begun = performance.now();
        const end = (how) => resolve({ ...how, after: (performance.now() - begun) / 1000 });
        const failed = () => end({ at: null, error: film.error.message || "error" });
        if (film.error) failed();
        film.onseeked = () => end({ at: film.currentTime, error: null });
        film.onerror = failed;
        setTimeout(() => end({ at: null, error: "silent" }), 60000);
        film.currentTime = to;
      }),
    to,
  );
  console.log(JSON.stringify({ to, ...how, asked: await visits() }));
  return how.error;
}

console.log(JSON.stringify({ to: 0, at: 0, error: null, after: 0, asked: await visits() }));
await seek(100);
if (plan.kill) await fetch(`${plan.witness}/witness/${plan.kill}`);
// Within a second the link would lead to the very URL that has died.
await wait(1100);
for (const to of plan.kill ? [20, 60, 40, 80, 10, 115] : [20]) {
  if (await seek(to)) break;
}
if (plan.kind === "page") {
  await page.reload();
  await ready();
  await seek(50);
}
host.close();
await browser.close();
