// The browser client in a real Chromium or a real Firefox sends a large file to a server that counts its bytes and keeps
// none. The memory of the browser stays flat, and the page's thread is never busy for long.
//
// Usage: node large.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "client": folder, "bytes": size of the file}
// Prints a line a check, and what it has measured; ends with 1 if a check fails.

import { openBare } from "./bare.mjs";
import { memoryOf } from "./processes.mjs";
import { check, plan, wait } from "./script.mjs";
import { openSink } from "./sink.mjs";

const MIB = 2 ** 20;
const MOST_MORE_BYTES = 800 * MIB; // of 6 GiB too: browsers collect the buffers that the page has read late
const MOST_BUSY_MS = 1000;

const sink = openSink();
const page = await openBare({ bytes: plan.bytes, answer: sink.answer });
try {
  const began = performance.now();
  const before = await memoryOf(page.pid);
  let most = before;
  let isOver = false;
  const sampling = (async () => {
    for (; !isOver; await wait(500)) most = Math.max(most, await memoryOf(page.pid));
  })();
  const { state, busyMs } = await Promise.race([page.next(), wait(15 * 60_000).then(() => ({ state: "no answer" }))]);
  const seconds = (performance.now() - began) / 1000;
  isOver = true;
  await sampling;
  check("the file is available", state === "available", state);
  check("every byte has arrived once", sink.arrived === plan.bytes, sink.arrived);
  check("the memory is flat", most - before < MOST_MORE_BYTES, `${(most - before) / MIB} MiB more`);
  check("the page's thread is free", !(busyMs >= MOST_BUSY_MS), `busy for ${busyMs} ms`);
  const [more, speed] = [(most - before) / MIB, plan.bytes / MIB / seconds].map(Math.round);
  console.log(`    ${plan.browser}: ${plan.bytes / MIB} MiB in ${seconds.toFixed(1)} s, ${speed} MiB/s; ${more} MiB more memory than ${Math.round(before / MIB)} MiB; longest task ${busyMs === undefined ? "not measured" : `${Math.round(busyMs)} ms`}`);
} finally {
  page.close();
}
process.exit();
