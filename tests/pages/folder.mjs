// The page at an upload token's address in a real Chromium or a real Firefox: a person chooses a folder with many files,
// and drops it.
//
// Usage: node folder.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "folder": path, "paths": [path in it], "chosen", "dropped": url}
// Prints a line a check; ends with 1 if one fails.

import { launch } from "./launch.mjs";
import { check, plan, until } from "./script.mjs";

const browser = await launch(plan);

async function received(how, page) {
  const all = `Received: ${plan.paths.length} of ${plan.paths.length}. All files have been received. You can close this page.`;
  const isSaid = (all) => document.getElementById("summary").textContent === all || document.querySelector("#list .refused")?.textContent;
  const why = await page.waitForFunction(isSaid, { polling: 200, timeout: 8 * 60_000 }, all).then((said) => said.jsonValue(), (error) => error.message);
  check(`${how}: every file is received`, why === true, why);
  const left = await page.$eval("#left", ({ textContent }) => textContent);
  check(`${how}: each has cost one use`, left === "0", left);
  await page.close();
}

async function open(url) {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForSelector("#folder:enabled");
  return page;
}

// The driver of Firefox chooses no folders. So the page gets files as they come from one.
function choose(paths) {
  const transfer = new DataTransfer();
  for (const path of paths) {
    const file = new File([`the words of ${path}`], path.split("/").pop(), { type: "text/plain" });
    Object.defineProperty(file, "webkitRelativePath", { value: path });
    transfer.items.add(file);
  }
  const input = document.getElementById("folder-input");
  input.files = transfer.files;
  input.dispatchEvent(new Event("change"));
}

{
  const page = await open(plan.chosen);
  if (plan.browser === "chrome") await (await page.$("#folder-input")).uploadFile(plan.folder);
  else await page.evaluate(choose, plan.paths);
  await received("chosen", page);
}

if (plan.browser === "chrome") {
  const page = await open(plan.dropped);
  const session = await page.createCDPSession();
  const [x, y] = await page.$eval("#area", (area) => [area.getBoundingClientRect().x, area.getBoundingClientRect().y]);
  const data = { items: [], files: [plan.folder], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) await session.send("Input.dispatchDragEvent", { type, x: x + 20, y: y + 20, data });
  await until(page, () => document.querySelector("#list li"));
  await received("dropped", page);
}

await browser.close();
