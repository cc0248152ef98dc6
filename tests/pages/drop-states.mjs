// The element <postern-drop> of the client in a real Chromium and a real Firefox: languages, properties that are set later,
// files that cannot be read, files without a verdict, and drops that come at the wrong moment.
//
// Usage: node drop-states.mjs INPUT.json FOLDER
// INPUT: as for drop.mjs
// Prints a line a check, and a line of JSON with the ids of uploads; ends with 1 if a check fails.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addPage, choose, close, comesTo, dropped, gate, inDrop, open, page, press, row } from "./element.mjs";
import { check, folder, plan, until, wait } from "./script.mjs";

const body = `<form><postern-drop endpoint="${plan.endpoint}" name="file" multiple></postern-drop></form>`;
addPage("/", body, 'import "/postern/drop.js"');
addPage("/app", `<postern-drop endpoint="${plan.api}"></postern-drop>`, 'import "/postern/drop.js"');
addPage("/de", `<section lang="de-AT">${body}</section>`, 'import "/postern/drop.js"');

const notes = join(folder, "notes.txt");
await writeFile(notes, `some words of ${plan.browser}`);
const uploads = {};

const count = () => inDrop((drop) => drop.uploads.length);
const button = () => inDrop((drop) => drop.shadowRoot.querySelector("[part=choose]").textContent);
const says = async (text) => {
  const isSaid = (text) => document.querySelector("postern-drop").shadowRoot.querySelector("[part=choose]").textContent === text;
  await page.waitForFunction(isSaid, { polling: 100, timeout: 30000 }, text).catch(() => {});
  check(`the button says ${text}`, (await button()) === text, await button());
};

// Drops one file, which the browser reads once the page calls `window.read` with true, or cannot read if it is called
// with false.
const droppedSlowly = (name) =>
  inDrop((drop, name) => {
    const file = (done, fail) =>
      (window.read = (can) => (can ? done(new File(["slow"], name, { type: "text/plain" })) : fail(new DOMException("", "NotFoundError"))));
    const item = { kind: "file", webkitGetAsEntry: () => ({ isFile: true, name, fullPath: `/${name}`, file }), getAsFile: () => null };
    const event = new Event("drop", { bubbles: true, cancelable: true, composed: true });
    Object.defineProperty(event, "dataTransfer", { value: { types: ["Files"], items: [item] } });
    drop.shadowRoot.querySelector("[part=area]").dispatchEvent(event);
  }, name);
const read = (can) => page.evaluate((can) => window.read(can), can);

