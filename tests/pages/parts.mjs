// Uploads in parts, for the scripts that interrupt them: what the browser keeps of them, and files that come with a handle.

import { wait } from "./script.mjs";

const PART_BYTES = 8 * 2 ** 20;

// The numbers of all parts but the first.
export const partsAfterFirst = (bytes) => Array.from({ length: Math.ceil(bytes / PART_BYTES) - 1 }, (_, n) => n + 2).join();

// How many entries and handles the browser keeps. Asking must not make the database.
export const kept = (page) =>
  page.evaluate(async () => {
    const answerOf = (request) => new Promise((done, fail) => Object.assign(request, { onsuccess: () => done(request.result), onerror: fail }));
    const isMade = (await indexedDB.databases()).some(({ name }) => name === "postern");
    if (!isMade) return `${localStorage.length} and 0`;
    const database = await answerOf(indexedDB.open("postern"));
    const handles = await answerOf(database.transaction("handles").objectStore("handles").count());
    database.close();
    return `${localStorage.length} and ${handles}`;
  });

export async function comesToKeep(page, count) {
  for (let tries = 0; tries < 300; tries += 1) {
    if ((await kept(page)) === count) return true;
    await wait(100);
  }
  return false;
}

// Drops a file of the system on the area, in Chromium.
export async function dropFile(page, area, path) {
  const session = await page.createCDPSession();
  const { x, y } = await area.evaluate((area) => area.getBoundingClientRect().toJSON());
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) await session.send("Input.dispatchDragEvent", { type, x: x + 10, y: y + 10, data });
}

// Drops a text of the page's own file system on the area. Chromium opens such files again without a prompt.
export const dropOwnFile = (area, name, bytes) =>
  area.evaluate(
    async (area, name, bytes) => {
      const handle = await (await navigator.storage.getDirectory()).getFileHandle(name, { create: true });
      const writable = await handle.createWritable();
      await writable.write(new Uint8Array(bytes).fill(97));
      await writable.close();
      const file = await handle.getFile();
      const item = { kind: "file", webkitGetAsEntry: () => null, getAsFile: () => file, getAsFileSystemHandle: async () => handle };
      const event = new Event("drop", { bubbles: true, cancelable: true, composed: true });
      Object.defineProperty(event, "dataTransfer", { value: { types: ["Files"], items: [item] } });
      area.dispatchEvent(event);
    },
    name,
    bytes,
  );
