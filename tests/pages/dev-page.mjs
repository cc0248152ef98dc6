// The page of `cargo dev` in a real Chromium or a real Firefox. A person sends files, and the column beside the page
// shows form, event, verdict and record of each. The person makes a link, opens it, revokes it, and opens it again. The
// page writes nothing to the console, and axe finds nothing.
//
// Usage: node dev-page.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "files": folder, "url": url}
// FOLDER gets the screenshots of Chromium. Prints a line a check; ends with 1 if one fails.

import { join } from "node:path";
import { launch } from "./launch.mjs";
import { look } from "./look.mjs";
import { check, plan, until } from "./script.mjs";

const isChrome = plan.browser === "chrome";
const notesName = "notes <b>.txt"; // a name is text, not markup
const browser = await launch(plan);
const page = await browser.newPage();
const said = [];
page.on("console", (message) => said.push(message.text()));
page.on("pageerror", (error) => said.push(error.message));

const has = (what, text, ...words) => check(what, words.every((word) => text.includes(word)), text);

async function choose(name) {
  const input = await page.$("#file-input");
  await input.uploadFile(join(plan.files, name));
}

// The trace of a file as a selector, once its steps have come to this.
async function trace(name, step, came) {
  const find = (name, step, came) => {
    const trace = [...document.querySelectorAll(".pipeline-trace")].find((trace) => trace.querySelector("bdi").textContent === name);
    if (!trace || trace.querySelector(`[data-step=${step}] .pipeline-came b`).textContent !== came) return false;
    trace.id = `trace-${name.replace(/\W/g, "-")}`;
    return `#${trace.id}`;
  };
  const found = await page.waitForFunction(find, { polling: 100, timeout: 60000 }, name, step, came).catch(async () => {
    throw new Error(`${name}: ${step} did not come to ${came}: ${await page.$eval("#pipeline", ({ innerText }) => innerText)}`);
  });
  return found.jsonValue();
}

// What a step says, with what its details hold.
const says = (selector, step) => page.$eval(`${selector} [data-step=${step}]`, ({ textContent }) => textContent);

const times = (selector) => page.$$eval(`${selector} .pipeline-came span`, (spans) => spans.map(({ textContent }) => textContent));

// Where the steps are in the column.
const places = () => page.$$eval("#pipeline, #pipeline h4", ([column, ...titles]) => titles.map((title) => title.getBoundingClientRect().top - column.getBoundingClientRect().top));

const SIZES = [320, 768, 1280, 1920].map((width) => [width, 900]);

const showDetails = (selector, isOpen) =>
  page.$$eval(`${selector} li details`, (all, isOpen) => all.forEach((details) => (details.open = isOpen)), isOpen);

async function read(url) {
  const answer = await fetch(url);
  return [answer.status, await answer.text()];
}

// Opens a link in another page, and returns the status and the text.
async function opened(url) {
  const other = await browser.newPage();
  const answer = await other.goto(url);
  const text = await other.evaluate(() => document.body.innerText);
  await other.close();
  return [answer.status(), text];
}

{
  await page.goto(plan.url);
  await page.waitForSelector("#choose:enabled");
  check("the address leads to the page of the token", new URL(page.url()).pathname.startsWith("/t/"), page.url());
  await look(page, "empty", SIZES);
}

{
  const before = await places();
  await choose(notesName);
  const notes = await trace(notesName, "verdict", "pinned");
  const after = await places();
  check("nothing moves while the steps come", JSON.stringify(after) === JSON.stringify(before), `${before} ${after}`);
  const count = await page.$$eval("#pipeline h4", (titles) => titles.length);
  check("the first file takes the place of the example", count === 6, count);
  check("the name is text only", await page.$eval(notes, (trace) => trace.querySelector("bdi").children.length === 0));
  const issued = await says(notes, "issue");
  has("form: fields with meanings", issued, "x-amz-checksum-sha256", "S3 refuses other bytes", "aws:kms", "x-amz-security-token", "It comes last");
  has("form: the policy is decoded", issued, "content-length-range", "9 bytes", "expiration");
  const signature = /x-amz-signature([0-9a-f]+)…/.exec(issued)?.[1];
  check("form: the signature is short", signature?.length === 16, signature);
  has("S3: its answer", await says(notes, "send"), "201", "<ETag>");
  has("event: object, version and message", await says(notes, "event"), "uploads/", "version_id", "message");
  has("verdict: what the recorder logged", await says(notes, "verdict"), '"verdict": "pinned"', "version recorded");
  has("record: as its owner sees it", await says(notes, "record"), '"state": "available"', `"filename": "${notesName}"`, '"sniffed_type": "text/plain"');
  const shown = await times(notes);
  const isTime = (text) => /^[\d,]+ ms$/.test(text);
  check("each step has its time", shown.slice(0, 5).every(isTime) && shown[5] === "", shown.join("; "));
  const inOrder = [shown[0], shown[2], shown[3]].map((text) => parseInt(text.replace(",", ""), 10));
  check("form, event and verdict are in order", inOrder.every((ms, index) => index === 0 || ms >= inOrder[index - 1]), shown.join("; "));
  await look(page, "available", SIZES);
  await showDetails(notes, true);
  await look(page, "details", SIZES);
  await showDetails(notes, false);

  await page.click(`${notes} [data-does=link]`);
  await trace(notesName, "link", "open");
  const url = await page.$eval(`${notes} .pipeline-link a`, ({ href }) => href);
  const [status, text] = await opened(url);
  check("link: it leads to the file", status === 200 && text.includes(notesName), `${status} ${text}`);
  await page.focus(`${notes} [data-does=revoke]`);
  await page.keyboard.press("Enter");
  await trace(notesName, "link", "revoked");
  has("link: the revocation has its bound", await says(notes, "link"), "dead within", '"dead_within_s"');
  const [gone, page410] = await opened(url);
  check("link: the revoked link has a page that says so", gone === 410 && page410.includes("revoked"), `${gone} ${page410}`);
  await look(page, "revoked", SIZES);
}

