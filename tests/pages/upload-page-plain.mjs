// The page at an upload token's address in a real Chromium or a real Firefox that runs no script. In both a person
// sends a file by keyboard: a wrong name, a name, a file, the verdict. In Chromium the texts, a rejection, a second
// click and the ways back are checked too: Firefox without scripts evaluates nothing, so only selectors are asked there.
// axe needs a script too. Labels, titles and structure are checked here instead.
//
// Usage: node upload-page-plain.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "files": folder, "open", "spent": url}
// FOLDER gets the screenshots of Chromium. Prints a line a check; ends with 1 if one fails.

import { join } from "node:path";
import { launch } from "./launch.mjs";
import { check, folder, plan, wait } from "./script.mjs";

const isChrome = plan.browser === "chrome";
const browser = await launch(plan, { preferences: { "javascript.enabled": false } });
const page = await browser.newPage();
if (isChrome) await page.setJavaScriptEnabled(false);

const text = (selector) => page.$eval(selector, (element) => element.textContent);
const attribute = (selector, name) => page.$eval(selector, (element, name) => element.getAttribute(name), name);
const has = async (selector) => (await page.$(selector)) !== null;
const title = () => text("h1");
const left = async () => Number(await text("#left"));

// Leaves the page by `act`, and waits for the next one.
const leaving = async (act) => (await Promise.all([page.waitForNavigation({ timeout: 60000 }), act()]))[0];

const name = async (name) => {
  await page.type("#name", name);
  return leaving(() => page.click("form button"));
};

async function send(file) {
  await (await page.$("#file")).uploadFile(join(plan.files, file));
  return leaving(() => page.click("form button"));
}

// Waits until the page says this. It loads itself again meanwhile.
async function comesTo(words) {
  let said = "";
  for (let tries = 0; tries < 600; tries += 1) {
    said = await title().catch(() => "");
    if (said === words) break;
    await wait(100);
  }
  check(`the page comes to: ${words}`, said === words, said);
}

// What a screen reader needs, the width, and how it looks.
async function look(name) {
  check(`${name}: one heading`, (await page.$$("h1")).length === 1 && (await title()) !== "");
  check(`${name}: one main part, a language and a title`, (await has("main")) && (await has("html[lang]")) && (await page.title()) !== "");
  const fields = await page.$$eval("input:not([type=hidden]):not([aria-hidden])", (inputs) =>
    inputs.filter((input) => input.checkVisibility()).map((input) => ({
      label: input.labels.length,
      described: (input.getAttribute("aria-describedby") ?? "").split(" ").every((id) => !id || document.getElementById(id)),
    })),
  );
  check(`${name}: each field has a label and its description`, fields.every(({ label, described }) => label === 1 && described));
  const named = await page.$$eval("button, a", (all) => all.filter((one) => one.checkVisibility()).every((one) => one.textContent.trim()));
  check(`${name}: each button and link has a text`, named);
  for (const [width, height] of [[320, 640], [1280, 800]]) {
    await page.setViewport({ width, height });
    for (const scheme of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      const isWide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      check(`${name} ${width} ${scheme}: no sideways scrolling`, !isWide);
      await page.screenshot({ path: join(folder, `${name}-${width}-${scheme}.png`), fullPage: true });
    }
  }
}

// Waits until the page has this element.
async function shows(selector) {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await has(selector).catch(() => false)) return;
    await wait(100);
  }
  check(`the page shows ${selector}`, false, page.url());
}

const press = async (...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};

async function byKeyboard() {
  await page.goto(plan.open);
  check("keyboard: no script runs", !(await has("#choose:enabled")) && (await has("form")));
  await press("Tab");
  await page.keyboard.type("page.html");
  await press("Enter");
  await shows("#wrong");
  check("keyboard: a wrong name is there again", await has("#name[aria-invalid=true][value='page.html']"));
  // The field has the focus, as `autofocus` asks.
  await page.keyboard.down("Control");
  await press("a");
  await page.keyboard.up("Control");
  await page.keyboard.type("keyboard.png");
  await press("Enter");
  await shows("#file");
  await (await page.$("#file")).uploadFile(join(plan.files, "photo.png"));
  const before = new URL(page.url());
  await press("Tab", "Tab", "Enter");
  await shows("main.received");
  const after = new URL(page.url());
  check("keyboard: the file is received", after.pathname === before.pathname && after.searchParams.get("key") === before.searchParams.get("key"), page.url());
  await press("Tab", "Enter");
  await shows("#name");
}

await byKeyboard();
if (isChrome) {
  await page.goto(plan.open);
  check("no script runs", !(await has("#choose:enabled")) && (await has("form")));
  check("nothing stands there that needs a script", await page.$eval("#area", (area) => !area.checkVisibility()));
  const before = await left();
  await look("name");

  const wrong = await name("page.html");
  check("a type that is not accepted: status 422", wrong.status() === 422, wrong.status());
  check("it is told at the field", (await text("#wrong")).includes("Accepted: PNG, Text"), await text("#wrong"));
  check("the name is still there", (await attribute("#name", "value")) === "page.html");
  check("the field says that it is wrong", (await attribute("#name", "aria-invalid")) === "true");
  await look("wrong-name");

  await page.goto(plan.open);
  await name("photo.png");
  check("the file is asked for", (await title()) === "Choose the file", await title());
  check("with its name", (await text(".lead")) === "photo.png");
  check("and its limits", (await text("#limits")).includes("at most 1 MB"), await text("#limits"));
  await look("file");
  const chosen = page.url();

  await page.goBack();
  check("back: the page asks for a name", await has("#name"));
  await page.goto(chosen);
  await send("photo.png");
  check("S3 leads back to the stack", new URL(page.url()).pathname === new URL(chosen).pathname, page.url());
  await comesTo("The file has been received");
  await look("received");
  check("a use is counted once", await leaving(() => page.click("a.act")).then(left) === before - 1, await left());

  await name("fake.png");
  await send("fake.png");
  await comesTo("The file was not accepted");
  check("why, in the visitor's words", (await text("main")).includes("Its content does not fit its name or its type."));
  check("and in the server's", (await text("main [lang=en]")).includes("text/plain"), await text("main [lang=en]"));
  await look("rejected");

  await leaving(() => page.click("a.act"));
  await name("big.png");
  const refused = await send("too-large.png");
  check("S3 refuses a file that is too large", refused.status() === 400 && (await refused.text()).includes("EntityTooLarge"), refused.status());
  await page.goBack();
  check("back: the same form is there", (await title()) === "Choose the file", await title());
  await send("photo.png");
  await comesTo("The file has been received");
}

// Two clicks: the form is sent twice before the answer to the first one.
if (isChrome) {
  await page.goto(plan.open);
  const before = await left();
  await page.type("#name", "twice.png");
  await leaving(() => page.click("form button", { count: 2 }));
  await page.goto(plan.open);
  check("a second click costs no second use", (await left()) === before - 1, `${before} ${await left()}`);
}

{
  const answer = await page.goto(plan.spent);
  check("spent: status 410", answer.status() === 410, answer.status());
  check("spent: no form", !(await has("form")));
  if (isChrome) {
    check("spent: says so", (await title()) === "No more files can be sent here", await title());
    await look("spent");
  }
}

await browser.close();
