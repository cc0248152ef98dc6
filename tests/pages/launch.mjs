// A real Chromium or Firefox, which saves files without asking.

import puppeteer from "puppeteer-core";

// `plan` names the browser ("chrome" or "firefox") and its path. With a folder, files of the type `saved` are
// saved there. `preferences` are Firefox's. `options` are further options of puppeteer.
export async function launch({ browser: name, path }, { folder, saved, preferences, ...options } = {}) {
  const saving = folder && {
    "browser.download.folderList": 2,
    "browser.download.dir": folder,
    "browser.helperApps.neverAsk.saveToDisk": saved,
  };
  const browser = await puppeteer.launch({
    browser: name,
    executablePath: path,
    args: name === "chrome" ? ["--no-sandbox"] : [],
    extraPrefsFirefox: { ...saving, ...preferences },
    protocolTimeout: 20 * 60_000, // each wait has a limit of its own
    ...options,
  });
  if (saving && name === "chrome") {
    const session = await browser.target().createCDPSession();
    await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
  }
  return browser;
}
