// People press a button twice. In a real Chromium and a real Firefox, at 60 ms and at 250 ms: each
// page's file must be saved, and the page must say that it is on its way.
//
// Usage: node presses.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "links": [{"url", "name", "password"}]}
// FOLDER gets the files. Prints a line a check; ends with 1 if one fails.

import { readdir } from "node:fs/promises";
import { launch } from "./launch.mjs";
import { check, folder, plan, wait } from "./script.mjs";

async function saved(name) {
  for (let tries = 0; tries < 100; tries += 1) {
    const files = await readdir(folder);
    if (files.includes(name) && !files.some((file) => file.endsWith(".part") || file.endsWith(".crdownload"))) return true;
    await wait(100);
  }
  return false;
}

const browser = await launch(plan, { folder, saved: "image/png" });
for (const [number, { url, name, password }] of plan.links.entries()) {
  const page = await browser.newPage();
  await page.goto(url);
  if (password) await page.type("#password", password);
  const begun = () => page.$eval(".begun", (text) => getComputedStyle(text).visibility === "visible");
  check(`${name}: before it is sent, the page says nothing`, !(await begun()));
  const at = await (await page.$("button")).clickablePoint();
  if (number % 3 === 2) {
    await page.focus("button");
    await page.keyboard.press("Enter");
  } else {
    const pause = number % 3 === 0 ? 60 : 250;
    for (const rest of [pause, 0]) {
      await page.mouse.click(at.x, at.y);
      await wait(rest);
    }
  }
  check(`${name}: its file is saved`, await saved(name), (await readdir(folder)).join(" "));
  check(`${name}: the page says that it is on its way`, await begun());
  // A later press must not count either: whoever started this looks at that.
  await page.mouse.click(at.x, at.y);
  await wait(500);
  await page.close();
}
await browser.close();
