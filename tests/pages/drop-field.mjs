// The element <postern-drop> of the client as a field of a form, in a real Chromium and a real Firefox: its properties, its
// value and its validity.
//
// Usage: node drop-field.mjs INPUT.json FOLDER
// INPUT: as for drop.mjs
// Prints a line a check, and a line of JSON; ends with 1 if a check fails.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addPage, choose, close, comesTo, gate, inDrop, open, page, press } from "./element.mjs";
import { examine } from "./look.mjs";
import { check, folder, plan } from "./script.mjs";

const early = `
  const drop = document.querySelector("postern-drop");
  Object.assign(drop, { accept: ".txt", disabled: true, endpoint: "/e", maxSize: 5, multiple: true, name: "n", required: true });
  await import("/postern/drop.js");
`;
addPage("/early", "<postern-drop></postern-drop>", early);
addPage(
  "/",
  `<form><label for="drop">Notes</label><fieldset><postern-drop id="drop" name="note" endpoint="${plan.endpoint}" multiple required></postern-drop></fieldset></form>`,
  `import "/postern/drop.js";
   window.heard = [];
   for (const type of ["input", "change"]) addEventListener(type, ({ target, type }) => heard.push(type + " " + target.value));`,
);

const notes = join(folder, "notes.txt");
const more = join(folder, "more.txt");
await writeFile(notes, `some words of ${plan.browser}`);
await writeFile(more, "other words");

const validity = () =>
  inDrop((drop) => {
    const { valueMissing, customError, valid } = drop.validity;
    return [valueMissing && "missing", customError && "custom", valid && "valid", drop.checkValidity(), drop.validationMessage].filter((told) => told !== false).join(" ");
  });
const sent = () => page.evaluate(() => new FormData(document.querySelector("form")).getAll("note").join());
// The events of the field since the last call.
const events = () => page.evaluate(() => window.heard.splice(0).join());
const value = () => inDrop((drop) => drop.value);

try {
  await open("/early");
  const element = await inDrop((drop) => {
    const [tag] = drop.outerHTML.split("></");
    return [tag, Object.keys(drop).length, drop.maxSize].join();
  });
  check(
    "properties may be set before the module comes",
    element === '<postern-drop disabled="" multiple="" required="" accept=".txt" endpoint="/e" name="n" max-size="5",0,5',
    element,
  );
  const removed = await inDrop((drop) => {
    Object.assign(drop, { accept: null, disabled: false, endpoint: undefined, maxSize: Infinity, multiple: 0, name: null, required: false });
    return [drop.getAttributeNames().length, drop.accept, drop.disabled, drop.endpoint, drop.maxSize, drop.multiple, drop.name, drop.required].join();
  });
  check("what is empty has no attribute", removed === "0,,false,,Infinity,false,,false", removed);

  await open("/");
  const own = await inDrop((drop) => [drop.form === document.querySelector("form"), drop.labels[0].textContent, drop.name, drop.required, drop.multiple, drop.willValidate].join());
  check("its form, its labels and its attributes", own === "true,Notes,note,true,true,true", own);
  check("required: the value is missing", (await validity()) === "missing Choose a file.", await validity());
  const heard = await inDrop((drop) => {
    let invalid = 0;
    drop.addEventListener("invalid", () => (invalid += 1));
    return [drop.checkValidity(), drop.reportValidity(), invalid].join();
  });
  check("a check says that it is not valid, and causes an event", heard === "false,false,2", heard);
  await inDrop((drop) => drop.blur());

  await page.$eval("fieldset", (fieldset) => (fieldset.disabled = true));
  const barred = await inDrop((drop) => [drop.disabled, drop.matches(":disabled"), drop.willValidate, drop.shadowRoot.querySelector("[part=choose]").disabled].join());
  check("a disabled fieldset disables it", barred === "false,true,false,true", barred);
  await examine(page, "disabled");
  await page.$eval("fieldset", (fieldset) => (fieldset.disabled = false));

  gate.isOpen = false;
  await choose(notes, more);
  await comesTo("notes.txt", "sending");
  check("sending: no value", (await value()) === "" && (await sent()) === "", await value());
  check("sending: no event, also not of the dialog", (await page.evaluate(() => window.heard.length)) === 0, await events());
  check("sending: not valid", (await validity()) === "missing custom Wait until all files are uploaded.", await validity());
  gate.isOpen = true;
  await comesTo("notes.txt", "available");
  await comesTo("more.txt", "available");
  const ids = await inDrop((drop) => drop.uploads.map(({ result }) => result.uploadId).join());
  check("the value is what the form sends", ids.length === 73 && (await value()) === ids && (await sent()) === ids, await value());
  const told = await events();
  check("each new value is told, and then is the value", told.split(",change ").length === 3 && told.endsWith(`,input ${ids},change ${ids}`), told);
  check("valid", (await validity()) === "valid true ", await validity());

  await inDrop((drop) => drop.setCustomValidity("Not today."));
  check("a message of the page keeps the form", (await validity()) === "custom Not today.", await validity());
  await inDrop((drop) => drop.setCustomValidity(""));
  check("until it is empty", (await validity()) === "valid true ", await validity());

  await inDrop((drop) => (drop.disabled = true));
  check("disabled: the form sends nothing", (await sent()) === "" && (await value()) === ids, await sent());
  await inDrop((drop) => (drop.disabled = false));
  const refused = await inDrop((drop) => {
    try {
      drop.value = "x";
    } catch ({ name }) {
      return [name, drop.uploads.length].join();
    }
  });
  check("a script sets no value", refused === "InvalidStateError,2", refused);
  await inDrop((drop) => (drop.value = ""));
  const afterScript = await events();
  check("what a script empties causes no event", afterScript === "", afterScript);
  check("but empties it", (await inDrop((drop) => drop.uploads.length)) === 0 && (await value()) === "" && (await sent()) === "");
  check("empty: the value is missing again", (await validity()) === "missing Choose a file.", await validity());

  await choose(notes);
  await comesTo("notes.txt", "available");
  await events();
  await press("notes.txt", "remove");
  const afterRemoval = await events();
  check("a file that is removed is told", afterRemoval === "input ,change ", afterRemoval);
  await choose(notes);
  await comesTo("notes.txt", "available");
  await events();
  await page.evaluate(() => document.querySelector("form").reset());
  const afterReset = await events();
  check("a reset causes no event", afterReset === "" && (await value()) === "", afterReset);
  console.log("{}");
} finally {
  await close();
}
