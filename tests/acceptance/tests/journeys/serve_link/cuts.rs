//! Interrupted downloads, and videos in which a person seeks after the signed URL has expired, in a real
//! Chromium and a real Firefox. This test makes the links, and `tests/pages/resume.mjs` and `seek.mjs` drive
//! the browsers. Then the test checks what was counted and saved.

use std::path::Path;

use acceptance::{App, skipped};
use serde_json::{Value, json};

use crate::chromium::{Browser, CHECKER};

const SIZE: usize = 2_000_000;

fn bytes() -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(23);
    (0..SIZE).map(|_| random.u8(..)).collect()
}

/// Returns the cases: the percentage of the file after which the download is cut, whether the URL expires
/// then, and whether the link allows only one opening.
fn cases() -> Vec<(usize, bool, bool)> {
    let mut cases = Vec::new();
    for percent in [10, 50, 90] {
        for dies in [false, true] {
            cases.extend([(percent, dies, false), (percent, dies, true)]);
        }
    }
    cases
}

/// Runs a script, and returns the JSON values that it printed, one from each line.
async fn run(browser: &Browser, script: &str, plan: Value, folder: &Path) -> Vec<Value> {
    let said = browser.run(script, plan, folder).await;
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn cut(app: &App, browser: &Browser) {
    let witnessed = super::shared();
    let bytes = bytes();
    let (mut links, mut plan) = (Vec::new(), Vec::new());
    for (percent, dies, limited) in cases() {
        let name = format!("{}-{percent}-{dies}-{limited}.bin", browser.name);
        let upload = app.upload(&name, "application/octet-stream", &bytes).await;
        let terms = if limited { json!({ "max_opens": 1 }) } else { json!({}) };
        let link = app.link(&upload, terms).await;
        let after = SIZE * percent / 100;
        plan.push(json!({ "url": witnessed.address(&link), "name": name, "after": after, "dies": dies }));
        links.push((link, limited, dies));
    }
    let folder = tempfile::tempdir().unwrap();
    let order = json!({ "witness": witnessed.witness.url, "size": SIZE, "cases": plan });
    let told = run(browser, "resume.mjs", order, folder.path()).await;
    assert_eq!(told.len(), plan.len());
    for (told, (link, limited, dies)) in told.iter().zip(&links) {
        eprintln!("{told}");
        assert!(told["itself"] == true || told["again"] == true, "the browser did not get the file: {told}");
        if *dies {
            assert_eq!(told["itself"], false, "a URL that has expired gives nothing: {told}");
        }
        if *limited {
            let shown = app.get(&format!("/links/{}", link["link_id"].as_str().unwrap())).await.1;
            assert_eq!(shown["opens"], 1, "{told}");
        }
    }
    for file in std::fs::read_dir(folder.path().join("files")).unwrap().map(|entry| entry.unwrap().path()) {
        if std::fs::metadata(&file).unwrap().len() == SIZE as u64 {
            assert!(std::fs::read(&file).unwrap() == bytes, "{}: other bytes", file.display());
        }
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_download_that_a_browser_resumes_through_the_link_counts_once() {
    if !super::is_local() {
        return skipped("cut downloads in browsers", "only a local stack lets a test cut a connection");
    }
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    for browser in CHECKER.with_both_browsers("cut downloads").await {
        cut(&witnessed.app(), &browser).await;
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_video_can_seek_until_its_url_expires() {
    if !super::is_local() {
        return skipped("seeking in browsers", "only a local stack lets a test make a URL expire");
    }
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    let app = witnessed.app();
    for browser in CHECKER.with_both_browsers("seeking").await {
        let film = super::browser::film().await;
        let upload = app.upload("film.webm", "video/webm", &film).await;
        for kill in [false, true] {
            let link = app.link(&upload, json!({})).await;
            let folder = tempfile::tempdir().unwrap();
            let order =
                json!({ "witness": witnessed.witness.url, "film": witnessed.address(&link), "kill": kill });
            let told = run(&browser, "seek.mjs", order, folder.path()).await;
            for line in &told {
                eprintln!("{}, the URL dies: {kill}: {line}", browser.name);
            }
            assert!(told[0]["error"].is_null(), "{told:?}");
            assert!(kill || told[1]["error"].is_null(), "{told:?}");
        }
    }
}
