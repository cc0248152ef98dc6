// The page at an upload token's address in a real Chromium or a real Firefox: the end of the token is in the visitor's time
// zone, in each language, and nothing moves.
//
// Usage: node upload-page-time.mjs INPUT.json FOLDER
// INPUT: {"browser": "chrome" or "firefox", "path": path, "open": url}
// Prints a line a check; ends with 1 if one fails.

import { launch } from "./launch.mjs";
import { look } from "./look.mjs";
import { check, plan } from "./script.mjs";
import { open, ready } from "./token-page.mjs";

// Both are half an hour or a quarter of an hour away from full hours. In the second one the day is mostly another one.
const ZONES = [["Asia/Kolkata", "GMT+5:30"], ["Pacific/Chatham", "GMT+13:45"]];
const LANGUAGES = { en: /^\w+ \d+, \d{4} \d+:\d\d\s[AP]M\s/, de: /^\d+\. \p{L}+ \d{4} \d\d:\d\d /u, fr: /^\d+ \p{L}+ \d{4} \d\d:\d\d /u, es: /^\d+ de \p{L}+ de \d{4} \d?\d:\d\d /u, zh: /^\d{4}年\d+月\d+日 / };

// In the page: what the server has written.
const served = async () => {
  const text = await (await fetch(location.href, { headers: { accept: "text/html", "accept-language": document.documentElement.lang } })).text();
  return new DOMParser().parseFromString(text, "text/html").querySelector("dl time").innerHTML;
};

for (const [zone, name] of ZONES) {
  const browser = await launch(plan, { env: { ...process.env, TZ: zone } });
  for (const [language, pattern] of Object.entries(LANGUAGES)) {
    const what = `${language} ${zone}`;
    const { page } = await open(browser, plan.open, (page) => page.setExtraHTTPHeaders({ "accept-language": language }));
    await ready(page);
    const { told, at } = await page.$eval("dl time", (time) => ({ told: time.textContent, at: time.dateTime }));
    const inZone = name.replace("GMT", language === "fr" ? "UTC" : "GMT");
    check(`${what}: the zone of the visitor`, pattern.test(told) && told.includes(inZone), told);
    const clock = { hour: "2-digit", minute: "2-digit", hourCycle: language === "en" ? "h12" : "h23", timeZone: zone };
    const minutes = /\d:\d\d/.exec(new Intl.DateTimeFormat("en", clock).format(new Date(at)))[0];
    check(`${what}: the time there`, told.includes(minutes), `${told} ${minutes}`);

    const utc = await page.evaluate(served);
    check(`${what}: without the script it is UTC`, utc.endsWith(" UTC</span>"), utc);
    for (const width of [320, 360, 390, 430, 768, 1280]) {
      await page.setViewport({ width, height: 700 });
      const [local, before, isWide] = await page.evaluate((utc) => {
        const top = () => document.getElementById("area").getBoundingClientRect().top;
        const time = document.querySelector("dl time");
        const { scrollWidth, clientWidth } = document.documentElement;
        const [local, written] = [top(), time.innerHTML];
        time.innerHTML = utc;
        const before = top();
        time.innerHTML = written;
        return [local, before, scrollWidth > clientWidth];
      }, utc);
      check(`${what}: nothing moves in ${width} pixels, also not sideways`, local === before && !isWide, `${before} ${local} ${isWide}`);
    }
    if (language === "es") await look(page, `time-${zone.split("/")[1]}`, [[320, 640], [1280, 800]]);
    await page.close();
  }
  await browser.close();
}
