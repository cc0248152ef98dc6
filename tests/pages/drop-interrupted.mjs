// The element <postern-drop> of the client in a real Chromium and a real Firefox: uploads in parts that a reload interrupts,
// what the element shows of them, and how they go on, are replaced or are removed.
//
// Usage: node drop-interrupted.mjs INPUT.json FOLDER
// INPUT: as for drop.mjs
// FOLDER gets the screenshots of Chromium. Prints a line a check, and a line of JSON with the ids of the uploads that have
// become `available` or `expired`; ends with 1 if a check fails.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addPage, browser, choose, close, comesTo, gate, inDrop, open, page, press, row } from "./element.mjs";
import { look } from "./look.mjs";
import { comesToKeep, dropFile, dropOwnFile, kept, partsAfterFirst } from "./parts.mjs";
import { check, plan, until, wait } from "./script.mjs";

const BYTES = 40 * 2 ** 20;
const SIZES = [[320, 640], [1280, 800]];

const script = `
  import "/postern/drop.js";
  window.heard = [];
  for (const type of ["postern-uploaded", "postern-failed"]) addEventListener(type, ({ type }) => heard.push(type));
`;
const field = (name, more, endpoint = plan.endpoint) => `<postern-drop name="${name}" endpoint="${endpoint}" ${more}></postern-drop>`;
addPage("/", `<form>${field("photo", "multiple required")}${field("other", "")}</form>`, script);
addPage("/single", `<form>${field("single", "")}</form>`, script);
addPage("/app", `<form>${field("app", "", plan.api)}</form>`, script);

const files = await mkdtemp(join(tmpdir(), "interrupted-"));
const uploads = { available: [], expired: [] };

// Writes a file that goes in parts.
async function fileOf(name, begin = name) {
  const path = join(files, name);
  await writeFile(path, begin.padEnd(BYTES, `${plan.browser} `));
  return path;
}

async function reload() {
  await page.reload();
  await until(page, () => document.querySelector("postern-drop").shadowRoot);
}

// Sends the first part of a file, and loads the page again.
async function interrupted(send, prepare = () => {}) {
  gate.lastPart = 1;
  gate.stored.length = 0;
  await send();
  for (let tries = 0; gate.stored.length === 0 && tries < 600; tries += 1) await wait(100);
  check("S3 has the first part only", gate.stored.join() === "1", gate.stored.join());
  await reload();
  gate.reloads += 1;
  await prepare();
  gate.lastPart = Infinity;
  gate.stored.length = 0;
}

const shows = (what, { says, buttons }, text, expected) =>
  check(`${what}: the row says so, and has its buttons`, says.startsWith(text) && buttons === expected, `${says} ${buttons}`);
const names = () => inDrop((drop) => drop.uploads.map(({ file }) => file.name).join());
const id = () => inDrop((drop) => drop.uploads[0].progress.uploadId);
const isEmpty = (shown = page) => until(shown, () => document.querySelector("postern-drop").uploads.length === 0).then(() => true, () => false);

// The file in the first row goes on, with the missing parts only.
async function goesOn(what, name, before) {
  await comesTo(name, "available");
  check(`${what}: it is the same upload`, (await id()) === before, await id());
  const sent = gate.stored.sort((one, other) => one - other).join();
  check(`${what}: only the missing parts are sent`, sent === partsAfterFirst(BYTES), sent);
  check(`${what}: nothing is kept`, await comesToKeep(page, "0 and 0"), await kept(page));
  uploads.available.push(before);
}

// What `act` does gives the interrupted upload up.
async function givesUp(what, act, upload) {
  uploads.expired.push(upload ?? (await id()));
  const answer = page.waitForResponse((response) => response.request().method() === "DELETE", { timeout: 60000 });
  await act();
  check(`${what}: the API has given it up`, (await answer).status() === 204);
  check(`${what}: nothing is kept`, await comesToKeep(page, "0 and 0"), await kept(page));
}

