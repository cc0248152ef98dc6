// The page of a link in a real Chromium and a real Firefox: it shows the file, and goes on after a reload, with
// the back button, and at a copied address, when the URLs of the storage have expired. A double click on
// Download saves the file once.
//
// Usage: node link-pages.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "free": url, "limited": url, "saved": {"url", "name"},
//         "password": {"url", "password"}, "text": url, "video": url, "kill": url}
// A visit to "kill" lets the URLs expire to which the links have led.
// FOLDER gets the files. Prints a line a check; ends with 1 if one fails.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { launch } from "./launch.mjs";
import { check, folder, plan, showsImage, until, wait } from "./script.mjs";

const browser = await launch(plan, { folder, saved: "image/png" });

/// Whether the page shows the image, and the address is the link.
async function shows(page, url) {
  return (await showsImage(page)) && page.url() === url;
}

async function expire() {
  await fetch(plan.kill);
  // Within a second the link would lead to the very URL that has expired.
  await wait(1100);
}

async function elsewhereAndBack(page) {
  await page.goto("about:blank");
  await page.goBack();
}

for (const kind of ["free", "limited"]) {
  const url = plan[kind];
  const page = await browser.newPage();
  await page.goto(url);
  check(`${kind}: the page shows the image`, await shows(page, url), page.url());
  await expire();
  await page.reload();
  check(`${kind}: after a reload, when the URL has expired`, await shows(page, url), page.url());
  await expire();
  await elsewhereAndBack(page);
  check(`${kind}: with the back button`, await shows(page, url), page.url());
  const tab = await browser.newPage();
  await tab.goto(url);
  check(`${kind}: in a second tab`, await shows(tab, url), tab.url());
  await tab.close();
  const stranger = await browser.createBrowserContext();
  const copied = await stranger.newPage();
  const answer = await copied.goto(url);
  if (kind === "free") check(`${kind}: at a copied address`, await shows(copied, url), copied.url());
  else check(`${kind}: at a copied address there is nothing left`, answer.status() === 410, answer.status());
  await stranger.close();
  await page.close();
}

{
  const { url, password } = plan.password;
  const page = await browser.newPage();
  await page.goto(url);
  await page.type("#password", password);
  await Promise.all([page.waitForNavigation(), page.click("button")]);
  check("password: the page shows the image", await shows(page, url), page.url());
  await expire();
  await page.reload();
  check("password: after a reload", await shows(page, url), page.url());
  const stranger = await browser.createBrowserContext();
  const copied = await stranger.newPage();
  await copied.goto(url);
  check("password: a copied address asks again", (await copied.$("#password")) !== null);
  await stranger.close();
  await page.close();
}

{
  const page = await browser.newPage();
  await page.goto(plan.text);
  const frame = await page.waitForFrame((frame) => frame !== page.mainFrame() && frame.url().includes("X-Amz"), { timeout: 15000 }).catch(() => null);
  check("text: a frame shows it", frame !== null && (await page.$(".stage iframe[sandbox]")) !== null);
  await page.close();
}

{
  const page = await browser.newPage();
  await page.goto(plan.video);
  const length = await until(page, () => document.querySelector("video")?.duration > 100, 15000).then(() => true, () => false);
  check("video: its length is known", length);
  await page.close();
}

{
  const { url, name } = plan.saved;
  const page = await browser.newPage();
  await page.goto(url);
  await shows(page, url);
  const begun = () => page.$eval(".begun", (text) => getComputedStyle(text).visibility === "visible");
  check("download: before it is pressed, the page says nothing", !(await begun()));
  const at = await (await page.$("button")).clickablePoint();
  for (const rest of [60, 0]) {
    await page.mouse.click(at.x, at.y);
    await wait(rest);
  }
  let files = [];
  for (let tries = 0; tries < 100 && !files.includes(name); tries += 1) {
    await wait(100);
    files = await readdir(folder);
  }
  check("download: the file is saved", files.includes(name), files.join(" "));
  check("download: the page says that it has started", await begun());
  check("download: the page stays", page.url() === url, page.url());
  await page.screenshot({ path: join(folder, `${plan.browser}.page.png`) });
  await page.close();
}
await browser.close();
