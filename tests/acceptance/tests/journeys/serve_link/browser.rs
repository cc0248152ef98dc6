//! Downloads through links in a real Chromium. This test makes the links, and `tests/pages/downloads.mjs`
//! drives the browser. Then the test checks the saved files, and the ranges of a video that the browser
//! requested.

use std::path::Path;

use acceptance::{App, PNG, skipped};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::chromium::CHECKER;

/// File names of people. A browser must save the files under these names.
const NAMES: &[&str] = &[
    "\u{5e74}\u{5ea6}\u{62a5}\u{544a}.bin",
    "\u{62a}\u{642}\u{631}\u{64a}\u{631} \u{633}\u{646}\u{648}\u{64a}.bin",
    // No U+200D (zero-width joiner), because Chromium replaces it with `_`.
    "\u{1F600}\u{1F389} party.bin",
    "na\u{ef}ve r\u{e9}sum\u{e9}; 100% of 'it', a=b.bin",
];

fn url(link: &Value) -> &str {
    link["url"].as_str().unwrap()
}

/// Returns a video of two minutes. A browser does not load all of it before it plays.
pub async fn video() -> Vec<u8> {
    let (checker, browser) = CHECKER.with_browser("a film").await.unwrap();
    let file = checker.join("film.webm");
    if !file.exists() {
        let script = [Path::new("film.mjs"), Path::new(browser), &file];
        let output = Command::new("node").args(script).current_dir(&checker).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    std::fs::read(file).unwrap()
}

async fn saved_links(app: &App) -> Vec<Value> {
    let mut links = Vec::new();
    for (n, name) in NAMES.iter().enumerate() {
        let bytes = format!("the bytes of number {n}");
        let upload = app.upload(name, "application/octet-stream", bytes.as_bytes()).await;
        links.push(app.link(&upload, json!({ "max_opens": 1, "disposition": "attachment" })).await);
    }
    links
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_browser_saves_names_shows_images_and_seeks_in_videos() {
    if !super::is_local() {
        return skipped("downloads in a browser", "only a local stack lets a test count requests");
    }
    let Some((checker, browser)) = CHECKER.with_browser("downloads in a browser").await else { return };
    let film = video().await;
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    let app = witnessed.app();
    let saved = saved_links(&app).await;
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let image = app.link(&upload, json!({})).await;
    let upload = app.upload("film.webm", "video/webm", &film).await;
    let video_link = app.link(&upload, json!({})).await;

    witnessed.witness.visits();
    let folder = tempfile::tempdir().unwrap();
    let plan = json!({
        "chromium": browser, "saved": saved.iter().map(url).collect::<Vec<_>>(),
        "image": url(&image), "film": url(&video_link), "kill": witnessed.witness.expire_url(),
    });
    let input = folder.path().join("input.json");
    std::fs::write(&input, plan.to_string()).unwrap();
    let shots = checker.join("../downloads");
    let _ = std::fs::remove_dir_all(&shots);
    let script = [Path::new("downloads.mjs"), &input, &shots];
    let output = Command::new("node").args(script).current_dir(&checker).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    eprintln!("{said}");

    let mut found: Vec<String> = std::fs::read_dir(shots.join("saved"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    let mut expected: Vec<_> = NAMES.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected);
    for (n, name) in NAMES.iter().enumerate() {
        let bytes = std::fs::read_to_string(shots.join("saved").join(name)).unwrap();
        assert_eq!(bytes, format!("the bytes of number {n}"));
    }

    let visits = witnessed.witness.visits();
    eprintln!("{} requests of dead URLs", visits.iter().filter(|visit| visit.status == 403).count());
    let ranges: Vec<usize> = visits
        .into_iter()
        .filter(|visit| visit.status == 206)
        .filter_map(|visit| visit.range?.strip_prefix("bytes=")?.split_once('-')?.0.parse().ok())
        .collect();
    // The browser decides which ranges it requests, so the test only asserts that there are some.
    let later = ranges.iter().filter(|from| **from > 0).count();
    assert!(later > 0, "seeking requested no range: {ranges:?}");
}
