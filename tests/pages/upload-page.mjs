// The page at an upload token's address in a real Chromium or a real Firefox: files are chosen, dropped and pasted,
// refused, rejected, paused and given up. The page writes nothing to the console, axe finds nothing, and no page of
// another origin frames it.
//
// Usage: node upload-page.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "files": folder, "open", "ending", "spent", "revoked": url,
//         "single": url, "revoke": {"url", "jwt"}}
// "revoke" ends the token of "ending". FOLDER gets the screenshots of Chromium. Prints a line a check; ends with 1 if
// one fails.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { launch } from "./launch.mjs";
import { look } from "./look.mjs";
import { check, plan, until } from "./script.mjs";
import { choose, deliver, left, open, ready, row, says, sumsUp } from "./token-page.mjs";

const isChrome = plan.browser === "chrome";
const browser = await launch(plan);

const SIZES = [[320, 640], [1280, 800]];

{
  const { page, said, asked, status } = await open(browser, plan.open);
  await ready(page);
  check("open: status 200", status === 200, status);
  check("open: no token in the title", !plan.open.includes(await page.title()) && (await page.title()) !== "", await page.title());
  await look(page, "empty", SIZES);

  const height = () => page.$eval("#area", (area) => area.getBoundingClientRect().top);
  const before = await height();
  await choose(page, "photo.png");
  says("choose: the file is received", await row(page, "photo.png", "received"), "Received");
  check("choose: what was there does not move", (await height()) === before);
  check("choose: the number of files that are left", (await left(page)) === "6");
  await sumsUp(page, "Received: 1 of 1. All files have been received. You can close this page.");

  const png = [...(await readFile(join(plan.files, "photo.png")))];
  await deliver(page, "drop", [["first.png", "image/png", png], ["words.txt", "text/plain", [104, 105]]]);
  says("drop: the first file", await row(page, "first.png", "received"), "Received");
  says("drop: the second file", await row(page, "words.txt", "received"), "Received");
  await deliver(page, "paste", [["pasted.png", "image/png", png]]);
  says("paste: the file", await row(page, "pasted.png", "received"), "Received");
  const tiles = () => document.querySelectorAll(".tile canvas").length === 3 && [...document.querySelectorAll(".tile")].map((tile) => tile.textContent).join();
  const tile = await until(page, tiles).then((said) => said.jsonValue(), () => page.$eval("#list", (list) => list.innerHTML));
  check("tile: a picture of an image, the extension of another file", tile === ",,TXT,", tile);

  const sent = asked.length;
  await choose(page, "page.html", "too-large.png");
  says("type: refused with what is accepted", await row(page, "page.html", "refused"), "Accepted: PNG, Text");
  says("size: refused with the limit", await row(page, "too-large.png", "refused"), "The largest size is 1\u00a0MB");
  check("type and size: nothing was asked", asked.length === sent, asked.slice(sent).join(" "));

  await choose(page, "fake.png");
  const rejected = await row(page, "fake.png", "refused");
  says("rejected: in the visitor's words", rejected, "The content of the file does not fit");
  says("rejected: what to do", rejected, "choose another one");
  await sumsUp(page, "Received: 4 of 7. Not received: 3.");
  await look(page, "mixed", SIZES);

  const warns = () => page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true })));
  check("leave: no warning when all is done", !(await warns()));
  if (isChrome) {
    const network = { latency: 0, download: -1, upload: 100_000 };
    await page.emulateNetworkConditions(network);
    await page.evaluate(() => {
      const summary = document.getElementById("summary");
      window.told = [];
      new MutationObserver(() => window.told.push(summary.textContent)).observe(summary, { childList: true, characterData: true, subtree: true });
    });
    await choose(page, "slow.png");
    await row(page, "slow.png", "gone on");
    check("leave: a warning while a file is sent", await warns());
    await sumsUp(page, "Received: 4 of 8. On their way: 1. Not received: 3.");
    await page.keyboard.press("Tab"); // from the area to the row's first button
    const button = (does) => page.waitForSelector(`#list li:last-child [data-does=${does}]:not([hidden])`);
    await look(page, "sending", SIZES);
    await (await button("pause")).press("Enter");
    await sumsUp(page, "Received: 4 of 8. Paused or interrupted: 1. Not received: 3.");
    await (await button("resume")).press("Enter");
    await row(page, "slow.png", "gone on");
    await (await button("cancel")).press("Enter");
    await until(page, () => document.querySelector("#list li:last-child .state").textContent.trim() === "Cancelled");
    const focused = await page.evaluate(() => document.activeElement.dataset.does);
    check("cancel: the focus stays in the row", focused === "retry", focused);
    await page.emulateNetworkConditions(null);
    await (await button("retry")).press("Enter");
    says("retry: the file is received", await row(page, "slow.png", "received"), "Received");
    await sumsUp(page, "Received: 5 of 8. Not received: 3.");
    const told = await page.evaluate(() => window.told.map((text) => text.replace(/Received: | of 8|: 1\./g, "")));
    check("summary: only a change of a state is told", told.join("|") === "4. On their way Not received: 3.|4. Paused or interrupted Not received: 3.|4. On their way Not received: 3.|4. Not received: 4.|4. On their way Not received: 3.|5. Not received: 3.", told.join("|"));
  }
  check("open: nothing is written to the console", said.length === 0, said.join("; "));
  await page.close();
}

