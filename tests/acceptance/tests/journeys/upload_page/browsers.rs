//! The page in a real Chromium and a real Firefox, by the scripts of `tests/pages`. The tests make the tokens, and then
//! look at what arrived.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use acceptance::{App, PNG};
use serde_json::{Value, json};

use super::{LABEL, management, revoked, spent, token, token_of, url};
use crate::chromium::{Browser, CHECKER};
use crate::pictures;

/// The owner is also that of other journeys, which make uploads meanwhile.
async fn uploads_of_the_page(app: &App) -> Vec<Value> {
    uploads_with_label(app, LABEL).await
}

pub(super) async fn uploads_with_label(app: &App, label: &str) -> Vec<Value> {
    let (mut uploads, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/uploads?limit=100{cursor}")).await.1;
        let items = page["items"].as_array().unwrap();
        uploads.extend(items.iter().filter(|upload| upload["label"] == label).cloned());
        let Some(next) = page["next_cursor"].as_str() else { return uploads };
        cursor = format!("&cursor={next}");
    }
}

/// The states of the uploads of the page with this name, in order.
pub(super) fn states_of(uploads: &[Value], name: &str) -> Vec<String> {
    let named = uploads.iter().filter(|upload| upload["filename"] == name);
    let mut states: Vec<_> = named.map(|upload| upload["state"].as_str().unwrap().to_owned()).collect();
    states.sort();
    states
}

/// Files to send. Bytes after the end of an image are part of it.
fn files() -> tempfile::TempDir {
    let files = tempfile::tempdir().unwrap();
    let (large, too_large) = ([PNG, vec![0; 900_000].as_slice()].concat(), vec![0; 1_000_001]);
    for (name, bytes) in [
        ("photo.png", PNG),
        ("slow.png", large.as_slice()),
        ("too-large.png", too_large.as_slice()),
        ("page.html", b"<!DOCTYPE html>"),
        ("fake.png", b"only words, no image"),
    ] {
        std::fs::write(files.path().join(name), bytes).unwrap();
    }
    files
}

/// Writes a file that goes in parts.
pub(super) fn write_large(path: &Path, last: u8) {
    std::fs::write(path, [PNG, vec![0; 40 << 20].as_slice(), &[last]].concat()).unwrap();
}

