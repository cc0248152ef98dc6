// The browser client in a real Chromium and a real Firefox: a small file, a large file with a reload half way, a
// cancellation, and the recipes of docs/browser.md as they stand.
//
// The module for parts does not load at first.
//
// Usage: node client.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "origin": origin, "api": url, "endpoint": url, "jwt": JWT,
//         "storage": S3's url, "client": folder, "recipes": [script]}
// Prints a line a check, and a line of JSON with the ids of the uploads; ends with 1 if a check fails.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileIn, launchBehind, openProxy, partOf } from "./proxy.mjs";
import { check, folder, plan, until, wait } from "./script.mjs";

const MIB = 2 ** 20;
const LARGE_BYTES = 60 * MIB;
const PARTS = 8;

// The parts that S3 has stored, in order.
const stored = [];
// How many parts the browser has sent. Those beyond `most` are kept back.
let sent = 0;
let most = Infinity;
let isFirstLoad = true;

const html = `<!doctype html><html lang="de"><title>upload</title>
<form data-endpoint="${plan.endpoint}" data-api="${plan.api}">
  <input type="file" multiple> <progress value="0"></progress> <output></output>
  <button type="button">Pause</button> <button type="button">Cancel</button>
</form>`;
const policy = `default-src 'self'; connect-src 'self' ${new URL(plan.api).origin} ${plan.storage}`;

const proxy = await openProxy({
  origin: plan.origin,
  async serve(pathname) {
    const [, first, rest] = /^\/([^/]*)\/?(.*)$/.exec(pathname);
    if (rest === "parts.js" && isFirstLoad) return void (isFirstLoad = false);
    if (first === "postern") return fileIn(plan.client, rest);
    if (first === "session") return { body: plan.jwt, type: "text/plain" };
    if (first === "recipe") return { body: plan.recipes[Number(rest)], type: "text/javascript" };
    if (first === "page") return { body: `${html}<script type="module" src="/recipe/${rest}"></script>`, type: "text/html", policy };
    return first ? undefined : { body: html, type: "text/html", policy };
  },
  async allow(asked) {
    if (!partOf(asked)) return true;
    sent += 1;
    if (sent <= most) return true;
    await new Promise((closed) => asked.on("close", closed));
    return false;
  },
  done: (asked, status) => status === 200 && partOf(asked) && stored.push(partOf(asked)),
});

async function storedParts(count) {
  for (let tries = 0; stored.length < count; tries += 1) {
    if (tries === 1200) throw new Error(`S3 has ${stored.length} parts after a minute`);
    await wait(50);
  }
}

await mkdir(folder, { recursive: true });
const small = join(folder, "notes.txt");
const other = join(folder, "more.txt");
const fake = join(folder, "fake.png");
const large = join(folder, "large.bin");
const bytes = Buffer.alloc(LARGE_BYTES);
for (let at = 0; at < LARGE_BYTES; at += 4096) bytes.writeUInt32LE(at, at);
await writeFile(small, `some words of ${plan.browser}`);
await writeFile(other, "other words");
await writeFile(fake, "only words, no image");
await writeFile(large, bytes);

