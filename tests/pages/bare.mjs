// A browser without a driver, which would cost memory and time. It opens a page that runs `send` and tells how it goes.

import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileIn } from "./proxy.mjs";
import { folder, plan, wait } from "./script.mjs";

const OPEN_MS = 120_000;

// In the page. It makes its file in its own folder on the disk, so nobody has to choose one. It sends the file once each
// time that its server answers a `ready` with true.
async function send({ bytes, endpoint = `${location.origin}/api` }) {
  const tell = async (what) => (await fetch("/tell", { method: "POST", body: JSON.stringify(what) })).json();
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
    while (await tell({ event: "ready" })) {
      const began = performance.now();
      let storedMs;
      const onProgress = ({ phase }) => {
        if (phase === "checking") storedMs ??= performance.now() - began;
      };
      const file = new File([await handle.getFile()], "large.bin");
      const { state } = await upload(file, { endpoint, onProgress });
      await tell({ event: "ended", state, busyMs, storedMs });
      busyMs = 0;
    }
  } catch (error) {
    await tell({ event: "ended", state: String(error), busyMs });
  }
}

// Opens the page. `answer(request, pathname)` answers what the page asks of its own origin. `next()` lets the page send its
// file, and returns what it tells at the end.
export async function openBare({ bytes, endpoint, port = 0, answer }) {
  const page = new EventEmitter();
  const html = `<!doctype html><title>upload</title><script type="module">${send}; send(${JSON.stringify({ bytes, endpoint })})</script>`;
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://server");
    const isClient = pathname.startsWith("/postern/");
    const document = { body: html, type: "text/html" };
    const served = isClient ? await fileIn(plan.client, pathname.slice("/postern/".length)) : pathname === "/" && document;
    if (served) return response.setHeader("content-type", served.type).end(served.body);
    response.setHeader("content-type", "application/json");
    if (pathname !== "/tell") return response.end(JSON.stringify(await answer(request, pathname)));
    const told = JSON.parse(Buffer.concat(await request.toArray()));
    const go = (isNext) => response.end(JSON.stringify(isNext));
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
  const isOpen = await Promise.race([ready, failed.then(({ state }) => Promise.reject(new Error(state))), wait(OPEN_MS)]);
  if (!isOpen) throw new Error("the browser has not opened the page within two minutes");

  return {
    origin,
    pid: browser.pid,
    async next() {
      const [, go] = await ready;
      ready = once(page, "ready");
      const told = ended();
      go(true);
      return told;
    },
    close() {
      browser.kill("SIGKILL");
      server.close();
      server.closeAllConnections();
    },
  };
}
