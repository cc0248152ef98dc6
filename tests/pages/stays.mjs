// The page of a link as people keep it, in a real Chromium and a real Firefox: printed, shared, and restored with the
// browser's session, after the browser was closed or killed and the URLs of the storage have expired.
//
// Usage: node stays.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "free": url, "limited": url, "restored": {"free": url,
//         "limited": url}, "kill": url, "witness": url}
// FOLDER gets the printed pages and the browser's profiles. Prints a line a check; ends with 1 if one fails.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { launch } from "./launch.mjs";
import { check, folder, plan, showsImage, visits, wait } from "./script.mjs";

// Within a second the link would lead to the very URL that has expired.
const aSecond = 1100;

// What a phone shares is the address of the page. What a chat makes a card of are the tags.
async function share(kind, page, url) {
  const { address, tags, canonical } = await page.evaluate(() => ({
    address: location.href,
    tags: [...document.querySelectorAll("meta[property^='og:'], meta[name^='twitter:']")].map((tag) => [tag.getAttribute("property") ?? tag.name, tag.content]),
    canonical: document.querySelector("link[rel=canonical]")?.href ?? null,
  }));
  check(`${kind}: what is shared is the link`, address === url && canonical === null, address);
  const token = url.split("/").pop();
  const [named] = tags.filter(([name]) => name === "og:url").map(([, content]) => content);
  check(`${kind}: the card names the link`, named !== undefined && named.endsWith(`/l/${token}`), named);
  const leaked = tags.filter(([, content]) => /[?&](page|X-Amz-[a-zA-Z]+)=/.test(content));
  check(`${kind}: no tag has an id or a signed URL`, leaked.length === 0, JSON.stringify(leaked));
}

async function print(kind, page) {
  if (plan.browser === "chrome") {
    await page.emulateMediaType("print");
    const seen = await page.evaluate(() => {
      const isSeen = (selector) => document.querySelector(selector)?.checkVisibility() ?? false;
      return { name: isSeen("h1"), image: isSeen(".stage img"), form: isSeen("form"), limited: isSeen(".limited") };
    });
    const wanted = { name: true, image: true, form: false, limited: false };
    check(`${kind}: print has the name and the image, and no button`, JSON.stringify(seen) === JSON.stringify(wanted), JSON.stringify(seen));
    await page.emulateMediaType(null);
  }
  const pdf = Buffer.from(await page.pdf());
  await writeFile(join(folder, `${plan.browser}.${kind}.pdf`), pdf);
  check(`${kind}: it prints`, pdf.subarray(0, 5).toString() === "%PDF-");
  if (plan.browser !== "chrome") return;
  const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length;
  check(`${kind}: it prints on one sheet`, sheets === 1, sheets);
}

// A Chromium that opens the tabs of the last session again.
async function restoreInChromium(kind, url) {
  const open = () =>
    launch(plan, {
      userDataDir: join(folder, `chrome.${kind}`),
      args: ["--no-sandbox", "--restore-last-session", "--hide-crash-restore-bubble"],
    });
  let browser = await open();
  const page = await browser.newPage();
  await page.goto(url);
  check(`${kind}: the page shows the image before the session ends`, await showsImage(page));
  // The browser writes its session from time to time.
  await wait(3000);
  await browser.close();
  await fetch(plan.kill);
  await wait(aSecond);
  browser = await open();
  let restored;
  for (let tries = 0; tries < 100 && !restored; tries += 1) {
    await wait(200);
    restored = (await browser.pages()).find((tab) => tab.url() === url);
  }
  check(`${kind}: the session comes back with the link`, Boolean(restored), (await browser.pages()).map((tab) => tab.url()).join(" "));
  if (restored) check(`${kind}: the restored page shows the image`, await showsImage(restored));
  await browser.close();
}

// What Firefox needs to write its session every second, and to restore it after it was killed.
const preferences = {
  "browser.aboutwelcome.enabled": false,
  "browser.sessionstore.interval": 1000,
  "browser.sessionstore.max_resumed_crashes": 9,
  "browser.sessionstore.restore_on_demand": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "browser.startup.page": 3,
  "datareporting.policy.dataSubmissionEnabled": false,
  "datareporting.policy.firstRunURL": "",
  "startup.homepage_welcome_url": "",
  "toolkit.startup.max_resumed_crashes": -1,
};

// A Firefox that puppeteer starts restores no session. This one runs without a driver, and its requests to S3 show what
// its page loads.
async function restoreInFirefox(kind, url) {
  const profile = join(folder, `firefox.${kind}`);
  await mkdir(profile);
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  await writeFile(join(profile, "user.js"), lines.join(""));
  const loads = async (...addresses) => {
    await visits();
    const firefox = spawn(plan.path, ["--headless", "--no-remote", "--profile", profile, ...addresses], { stdio: "ignore" });
    const ended = once(firefox, "exit");
    const seen = [];
    for (let tries = 0; tries < 300 && seen.length === 0; tries += 1) {
      await wait(200);
      seen.push(...(await visits()));
    }
    // The browser writes its session every second.
    await wait(5000);
    firefox.kill("SIGKILL");
    await ended;
    seen.push(...(await visits()));
    return seen.map(([, status]) => status);
  };
  const first = await loads(url);
  check(`${kind}: the page loads the image before the session ends`, first.length > 0 && first.every((status) => status === 200), first);
  await fetch(plan.kill);
  await wait(aSecond);
  const restored = await loads();
  check(`${kind}: the restored page loads the image`, restored.length > 0 && restored.every((status) => status === 200), restored);
}

for (const kind of ["free", "limited"]) {
  const url = plan[kind];
  const browser = await launch(plan);
  const page = await browser.newPage();
  await page.goto(url);
  check(`${kind}: the page shows the image`, await showsImage(page));
  await share(kind, page, url);
  await print(kind, page);
  check(`${kind}: after printing it is the same page`, page.url() === url && (await showsImage(page)), page.url());
  await browser.close();
  const restore = plan.browser === "chrome" ? restoreInChromium : restoreInFirefox;
  await restore(kind, plan.restored[kind]);
}
