// The page at an upload token's address in a real Chromium or a real Firefox: files that go on, cannot be read, or have no
// verdict, and what the page offers and counts then.
//
// Usage: node upload-page-states.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "files": folder, "resumed": url of two uses, "open": url}
// Prints a line a check; ends with 1 if one fails.

import { launch } from "./launch.mjs";
import { check, plan, until, wait } from "./script.mjs";
import { choose, deliver, intercept, left, offered, open, partOf, ready, row, says, sumsUp } from "./token-page.mjs";

const MANY = 1000;
const MOST_BUSY_MS = 100; // the goal is 50

const browser = await launch(plan);

// The processor time of the longest task of the page's thread since the page has set the mark "chosen".
function longestTaskMs({ traceEvents }) {
  const mark = traceEvents.find(({ name }) => name === "chosen");
  const isLater = ({ pid, tid, ts, dur }) => pid === mark.pid && tid === mark.tid && ts + dur >= mark.ts;
  const tasks = traceEvents.filter(({ name, tdur }) => name.endsWith("RunTask") && tdur).filter(isLater);
  return Math.max(...tasks.map(({ tdur }) => tdur)) / 1000;
}

// A file in parts is interrupted after its first part, and chosen again on a new page.
{
  const first = await open(browser, plan.resumed, (page) => intercept(page, (request) => (partOf(request) > 1 ? false : undefined)));
  await ready(first.page);
  check("interrupted: two files are left", (await left(first.page)) === "2", await left(first.page));
  const isStored = new Promise((stored) => first.page.on("response", (response) => partOf(response.request()) === 1 && response.ok() && stored(true)));
  await choose(first.page, "large.png");
  check("interrupted: S3 has the first part", await Promise.race([isStored, wait(60000)]));
  await until(first.page, () => Object.keys(localStorage).length > 0);
  check("interrupted: the file has cost a use", (await left(first.page)) === "1", await left(first.page));
  await first.page.close();

  const { page, asked } = await open(browser, plan.resumed);
  await ready(page);
  check("goes on: one file is left", (await left(page)) === "1", await left(page));
  await choose(page, "large.png");
  says("goes on: the file is received", await row(page, "large.png", "received"), "Received");
  const parts = asked.filter((line) => line.startsWith("PUT ")).map((line) => new URL(line.slice(4)).searchParams.get("partNumber"));
  check("goes on: the first part is not sent again", parts.length > 0 && !parts.includes("1"), parts.join());
  check("goes on: no second use is counted", (await left(page)) === "1", await left(page));
  await choose(page, "photo.png");
  says("goes on: the last use takes another file", await row(page, "photo.png", "received"), "Received");
  check("goes on: that one is counted", (await left(page)) === "0", await left(page));
  await page.close();
}

{
  const { page, asked } = await open(browser, plan.open);
  await ready(page);
  const before = await left(page);
  await page.evaluate(() => {
    const fails = (done, fail) => fail(new DOMException("it is locked", "NotReadableError"));
    const entry = { isFile: true, name: "locked.png", fullPath: "/locked.png", file: fails };
    const event = new Event("drop", { bubbles: true, cancelable: true });
    Object.defineProperty(event, "dataTransfer", { value: { items: [{ kind: "file", webkitGetAsEntry: () => entry }] } });
    document.getElementById("area").dispatchEvent(event);
  });
  says("unreadable: the row says so", await row(page, "locked.png", "refused"), "The file cannot be read");
  check("unreadable: no second try is offered", (await offered(page)) === "", await offered(page));

  // It was changed after it was chosen.
  await page.evaluate(() => (Blob.prototype.arrayBuffer = () => Promise.reject(new DOMException("it was changed", "NotReadableError"))));
  await deliver(page, "drop", [["changed.png", "image/png", [1, 2, 3]]]);
  says("changed: the row says so", await row(page, "changed.png", "refused"), "The file cannot be read");
  check("changed: no second try is offered", (await offered(page)) === "", await offered(page));
  const posted = asked.filter((line) => line.startsWith("POST "));
  check("unreadable and changed: no upload was made", posted.length === 0, posted.join(" "));
  check("unreadable and changed: no use is counted", (await left(page)) === before, await left(page));
  await sumsUp(page, "Received: 0 of 2. Not received: 2.");
  await page.close();
}

// A folder with files that the page refuses: their rows come in slices. Only Chromium says how long the page's thread has
// worked for one task, without the work of others.
{
  const { page } = await open(browser, plan.open);
  await ready(page);
  if (plan.browser === "chrome") await page.tracing.start({ categories: ["toplevel", "blink.user_timing"] });
  const atOnce = await page.evaluate((count) => {
    const transfer = new DataTransfer();
    for (let n = 0; n < count; n += 1) transfer.items.add(new File(["<p>"], `page ${n}.html`, { type: "text/html" }));
    const input = document.getElementById("file-input");
    input.files = transfer.files;
    return new Promise((done) => {
      setTimeout(() => {
        performance.mark("chosen");
        input.dispatchEvent(new Event("change"));
        done(document.querySelectorAll("#list li").length);
      });
    });
  }, MANY);
  check("many: the rows come in slices", atOnce > 0 && atOnce < MANY, atOnce);
  await sumsUp(page, "Received: 0 of 1,000. Not received: 1,000.");
  if (plan.browser === "chrome") {
    const busyMs = longestTaskMs(JSON.parse(new TextDecoder().decode(await page.tracing.stop())));
    check("many: the page's thread is free", busyMs > 0 && busyMs < MOST_BUSY_MS, `busy for ${busyMs} ms`);
    console.log(`    the longest task has worked for ${Math.round(busyMs)} ms`);
  }
  const names = await page.$$eval("#list bdi", (names) => names.map(({ textContent }) => textContent));
  check("many: each file has its row, in its order", names.join() === Array.from({ length: MANY }, (_, n) => `page ${n}.html`).join(), names.length);
  await page.close();
}

// S3 has the file, and the page cannot ask for the verdict.
{
  const isQuestion = (request) => request.method() === "GET" && /\/uploads\/[^/]+$/.test(new URL(request.url()).pathname);
  const { page } = await open(browser, plan.open, (page) =>
    intercept(page, (request) => (isQuestion(request) ? '{"code":"upload_not_found","message":"no such upload"}' : undefined)),
  );
  await ready(page);
  const before = Number(await left(page));
  await choose(page, "photo.png");
  says("unchecked: the row says so", await row(page, "photo.png", "unchecked"), "could not find out whether it was accepted");
  check("unchecked: no second try is offered", (await offered(page)) === "", await offered(page));
  check("unchecked: a use is counted", Number(await left(page)) === before - 1, await left(page));
  await sumsUp(page, "Received: 0 of 1. Result unknown: 1.");
  await page.close();
}

await browser.close();
