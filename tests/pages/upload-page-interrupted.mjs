// The page at an upload token's address in a real Chromium or a real Firefox: uploads in parts that a reload interrupts, what
// the page shows of them, and how they go on, are refused or are removed.
//
// Usage: node upload-page-interrupted.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "files": folder, "open", "other": url}
// "files" has chosen.png, changed.png, removed.png and dropped.png, which go in parts. FOLDER gets the screenshots of
// Chromium. Prints a line a check; ends with 1 if one fails.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { launch } from "./launch.mjs";
import { look } from "./look.mjs";
import { comesToKeep, dropFile, dropOwnFile, kept, partsAfterFirst } from "./parts.mjs";
import { check, plan, until, wait } from "./script.mjs";
import { choose, intercept, left, offered, open, partOf, ready, row, says, sumsUp } from "./token-page.mjs";

const SIZES = [[320, 640], [1280, 800]];

const browser = await launch(plan);

// While it is true, S3 gets the first part of a file only.
let isHeld = false;
const stored = []; // the parts that S3 has answered
const { page, said } = await open(browser, plan.open, async (page) => {
  page.on("dialog", (dialog) => dialog.accept());
  await intercept(page, (request) => (isHeld && partOf(request) > 1 ? false : undefined));
  page.on("response", (response) => partOf(response.request()) && response.ok() && stored.push(partOf(response.request())));
});
await ready(page);

// Sends the first part of a file, and loads the page again.
async function interrupted(send) {
  isHeld = true;
  stored.length = 0;
  await send();
  for (let tries = 0; stored.length === 0 && tries < 600; tries += 1) await wait(100);
  check("S3 has the first part only", stored.join() === "1", stored.join());
  await until(page, () => Object.keys(localStorage).length === 1);
  await page.reload();
  await ready(page);
  isHeld = false;
  stored.length = 0;
}

const rows = (shown = page) => shown.$$eval("#list bdi", (names) => names.map(({ textContent }) => textContent).join());
const isGone = (shown = page) => until(shown, () => document.querySelectorAll("#list li").length === 0).then(() => true, () => false);
const press = async (does) => (await page.waitForSelector(`#list li:last-child [data-does=${does}]:not([hidden])`)).press("Enter");

// The person chooses the file again.
{
  await interrupted(() => choose(page, "chosen.png"));
  says("reload: the row says what to do", await row(page, "chosen.png", "interrupted"), "Choose the same file again");
  check("reload: only Remove is offered", (await offered(page)) === "remove", await offered(page));
  const share = await page.$eval("#list progress", ({ value, hidden }) => (hidden ? 0 : value));
  check("reload: the bar shows what S3 has", share > 0.1 && share < 0.3, share);
  await look(page, "interrupted", SIZES);

  const other = await open(browser, plan.other);
  await ready(other.page);
  await wait(2000); // the row would have come by now
  check("another token: its page shows nothing", (await rows(other.page)) === "", await rows(other.page));
  check("another token: its page asks nothing", !other.asked.some((line) => line.includes("/uploads/")), other.asked.join(" "));
  await other.page.close();
  const second = await open(browser, plan.open);
  await row(second.page, "chosen.png", "interrupted");

  isHeld = true;
  const before = await left(page);
  await choose(page, "chosen.png");
  await until(page, () => document.querySelector("#list [data-does=pause]:not([hidden])"));
  check("two tabs: the row goes while the other tab sends the file", await isGone(second.page), await rows(second.page));
  await second.page.reload();
  await ready(second.page);
  await wait(2000);
  check("two tabs: nor does a reload show it", (await rows(second.page)) === "", await rows(second.page));
  await second.page.close();
  isHeld = false;
  says("choose again: the file is received", await row(page, "chosen.png", "received"), "Received");
  check("choose again: in its row", (await rows(page)) === "chosen.png", await rows(page));
  const { length } = await readFile(join(plan.files, "chosen.png"));
  check("choose again: only the missing parts are sent", [...stored].sort().join() === partsAfterFirst(length), stored.join());
  check("choose again: no use is counted", (await left(page)) === before, await left(page));
  check("choose again: nothing is kept", (await kept(page)) === "0 and 0", await kept(page));
  await sumsUp(page, "Received: 1 of 1. All files have been received. You can close this page.");
}