const browser = await launchBehind(plan, proxy.address());
const uploads = {};
try {
  const page = await browser.newPage();
  // Firefox also reports the load that fails on purpose, and both the listener that does.
  page.on("pageerror", (error) => check("no error in the page", /\/postern\/parts.js|of a listener/.test(String(error)), String(error)));
  page.on("console", (message) => /Content.Security/i.test(message.text()) && check("the CSP holds", false, message.text()));
  const open = (path = "/") => page.goto(plan.origin + path);
  const choose = async (...paths) => (await page.$("input")).uploadFile(...paths);
  const shown = (matching, timeout = 120000) => until(page, `${matching}.test(document.querySelector("output").value)`, timeout);
  const output = () => page.$eval("output", ({ value }) => value);

  // Begins the upload of the chosen file in the page, which keeps `state`.
  const begin = () =>
    page.evaluate(async (endpoint) => {
      const { upload } = await import("/postern/postern.js");
      const control = new AbortController();
      window.state = { control, phases: [], first: undefined };
      const { state } = window;
      upload(document.querySelector("input").files[0], {
        endpoint,
        signal: control.signal,
        onProgress({ phase, loaded, uploadId }) {
          if (state.phases.at(-1) !== phase) state.phases.push(phase);
          if (phase === "sending") state.first ??= loaded;
          state.uploadId = uploadId;
        },
      }).then((result) => Object.assign(state, { result }), ({ code, message }) => Object.assign(state, { error: `${code}: ${message}` }));
    }, plan.endpoint);
  const ended = async () => {
    await until(page, "window.state.result || window.state.error", 180000);
    return page.evaluate(() => ({ ...window.state, control: undefined }));
  };

  await open();
  await choose(small);
  await begin();
  const one = await ended();
  check("a small file is available", one.result?.state === "available", JSON.stringify(one));
  check("its phases", one.phases.join() === "preparing,sending,checking", one.phases.join());
  uploads.small = one.uploadId;

  most = 3;
  await choose(large);
  await begin();
  await storedParts(most);
  const before = [...stored];
  await page.reload();
  most = Infinity;
  await choose(large);
  await begin();
  const two = await ended();
  check("a module that did not load is loaded again", !isFirstLoad);
  check("a large file is available after a reload", two.result?.state === "available", JSON.stringify(two));
  const after = stored.slice(before.length);
  check("only the missing parts are sent", after.length === PARTS - before.length && new Set(stored).size === PARTS, stored.join());
  check("the progress begins with what S3 has", two.first === before.length * 8 * MIB, two.first);
  uploads.large = two.uploadId;

  most = sent + 2;
  stored.length = 0;
  await choose(large);
  await begin();
  await storedParts(2);
  await page.evaluate(() => window.state.control.abort());
  const three = await ended();
  check("a cancelled upload says so", three.error?.startsWith("aborted"), JSON.stringify(three));
  check("and keeps nothing in the page", (await page.evaluate(() => Object.keys(localStorage).length)) === 0);
  uploads.cancelled = three.uploadId;
  most = Infinity;

  const [single, many, paused, app, list] = [0, 1, 2, 3, 4];
  await open(`/page/${single}`);
  await choose(small);
  await shown("/^uploaded: /");
  uploads.single = (await output()).split(" ")[1];
  await open(`/page/${many}`);
  await choose(small, other);
  await shown("/notes.txt: available, more.txt: available/");
  await open(`/page/${paused}`);
  const [pause, cancel] = await page.$$("button");
  most = sent + 1;
  await choose(large);
  await until(page, `/^sending: [1-9]/.test(document.querySelector("output").value)`, 60000);
  await pause.click();
  await shown("/^paused/");
  most = Infinity;
  const atPause = sent;
  await wait(1000);
  check("a paused upload sends nothing", sent === atPause, sent - atPause);
  await pause.click();
  await shown("/^(sending|checking|available)/");
  await cancel.click();
  await shown("/^(aborted|available)$/");
  check("the recipe cancels", (await output()) === "aborted", await output());
  await open(`/page/${app}`);
  await choose(small);
  await shown("/^available$/");
  await open(`/page/${list}`);
  await choose(small, other);
  await shown("/^notes.txt: available, more.txt: available$/");
  const again = plan.recipes.findIndex((script) => script.includes("restore()"));
  await open(`/page/${again}`);
  stored.length = 0;
  most = sent + 2;
  await choose(large);
  await storedParts(2);
  await open(`/page/${again}`);
  most = Infinity;
  await shown("/^Choose large.bin again$/");
  await choose(large);
  await shown("/^available$/");
  check("the recipe for a reload sends only the missing parts", stored.length === PARTS && new Set(stored).size === PARTS, stored.join());
  await open(`/page/${plan.recipes.findIndex((script) => script.includes("textsIn("))}`);
  await choose(small, other);
  await shown("/^notes.txt: Hochgeladen, more.txt: Hochgeladen$/");
  await choose(fake);
  await shown("/, fake.png: Nicht angenommen\\. .*text.plain/");
  check("the recipes run", true);

  const listened = await page.evaluate(async (endpoint) => {
    const { createList } = await import("/postern/list.js");
    const list = createList({ endpoint });
    let changes = 0;
    list.subscribe(() => {
      throw new Error("of a listener");
    });
    list.subscribe(() => (changes += 1));
    list.add([new File(["words"], "heard.txt", { type: "text/plain" })]);
    while (["waiting", "preparing", "sending", "checking"].includes(list.snapshot()[0].state)) await new Promise((done) => setTimeout(done, 50));
    return { state: list.snapshot()[0].state, changes };
  }, plan.endpoint);
  check("a listener that fails stops neither the upload nor the others", listened.state === "available" && listened.changes > 3, JSON.stringify(listened));
  console.log(JSON.stringify(uploads));
} finally {
  await browser.close();
  proxy.close();
  proxy.closeAllConnections();
}
