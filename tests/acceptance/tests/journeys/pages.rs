//! The HTML pages for people, in a real browser. This test makes the links, and `tests/pages/check.mjs`
//! checks the pages.

use acceptance::{App, PNG, skipped};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::chromium::CHECKER;
use crate::serve_link::{self, WitnessedStack};

const PASSWORD: &str = "open sesame";

fn url(link: &Value) -> &str {
    link["url"].as_str().unwrap()
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_pages_are_accessible_and_their_forms_work_in_a_browser() {
    let Some((checker, browser)) = CHECKER.with_browser("the pages in a browser").await else { return };
    let app = App::user();
    let upload = app.upload("\u{5e74}\u{5ea6}\u{62a5}\u{544a} \u{645}\u{644}\u{641} a very long name that has to be broken somewhere.png", "image/png", PNG).await;
    let revoked = app.link(&upload, json!({})).await;
    let path = format!("/links/{}", revoked["link_id"].as_str().unwrap());
    app.call(Method::DELETE, &path, None).await;
    let password = app.link(&upload, json!({ "password": PASSWORD })).await;
    let confirm = app.link(&upload, json!({ "confirm": true })).await;
    let image = app.link(&upload, json!({})).await;
    let note = json!({ "note": "Hello,\nhere it is.", "expires_in_s": 86_400 });
    let noted = app.link(&upload, note).await;
    let limited = app.link(&upload, json!({ "max_opens": 1_000 })).await;
    let text = app.upload("notes.txt", "text/plain", b"some words").await;
    let text = app.link(&text, json!({})).await;
    let saved = app.upload("data.bin", "application/octet-stream", &[0, 159, 146, 150, 0, 1]).await;
    let saved = app.link(&saved, json!({ "page": "always" })).await;
    let elsewhere = app.link(&upload, json!({ "allowed_network": "192.0.2.0/24" })).await;
    let unknown = format!("{}/l/nowhere", app.stack.api_url);
    let gone = gone().await;
    let mut pages = Vec::new();
    for language in ["en", "de", "fr", "es", "zh-CN"] {
        for (name, url, status) in [
            ("unknown", unknown.as_str(), 404),
            ("revoked", url(&revoked), 410),
            ("password", url(&password), 403),
            ("confirm", url(&confirm), 200),
            ("network", url(&elsewhere), 403),
        ]
        .into_iter()
        .chain(gone.as_deref().map(|url| ("gone", url, 410)))
        {
            pages.push(json!({ "name": name, "url": url, "language": language, "status": status }));
        }
        for (name, link) in [("shown", &noted), ("limited", &limited), ("text", &text), ("saved", &saved)] {
            pages.push(
                json!({ "name": name, "url": url(link), "language": language, "status": 200, "shows": true }),
            );
        }
    }
    let plan = json!({
        "chromium": browser,
        "pages": pages,
        "password": { "url": url(&password), "password": PASSWORD },
        "confirm": { "url": url(&confirm) },
        "image": { "url": url(&image) },
    });
    let (input, shots) = (checker.join("input.json"), checker.join("screenshots"));
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

/// Returns the URL of a link whose file is no longer in the bucket. Its stack asks S3 for the object before
/// it redirects.
async fn gone() -> Option<String> {
    if !serve_link::is_local() {
        skipped("the page for a file that is gone", "only a local stack lets a test change serve-link");
        return None;
    }
    let witnessed = WitnessedStack::open().await;
    witnessed.look_first().await;
    let app = witnessed.app();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    witnessed.lose(&upload).await;
    Some(url(&link).to_owned())
}
