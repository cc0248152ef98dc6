// The browser client in a real Chromium or a real Firefox sends a large file to a server that counts its bytes and keeps
// none. The memory of the browser stays flat, and the page's thread is never busy for long. No driver is attached: that
// of Firefox keeps what pages send.
//
// Usage: node large.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "client": folder, "bytes": size of the file}
// Prints a line a check, and what it has measured; ends with 1 if a check fails.

import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { memoryOf } from "./processes.mjs";
import { fileIn } from "./proxy.mjs";
import { check, folder, plan, wait } from "./script.mjs";

const MIB = 2 ** 20;
const PART_BYTES = 8 * MIB;
const MOST_MORE_BYTES = 800 * MIB; // of 6 GiB too: browsers collect the buffers that the page has read late
const MOST_BUSY_MS = 1000;

// The page makes its file in its own folder on the disk, so nobody has to choose one.
async function send(bytes) {
  const tell = (what) => fetch("/tell", { method: "POST", body: JSON.stringify(what) });
  let busyMs = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) busyMs = Math.max(busyMs, duration);
  }).observe({ type: "longtask" });
  try {
    const { upload } = await import("/postern/postern.js");
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle("large", { create: true });
    const content = await handle.createWritable();
    await content.truncate(bytes);
    await content.close();
    const file = await handle.getFile();
    await tell({});
    const { state } = await upload(file, { endpoint: `${location.origin}/api`, filename: "large.bin" });
    await tell({ state, busyMs });
  } catch (error) {
    await tell({ state: String(error), busyMs });
  }
}

let arrived = 0;
let state = "pending";
const page = new EventEmitter(); // what the page tells: began, ended

async function answer(request) {
  const { pathname } = new URL(request.url, "http://server");
  if (pathname === "/part") {
    for await (const chunk of request) arrived += chunk.length;
    return {};
  }
  let body = "";
  for await (const chunk of request) body += chunk;
  if (pathname === "/tell") {
    const said = JSON.parse(body);
    page.emit(said.state ? "ended" : "began", said);
  }
  if (pathname === "/api/uploads/multipart") return { upload_id: "large", part_size_bytes: PART_BYTES };
  if (pathname === "/api/uploads/large/complete") state = "available";
  if (pathname !== "/api/uploads/large/parts") return { state };
  return { parts: JSON.parse(body).part_numbers.map((part_number) => ({ part_number, url: `/part?number=${part_number}` })) };
}

const html = `<!doctype html><title>upload</title><script type="module">${send}; send(${plan.bytes})</script>`;
const server = createServer(async (request, response) => {
  const isClient = request.url.startsWith("/postern/");
  const document = { body: html, type: "text/html" };
  const served = isClient ? await fileIn(plan.client, request.url.slice("/postern/".length)) : request.url === "/" && document;
  if (served) return response.setHeader("content-type", served.type).end(served.body);
  response.setHeader("content-type", "application/json").end(JSON.stringify(await answer(request)));
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

const profile = join(folder, "profile");
await mkdir(profile); // Firefox makes none
const own = {
  chrome: ["--headless", "--no-sandbox", `--user-data-dir=${profile}`, "--no-first-run"],
  firefox: ["--headless", "--no-remote", "--profile", profile],
};
const browser = spawn(plan.path, [...own[plan.browser], `http://127.0.0.1:${server.address().port}/`], { stdio: "ignore" });
try {
  const ended = once(page, "ended").then(([said]) => said);
  const isOpen = await Promise.race([once(page, "began"), ended, wait(120_000)]);
  if (!isOpen) throw new Error("the browser has not opened the page within two minutes");
  const began = performance.now();
  const before = await memoryOf(browser.pid);
  let most = before;
  let isOver = false;
  const sampling = (async () => {
    for (; !isOver; await wait(500)) most = Math.max(most, await memoryOf(browser.pid));
  })();
  const { state, busyMs } = await Promise.race([ended, wait(15 * 60_000).then(() => ({ state: "no answer" }))]);
  const seconds = (performance.now() - began) / 1000;
  isOver = true;
  await sampling;
  check("the file is available", state === "available", state);
  check("every byte has arrived once", arrived === plan.bytes, arrived);
  check("the memory is flat", most - before < MOST_MORE_BYTES, `${(most - before) / MIB} MiB more`);
  check("the page's thread is free", busyMs < MOST_BUSY_MS, `busy for ${busyMs} ms`);
  const [more, speed] = [(most - before) / MIB, plan.bytes / MIB / seconds].map(Math.round);
  console.log(`    ${plan.browser}: ${plan.bytes / MIB} MiB in ${seconds.toFixed(1)} s, ${speed} MiB/s; ${more} MiB more memory than ${Math.round(before / MIB)} MiB; longest task ${Math.round(busyMs)} ms`);
} finally {
  browser.kill("SIGKILL");
  server.close();
  server.closeAllConnections();
}
process.exit();
