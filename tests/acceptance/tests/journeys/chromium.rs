//! Scripts that drive a real Chromium or Firefox: folders of `tests/` with their packages from npm.
//!
//! They are copied below `target/`, and their packages are installed there, pinned with their hashes in
//! `package-lock.json`. The first journey of a run installs them, because npm first removes the packages that
//! other journeys use.

use std::path::{Path, PathBuf};

use acceptance::skipped;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::sync::OnceCell;

const BROWSERS: [&str; 4] =
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/opt/google/chrome/chrome"];

const FIREFOXES: [&str; 2] = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];

/// `tests/browser`: the clients that people upload with.
pub static CLIENTS: Scripts = Scripts { name: "browser", folder: OnceCell::const_new() };

/// `tests/pages`: looks at the pages for people, and at what links download.
pub static CHECKER: Scripts = Scripts { name: "pages", folder: OnceCell::const_new() };

/// One folder of scripts.
pub struct Scripts {
    name: &'static str,
    folder: OnceCell<Option<PathBuf>>,
}

impl Scripts {
    /// The folder of the scripts, ready to run, and a browser; `None` with a printed skip if something is
    /// missing.
    pub async fn with_browser(&self, what: &str) -> Option<(PathBuf, &'static str)> {
        let Some(browser) = BROWSERS.into_iter().find(|path| Path::new(path).exists()) else {
            skipped(what, "there is no Chromium here");
            return None;
        };
        let Some(folder) = self.folder.get_or_init(|| install(self.name)).await else {
            skipped(what, "there is no npm here");
            return None;
        };
        Some((folder.clone(), browser))
    }

    /// Chromium and Firefox, for a script that drives both. A missing browser is printed as skipped.
    pub async fn with_both_browsers(&self, what: &str) -> Vec<Browser> {
        let Some((scripts, path)) = self.with_browser(what).await else { return Vec::new() };
        let mut browsers = vec![Browser { name: "chrome", path, scripts: scripts.clone() }];
        match FIREFOXES.into_iter().find(|path| Path::new(path).exists()) {
            Some(path) => browsers.push(Browser { name: "firefox", path, scripts }),
            None => skipped(&format!("{what} in Firefox"), "there is no Firefox here"),
        }
        browsers
    }
}

/// A browser that is installed here, and the scripts that drive it.
pub struct Browser {
    /// The browser's name in puppeteer.
    pub name: &'static str,
    path: &'static str,
    scripts: PathBuf,
}

impl Browser {
    /// Runs a script with `plan` as its input, and returns what it printed. It must succeed. Its files go to
    /// `folder/files`.
    pub async fn run(&self, script: &str, mut plan: Value, folder: &Path) -> String {
        plan["browser"] = json!(self.name);
        plan["path"] = json!(self.path);
        let (input, files) = (folder.join("input.json"), folder.join("files"));
        std::fs::write(&input, plan.to_string()).unwrap();
        let arguments = [Path::new(script), &input, &files];
        let output = Command::new("node").args(arguments).current_dir(&self.scripts).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        said
    }
}

async fn install(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("target/scripts").join(name);
    copy(&root.join("tests").join(name), &folder);
    let lock = std::fs::read(folder.join("package-lock.json")).unwrap();
    let installed = folder.join("installed-lock.json");
    if std::fs::read(&installed).is_ok_and(|installed| installed == lock) {
        return Some(folder);
    }
    let npm = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    let status = Command::new("npm").args(npm).current_dir(&folder).status().await.ok()?;
    assert!(status.success(), "npm ci in {}: {status}", folder.display());
    std::fs::write(installed, lock).unwrap();
    Some(folder)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type().unwrap().is_dir() {
            true if entry.file_name() == "node_modules" => {}
            true => copy(&from, &to),
            false => drop(std::fs::copy(from, to).unwrap()),
        }
    }
}
