// The element <postern-drop> of the client in a real Chromium and a real Firefox: the recipe of docs/browser.md as it stands,
// what the form gets, refusals, the keyboard, and how the element looks.
//
// Usage: node drop.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "origin": origin, "api": url, "endpoint": url, "jwt": JWT,
//         "storage": S3's url, "client": folder, "recipes": [script], "pages": [html]}
// FOLDER gets the screenshots of Chromium. Prints a line a check, and a line of JSON with the ids of uploads; ends with 1 if
// a check fails.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addPage, choose, close, comesTo, dropped, gate, inDrop, open, page, pages, press, row } from "./element.mjs";
import { examine } from "./look.mjs";
import { check, folder, plan, until, wait } from "./script.mjs";

const isChrome = plan.browser === "chrome";

const recipe = plan.recipes.find((script) => script.includes("/postern/drop.js"));
const form = plan.pages.find((html) => html.includes("<postern-drop"));
const early = `
  const drop = document.querySelector("postern-drop");
  drop.jwt = () => document.documentElement.dataset.jwt;
  drop.metadata = { album: "early" };
  drop.texts = { choose: "Datei wählen", available: "Angekommen" };
  await import("/postern/drop.js");
`;
addPage("/", form.replace(/https:\S+\/t\/<upload token>/, plan.endpoint), recipe);
addPage("/early", `<postern-drop endpoint="${plan.api}"></postern-drop>`, early);

const output = () => page.$eval("output", ({ value }) => value);
const ids = () => page.evaluate(() => new FormData(document.querySelector("form")).getAll("photo"));
const status = () => inDrop((drop) => drop.shadowRoot.querySelector("[role=status]").textContent);
const isValid = () => page.evaluate(() => document.querySelector("form").checkValidity());

// Whether the recipe lets the form be sent, and the page be closed.
const isSent = () => page.evaluate(() => {
  const form = document.querySelector("form");
  return new Promise((told) => {
    addEventListener("submit", (event) => {
      told(!event.defaultPrevented);
      event.preventDefault();
    }, { once: true });
    form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  });
});
const closes = () => page.evaluate(() => dispatchEvent(new Event("beforeunload", { cancelable: true })));

const focused = () => page.evaluate(() => document.querySelector("postern-drop").shadowRoot.activeElement?.textContent ?? "");

async function look(name) {
  const session = isChrome && (await page.createCDPSession());
  const emulations = isChrome
    ? [320, 1000].flatMap((width) => ["light", "dark", "forced"].map((scheme) => ({ width, scheme })))
    : [{ width: "own", scheme: "own" }];
  for (const { width, scheme } of emulations) {
    if (isChrome) {
      await page.setViewport({ width, height: 700 });
      const features = [["prefers-color-scheme", scheme === "dark" ? "dark" : "light"], ["forced-colors", scheme === "forced" ? "active" : "none"]];
      await session.send("Emulation.setEmulatedMedia", { features: features.map(([name, value]) => ({ name, value })) });
    }
    await examine(page, `${name} ${width} ${scheme}`);
    if (isChrome) await page.screenshot({ path: join(folder, `${name}-${width}-${scheme}.png`), fullPage: true });
  }
  if (session) await session.send("Emulation.setEmulatedMedia", { features: [] });
}

const notes = join(folder, "notes.txt");
const more = join(folder, "more.txt");
await writeFile(notes, `some words of ${plan.browser}`);
await writeFile(more, "other words");
const uploads = {};

