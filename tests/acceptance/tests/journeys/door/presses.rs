//! A double click on a page's button in a real Chromium and a real Firefox: one opening, and the file.
//! `tests/pages/presses.mjs` presses, this makes the links and looks at what was counted and saved.

use std::path::Path;

use acceptance::{PNG, skipped};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::chromium::CHECKER;

pub const FIREFOXES: [&str; 2] = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];

async fn press(browser: &str, path: &str, scripts: &Path) {
    let door = super::shared();
    let _alone = door.alone().await;
    let app = door.app();
    let (mut links, mut plan) = (Vec::new(), Vec::new());
    for n in 0..6 {
        let name = format!("{browser}-{n}.png");
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
    let (input, saved) = (folder.path().join("input.json"), folder.path().join("saved"));
    std::fs::write(&input, json!({ "browser": browser, "path": path, "links": plan }).to_string()).unwrap();
    let script = [Path::new("presses.mjs"), &input, &saved];
    let output = Command::new("node").args(script).current_dir(scripts).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
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
        return skipped("double clicks", "this looks at what a local stack leaves out");
    }
    let Some((scripts, chromium)) = CHECKER.with_browser("double clicks").await else { return };
    press("chrome", chromium, &scripts).await;
    match FIREFOXES.into_iter().find(|path| Path::new(path).exists()) {
        Some(firefox) => press("firefox", firefox, &scripts).await,
        None => skipped("double clicks in Firefox", "there is no Firefox here"),
    }
}
