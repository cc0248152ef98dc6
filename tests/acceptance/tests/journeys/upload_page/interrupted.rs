//! Uploads in parts that a reload of the page interrupts, in a real Chromium and a real Firefox.

use acceptance::App;
use serde_json::json;

use super::browsers::{apart, folder, states_of, uploads_with_label, write_large};
use super::token_of;
use crate::chromium::{Browser, CHECKER};

async fn interrupt(browser: &Browser) {
    let (app, files) = (App::user(), tempfile::tempdir().unwrap());
    for (name, last) in [("chosen.png", 1), ("changed.png", 2), ("removed.png", 3), ("dropped.png", 4)] {
        write_large(&files.path().join(name), last);
    }
    let label = format!("interrupted in {} {}", browser.name, fastrand::u64(..));
    let open = token_of(&app, 9, 50_000_000, &label).await;
    let other = token_of(&app, 9, 50_000_000, &label).await;
    let plan = json!({ "open": apart(&app, &open), "other": apart(&app, &other), "files": files.path() });
    let folder = folder("upload-page-interrupted", browser);
    eprintln!("{}", browser.run("upload-page-interrupted.mjs", plan, &folder).await);
    let uploads = uploads_with_label(&app, &label).await;
    assert_eq!(states_of(&uploads, "chosen.png"), ["available"], "one upload");
    assert_eq!(
        states_of(&uploads, "changed.png"),
        ["available", "expired"],
        "the interrupted one is given up"
    );
    let dropped = if browser.name == "chrome" { vec!["available"] } else { Vec::new() };
    assert_eq!(states_of(&uploads, "dropped.png"), dropped);
    let removed: Vec<_> = uploads.iter().filter(|upload| upload["state"] == "expired").collect();
    assert_eq!((removed.len(), states_of(&uploads, "removed.png")), (2, vec!["expired".to_owned()]));
    for upload in removed {
        app.assert_given_up(upload["upload_id"].as_str().unwrap()).await;
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_page_shows_what_a_reload_has_interrupted_and_goes_on_with_it() {
    for browser in CHECKER.with_both_browsers("interrupted uploads on the page of an upload token").await {
        interrupt(&browser).await;
    }
}
