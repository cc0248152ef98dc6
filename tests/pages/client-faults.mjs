// The browser client in a real Chromium and a real Firefox while the network, the tab, the clock and the upload token
// fail: each upload ends as it must, and S3 gets only what it lacks.
//
// Usage: node client-faults.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "origin": origin, "api": url, "storage": S3's url, "jwt": JWT,
//         "client": folder, "only": part of the names of the cases that run, or null, "minutes": number}
// Each case has upload tokens of its own, whose label is the name of the case. Prints a line a check, and a line of JSON
// with the states that the uploads of each case must have; ends with 1 if a check fails.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { processesOf } from "./processes.mjs";
import { fileIn, launchBehind, openProxy, partOf } from "./proxy.mjs";
import { check, folder, plan, until, wait } from "./script.mjs";

const MIB = 2 ** 20;
const LARGE_BYTES = 40 * MIB;
const PARTS = 5;

// What the network does. `refuse(request)` returns a status in place of S3's answer, `loses(request)` whether the answer
// gets lost, `holds(request)` whether the request waits until its connection ends, and `stalls(request)` whether only its
// beginning goes on. `delay(request)` is awaited before the request goes on.
const calm = { isCut: false, refuse: () => undefined, loses: () => false, holds: () => false, stalls: () => false, delay() {} };
let network = calm;
let stored = []; // the parts that S3 has stored, in order
let sent = 0; // the parts that the browser has sent

const html = "<!doctype html><title>upload</title><input type=file multiple>";
const policy = `default-src 'self'; connect-src 'self' ${new URL(plan.api).origin} ${plan.storage}`;

const proxy = await openProxy({
  origin: plan.origin,
  async serve(pathname) {
    if (pathname.startsWith("/postern/")) return fileIn(plan.client, pathname.slice("/postern/".length));
    return pathname === "/" ? { body: html, type: "text/html", policy } : undefined;
  },
  async allow(asked) {
    if (network.isCut) return false;
    if (partOf(asked)) sent += 1;
    if (network.holds(asked)) {
      await new Promise((closed) => asked.on("close", closed));
      return false;
    }
    await network.delay(asked);
    return network.refuse(asked) ?? true;
  },
  stalls: (asked) => network.stalls(asked),
  loses: (asked) => network.isCut || network.loses(asked),
  done: (asked, status) => status === 200 && partOf(asked) && stored.push(partOf(asked)),
});

async function cut(ms) {
  network = { ...calm, isCut: true };
  proxy.closeAllConnections();
  await wait(ms);
  network = calm;
}

// Whether something is seen for the first time.
function once() {
  const seen = new Set();
  return (name) => !seen.has(name) && Boolean(seen.add(name));
}

const authorization = { authorization: `Bearer ${plan.jwt}` };

const isForm = ({ headers }) => headers["content-type"]?.startsWith("multipart/form-data");

async function makeToken(label, uses) {
  const body = JSON.stringify({ content_types: ["*/*"], max_size_bytes: 2 * LARGE_BYTES, uses, expires_in_s: 3600, label });
  const headers = { ...authorization, "content-type": "application/json" };
  const answer = await fetch(`${plan.api}/upload-tokens`, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(await answer.text());
  const { path, upload_token_id } = await answer.json();
  const address = `${plan.api}/upload-tokens/${upload_token_id}`;
  return { endpoint: plan.api + path, revoke: () => fetch(address, { method: "DELETE", headers: authorization }) };
}

const files = { small: join(folder, "notes.txt"), empty: join(folder, "empty.txt"), form: join(folder, "form.bin") };
for (const name of ["large", "other"]) {
  files[name] = join(folder, `${name}.bin`);
  const bytes = Buffer.alloc(LARGE_BYTES);
  for (let at = 0; at < LARGE_BYTES; at += 4096) bytes.write(`${name} ${at}`, at);
  await writeFile(files[name], bytes);
}
await writeFile(files.small, "some words");
await writeFile(files.empty, "");
await writeFile(files.form, Buffer.alloc(20 * MIB, "some words "));

// With a folder for its profile, so that it can be started again with what pages have stored.
const start = () => launchBehind(plan, proxy.address(), { userDataDir: join(folder, "profile") });
let browser = await start();

// Firefox has no address that ends the process of a tab, and its driver makes no tab after such an end. So all of it ends.
async function crash(page) {
  if (plan.browser === "chrome") return Promise.race([page.goto("chrome://crash").catch(() => {}), wait(5000)]);
  await wait(8000); // Firefox writes what a page stores every five seconds
  for (const number of await processesOf(browser.process().pid)) process.kill(Number(number), "SIGKILL");
  browser = await start();
}

async function tab(setUp = () => {}) {
  const page = await browser.newPage();
  await setUp(page);
  await page.goto(plan.origin);
  return page;
}

// Begins the upload of a file in the page, which keeps `state`.
async function begin(page, endpoint, file) {
  await (await page.$("input")).uploadFile(file);
  await page.evaluate(async (endpoint) => {
    const { upload } = await import("/postern/postern.js");
    const control = new AbortController();
    const state = (window.state = { control });
    const onProgress = ({ uploadId }) => (state.id = uploadId);
    upload(document.querySelector("input").files[0], { endpoint, signal: control.signal, onProgress }).then(
      (result) => (state.end = result.state),
      ({ code }) => (state.end = code),
    );
  }, endpoint);
}

async function ended(page) {
  await until(page, "window.state.end", 8 * 60_000);
  return page.evaluate(() => window.state.end);
}

async function seen(holds) {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries === 2400) throw new Error(`two minutes later, still not: ${holds}`);
    await wait(50);
  }
}