/// The folder for what a script leaves.
pub(super) fn folder(script: &str, browser: &Browser) -> PathBuf {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/scripts");
    let folder = scripts.join(script).join(browser.name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// On a local stack the page is then of another origin than the bucket, as in an AWS account.
pub(super) fn apart(app: &App, token: &Value) -> String {
    url(app, token).replace("127.0.0.1", "localhost")
}

async fn look(browser: &Browser) {
    let app = App::user();
    let (open, ending) = (token(&app, 7).await, token(&app, 3).await);
    let (files, at) = (files(), |token: &Value| apart(&app, token));
    for (name, last) in [("large.png", 1), ("other-large.png", 2)] {
        write_large(&files.path().join(name), last);
    }
    let single = token_of(&app, 1, 50_000_000, LABEL).await;
    let plan = json!({
        "single": at(&single), "open": at(&open), "ending": at(&ending), "spent": at(&spent(&app).await), "revoked": at(&revoked(&app).await),
        "files": files.path(),
        "revoke": { "url": format!("{}{}", app.stack.api_url, management(&ending)), "jwt": app.stack.jwt },
    });
    eprintln!("{}", browser.run("upload-page.mjs", plan, &folder("upload-page", browser)).await);
    let uploads = uploads_of_the_page(&app).await;
    let of_page = |name: &str| states_of(&uploads, name);
    assert!(
        !of_page("photo.png").is_empty() && of_page("photo.png").iter().all(|state| state == "available")
    );
    assert!(of_page("fake.png").iter().all(|state| state == "rejected"));
    // Chromium has sent it, and Firefox finds the same upload.
    let interrupted = of_page("large.png");
    assert!(
        !interrupted.is_empty() && interrupted.iter().all(|state| state == "available"),
        "{interrupted:?}"
    );
    for never_sent in ["too-large.png", "page.html", "other-large.png"] {
        assert!(of_page(never_sent).is_empty(), "{never_sent}");
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_page_of_an_upload_token_sends_files_in_chromium_and_in_firefox() {
    for browser in CHECKER.with_both_browsers("the page of an upload token").await {
        look(&browser).await;
    }
}

async fn look_without_a_script(browser: &Browser) {
    let app = App::user();
    let (open, files) = (token(&app, 9).await, files());
    let plan = json!({ "open": apart(&app, &open), "spent": apart(&app, &spent(&app).await), "files": files.path() });
    let folder = folder("upload-page-plain", browser);
    eprintln!("{}", browser.run("upload-page-plain.mjs", plan, &folder).await);
    let uploads = uploads_of_the_page(&app).await;
    assert!(states_of(&uploads, "fake.png").iter().all(|state| state == "rejected"));
    assert!(states_of(&uploads, "page.html").is_empty(), "it was refused before");
    let by_keyboard = states_of(&uploads, "keyboard.png");
    assert!(
        !by_keyboard.is_empty() && by_keyboard.iter().all(|state| state == "available"),
        "{by_keyboard:?}"
    );
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_page_of_an_upload_token_sends_files_without_a_script_in_chromium_and_in_firefox() {
    for browser in CHECKER.with_both_browsers("the page of an upload token without a script").await {
        look_without_a_script(&browser).await;
    }
}

async fn look_at_states(browser: &Browser) {
    let (app, files) = (App::user(), files());
    write_large(&files.path().join("large.png"), 3);
    let label = format!("states in {} {}", browser.name, fastrand::u64(..));
    let resumed = token_of(&app, 2, 50_000_000, &label).await;
    let open = token_of(&app, 9, 1_000_000, &label).await;
    let plan = json!({ "resumed": apart(&app, &resumed), "open": apart(&app, &open), "files": files.path() });
    eprintln!(
        "{}",
        browser.run("upload-page-states.mjs", plan, &folder("upload-page-states", browser)).await
    );
    let uploads = uploads_with_label(&app, &label).await;
    assert_eq!(states_of(&uploads, "large.png"), ["available"], "one upload");
    for never_sent in ["locked.png", "changed.png"] {
        assert!(states_of(&uploads, never_sent).is_empty(), "{never_sent}");
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_page_counts_and_offers_what_its_files_allow() {
    for browser in CHECKER.with_both_browsers("the states of files on the page of an upload token").await {
        look_at_states(&browser).await;
    }
}

async fn send_without_the_script(browser: &Browser) {
    let (app, files) = (App::user(), files());
    let label = format!("blocked in {} {}", browser.name, fastrand::u64(..));
    let open = token_of(&app, 9, 1_000_000, &label).await;
    let plan = json!({ "open": apart(&app, &open), "files": files.path() });
    eprintln!(
        "{}",
        browser.run("upload-page-blocked.mjs", plan, &folder("upload-page-blocked", browser)).await
    );
    let uploads = uploads_with_label(&app, &label).await;
    for name in ["without-page.js.png", "without-list.js.png"] {
        assert_eq!(states_of(&uploads, name), ["available"], "{name}");
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_page_of_an_upload_token_sends_files_although_its_script_is_blocked() {
    for browser in CHECKER.with_both_browsers("the page of an upload token with a blocked script").await {
        send_without_the_script(&browser).await;
    }
}

/// The paths of the files in a folder. Chromium lists a hundred entries of a folder at a time.
fn paths_in_folder() -> BTreeSet<String> {
    let scans = (0..150).map(|n| format!("Holiday 2026/scans/{n:03} & <b>.txt"));
    let days = (0..50).map(|n| format!("Holiday 2026/days/{}/{n}.txt", n % 7));
    scans.chain(days).collect()
}

async fn send_folder(browser: &Browser) {
    let app = App::user();
    let (files, paths) = (tempfile::tempdir().unwrap(), paths_in_folder());
    for path in &paths {
        let file = files.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, format!("the words of {path}")).unwrap();
    }
    let label = |how: &str| format!("{how} in {} {}", browser.name, fastrand::u64(..));
    let (chosen, dropped) = (label("chosen"), label("dropped"));
    let uses = u32::try_from(paths.len()).unwrap();
    let plan = json!({
        "folder": files.path().join("Holiday 2026"), "paths": paths,
        "chosen": url(&app, &token_of(&app, uses, 1_000_000, &chosen).await),
        "dropped": url(&app, &token_of(&app, uses, 1_000_000, &dropped).await),
    });
    let folder = tempfile::tempdir().unwrap();
    eprintln!("{}", browser.run("folder.mjs", plan, folder.path()).await);
    let labels = if browser.name == "chrome" { vec![chosen, dropped] } else { vec![chosen] };
    for label in labels {
        let uploads = uploads_with_label(&app, &label).await;
        let arrived = uploads.iter().filter(|upload| upload["state"] == "available");
        let arrived: BTreeSet<_> =
            arrived.map(|upload| upload["path"].as_str().unwrap().to_owned()).collect();
        assert_eq!((uploads.len(), &arrived), (paths.len(), &paths), "{label}");
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_folder_of_200_files_arrives_with_its_paths() {
    for browser in CHECKER.with_both_browsers("a folder on the page of an upload token").await {
        send_folder(&browser).await;
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_page_says_its_end_in_the_time_zone_of_the_visitor() {
    for browser in CHECKER.with_both_browsers("the time zone of a visitor").await {
        let app = App::user();
        let plan = json!({ "open": apart(&app, &token(&app, 3).await) });
        eprintln!(
            "{}",
            browser.run("upload-page-time.mjs", plan, &folder("upload-page-time", &browser)).await
        );
    }
}

/// Makes the pictures of `docs/images`, and with `UPDATE_PICTURES` replaces them.
#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_pictures_of_the_page_can_be_made() {
    let browsers = CHECKER.with_both_browsers("the pictures of the page").await;
    let Some(browser) = browsers.first() else { return };
    let app = App::user();
    let token = token_of(&app, 12, 50_000_000, "Photos of the roof").await;
    let folder = folder("upload-page-pictures", browser);
    let plan = json!({ "open": apart(&app, &token) });
    eprintln!("{}", browser.run("upload-page-pictures.mjs", plan, &folder).await);
    pictures::made(&folder, &["upload-page.png", "upload-page-phone.png"]);
}
