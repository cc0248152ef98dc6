// The public pages in a real Chromium, from a small phone's to a desktop's width: every one is asked by
// axe-core, none may run anything or load anything but the file that it shows, and the forms must lead to the
// file although the page's policy holds them to two origins.
//
// Usage: node check.mjs INPUT.json FOLDER
// INPUT: {"chromium": path, "pages": [{"name", "url", "language", "status", "shows"}],
//         "password": {"url", "password"}, "confirm": {"url"}, "image": {"url"}, "download": [{"url", "name"}]}
// FOLDER gets the screenshots. Prints a line a check; ends with 1 if one fails.

import { createServer } from "node:http";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { examine } from "./look.mjs";
import { check, folder, plan, until } from "./script.mjs";

const widths = { phone: { width: 320, height: 640 }, tablet: { width: 768, height: 900 }, desktop: { width: 1280, height: 800 } };

const browser = await chromium.launch({ executablePath: plan.chromium, args: ["--no-sandbox"] });

// `shows` is true for a page that shows the file.
async function look({ name, url, language, status, shows }, screen, scheme, forcedColors = "none") {
  const context = await browser.newContext({ viewport: widths[screen], locale: language, colorScheme: scheme, forcedColors });
  const page = await context.newPage();
  const foreign = [];
  const isContent = (asked) => shows && (asked === `${url}?show=1` || asked.startsWith(`${url}?page=`) || asked.includes("X-Amz-Signature="));
  page.on("request", (request) => request.url() === url || isContent(request.url()) || foreign.push(request.url()));
  const complaints = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  const response = await page.goto(url);
  const what = `${name} ${language} ${screen} ${forcedColors === "active" ? "forced colors" : scheme}`;
  check(`${what}: status ${status}`, response.status() === status, response.status());
  // A dead link's own status is reported as an error by the console.
  const told = complaints.filter((text) => !text.includes("the server responded with a status of"));
  check(`${what}: nothing loaded, nothing refused`, foreign.length === 0 && told.length === 0, [...foreign, ...told].join(" "));
  check(`${what}: language`, (await page.getAttribute("html", "lang")).startsWith(language.split("-")[0]));
  await examine(page, what);
  await page.screenshot({ path: join(folder, `${what.replaceAll(" ", "-")}.png`) });
  await context.close();
}

for (const entry of plan.pages) {
  await look(entry, "phone", "light");
  await look(entry, "desktop", "dark");
  if (entry.language !== "en") continue;
  await look(entry, "tablet", "dark");
  await look(entry, "desktop", "light");
  await look(entry, "tablet", "light", "active");
}

{
  const page = await browser.newPage();
  await page.goto(plan.password.url);
  await page.keyboard.type("not the password");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[role=alert]");
  check("password: a wrong one is told beside the field", await page.getAttribute("#password", "aria-describedby") === "wrong");
  await examine(page, "password, wrong");
  await page.screenshot({ path: join(folder, "password-wrong.png") });
  await page.fill("#password", plan.password.password);
  const served = page.waitForResponse((response) => response.url().includes("X-Amz-Signature"));
  await page.click("button");
  check("password: the right one leads to the file", (await served).status() === 200);
  await page.close();
}

{
  const page = await browser.newPage();
  await page.goto(plan.confirm.url);
  const served = page.waitForResponse((response) => response.url().includes("X-Amz-Signature"));
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  check("confirm: the button leads to the file", (await served).status() === 200);
  await page.close();
}

{
  // A page of another site that shows the link's content.
  const host = createServer((_, response) =>
    response.setHeader("content-type", "text/html").end(`<!DOCTYPE html><img src="${plan.image.url}">`),
  );
  await new Promise((resolve) => host.listen(0, "127.0.0.1", resolve));
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${host.address().port}/`);
  const shown = await until(page, () => document.images[0].complete && document.images[0].naturalWidth);
  check("image: an <img> shows it", (await shown.jsonValue()) === 1);
  await page.close();
  host.close();
}

await browser.close();
