// What a real Chromium makes of links: names under which files are saved, a picture and a film in a
// page of another site, a film in which somebody seeks.
//
// Usage: node downloads.mjs INPUT.json FOLDER
// INPUT: {"chromium": path, "saved": [url], "image": url, "film": url, "kill": url}
// A visit to "kill" lets the URLs die to which the links have led.
// FOLDER/saved gets the files under the names that the browser gives them; FOLDER/film-*.png show
// where the film stood. Prints a line a check; ends with 1 if one fails.
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { check, folder, plan, until } from "./script.mjs";

const saved = join(folder, "saved");
await mkdir(saved, { recursive: true });

const browser = await chromium.launch({ executablePath: plan.chromium, args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"] });

{
  const context = await browser.newContext();
  const page = await context.newPage();
  // Past the driver, which would give every file a name of its own.
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send("Target.getTargets");
  const { browserContextId } = targetInfos.find((target) => target.type === "page");
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", browserContextId, downloadPath: saved, eventsEnabled: true });
  for (const url of plan.saved) {
    const done = new Promise((resolve) =>
      session.on("Browser.downloadProgress", ({ state }) => state !== "inProgress" && resolve(state)),
    );
    // A download is no page: the navigation ends with an error.
    const shown = await page.goto(url).catch(() => null);
    const state = await Promise.race([done, new Promise((resolve) => setTimeout(() => resolve("nothing in 20 s"), 20000))]);
    check("saved", state === "completed", shown ? `a page in its place: ${shown.status()} ${shown.url().split("?")[0]} ${JSON.stringify(shown.headers())}` : state);
    session.removeAllListeners("Browser.downloadProgress");
  }
  await context.close();
}

// A page of another site.
const host = createServer((_, response) =>
  response
    .setHeader("content-type", "text/html")
    .end(`<!DOCTYPE html><img src="${plan.image}"><video src="${plan.film}" muted controls preload="metadata"></video>`),
);
await new Promise((resolve) => host.listen(0, "127.0.0.1", resolve));
const page = await browser.newPage();
await page.goto(`http://localhost:${host.address().port}/`);
const image = await until(page, () => document.images[0].complete && document.images[0].naturalWidth);
check("image: an <img> shows it", (await image.jsonValue()) > 0);

const ready = await until(page, () => {
  const film = document.querySelector("video");
  return film.error ? film.error.message || "error" : film.readyState >= 1 && film.duration;
});
const duration = await ready.jsonValue();
check("film: its length is known from its index", Math.abs(duration - 120) < 1, duration);

// How a seek ends, and after how many seconds.
async function seek(to) {
  return page.evaluate(
    (to) =>
      new Promise((resolve) => {
        const film = document.querySelector("video");
        const begun = performance.now();
        const end = (how) => resolve({ ...how, after: (performance.now() - begun) / 1000 });
        film.onseeked = () => end({ at: film.currentTime, ready: film.readyState });
        film.onerror = () => end({ error: film.error.message });
        setTimeout(() => end({ silent: true }), 60000);
        film.currentTime = to;
      }),
    to,
  );
}

for (const to of [100, 20, 60]) {
  const { at, ready, error } = await seek(to);
  check(`film: seeking to ${to} s`, !error && Math.abs(at - to) < 1 && ready >= 2, error ?? at);
  await page.locator("video").screenshot({ path: join(folder, `film-${to}.png`) });
}
const played = await page.evaluate(async () => {
  const film = document.querySelector("video");
  const from = film.currentTime;
  await film.play();
  await new Promise((resolve) => setTimeout(resolve, 2000));
  film.pause();
  return film.currentTime - from;
});
check("film: it plays on from there", played > 0.5, played);

async function killUrls() {
  await page.request.get(plan.kill);
  // Within a second the link would lead to the very URL that has died.
  await new Promise((resolve) => setTimeout(resolve, 1100));
}

await killUrls();
{
  const { error, after } = await seek(110);
  // Chromium hides S3's error, which is XML, from the player, and tries again for half a minute.
  check("film: without more, seeking after the URL's death fails", Boolean(error), `${error} after ${after} s`);
}
// As in docs/links.md, but for the life of a URL, which ends earlier here.
await page.evaluate(() => {
  const film = document.querySelector("video");
  const urlLifeMs = 1000;
  let since = 0;
  film.addEventListener("emptied", () => (since = 0));
  film.addEventListener("loadedmetadata", () => (since = Date.now()));
  function again() {
    if (!since) return;
    const { currentTime, paused } = film;
    film.load();
    film.currentTime = currentTime;
    if (!paused) film.play();
  }
  film.addEventListener("error", again);
  for (const stall of ["seeking", "waiting"]) {
    film.addEventListener(stall, () => {
      const loaded = since;
      const hasExpired = () => loaded === since && film.readyState < 3 && Date.now() - since > urlLifeMs;
      setTimeout(() => hasExpired() && again(), 2000);
    });
  }
  film.load();
});
await seek(20);
await killUrls();
{
  await page.evaluate(() => document.querySelector("video").play());
  const { at, after, played } = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const film = document.querySelector("video");
        const begun = performance.now();
        film.onerror = film.onseeked = null;
        const end = (at) => {
          film.ontimeupdate = null;
          resolve({ at, after: (performance.now() - begun) / 1000, played: !film.paused });
        };
        film.ontimeupdate = () => film.readyState >= 2 && film.currentTime > 80.2 && end(film.currentTime);
        setTimeout(() => end(`nothing in 20 s, ${film.error?.message}`), 20000);
        film.currentTime = 80;
      }),
  );
  const goesOn = Math.abs(at - 80) < 3 && played && after < 10;
  check("film: with the lines of the docs, it plays on by the link", goesOn, `${at} after ${after} s`);
  await page.locator("video").screenshot({ path: join(folder, "film-80.png") });
}
{
  const errors = await page.evaluate(async () => {
    const film = document.querySelector("video");
    let errors = 0;
    film.addEventListener("error", () => (errors += 1));
    film.src += "x";
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return errors;
  });
  check("film: a link that is not there is asked once", errors === 1, errors);
}
host.close();
await browser.close();