async function chosenAgain() {
  const path = await fileOf("chosen.txt");
  await open("/");
  await interrupted(() => choose(path));
  shows("reload", await comesTo("chosen.txt", "interrupted"), "Interrupted. Choose the same file again", "Remove");
  const share = await inDrop((drop) => drop.shadowRoot.querySelector("progress:not([hidden])")?.value);
  check("reload: the bar shows what S3 has", share > 0.1 && share < 0.3, share);
  const status = await inDrop((drop) => drop.shadowRoot.querySelector("[role=status]").textContent);
  check("reload: the status counts it", status === "Uploaded: 0 of 1. Paused or interrupted: 1.", status);
  await until(page, () => !document.querySelector("postern-drop").validity.customError); // the element knows all that was interrupted
  const validity = await inDrop((drop) => [drop.validity.valueMissing, drop.validity.customError, drop.value].join());
  check("reload: the value is missing, and nothing else is wrong", validity === "true,false,", validity);
  check("reload: no event", await page.evaluate(() => heard.length === 0));
  const other = await page.$eval("[name=other]", (drop) => drop.uploads.length);
  check("reload: a field of another name shows nothing", other === 0, other);
  await look(page, "interrupted", SIZES);

  const before = await id();
  await reload();
  await comesTo("chosen.txt", "interrupted");
  const { asked } = gate;
  await inDrop((drop) => drop.parentElement.prepend(drop));
  await wait(500);
  check("moved: the row stays, and nothing is asked", (await row("chosen.txt")).state === "interrupted" && gate.asked === asked, gate.asked - asked);
  const removed = await page.evaluateHandle(() => document.querySelector("postern-drop"));
  await removed.evaluate((drop) => drop.remove());
  await wait(500);
  await page.evaluate(() => dispatchEvent(new StorageEvent("storage")));
  await wait(500);
  check("removed: it hears of no other tab", gate.asked === asked, gate.asked - asked);
  await removed.evaluate((drop) => document.querySelector("form").prepend(drop));
  for (let tries = 0; gate.asked === asked && tries < 300; tries += 1) await wait(100);
  check("removed and added again: the API is asked again", gate.asked > asked);
  await comesTo("chosen.txt", "interrupted");

  const second = await browser.newPage();
  await second.goto(`${plan.origin}/`);
  await until(second, () => document.querySelector("postern-drop").uploads?.length === 1);
  await page.bringToFront();
  gate.lastPart = 1;
  await choose(path);
  await comesTo("chosen.txt", "sending");
  check("two tabs: the row goes while the other tab sends the file", await isEmpty(second));
  await second.close();
  gate.lastPart = Infinity;
  await goesOn("choose again", "chosen.txt", before);
  const heard = await page.evaluate(() => window.heard.join());
  check("choose again: one event", heard === "postern-uploaded", heard);
}

async function changed() {
  const path = await fileOf("changed.txt");
  await open("/");
  await interrupted(() => choose(path));
  await comesTo("changed.txt", "interrupted");
  const before = await id();
  await fileOf("changed.txt", "other words");
  await choose(path);
  shows("changed", await comesTo("changed.txt", "failed"), "The file has changed", "Try again,Remove");
  check("changed: nothing is sent", gate.stored.length === 0, gate.stored.join());
  await givesUp("changed", () => press("changed.txt", "remove"), before);
}

async function removed() {
  const path = await fileOf("removed.txt");
  await open("/");
  await interrupted(() => choose(path));
  await comesTo("removed.txt", "interrupted");
  await inDrop((drop) => (drop.disabled = true));
  const isDisabled = () => inDrop((drop) => drop.shadowRoot.querySelector("li [part~=remove]").disabled);
  check("disabled: the buttons of the row too", await isDisabled());
  await inDrop((drop) => drop.shadowRoot.querySelector("li [part~=remove]").click());
  check("disabled: the row stays", (await row("removed.txt"))?.state === "interrupted");
  await inDrop((drop) => (drop.disabled = false));
  check("enabled again: so are they", !(await isDisabled()));
  await givesUp("remove", () => press("removed.txt", "remove"));
  const focused = await inDrop((drop) => drop.shadowRoot.activeElement?.textContent);
  check("remove: the focus goes to the button", focused === "Choose files", focused);

  await interrupted(() => choose(path));
  await comesTo("removed.txt", "interrupted");
  await givesUp("reset", () => page.evaluate(() => document.querySelector("form").reset()));
  check("reset: the row goes", await isEmpty(), await names());
}

