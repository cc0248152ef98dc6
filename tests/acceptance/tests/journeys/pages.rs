//! The pages for people in a real browser: `tests/pages/check.mjs` looks, this makes the links.

use std::path::{Path, PathBuf};

use acceptance::{App, PNG, skipped};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::sync::OnceCell;

const PASSWORD: &str = "open sesame";
const BROWSERS: [&str; 4] =
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/opt/google/chrome/chrome"];

fn url(link: &Value) -> &str {
    link["url"].as_str().unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A Chromium, if there is one.
pub fn browser() -> Option<&'static str> {
    BROWSERS.into_iter().find(|path| Path::new(path).exists())
}

/// The checker with its packages, in the folder for what is built. Made once: npm begins by taking
/// away what others work with.
pub async fn checker() -> Option<PathBuf> {
    static CHECKER: OnceCell<Option<PathBuf>> = OnceCell::const_new();
    CHECKER.get_or_init(install).await.clone()
}

async fn install() -> Option<PathBuf> {
    let folder = root().join("target/pages/checker");
    std::fs::create_dir_all(&folder).ok()?;
    for name in ["package.json", "package-lock.json", "check.mjs", "downloads.mjs", "film.mjs"] {
        std::fs::copy(root().join("tests/pages").join(name), folder.join(name)).ok()?;
    }
    let installed = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"])
        .current_dir(&folder)
        .status()
        .await;
    installed.is_ok_and(|status| status.success()).then_some(folder)
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_pages_are_accessible_and_their_forms_work_in_a_browser() {
    let Some(browser) = browser() else {
        return skipped("the pages in a browser", "there is no Chromium");
    };
    let Some(checker) = checker().await else {
        return skipped("the pages in a browser", "npm could not install the checker's packages");
    };
    let app = App::user();
    let upload = app.upload("\u{5e74}\u{5ea6}\u{62a5}\u{544a} \u{645}\u{644}\u{641} a very long name that has to be broken somewhere.png", "image/png", PNG).await;
    let revoked = app.link(&upload, json!({})).await;
    let path = format!("/links/{}", revoked["link_id"].as_str().unwrap());
    app.call(Method::DELETE, &path, None).await;
    let password = app.link(&upload, json!({ "password": PASSWORD })).await;
    let confirm = app.link(&upload, json!({ "confirm": true })).await;
    let image = app.link(&upload, json!({})).await;
    let unknown = format!("{}/l/nowhere", app.stack.api_url);
    let mut pages = Vec::new();
    for language in ["en", "de", "fr", "es", "zh-CN"] {
        for (name, url, status) in [
            ("unknown", unknown.as_str(), 404),
            ("revoked", url(&revoked), 410),
            ("password", url(&password), 403),
            ("confirm", url(&confirm), 200),
        ] {
            pages.push(json!({ "name": name, "url": url, "language": language, "status": status }));
        }
    }
    let plan = json!({
        "chromium": browser,
        "pages": pages,
        "password": { "url": url(&password), "password": PASSWORD },
        "confirm": { "url": url(&confirm) },
        "image": { "url": url(&image) },
    });
    let (input, shots) = (checker.join("input.json"), root().join("target/pages/screenshots"));
    std::fs::write(&input, plan.to_string()).unwrap();
    let output = Command::new("node")
        .arg("check.mjs")
        .arg(&input)
        .arg(&shots)
        .current_dir(&checker)
        .output()
        .await
        .unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}");
}
