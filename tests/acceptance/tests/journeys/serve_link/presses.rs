//! A double click on a page's button, in a real Chromium and a real Firefox. It must be one opening, and the
//! browser must get the file. This test makes the links, `tests/pages/presses.mjs` presses the button, and
//! then the test checks what was counted and saved.

use acceptance::{PNG, skipped};
use serde_json::{Value, json};

use crate::chromium::{Browser, CHECKER};

async fn press(browser: &Browser) {
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    let app = witnessed.app();
    let (mut links, mut plan) = (Vec::new(), Vec::new());
    for n in 0..6 {
        let name = format!("{}-{n}.png", browser.name);
        let upload = app.upload(&name, "image/png", PNG).await;
        let mut terms = json!({ "max_opens": 1, "disposition": "attachment" });
        let password = (n >= 3).then_some("open sesame");
        match password {
            Some(password) => terms["password"] = json!(password),
            None => terms["confirm"] = json!(true),
        }
        let link = app.link(&upload, terms).await;
        plan.push(json!({ "url": link["url"], "name": name, "password": password }));
        links.push(link);
    }
    let folder = tempfile::tempdir().unwrap();
    browser.run("presses.mjs", json!({ "links": plan }), folder.path()).await;
    let saved = folder.path().join("files");
    for (link, planned) in links.iter().zip(&plan) {
        let path = format!("/links/{}", link["link_id"].as_str().unwrap());
        let shown: Value = app.get(&path).await.1;
        assert_eq!(shown["opens"], 1, "{planned}");
        assert_eq!(std::fs::read(saved.join(planned["name"].as_str().unwrap())).unwrap(), PNG);
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_double_click_is_one_opening_in_chromium_and_in_firefox() {
    if !super::is_local() {
        return skipped("double clicks", "only a local stack lets a test count requests");
    }
    for browser in CHECKER.with_both_browsers("double clicks").await {
        press(&browser).await;
    }
}
