// The element <postern-drop> of the client in a real Chromium and a real Firefox: a person chooses a folder.
//
// Usage: node drop-folder.mjs INPUT.json FOLDER
// INPUT: as for drop.mjs
// Prints a line a check, and a line of JSON with the id of an upload; ends with 1 if a check fails.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addPage, close, comesTo, inDrop, open, page } from "./element.mjs";
import { check, folder, plan } from "./script.mjs";

addPage("/", `<postern-drop endpoint="${plan.endpoint}" lang="en"></postern-drop>`, 'import "/postern/drop.js"');

const PATHS = ["trip/outer.txt", "trip/day/inner.txt", "trip/.DS_Store", "trip/day/Thumbs.db"];
for (const path of PATHS) {
  await mkdir(join(folder, path, ".."), { recursive: true });
  await writeFile(join(folder, path), `the words of ${path}`);
}

// The driver of Firefox chooses no folders. So the element gets files as they come from one.
const choose = (paths) =>
  inDrop((drop, paths) => {
    const transfer = new DataTransfer();
    for (const path of paths) {
      const file = new File([`the words of ${path}`], path.split("/").pop(), { type: "text/plain" });
      Object.defineProperty(file, "webkitRelativePath", { value: path });
      transfer.items.add(file);
    }
    const input = drop.shadowRoot.querySelector("[webkitdirectory]");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change"));
  }, paths);

const button = () =>
  inDrop((drop) => {
    const button = drop.shadowRoot.querySelector("[part=folder]");
    return button.checkVisibility() && button.textContent;
  });

try {
  await open("/");
  check("a single file: no folder", (await button()) === false, await button());
  await inDrop((drop) => (drop.multiple = true));
  check("several files: a folder too", (await button()) === "Choose a folder", await button());

  if (plan.browser === "chrome") await (await page.waitForSelector("postern-drop >>> [webkitdirectory]")).uploadFile(join(folder, "trip"));
  else await choose(PATHS);
  await comesTo("trip/outer.txt", "available");
  await comesTo("trip/day/inner.txt", "available");
  const names = await inDrop((drop) => drop.uploads.map(({ path }) => path).sort().join());
  check("what a system keeps in a folder is left out", names === "trip/day/inner.txt,trip/outer.txt", names);

  const opened = await inDrop((drop) => {
    let isOpened = false;
    drop.shadowRoot.querySelector("[webkitdirectory]").click = () => (isOpened = true);
    drop.shadowRoot.querySelector("[part=folder]").click();
    return isOpened;
  });
  check("the button opens the dialog", opened);
  await inDrop((drop) => {
    delete HTMLInputElement.prototype.webkitdirectory;
    drop.accept = ".txt"; // so that it is shown anew
  });
  check("a browser without folders: no button", (await button()) === false, await button());
  const inner = await inDrop((drop) => drop.uploads.find(({ path }) => path === "trip/day/inner.txt").result.uploadId);
  console.log(JSON.stringify({ inner }));
} finally {
  await close();
}