// Waits until S3 has some parts, and lets no more through.
async function half(page, endpoint) {
  network = { ...calm, holds: (asked) => partOf(asked) && sent > 3 };
  await begin(page, endpoint, files.large);
  await seen(() => stored.length >= 3);
}

// Cancels the upload of the page, once the network has done what `holds` says.
async function cancelled(page, holds, isSeen) {
  await seen(isSeen);
  await page.evaluate(() => window.state.control.abort());
  const end = await ended(page);
  holds("the page says that it was cancelled", end === "aborted", end);
}

const storedOnce = (holds) => holds("each part is stored once", stored.length === PARTS && new Set(stored).size === PARTS, stored.join());

const expected = {};

// Runs one case. Its uploads must end in these states.
async function each(name, states, run) {
  if (!name.includes(plan.only ?? "")) return;
  [network, stored, sent] = [calm, [], 0];
  expected[name] = states;
  const began = Date.now();
  await run((uses = 1) => makeToken(name, uses), (what, holds, detail) => check(`${name}: ${what}`, holds, detail));
  console.log(`    ${name}: ${Math.round((Date.now() - began) / 1000)} s`);
}

// Uploads a file with a token of one use.
async function uploads(name, file, { unruly = calm, setUp, after = () => {} } = {}) {
  await each(name, ["available"], async (token, holds) => {
    const page = await tab(setUp);
    network = { ...calm, ...unruly };
    await begin(page, (await token()).endpoint, file);
    const end = await ended(page);
    holds("the file is available", end === "available", end);
    after(holds);
    await page.close();
  });
}