try {
  await open("/");
  const before = gate.asked;
  await droppedSlowly("locked.txt");
  await read(false);
  const locked = await comesTo("locked.txt", "failed");
  check("unreadable: it is said, and cannot be tried again", locked.buttons === "Remove" && locked.says.includes("cannot be read"), JSON.stringify(locked));
  check("unreadable: no empty file is sent in its place", gate.asked === before, gate.asked - before);

  gate.refusal = ({ method, url }) => method === "GET" && url.startsWith(plan.endpoint) && 410;
  await dropped(["unknown.txt", "text/plain", "no verdict"]);
  const unchecked = await comesTo("unknown.txt", "failed");
  gate.refusal = () => {};
  check("unchecked: it is said, and cannot be sent again", unchecked.buttons === "Remove" && unchecked.says.startsWith("Sent. No answer"), JSON.stringify(unchecked));
  const status = await inDrop((drop) => drop.shadowRoot.querySelector("[role=status]").textContent);
  check("unchecked: only the unreadable file counts as missing", status === "Uploaded: 0 of 2. Result unknown: 1. Not uploaded: 1.", status);

  await inDrop((drop) => drop.toggleAttribute("disabled", true));
  await dropped(["disabled.txt", "text/plain", "disabled"]);
  await wait(200); // a drop is read in some turns
  check("disabled: a drop adds nothing", (await count()) === 2, await count());
  await inDrop((drop) => drop.toggleAttribute("disabled", false));

  await droppedSlowly("reset.txt");
  await page.evaluate(() => document.querySelector("form").reset());
  await read(true);
  await wait(200);
  check("reset: a drop that was not read before adds nothing", (await count()) === 0, await count());

  await droppedSlowly("gone.txt");
  const gone = await page.evaluateHandle(() => {
    const drop = document.querySelector("postern-drop");
    drop.remove();
    return drop;
  });
  await read(true);
  await wait(200);
  check("removed: a drop that was not read before adds nothing", (await gone.evaluate((drop) => drop.uploads.length)) === 0);
  await gone.evaluate((drop) => document.querySelector("form").append(drop));

  const passes = await inDrop((drop) => {
    const { setFormValue } = ElementInternals.prototype;
    let count = 0;
    ElementInternals.prototype.setFormValue = function (...of) {
      count += 1;
      return setFormValue.apply(this, of);
    };
    drop.setAttribute("accept", "image/*");
    count = 0;
    drop.add(Array.from({ length: 300 }, (_, n) => new File([], `${n}.txt`, { type: "text/plain" })));
    ElementInternals.prototype.setFormValue = setFormValue;
    return [count, drop.shadowRoot.querySelectorAll("li").length];
  });
  check("many files are added in one pass", passes.join() === "1,300", passes.join());

  await page.evaluate(async () => {
    const { PosternError } = await import("/postern/postern.js");
    const errorOf = (code, message) => new PosternError(code, message, { status: 410 });
    const added = [["of the page", "too_large", "5 MB for your account."], ["closed", "upload_token_used_up", "ask the app"], ["other", "mine", "No."]];
    const drop = document.querySelector("postern-drop");
    drop.add(added.map(([name, code, message]) => ({ file: new File([], name), error: errorOf(code, message) })));
  });
  const told = [await row("of the page"), await row("closed"), await row("other")].map(({ says, buttons }) => `${says} ${buttons}`).join();
  const expected = "Not uploaded. 5 MB for your account. Remove,No more files can be sent here. Remove,Not uploaded. No. Remove";
  check("an error of the page is told in its own words, and one of a token in those of the element", told === expected, told);

  await open("/app");
  const kept = await inDrop((drop, jwt) => {
    drop.jwt = () => jwt;
    drop.metadata = { album: "late" };
    return [Object.keys(drop).length, drop.jwt(), drop.metadata.album].join();
  }, plan.jwt);
  check("jwt and metadata are accessors", kept === `0,${plan.jwt},late`);
  await choose(notes);
  await comesTo("notes.txt", "available");
  uploads.late = await inDrop((drop) => drop.uploads[0].result.uploadId);

  await open("/");
  await page.evaluate(() => (document.documentElement.lang = "zh"));
  await says("选择文件");

  await open("/de");
  await says("Dateien auswählen");
  await inDrop((drop) => (drop.texts = { resume: "Los" }));
  await inDrop((drop) => (drop.lang = "fr"));
  await says("Choisir des fichiers");
  gate.isOpen = false;
  await choose(notes);
  await press("notes.txt", "pause");
  const paused = await comesTo("notes.txt", "paused");
  check("the page's own texts stay, and the others are French", paused.says === "En pause" && paused.buttons === "Los,Annuler", JSON.stringify(paused));
  gate.isOpen = true;
  await press("notes.txt", "resume");
  await comesTo("notes.txt", "available");
  await inDrop((drop) => (drop.lang = "it"));
  await says("Choose files");
  await inDrop((drop) => drop.removeAttribute("lang"));
  await says("Dateien auswählen");
  check("the row too", (await row("notes.txt")).says === "Hochgeladen", JSON.stringify(await row("notes.txt")));
  await page.evaluate(() => {
    const host = document.body.appendChild(document.createElement("div"));
    host.lang = "es";
    host.attachShadow({ mode: "open" }).append(document.querySelector("postern-drop"));
    window.inShadow = host.shadowRoot.firstChild;
  });
  const isSpanish = () => window.inShadow.shadowRoot.querySelector("[part=choose]").textContent === "Elegir archivos";
  check("the language of what is around a shadow root", await until(page, isSpanish).then(() => true, () => false));
  console.log(JSON.stringify(uploads));
} finally {
  await close();
}