// The file has changed since.
{
  await interrupted(() => choose(page, "changed.png"));
  await row(page, "changed.png", "interrupted");
  const bytes = await readFile(join(plan.files, "changed.png"));
  bytes[bytes.length - 1] ^= 1;
  await writeFile(join(plan.files, "changed.png"), bytes);
  await choose(page, "changed.png");
  says("changed: the row says so", await row(page, "changed.png", "refused"), "The file has changed");
  check("changed: it may be sent anew or removed", (await offered(page)) === "retry,remove", await offered(page));
  check("changed: nothing was sent", stored.length === 0, stored.join());
  await look(page, "changed", SIZES);
  await press("retry");
  says("changed: it is sent anew", await row(page, "changed.png", "received"), "Received");
  check("changed: with all parts", stored.includes(1), stored.join());
}

// The person removes the row.
{
  await interrupted(() => choose(page, "removed.png"));
  await row(page, "removed.png", "interrupted");
  const isAnswered = page.waitForResponse((response) => response.request().method() === "DELETE", { timeout: 60000 });
  await press("remove");
  check("remove: the API has given it up", (await isAnswered).status() === 204);
  check("remove: the row goes", await isGone(), await rows());
  const focused = await page.evaluate(() => document.activeElement.id);
  check("remove: the focus goes to the button", focused === "choose", focused);
  check("remove: nothing is kept", (await kept(page)) === "0 and 0", await kept(page));
}

// The browser gives a handle of what is dropped. Firefox has none. The prompt that opens the file again waits for a person,
// and the file can be chosen meanwhile.
if (plan.browser === "chrome") {
  await interrupted(async () => dropFile(page, await page.$("#area"), join(plan.files, "dropped.png")));
  says("drop: the row says what happened", await row(page, "dropped.png", "interrupted"), "Interrupted");
  check("drop: Continue is offered", (await offered(page)) === "resume,remove", await offered(page));
  check("drop: the handle is kept", (await kept(page)) === "1 and 1", await kept(page));
  await look(page, "handle", SIZES);
  await press("resume");
  await choose(page, "dropped.png");
  says("drop: the file goes on while the prompt waits", await row(page, "dropped.png", "received"), "Received");
  check("drop: only the missing parts are sent", stored.length > 0 && !stored.includes(1), stored.join());
  check("drop: nothing is kept", await comesToKeep(page, "0 and 0"), await kept(page));
}

// The browser opens files of the page's own file system without a prompt.
if (plan.browser === "chrome") {
  const bytes = (await readFile(join(plan.files, "dropped.png"))).length;
  await interrupted(async () => dropOwnFile(await page.$("#area"), "own.png", bytes));
  await row(page, "own.png", "interrupted");
  check("handle: Continue is offered", (await offered(page)) === "resume,remove", await offered(page));
  await press("resume");
  // It is no picture.
  says("handle: one press goes on", await row(page, "own.png", "refused"), "The content of the file does not fit");
  check("handle: only the missing parts are sent", [...stored].sort().join() === partsAfterFirst(bytes), stored.join());
  check("handle: nothing is kept", await comesToKeep(page, "0 and 0"), await kept(page));
}

await page.reload();
await ready(page);
await wait(2000);
check("the end: no row is left", (await rows()) === "", await rows());
const news = said.filter((line) => !/ERR_FAILED|CORS|Cross-Origin/i.test(line)); // of the parts that are held back
check("the end: nothing is written to the console", news.length === 0, news.join("; "));
await browser.close();
