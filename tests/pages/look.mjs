// What a page looks like: axe finds nothing, and nothing scrolls sideways, in light and dark and at several sizes.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { check, folder, plan } from "./script.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// Checks the page as it is shown now. The browser's debugger injects axe, so the page's policy does not apply to it.
export async function examine(page, what) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`);
  });
  check(`${what}: axe`, violations.length === 0, violations.join("; "));
  const isWide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  check(`${what}: no sideways scrolling`, !isWide);
}

// Checks the page in light and dark at sizes such as `[320, 640]`, and keeps screenshots. Firefox is asked once, as it is.
export async function look(page, name, sizes) {
  if (plan.browser !== "chrome") return examine(page, `${name} own`);
  for (const [width, height] of sizes) {
    await page.setViewport({ width, height });
    for (const scheme of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await examine(page, `${name} ${width} ${scheme}`);
      await page.screenshot({ path: join(folder, `${name}-${width}-${scheme}.png`), fullPage: true });
    }
  }
}
