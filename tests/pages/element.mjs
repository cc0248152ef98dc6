// The element <postern-drop> in pages of an app, and what the scripts do with it. See drop.mjs for the input.

import { fileIn, launchBehind, openProxy, partOf } from "./proxy.mjs";
import { check, plan, until, wait } from "./script.mjs";

const policy = `default-src 'none'; script-src 'self'; img-src data:; style-src 'self'; connect-src ${new URL(plan.api).origin} ${plan.storage}`;
const css = "html { color-scheme: light dark; background: Canvas; color: CanvasText; font-family: sans-serif } body { margin: 1rem } main { max-width: 40rem; margin: auto }";

// A page of the app.
const pageOf = (body, script) =>
  `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>element</title>
  <link rel="stylesheet" href="/page.css"><link rel="icon" href="data:,"><main><h1>Photos</h1>${body}</main><script type="module" src="${script}"></script>`;

// The files of the app by their paths, besides those of the client. A script adds its own.
export const pages = { "/page.css": { type: "text/css", body: css } };
export const addPage = (path, body, script) => {
  const name = `${path === "/" ? "/index" : path}.js`;
  pages[path] = { type: "text/html", policy, body: pageOf(body, name) };
  pages[name] = { type: "text/javascript", body: script };
};

// While the gate is closed, no form goes on to S3, and no part after `lastPart`. `stored` has the parts that S3 has taken.
// `asked` counts all requests. `refusal` may have a status for a request. What was held back for a page does not go on after
// `reloads` has changed: Firefox may end the request of a page a moment after the page.
export const gate = { isOpen: true, lastPart: Infinity, stored: [], asked: 0, reloads: 0, refusal() {} };

const isHeld = (request) => {
  if (partOf(request)) return partOf(request) > gate.lastPart;
  return request.method === "POST" && !request.url.startsWith(plan.api) && !gate.isOpen;
};

const proxy = await openProxy({
  origin: plan.origin,
  serve: async (pathname) => (pathname.startsWith("/postern/") ? fileIn(plan.client, pathname.slice("/postern/".length)) : pages[pathname]),
  async allow(request) {
    gate.asked += 1;
    const refusal = gate.refusal(request);
    if (refusal) return refusal;
    const { reloads } = gate;
    let isClosed = false;
    request.on("close", () => (isClosed = true));
    while (isHeld(request) && !isClosed) await wait(20);
    return !isClosed && reloads === gate.reloads;
  },
  done(request, status) {
    if (partOf(request) && status === 200) gate.stored.push(partOf(request));
  },
});

export const browser = await launchBehind(plan, proxy.address());
export const page = await browser.newPage();
page.on("pageerror", (error) => check("no error in the page", false, String(error)));
page.on("console", (message) => {
  // Chromium reports answers of the gate too.
  const isNews = ["error", "warn"].includes(message.type()) && !/status of 410/.test(message.text());
  if (isNews) check("no warning", false, message.text());
});

export async function close() {
  await browser.close();
  proxy.close();
  proxy.closeAllConnections();
}

export const open = async (path) => {
  await page.goto(plan.origin + path);
  await until(page, () => document.querySelector("postern-drop").shadowRoot);
};
export const inDrop = (act, ...values) => page.evaluate(`(${act})(document.querySelector("postern-drop"), ${values.map((value) => JSON.stringify(value)).join()})`);
export const choose = async (...paths) => (await page.waitForSelector("postern-drop >>> input")).uploadFile(...paths);

// The row of a file, by its name: its state, what it says and its buttons.
export const row = (name) =>
  inDrop((drop, name) => {
    const row = [...drop.shadowRoot.querySelectorAll("li")].find((row) => row.querySelector("bdi").textContent === name);
    return row && {
      state: row.className,
      says: row.querySelector("[part=state]").textContent.trim(),
      buttons: [...row.querySelectorAll("button:not([hidden])")].map(({ textContent }) => textContent).join(),
    };
  }, name);

export async function comesTo(name, state) {
  for (let tries = 0; (await row(name))?.state !== state && tries < 600; tries += 1) await wait(100);
  const found = await row(name);
  check(`${name}: comes to ${state}`, found?.state === state, JSON.stringify(found));
  return found ?? { says: "", buttons: "" };
}

// Drops files, as [name, type, content] each.
export const dropped = (...files) =>
  inDrop((drop, files) => {
    const transfer = new DataTransfer();
    for (const [name, type, content] of files) transfer.items.add(new File([content], name, { type }));
    const event = new Event("drop", { bubbles: true, cancelable: true, composed: true });
    Object.defineProperty(event, "dataTransfer", { value: transfer });
    drop.shadowRoot.querySelector("[part=area]").dispatchEvent(event);
  }, files);

// Waits for the button of a row and presses it with the keyboard.
export async function press(name, act) {
  const button = await page.waitForFunction(
    (name, act) => {
      const rows = [...document.querySelector("postern-drop").shadowRoot.querySelectorAll("li")];
      return rows.find((row) => row.querySelector("bdi").textContent === name)?.querySelector(`[part~=${act}]:not([hidden])`);
    },
    { polling: 100, timeout: 60000 },
    name,
    act,
  );
  await button.focus();
  await page.keyboard.press("Enter");
}