async function single() {
  const path = await fileOf("single.txt");
  await open("/single");
  await interrupted(() => choose(path));
  await comesTo("single.txt", "interrupted");
  const before = await id();
  await choose(path);
  await goesOn("single", "single.txt", before);
  const small = join(files, "small.txt");
  await writeFile(small, `a few words of ${plan.browser}`);
  await fileOf("single.txt", "replaced");
  await interrupted(() => choose(path));
  await comesTo("single.txt", "interrupted");
  await givesUp("another file", () => choose(small));
  await comesTo("small.txt", "available");
  check("another file: it replaces the interrupted one", (await names()) === "small.txt", await names());
}

// An element gets its properties when they are known.
async function late() {
  const path = await fileOf("late.txt");
  const jwt = () => inDrop((drop, jwt) => (drop.jwt = () => jwt) && undefined, plan.jwt);
  const metadata = () => inDrop((drop) => (drop.metadata = { album: "7" }));
  await open("/app");
  await jwt();
  await metadata();
  await interrupted(() => choose(path), jwt);
  await wait(1000); // the row would have come by now
  check("late: without its metadata it is another field", (await names()) === "", await names());
  await metadata();
  await comesTo("late.txt", "interrupted");
  const { asked } = gate;
  for (let times = 0; times < 5; times += 1) {
    await jwt();
    await metadata();
  }
  await wait(500);
  check("late: the same again asks nothing", gate.asked === asked, gate.asked - asked);
  for (const [name, other] of [["endpoint", plan.endpoint], ["name", "other"]]) {
    const own = await inDrop((drop, name) => drop[name], name);
    await inDrop((drop, name, other) => (drop[name] = other), name, other);
    check(`late: another ${name} has no row`, await isEmpty(), await names());
    await inDrop((drop, name, own) => (drop[name] = own), name, own);
    await comesTo("late.txt", "interrupted");
  }
  await givesUp("late", () => inDrop((drop) => (drop.value = "")));
}

// The browser gives a handle of what is dropped. The prompt that opens the file again waits for a person, except for files of
// the page's own file system.
async function withHandle() {
  const path = await fileOf("dropped.txt");
  const area = () => page.waitForSelector("postern-drop >>> [part=area]");
  await open("/");
  await interrupted(async () => dropFile(page, await area(), path));
  shows("drop", await comesTo("dropped.txt", "interrupted"), "Interrupted", "Continue,Remove");
  check("drop: the handle is kept", (await kept(page)) === "1 and 1", await kept(page));
  await look(page, "handle", SIZES);
  const dropped = await id();
  await press("dropped.txt", "resume");
  await choose(path);
  await goesOn("drop", "dropped.txt", dropped);

  await open("/single");
  await interrupted(async () => dropOwnFile(await area(), "own.txt", BYTES));
  await comesTo("own.txt", "interrupted");
  const own = await id();
  await inDrop((drop) => {
    drop.multiple = true;
    drop.add([new File(["a few words"], "beside.txt", { type: "text/plain" })]);
  });
  await comesTo("beside.txt", "available");
  await inDrop((drop) => (drop.multiple = false)); // which changes nothing for the files that are there
  await press("own.txt", "resume");
  await goesOn("handle", "own.txt", own);
  check("handle: without multiple, it replaces the other file", (await names()) === "own.txt", await names());
}

try {
  await chosenAgain();
  await changed();
  await removed();
  await single();
  await late();
  if (plan.browser === "chrome") await withHandle();
  console.log(JSON.stringify(uploads));
} finally {
  await close();
  await rm(files, { recursive: true });
}
