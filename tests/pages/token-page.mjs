// The page at an upload token's address, for the scripts that drive it: what a person does there, and what the page says.

import { join } from "node:path";
import { check, plan } from "./script.mjs";

// Opens a page that keeps what it writes to the console, and the addresses that it asks. `prepare` gets the page before.
export async function open(browser, url, prepare = () => {}) {
  const page = await browser.newPage();
  const said = [];
  const asked = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(error.message));
  page.on("request", (request) => asked.push(`${request.method()} ${request.url()}`));
  await prepare(page);
  const answer = await page.goto(url);
  return { page, said, asked, status: answer.status() };
}

// Keeps what `answer` answers from the network: false closes the connection, a text is the body of a 404.
export async function intercept(page, answer) {
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    const answered = answer(request);
    if (answered === undefined) return request.continue();
    if (answered === false) return request.abort();
    return request.respond({ status: 404, contentType: "application/problem+json", body: answered });
  });
}

// The number of the part that is sent to S3; 0 of every other request.
export const partOf = (request) => (request.method() === "PUT" ? Number(new URL(request.url()).searchParams.get("partNumber")) : 0);

// The script has started.
export const ready = (page) => page.waitForSelector("#choose:enabled");

export async function choose(page, ...names) {
  const input = await page.$("#file-input");
  await input.uploadFile(...names.map((name) => join(plan.files, name)));
}

// Gives files to the page by an event, as name, type and bytes each.
export const deliver = (page, type, files) =>
  page.evaluate(
    (type, files) => {
      const transfer = new DataTransfer();
      for (const [name, media, bytes] of files) transfer.items.add(new File([new Uint8Array(bytes)], name, { type: media }));
      const event = new Event(type, { bubbles: true, cancelable: true });
      Object.defineProperty(event, type === "drop" ? "dataTransfer" : "clipboardData", { value: transfer });
      document.getElementById("area").dispatchEvent(event);
    },
    type,
    files,
  );

// Waits until the row of this name, the last one, is in this state. Returns what it says.
export async function row(page, name, state) {
  const find = (name, state) => {
    const rows = [...document.querySelectorAll("#list li")].filter((row) => row.querySelector("bdi").textContent === name);
    const row = rows.at(-1);
    return row && (state === "gone on" ? !row.querySelector("[data-does=pause]").hidden : row.className === state) && row.querySelector(".state").textContent.trim();
  };
  return page
    .waitForFunction(find, { polling: 100, timeout: 60000 }, name, state)
    .then((said) => said.jsonValue())
    .catch(async () => {
      check(`${name}: comes to the state ${state || "given up"}`, false, await page.$eval("#list", (list) => list.innerText));
      return "";
    });
}

// The buttons of the last row.
export const offered = (page) =>
  page.$$eval("#list li:last-child button:not([hidden])", (buttons) => buttons.map(({ dataset }) => dataset.does).join());

// Waits until the page sums up so.
export async function sumsUp(page, text) {
  const isSaid = (text) => document.getElementById("summary").textContent === text;
  const said = await page.waitForFunction(isSaid, { polling: 100, timeout: 60000 }, text).then(() => text, () => page.$eval("#summary", (summary) => summary.textContent));
  check(`summary: ${text}`, said === text, said);
}

export const left = (page) => page.$eval("#left", ({ textContent }) => textContent);

export const says = (what, said, words) => check(what, said.includes(words), said);
