// The React hook of the client in a real Chromium and a real Firefox, with React's newest in StrictMode: the recipe of
// docs/browser.md as it stands, options that change, and a component that is unmounted.
//
// Usage: node react.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "origin": origin, "api": url, "endpoint": url, "jwt": JWT,
//         "storage": S3's url, "client": folder, "recipes": [script]}
// Prints a line a check, and a line of JSON with the ids of uploads; ends with 1 if a check fails.

import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { launchBehind, openProxy, partOf } from "./proxy.mjs";
import { check, folder, plan, until, wait } from "./script.mjs";

// The page renders the recipe, or a component that shows what the hook returns.
const app = `
  import { StrictMode } from "react";
  import { createRoot } from "react-dom/client";
  import { usePostern } from "postern/react";
  import { Uploads } from "./recipe.jsx";
  function Probe({ onRender, ...options }) {
    onRender(usePostern(options));
    return null;
  }
  const root = createRoot(document.querySelector("main"));
  window.recipe = (options) => root.render(<StrictMode><Uploads {...options} /></StrictMode>);
  window.probe = (options) => root.render(<StrictMode><Probe {...options} /></StrictMode>);
  window.unmount = () => root.unmount();
`;

// As a bundler finds an installed package.
const installed = "node_modules/postern";
await rm(installed, { recursive: true, force: true });
await cp(plan.client, installed, { recursive: true });
await writeFile("recipe.jsx", plan.recipes[0]);
const bundle = await build({
  stdin: { contents: app, loader: "jsx", resolveDir: process.cwd() },
  define: { "process.env.NODE_ENV": '"development"' },
  jsx: "automatic",
  bundle: true,
  format: "esm",
  write: false,
  logLevel: "error",
});

// What the page sends once it has another JWT. The API gets the real one.
const RENEWED = "Bearer renewed";

// While the gate is closed, no file goes on to S3.
let isOpen = true;
let sent = 0;
let ended = 0;
let isRenewed = false;
// S3 gets no part after this one.
let lastPart = Infinity;
let stored = 0;

const policy = `default-src 'self'; connect-src ${new URL(plan.api).origin} ${plan.storage}`;
const html = '<!doctype html><title>React</title><main></main><script type="module" src="/app.js"></script>';
const proxy = await openProxy({
  origin: plan.origin,
  async serve(pathname) {
    if (pathname === "/app.js") return { body: bundle.outputFiles[0].text, type: "text/javascript" };
    return { body: html, type: "text/html", policy };
  },
  async allow(asked) {
    const { authorization } = asked.headers;
    if (authorization === RENEWED) {
      isRenewed = true;
      asked.headers.authorization = `Bearer ${plan.jwt}`;
    }
    if (partOf(asked) > lastPart) {
      await new Promise((closed) => asked.on("close", closed));
      return false;
    }
    if (asked.method !== "POST" || asked.url.startsWith(plan.api)) return true;
    sent += 1;
    let isClosed = false;
    asked.on("close", () => (isClosed = true));
    while (!isOpen && !isClosed) await wait(20);
    if (isClosed) ended += 1;
    return !isClosed;
  },
  done(asked, status) {
    if (partOf(asked) && status === 200) stored += 1;
  },
});

// Waits until `holds` is true here.
async function here(holds) {
  for (let tries = 0; !holds() && tries < 1200; tries += 1) await wait(50);
  return holds();
}

const small = join(folder, "notes.txt");
const other = join(folder, "more.txt");
const large = join(folder, "large.bin");
await writeFile(small, `some words of ${plan.browser}`);
await writeFile(other, "other words");
await writeFile(large, Buffer.alloc(40 * 2 ** 20));

const browser = await launchBehind(plan, proxy.address());
try {
  const page = await browser.newPage();
  page.on("pageerror", (error) => check("no error in the page", false, String(error)));
  page.on("console", (message) => ["error", "warn"].includes(message.type()) && check("no warning", false, message.text()));
  const open = async () => {
    await page.goto(plan.origin);
    await until(page, "window.probe");
  };
  const shows = (text) => until(page, `document.querySelector("main").innerText.includes(${JSON.stringify(text)})`, 60000);

  await open();
  await page.evaluate((endpoint) => window.recipe({ endpoint }), plan.endpoint);
  const input = await page.waitForSelector("input");
  await input.uploadFile(small, other);
  await shows("notes.txt: available");
  await shows("more.txt: available");
  check("the recipe runs in StrictMode", true);
  const remove = await page.$("button");
  await remove.click();
  await until(page, () => document.querySelectorAll("li").length === 1);
  check("the recipe removes a file", !(await page.$eval("main", (main) => main.innerText)).includes("notes.txt"));

  lastPart = 1;
  await input.uploadFile(large);
  check("a part of a large file arrives", await here(() => stored === 1), stored);
  await open();
  await page.evaluate((endpoint) => window.recipe({ endpoint }), plan.endpoint);
  await shows("large.bin: Interrupted. Choose the file again.");
  lastPart = Infinity;
  await (await page.waitForSelector("input")).uploadFile(large);
  await shows("large.bin: available");
  check("the recipe shows what a reload has interrupted, and goes on with it", stored === 5, stored);

  // Renders the probe. It keeps what the hook returned, and every function that a render got.
  const probe = (options) =>
    page.evaluate(
      ({ jwt, ...options }) =>
        new Promise((rendered) => {
          window.functions ??= new Set();
          const onRender = (hook) => {
            window.hook = hook;
            for (const value of Object.values(hook)) if (typeof value === "function") window.functions.add(value);
            setTimeout(rendered, 50); // once the effects have run
          };
          window.probe({ ...options, onRender, ...(jwt && { jwt: () => jwt }) });
        }),
      options,
    );
  const add = (...names) => page.evaluate((names) => window.hook.add(names.map((name) => new File([name], name, { type: "text/plain" }))), names);
  const states = () => page.evaluate(() => window.hook.uploads.map(({ state }) => state).join());
  const comeTo = async (wanted) => {
    await until(page, `window.hook.uploads.map(({ state }) => state).join() === "${wanted}"`, 60000).catch(() => {});
    return (await states()) === wanted;
  };
  const ids = () => page.evaluate(() => window.hook.uploads.map(({ result }) => result?.uploadId));

  await open();
  await probe({ endpoint: "https://nowhere.invalid", metadata: { album: "first" } });
  await probe({ endpoint: plan.api, jwt: plan.jwt, metadata: { album: "second" } });
  await add("one.txt");
  check("a file takes the options of the last render", await comeTo("available"), await states());
  const [changed] = await ids();

  isOpen = false;
  await add("two.txt");
  await here(() => sent === 4);
  await probe({ endpoint: plan.api, jwt: "renewed" });
  isOpen = true;
  check("a new jwt is used at once", (await comeTo("available,available")) && isRenewed, await states());
  check("each render gets the same functions", (await page.evaluate(() => window.functions.size)) === 7);

  await open();
  await probe({ endpoint: plan.endpoint, concurrency: 1 });
  isOpen = false;
  const before = sent;
  await add("three.txt", "four.txt");
  await here(() => sent === before + 1);
  await page.evaluate(() => window.unmount());
  check("an unmounted component ends what it sends", await here(() => ended === 1), ended);
  isOpen = true;
  await add("five.txt");
  await wait(2000);
  check("and sends nothing more", sent === before + 1, sent - before);
  console.log(JSON.stringify({ changed }));
} finally {
  await browser.close();
  proxy.close();
  proxy.closeAllConnections();
}
