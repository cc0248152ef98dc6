//! The pages for people in a real browser: `tests/pages/check.mjs` looks, this makes the links.

use acceptance::{App, PNG};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::chromium::CHECKER;

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