try {
  await open("/");
  await look("empty");
  check("required: the form is not valid", !(await isValid()));
  const border = await inDrop((drop) => getComputedStyle(drop.shadowRoot.querySelector("[part=area]")).borderTopStyle);
  check("the styles hold under the CSP", border === "dashed", border);
  const label = await inDrop((drop) => drop.shadowRoot.querySelector("[role=group]").ariaLabel ?? drop.shadowRoot.querySelector("[role=group]").getAttribute("aria-label"));
  check("the label is the area's name", label === "Photos", label);
  await page.keyboard.press("Tab");
  check("the keyboard reaches the button", (await focused()) === "Choose files", await focused());

  gate.isOpen = false;
  await choose(notes, more);
  await comesTo("notes.txt", "sending");
  await inDrop((drop) => drop.removeAttribute("required"));
  check("sending: the form is not valid, even if no file is required", !(await isValid()));
  await inDrop((drop) => drop.setAttribute("required", ""));
  check("sending: no value", (await ids()).length === 0);
  check("sending: the recipe asks before the page is closed", !(await closes()));
  await press("notes.txt", "pause");
  check("pause: the focus stays in the row", (await comesTo("notes.txt", "paused")) && (await focused()) === "Continue", await focused());
  await press("notes.txt", "resume");
  await press("more.txt", "cancel");
  await comesTo("more.txt", "cancelled");
  check("cancel: the focus stays in the row", (await focused()) === "Try again", await focused());
  await press("notes.txt", "pause");
  await comesTo("notes.txt", "paused");
  const named = await inDrop((drop) => {
    const nameOf = (element, attribute) => drop.shadowRoot.getElementById(element.getAttribute(attribute))?.textContent;
    const row = drop.shadowRoot.querySelector("li");
    return [nameOf(row.querySelector("progress"), "aria-labelledby"), ...[...row.querySelectorAll("button")].map((button) => nameOf(button, "aria-describedby"))];
  });
  check("progress and buttons name their file", named.length === 6 && named.every((name) => name === "notes.txt"), named.join());
  check("paused: the status says so", (await status()) === "Uploaded: 0 of 2. Paused or interrupted: 1. Not uploaded: 1.", await status());
  await look("paused");
  await press("notes.txt", "resume");
  await press("more.txt", "retry");
  gate.isOpen = true;
  const received = await comesTo("notes.txt", "available");
  check("available: what the row says", received.says === "Uploaded" && received.buttons === "Remove", JSON.stringify(received));
  await comesTo("more.txt", "available");
  check("the recipe hears of the last one", /^(notes|more).txt: [0-9a-f-]{36}$/.test(await output()), await output());
  check("the value has an id for each file", new Set(await ids()).size === 2, await ids());
  check("the form is valid", await isValid());
  check("uploaded: the recipe sends the form, and the page may be closed", (await isSent()) && (await closes()));

  const before = gate.asked;
  const hostile = '<img src=x onerror="alert(1)">.html';
  await dropped([hostile, "text/html", "x"], ["large.txt", "text/plain", "x".repeat(20_000_001)]);
  const refused = await comesTo(hostile, "failed");
  check("accept: what the row says", refused.says.includes("Accepted: Images, TXT.") && refused.buttons === "Remove", JSON.stringify(refused));
  const large = await comesTo("large.txt", "failed");
  check("max-size: what the row says", large.says.includes("The largest size is 20\u00a0MB") && large.buttons === "Remove", JSON.stringify(large));
  check("refused: nothing is asked", gate.asked === before, gate.asked - before);
  check("refused: the recipe hears of it", (await output()).startsWith("large.txt: This file is too large"), await output());
  check("a name is text only", !(await inDrop((drop) => drop.shadowRoot.querySelector("img"))));
  check("refused: the value stays", (await ids()).length === 2);
  check("refused: the recipe keeps the form", (await isValid()) && !(await isSent()) && (await output()) === "Send or remove each file first.", await output());
  const limits = [["maxSize", 5], ["accept", ".md"], ["lang", "de"], ["lang", "en"], ["maxSize", 20_000_000], ["accept", "image/*,.txt"]];
  const later = [];
  for (const [name, value] of limits) {
    await inDrop((drop, name, value) => (drop[name] = value), name, value);
    if (value === "de") await until(page, () => document.querySelector("postern-drop").shadowRoot.querySelector("[part=choose]").textContent === "Dateien auswählen");
    if (value === "en") await until(page, () => document.querySelector("postern-drop").shadowRoot.querySelector("[part=choose]").textContent === "Choose files");
    later.push((await row(hostile)).says, (await row("large.txt")).says);
  }
  const [german, others] = [later.splice(4, 2), new Set(later)];
  check("refused: the rows keep their limits", others.size === 2 && others.has(refused.says) && others.has(large.says), later.join());
  check("refused: in every language", german.join().includes("Bilder, TXT.") && german.join().includes("höchstens 20\u00a0MB"), german.join());

  await dropped(["fake.png", "image/png", "only words, no image"]);
  const rejected = await comesTo("fake.png", "rejected");
  check("rejected: what the row says", rejected.says.startsWith("Not accepted.") && rejected.says.includes("text/plain"), JSON.stringify(rejected));
  check("rejected: no value", (await ids()).length === 2);
  check("the status sums up", (await status()) === "Uploaded: 2 of 5. Not uploaded: 3.", await status());
  await look("mixed");

  const [first] = await ids();
  await press("notes.txt", "remove");
  check("remove: the id goes", (await ids()).length === 1 && !(await ids()).includes(first));
  check("remove: the focus goes to the button", (await focused()) === "Choose files", await focused());
  await inDrop((drop) => drop.toggleAttribute("disabled", true));
  check("disabled: the buttons too", (await inDrop((drop) => drop.shadowRoot.querySelectorAll("button:enabled").length)) === 0);
  await inDrop((drop) => drop.toggleAttribute("disabled", false));
  check("enabled: the buttons too", (await inDrop((drop) => drop.shadowRoot.querySelectorAll("button:disabled").length)) === 0);
  await page.evaluate(() => document.querySelector("form").reset());
  check("reset: no file", (await ids()).length === 0 && (await inDrop((drop) => drop.uploads.length)) === 0);

  gate.isOpen = false;
  await dropped(["moved.txt", "text/plain", "moved"]);
  await comesTo("moved.txt", "sending");
  await inDrop((drop) => drop.parentElement.prepend(drop));
  await wait(500);
  check("moved: the upload goes on", (await row("moved.txt")).state === "sending", JSON.stringify(await row("moved.txt")));
  const removed = await page.evaluateHandle(() => document.querySelector("postern-drop"));
  await removed.evaluate((drop) => drop.remove());
  const isCancelled = (drop) => drop.uploads[0].state === "cancelled";
  await page.waitForFunction(isCancelled, { polling: 100, timeout: 30000 }, removed).catch(() => {});
  check("removed: the upload is cancelled", await removed.evaluate(isCancelled));
  gate.isOpen = true;

  pages["/early"].body = pages["/early"].body.replace("<html", `<html data-jwt="${plan.jwt}"`);
  await open("/early");
  await choose(notes);
  const translated = await comesTo("notes.txt", "available");
  check("texts, jwt and metadata may be set before the module comes", translated.says === "Angekommen", JSON.stringify(translated));
  uploads.early = await inDrop((drop) => drop.uploads[0].result.uploadId);
  await choose(more);
  await comesTo("more.txt", "available");
  check("without multiple, a file replaces the one before", (await inDrop((drop) => drop.uploads.length)) === 1);
  console.log(JSON.stringify(uploads));
} finally {
  await close();
}