{
  await choose("fake.png");
  const fake = await trace("fake.png", "verdict", "rejected");
  has("rejected: the reason and what to do", await says(fake, "verdict"), "content_type_mismatch", "text/plain");
  has("rejected: the record", await says(fake, "record"), '"state": "rejected"');
  check("rejected: there is no link", await page.$eval(`${fake} [data-does=link]`, ({ disabled }) => disabled));
  const open = await page.$$eval(".pipeline-trace", (all) => all.map((trace) => [trace.querySelector("bdi").textContent, trace.open]));
  check("the newest file is on top, and only it is open", JSON.stringify(open) === JSON.stringify([["fake.png", true], [notesName, false]]), JSON.stringify(open));
  await look(page, "rejected", SIZES);
}

{
  await choose("large.bin");
  const large = await trace("large.bin", "verdict", "pinned");
  has("parts: the upload and its signed URLs", await says(large, "issue"), "part_size_bytes", "Part 2", "X-Amz-Signature=");
  const whole = await page.$eval(large, ({ textContent }) => /X-Amz-Signature=[0-9a-f]{9}/.test(textContent));
  check("parts: the signatures are short", !whole);
  has("parts: S3 has each one", await says(large, "send"), "complete", "Part 1", "bytes: 200");
  await showDetails(large, true);
  await look(page, "parts", SIZES);
}

{
  const documents = await page.$$eval("#pipeline .pipeline-about a", (links) => [...new Set(links.map(({ href }) => href))]);
  const answers = await Promise.all(documents.map(read));
  check("the documents are there", documents.length >= 5 && answers.every(([status, text]) => status === 200 && text.startsWith("# ")), answers.map(([status]) => status).join(" "));
  const [none] = await read(new URL("/dev/docs/none.md", plan.url));
  check("a document that does not exist", none === 404, none);
}

check("nothing is written to the console", said.length === 0, said.join("; "));

// What only Chromium can be made to meet: a reload half-way, and a refusal of S3's.
if (isChrome) {
  page.on("dialog", (dialog) => dialog.accept());
  await page.emulateNetworkConditions({ latency: 0, download: -1, upload: 8_000_000 });
  await choose("other.bin");
  await until(page, () => /^\d sent$/.test(document.querySelector("[data-step=send] .pipeline-came b").textContent), 120000);
  await page.reload();
  await page.emulateNetworkConditions(null);
  await page.waitForSelector("#choose:enabled");
  await choose("other.bin");
  const other = await trace("other.bin", "verdict", "pinned");
  has("reload: the upload goes on, and its record has the name", await says(other, "send"), "complete");

  await page.setRequestInterception(true);
  page.on("request", (request) => {
    const isForm = request.method() === "POST" && new URL(request.url()).origin !== new URL(plan.url).origin;
    if (!isForm) return request.continue();
    const body = "<Error><Code>EntityTooLarge</Code><Message>too large</Message></Error>";
    return request.respond({ status: 400, headers: { "access-control-allow-origin": "*" }, body });
  });
  await choose("fake.png");
  const refused = await trace("fake.png", "send", "400");
  has("refused by S3: its code and its answer", await says(refused, "send"), "EntityTooLarge", "too large");
  await look(page, "refused", SIZES);
  await page.setRequestInterception(false);
}

await browser.close();
