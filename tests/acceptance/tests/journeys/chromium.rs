//! Scripts that drive a real Chromium or Firefox. They are folders of `tests/` with packages from npm.
//!
//! A folder is copied below `target/`, and npm installs its packages there. `package-lock.json` pins them
//! with their hashes. npm removes all packages before it installs, so only the first journey of a run
//! installs them, and the others wait.

use std::path::{Path, PathBuf};

use acceptance::skipped;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::sync::OnceCell;

const BROWSERS: [&str; 4] =
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/opt/google/chrome/chrome"];

const FIREFOXES: [&str; 2] = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];

/// `tests/browser`: upload clients.
pub static CLIENTS: Scripts = Scripts { name: "browser", folder: OnceCell::const_new() };

/// `tests/pages`: checks of the pages for people, and of what links download.
pub static CHECKER: Scripts = Scripts { name: "pages", folder: OnceCell::const_new() };

/// `tests/client`: the types of the browser client.
pub static CLIENT: Scripts = Scripts { name: "client", folder: OnceCell::const_new() };

/// One folder of scripts.
pub struct Scripts {
    name: &'static str,
    folder: OnceCell<Option<PathBuf>>,
}

impl Scripts {
    /// Returns the folder of the scripts with their packages, and a browser. If something is missing, prints
    /// a skip and returns `None`.
    pub async fn with_browser(&self, what: &str) -> Option<(PathBuf, &'static str)> {
        let Some(browser) = BROWSERS.into_iter().find(|path| Path::new(path).exists()) else {
            skipped(what, "there is no Chromium here");
            return None;
        };
        Some((self.installed(what).await?, browser))
    }

    /// Returns the folder of the scripts with their packages. Without npm, prints a skip and returns `None`.
    pub async fn installed(&self, what: &str) -> Option<PathBuf> {
        let folder = self.folder.get_or_init(|| install(self.name)).await;
        if folder.is_none() {
            skipped(what, "there is no npm here");
        }
        folder.clone()
    }

    /// Returns Chromium and Firefox, for a script that drives both. Prints a skip for a missing browser.
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
    /// Runs a script with `plan` as its input, and returns its output. The script must succeed. The browser
    /// saves files to `folder/files`.
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

/// A file lock prevents two test processes from installing at the same time.
async fn install(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("target/scripts").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let in_use = std::fs::File::create(folder.with_extension("lock")).unwrap();
    in_use.lock().unwrap();
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

/// Copies what differs: another process may be running a script.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type().unwrap().is_dir() {
            true if entry.file_name() == "node_modules" => {}
            true => copy(&from, &to),
            false if std::fs::read(&to).is_ok_and(|content| content == std::fs::read(&from).unwrap()) => {}
            false => drop(std::fs::copy(from, to).unwrap()),
        }
    }
}
