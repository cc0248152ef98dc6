// The page of a link as people keep it, in a real Chromium and a real Firefox: printed and shared. In Chromium also
// restored with the browser's session, after the browser was closed and the URLs of the storage have expired. A Firefox
// that puppeteer starts restores no session.
//
// Usage: node stays.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "free": url, "limited": url, "kill": url}
// FOLDER gets the printed pages and the browser's profiles. Prints a line a check; ends with 1 if one fails.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { launch } from "./launch.mjs";
import { check, folder, plan, showsImage, wait } from "./script.mjs";

// A browser with a profile of its own, which opens the tabs of the last session again.
function open(profile) {
  return launch(plan, {
    userDataDir: profile,
    ...(plan.browser === "chrome" ? { args: ["--no-sandbox", "--restore-last-session", "--hide-crash-restore-bubble"] } : {}),
  });
}

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

for (const kind of ["free", "limited"]) {
  const url = plan[kind];
  const profile = join(folder, `${plan.browser}.${kind}`);
  let browser = await open(profile);
  const page = await browser.newPage();
  await page.goto(url);
  check(`${kind}: the page shows the image`, await showsImage(page));
  await share(kind, page, url);
  await print(kind, page);
  check(`${kind}: after printing it is the same page`, page.url() === url && (await showsImage(page)), page.url());
  if (plan.browser !== "chrome") {
    await browser.close();
    continue;
  }
  // The browser writes its session from time to time.
  await wait(3000);
  await browser.close();
  await fetch(plan.kill);
  // Within a second the link would lead to the very URL that has expired.
  await wait(1100);
  browser = await open(profile);
  let restored;
  for (let tries = 0; tries < 50 && !restored; tries += 1) {
    await wait(200);
    restored = (await browser.pages()).find((tab) => tab.url() === url);
  }
  check(`${kind}: the session comes back with the link`, Boolean(restored), (await browser.pages()).map((tab) => tab.url()).join(" "));
  if (restored) check(`${kind}: the restored page shows the image`, await showsImage(restored));
  await browser.close();
}