{
  const { page } = await open(browser, plan.ending);
  await ready(page);
  await fetch(plan.revoke.url, { method: "DELETE", headers: { authorization: `Bearer ${plan.revoke.jwt}` } });
  await choose(page, "photo.png");
  says("ending: the file says that the address has ended", await row(page, "photo.png", "refused"), "no longer accepts files");
  await page.close();
}

// The page is closed half way through an upload in parts that has the token's only use. Firefox's network cannot be slowed.
if (isChrome) {
  const { page, status } = await open(browser, plan.single);
  await ready(page);
  check("interrupted: status 200 while a use is left", status === 200, status);
  page.on("dialog", (dialog) => dialog.accept());
  await page.emulateNetworkConditions({ latency: 0, download: -1, upload: 4_000_000 });
  await choose(page, "large.png");
  await until(page, () => document.querySelector("#list progress")?.value > 0.45, 120000);
  await page.emulateNetworkConditions(null);
  const again = await page.reload();
  await ready(page);
  check("interrupted: status 410 without a use left", again.status() === 410, again.status());
  says("interrupted: says how to go on", await page.$eval("main", (main) => main.innerText), "choose the same file again");
  await look(page, "interrupted", SIZES);
  await choose(page, "photo.png");
  says("interrupted: a new file is refused", await row(page, "photo.png", "refused"), "No more files");
  await choose(page, "other-large.png");
  says("interrupted: a new large file too", await row(page, "other-large.png", "refused"), "No more files");
  await choose(page, "large.png");
  says("interrupted: the same file goes on", await row(page, "large.png", "received"), "Received");
  await page.close();
}

for (const [name, title] of [["spent", "No more files can be sent here"], ["revoked", "This link has been revoked"]]) {
  const { page, status } = await open(browser, plan[name]);
  check(`${name}: status 410`, status === 410, status);
  check(`${name}: the page says so`, (await page.$eval("h1", (h1) => h1.textContent)) === title);
  await look(page, name, SIZES);
  await page.close();
}

{
  const host = createServer((_, response) =>
    response.setHeader("content-type", "text/html").end(`<!DOCTYPE html><title>host</title><iframe src="${plan.open}"></iframe>`),
  );
  await new Promise((resolve) => host.listen(0, "127.0.0.1", resolve));
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${host.address().port}/`);
  const frames = page.frames().filter((frame) => frame !== page.mainFrame());
  const shown = await Promise.all(frames.map((frame) => frame.$("#area").catch(() => null)));
  check("frame: another origin shows nothing of the page", frames.length === 1 && shown.every((area) => area === null));
  await page.close();
  host.close();
}

await browser.close();
