// A browser without a driver, which would cost memory and time. It opens a page that runs `send` and tells how it goes.

import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileIn } from "./proxy.mjs";
import { folder, plan, wait } from "./script.mjs";

const OPEN_MS = 120_000;

// In the page. It sends the parts of a file by plain requests, six at once: no checksum, no progress, and nothing that
// survives a failure. So this is the browser's own time. If `isRead`, the page reads each part before, as a checksum needs
// it. Returns when S3 has made the file.
async function sendPlainly(file, endpoint, isRead) {
  const ask = async (path, body) => {
    const answer = await fetch(endpoint + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const { upload_id, part_size_bytes } = await ask("/uploads/multipart", {
    filename: "large.bin", content_type: "application/octet-stream", size_bytes: file.size,
  });
  const numbers = Array.from({ length: Math.ceil(file.size / part_size_bytes) }, (_, n) => n + 1);
  const { parts } = await ask(`/uploads/${upload_id}/parts`, { part_numbers: numbers });
  const put = (part_number, url, body) => new Promise((end, fail) => {
    const request = new XMLHttpRequest();
    request.onload = () => (request.status === 200 ? end() : fail(new Error(`part ${part_number}: ${request.status}`)));
    request.onerror = () => fail(new Error(`part ${part_number}: the network failed`));
    request.open("PUT", url);
    request.send(body);
  });
  const lane = async () => {
    for (let part; (part = parts.shift()); ) {
      const { part_number, url } = part;
      const slice = file.slice((part_number - 1) * part_size_bytes, part_number * part_size_bytes);
      await put(part_number, url, isRead ? await slice.arrayBuffer() : slice);
    }
  };
  await Promise.all(Array.from({ length: 6 }, lane));
  await ask(`/uploads/${upload_id}/complete`, {});
}

// In the page. It makes its file in its own folder on the disk, so nobody has to choose one. It sends the file once each
// time that its server answers a `ready` with "client", "plain" or "read".
async function send({ bytes, endpoint = `${location.origin}/api` }) {
  const tell = async (what) => (await fetch("/tell", { method: "POST", body: JSON.stringify(what) })).json();
  let busyMs; // the longest task, of those over 50 ms; Firefox does not report any
  const isTimed = PerformanceObserver.supportedEntryTypes.includes("longtask");
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) busyMs = Math.max(busyMs, duration);
  });
  if (isTimed) observer.observe({ type: "longtask" });
  try {
    const { upload } = await import("/postern/postern.js");
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle("large", { create: true });
    const content = await handle.createWritable();
    await content.truncate(bytes);
    await content.close();
    for (let by; (by = await tell({ event: "ready" })); ) {
      observer.takeRecords();
      busyMs = isTimed ? 0 : undefined;
      const began = performance.now();
      let storedMs;
      const onProgress = ({ phase }) => {
        if (phase === "checking") storedMs ??= performance.now() - began;
      };
      const file = new File([await handle.getFile()], "large.bin");
      if (by !== "client") {
        await sendPlainly(file, endpoint, by === "read");
        await tell({ event: "ended", storedMs: performance.now() - began });
        continue;
      }
      const { state } = await upload(file, { endpoint, onProgress });
      await tell({ event: "ended", state, busyMs, storedMs });
    }
  } catch (error) {
    await tell({ event: "ended", state: String(error), busyMs });
  }
}

// Opens the page. `answer(request, pathname)` answers what the page asks of its own origin. `next()` lets the page send its
// file by the client, or by plain requests with or without reading each part, and returns what it tells at the end.
export async function openBare({ bytes, endpoint, port = 0, answer }) {
  const page = new EventEmitter();
  const html = `<!doctype html><title>upload</title><script type="module">${sendPlainly}; ${send}; send(${JSON.stringify({ bytes, endpoint })})</script>`;
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://server");
    const isClient = pathname.startsWith("/postern/");
    const document = { body: html, type: "text/html" };
    const served = isClient ? await fileIn(plan.client, pathname.slice("/postern/".length)) : pathname === "/" && document;
    if (served) return response.setHeader("content-type", served.type).end(served.body);
    response.setHeader("content-type", "application/json");
    if (pathname !== "/tell") return response.end(JSON.stringify(await answer(request, pathname)));
    const told = JSON.parse(Buffer.concat(await request.toArray()));
    const go = (by) => response.end(JSON.stringify(by));
    if (told.event !== "ready") go(false);
    page.emit(told.event, told, go);
  });
  await new Promise((listening) => server.listen(port, "127.0.0.1", listening));

  const origin = `http://127.0.0.1:${server.address().port}`;

  const profile = join(folder, "profile");
  await mkdir(profile); // Firefox makes none
  const own = {
    chrome: ["--headless", "--no-sandbox", `--user-data-dir=${profile}`, "--no-first-run", "--disable-features=LocalNetworkAccessChecks"],
    firefox: ["--headless", "--no-remote", "--profile", profile],
  };
  const ended = () => once(page, "ended").then(([told]) => told);
  let ready = once(page, "ready");
  const failed = ended();
  const browser = spawn(plan.path, [...own[plan.browser], `${origin}/`], { stdio: "ignore" });
  process.on("exit", () => browser.kill("SIGKILL"));
  const isOpen = await Promise.race([ready, failed.then(({ state }) => Promise.reject(new Error(state))), wait(OPEN_MS)]);
  if (!isOpen) throw new Error("the browser has not opened the page within two minutes");

  return {
    origin,
    pid: browser.pid,
    async next(by = "client") {
      const [, go] = await ready;
      ready = once(page, "ready");
      const told = ended();
      go(by);
      return told;
    },
    close() {
      browser.kill("SIGKILL");
      server.close();
      server.closeAllConnections();
    },
  };
}
