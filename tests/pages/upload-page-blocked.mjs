// The page at an upload token's address in a real Chromium or a real Firefox where its script, or a module that the script
// imports, cannot be loaded or comes late. A person then sends a file by the page's form. In Chromium nothing of the page
// may move meanwhile.
//
// Usage: node upload-page-blocked.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "files": folder, "open": url}
// FOLDER gets the screenshots of Chromium. Prints a line a check; ends with 1 if one fails.

import { join } from "node:path";
import { launch } from "./launch.mjs";
import { look } from "./look.mjs";
import { check, plan, until } from "./script.mjs";
import { left, ready } from "./token-page.mjs";

const SIZES = [[320, 640], [1280, 800]];
const MOST_MOVED = 0.01; // a tenth of what web.dev/articles/cls calls good

const isChrome = plan.browser === "chrome";
const browser = await launch(plan);

// A page for which `keep` decides what becomes of the module of this name. It adds up what moves.
async function opened(name, keep) {
  const page = await browser.newPage();
  await page.setRequestInterception(true);
  page.on("request", (request) => (request.url().endsWith(`/${name}`) ? keep(request) : request.continue()));
  await page.evaluateOnNewDocument(() => {
    globalThis.moved = 0;
    const add = (list) => list.getEntries().forEach(({ value }) => (globalThis.moved += value));
    if (PerformanceObserver.supportedEntryTypes.includes("layout-shift")) new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
  });
  return page;
}

const isShown = () => document.querySelector("#name")?.checkVisibility({ visibilityProperty: true }) && document.querySelector("form").clientHeight > 100;
const formShows = (page, what) => until(page, isShown, 60000).then(() => check(`${what}: the form shows`, true), (error) => check(`${what}: the form shows`, false, error.message));

async function moved(page, what) {
  if (isChrome) check(`${what}: nothing moves that can be seen`, (await page.evaluate(() => globalThis.moved)) < MOST_MOVED, await page.evaluate(() => globalThis.moved));
}

async function sends(page, what, name) {
  await page.type("#name", name);
  await Promise.all([page.waitForNavigation({ timeout: 60000 }), page.click("form button")]);
  await (await page.$("#file")).uploadFile(join(plan.files, "photo.png"));
  await page.click("form button");
  const said = await until(page, () => document.querySelector("main.received h1")?.textContent, 60000).then((said) => said.jsonValue(), (error) => error.message);
  check(`${what}: the file is received`, said === "The file has been received", said);
}

for (const name of ["page.js", "list.js"]) {
  const what = `without ${name}`;
  const page = await opened(name, (request) => request.abort());
  await page.goto(plan.open);
  await formShows(page, what);
  check(`${what}: the buttons stay off`, (await page.$$("#area button:enabled")).length === 0);
  await moved(page, what);
  if (name === "page.js") await look(page, "blocked", SIZES);
  const before = Number(await left(page));
  await sends(page, what, `without-${name}.png`);
  await page.goto(plan.open, { waitUntil: "domcontentloaded" });
  check(`${what}: the file has cost one use`, Number(await left(page)) === before - 1, await left(page));
  await page.close();
}

// A visitor's own style may stop all animations.
{
  const what = "without animations";
  const page = await opened("page.js", (request) => request.abort());
  await page.goto(plan.open);
  await page.evaluate(() => {
    const own = new CSSStyleSheet();
    own.replaceSync("* { animation: none !important }");
    document.adoptedStyleSheets = [own];
  });
  await formShows(page, what);
  await page.close();
}

{
  const what = "in time";
  const page = await opened("no module", () => {});
  await page.goto(plan.open);
  await ready(page);
  check(`${what}: the form is gone`, (await page.$("form")) === null);
  await moved(page, what);
  await page.close();
}

// The script comes after the form has appeared, and the visitor is writing in the form or not.
for (const isWriting of [false, true]) {
  const what = isWriting ? "late, while the visitor writes" : "late";
  let come;
  const page = await opened("page.js", (request) => (come = () => request.continue()));
  const loaded = page.goto(plan.open, { timeout: 120000 });
  await page.waitForSelector("#name", { timeout: 60000 });
  await formShows(page, what);
  if (isWriting) await page.type("#name", "photo");
  come();
  await loaded;
  await ready(page);
  const written = await page.$$eval("#name", (names) => names.map(({ value }) => value).join());
  check(`${what}: the form ${isWriting ? "stays" : "goes"}`, written === (isWriting ? "photo" : "") && (await page.$$("form")).length === Number(isWriting), written);
  if (!isWriting) await moved(page, what);
  await page.close();
}

await browser.close();
