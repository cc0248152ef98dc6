// The processes of a browser, from /proc.

import { readFile, readdir } from "node:fs/promises";

const text = (number, name) => readFile(`/proc/${number}/${name}`, "utf8").catch(() => "");

// The numbers of the browser's process `pid` and of all that descend from it.
export async function processesOf(pid) {
  const root = String(pid);
  const parents = new Map();
  for (const number of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const stat = await text(number, "stat");
    parents.set(number, stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  }
  const isOfBrowser = (number) => number === root || (parents.has(number) && isOfBrowser(parents.get(number)));
  return [...parents.keys()].filter(isOfBrowser);
}

// The browser's memory in bytes. What processes share is counted once.
export async function memoryOf(pid) {
  let bytes = 0;
  for (const number of await processesOf(pid)) {
    bytes += Number(/^Pss: +(\d+) kB$/m.exec(await text(number, "smaps_rollup"))?.[1] ?? 0) * 1024;
  }
  return bytes;
}