try {
  await uploads("an empty file", files.empty);

  for (const [name, file] of [["small", files.small], ["large", files.large]]) {
    const isNew = once();
    const lost = [];
    const route = ({ method, url }) => {
      const { pathname } = new URL(url);
      const part = partOf({ method, url });
      return `${method} ${part ? "" : pathname.replace(/[0-9a-f-]{36}/, "id")} ${part || ""}`;
    };
    const loses = (asked) => asked.method !== "OPTIONS" && isNew(route(asked)) && lost.push(route(asked));
    const expected = name === "small" ? 3 : 4 + PARTS;
    const after = (holds) => holds("answers were lost", lost.length >= expected, lost.join(", "));
    await uploads(`each answer of a ${name} file is lost once`, file, { unruly: { loses }, after });
  }

  for (const status of [403, 503]) {
    const isNew = once();
    const refuse = (asked) => (partOf(asked) && isNew(partOf(asked)) ? status : undefined);
    await uploads(`each part is refused once with ${status}`, files.large, { unruly: { refuse }, after: storedOnce });
  }

  for (const seconds of [10, 120]) {
    await each(`the network is cut for ${seconds} s`, ["available"], async (token, holds) => {
      const page = await tab();
      await half(page, (await token()).endpoint);
      await cut(seconds * 1000);
      const end = await ended(page);
      holds("the file is available", end === "available", end);
      await page.close();
    });
  }

  await each("the tab crashes", ["available"], async (token, holds) => {
    const { endpoint } = await token();
    const page = await tab();
    await half(page, endpoint);
    await crash(page);
    const before = stored.length;
    network = calm;
    const next = await tab();
    await begin(next, endpoint, files.large);
    const end = await ended(next);
    holds("the file is available", end === "available", end);
    holds("S3 had parts before", before >= 3, before);
    storedOnce(holds);
    await next.close();
  });

  await each("two tabs have one token", ["available", "available"], async (token, holds) => {
    const { endpoint } = await token(2);
    const pages = [await tab(), await tab()];
    await begin(pages[0], endpoint, files.large);
    await begin(pages[1], endpoint, files.other);
    for (const page of pages) {
      const end = await ended(page);
      holds("the file is available", end === "available", end);
    }
    await begin(pages[0], endpoint, files.small);
    const end = await ended(pages[0]);
    holds("a third file is refused", end === "upload_token_used_up", end);
    for (const page of pages) await page.close();
  });

  await each("two tabs send the same file", ["available", "available"], async (token, holds) => {
    const { endpoint } = await token(2);
    const pages = [await tab(), await tab()];
    for (const page of pages) await begin(page, endpoint, files.large);
    for (const page of pages) {
      const end = await ended(page);
      holds("the file is available", end === "available", end);
      await page.close();
    }
  });

  await each("the token is used up half way", ["available", "available"], async (token, holds) => {
    const { endpoint } = await token(2);
    const [page, other] = [await tab(), await tab()];
    await half(page, endpoint);
    await begin(other, endpoint, files.small);
    holds("the last use", (await ended(other)) === "available");
    await page.reload();
    network = calm;
    await begin(page, endpoint, files.large);
    const end = await ended(page);
    holds("the first file goes on", end === "available", end);
    storedOnce(holds);
    await page.close();
    await other.close();
  });

  // S3 makes no file of half a form.
  await each("a form is cancelled half way", ["expired"], async (token, holds) => {
    const page = await tab();
    let isHalf = false;
    network = { ...calm, stalls: (asked) => isForm(asked) && (isHalf = true) };
    await begin(page, (await token()).endpoint, files.form);
    await cancelled(page, holds, () => isHalf);
    await page.close();
  });

  for (const [name, file, isSeen] of [["form", files.form, isForm], ["large file", files.large, partOf]]) {
    await each(`the page is left as soon as a ${name} is cancelled`, ["expired"], async (token) => {
      const page = await tab();
      let isHalf = false;
      let goOn;
      const isLeft = new Promise((left) => (goOn = left));
      const isGivingUp = ({ method, headers }) => [method, headers["access-control-request-method"]].includes("DELETE");
      network = { ...calm, stalls: (asked) => isSeen(asked) && (isHalf = true), delay: (asked) => isGivingUp(asked) && isLeft };
      const { endpoint } = await token();
      await begin(page, endpoint, file);
      await seen(() => isHalf);
      const id = await page.evaluate(() => window.state.id);
      const left = page.waitForNavigation();
      await page.evaluate(() => {
        window.state.control.abort();
        location.href = "about:blank";
      });
      await left;
      await wait(500);
      goOn();
      await seen(async () => (await (await fetch(`${endpoint}/uploads/${id}`)).json()).state === "expired");
      await page.close();
    });
  }

  // The client does not learn that S3 has the file. The recorder looks at it all the same.
  await each("a form is cancelled after S3 has its file", ["available"], async (token, holds) => {
    const { endpoint } = await token();
    const page = await tab();
    let isStored = false;
    network = { ...calm, loses: (asked) => isForm(asked) && (isStored = true), holds: ({ method }) => method === "GET" };
    await begin(page, endpoint, files.small);
    await cancelled(page, holds, () => isStored);
    const id = await page.evaluate(() => window.state.id);
    await seen(async () => (await (await fetch(`${endpoint}/uploads/${id}`)).json()).state === "available");
    await page.close();
  });

  // The token was the page's only right. What S3 has of the file is removed when the upload expires.
  await each("the token is revoked half way", ["pending"], async (token, holds) => {
    const { endpoint, revoke } = await token();
    const page = await tab();
    await half(page, endpoint);
    await revoke();
    network = calm;
    proxy.closeAllConnections();
    const end = await ended(page);
    holds("the page learns it", end === "upload_token_revoked", end);
    await page.close();
  });

  for (const hours of [1, -1]) {
    const shift = (page) =>
      page.evaluateOnNewDocument((ms) => {
        const { now } = Date;
        Date.now = () => now() + ms;
      }, hours * 3_600_000);
    await uploads(`the clock is wrong by ${hours} h`, files.large, { setUp: shift });
  }
  console.log(JSON.stringify(expected));
} finally {
  await browser.close();
  proxy.close();
  proxy.closeAllConnections();
}
