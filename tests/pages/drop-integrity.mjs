// The import map of docs/browser.md in a real Chromium and a real Firefox: the map that the documented command prints lets
// every module run as it is, and none of which one byte was changed.
//
// Usage: node drop-integrity.mjs INPUT.json FOLDER
// INPUT: as for drop.mjs; the recipes are the commands of the document
// Prints a line a check, and a line of JSON; ends with 1 if a check fails.

import { execFileSync } from "node:child_process";
import { fileIn, launchBehind, openProxy } from "./proxy.mjs";
import { check, plan, until } from "./script.mjs";

const REACT = "export const [useEffect, useRef, useState, useSyncExternalStore] = []";
const LARGE = 33 * 2 ** 20;
const LATE_MS = 5000; // an altered module would have run by then

const command = plan.recipes.find((recipe) => recipe.includes("integrity"));
const map = JSON.parse(execFileSync("sh", ["-c", command], { cwd: plan.client, encoding: "utf8" }));
const importMap = (more, type = "importmap") => `<script type="${type}" nonce="of-this-page">${JSON.stringify({ ...map, ...more })}</script>`;
const imports = { react: "/react.js" };

const policy = `script-src 'self' 'nonce-of-this-page'; connect-src ${new URL(plan.api).origin}`;
const pageOf = (head) => ({ type: "text/html", policy, body: `<!doctype html><title>integrity</title>${head}<postern-drop endpoint="${plan.endpoint}"></postern-drop>` });
// Which the document then has in place of its own properties.
const images = ["scripts", "querySelector", "createElement"].map((name) => `<img name="${name}" alt="">`).join("");
const unusual = pageOf(importMap({ imports }, "ImportMap") + images);
const pages = { "/checked": pageOf(importMap({ imports })), "/unusual": unusual, "/plain": pageOf(""), "/react.js": { type: "text/javascript", body: REACT } };

let altered; // the module that has one more statement
let asked = 0; // times for that module

async function moduleOf(name) {
  const module = await fileIn(plan.client, name);
  if (name !== altered) return module;
  asked += 1;
  return { ...module, body: `globalThis.isAltered = true;${module.body}` };
}

const proxy = await openProxy({
  origin: plan.origin,
  serve: (pathname) => (pathname.startsWith("/postern/") ? moduleOf(pathname.slice("/postern/".length)) : pages[pathname]),
  allow: () => true,
  done() {},
});
const browser = await launchBehind(plan, proxy.address());
const page = await browser.newPage();

// Opens a page while this module is altered.
async function open(path, name) {
  altered = name;
  asked = 0;
  await page.goto(plan.origin + path);
}

const isLoaded = (name) => page.evaluate((name) => import(`/postern/${name}`).then(() => true, () => false), name);

// Whether the altered module, which is asked for when a large file is added, comes to run.
async function runs() {
  check("the element is loaded", await isLoaded("drop.js"));
  await page.evaluate((bytes) => {
    const [drop] = document.getElementsByTagName("postern-drop"); // the page may have an image of the name `querySelector`
    drop.add([new File([new Uint8Array(bytes)], "large.bin")]);
  }, LARGE);
  for (let tries = 0; asked === 0 && tries < 600; tries += 1) await new Promise((go) => setTimeout(go, 100));
  check("the altered module is asked for", asked > 0);
  return until(page, () => window.isAltered, LATE_MS).then(() => true, () => false);
}

try {
  for (const name of ["drop.js", "react.js"]) {
    await open("/checked");
    check(`${name} is loaded as it is`, await isLoaded(name));
    for (const changed of [name, "list.js", "progress.js"]) {
      await open("/checked", changed);
      check(`${name} is not loaded with another ${changed}`, !(await isLoaded(name)) && asked > 0 && !(await page.evaluate(() => window.isAltered)));
    }
  }
  await open("/plain", "parts.js");
  check("without the map, an altered module runs", await runs());
  for (const path of ["/checked", "/unusual"]) {
    await open(path, "parts.js");
    check(`${path}: an altered module that is needed later does not run`, !(await runs()));
  }
  console.log("{}");
} finally {
  await browser.close();
  proxy.close();
  proxy.closeAllConnections();
}
