//! The browser client in a real Chromium and a real Firefox while the network, the tab, the clock and the upload token
//! fail. `tests/pages/client-faults.mjs` drives the browsers. Afterwards records, bucket and counters agree.

use std::collections::BTreeMap;
use std::path::Path;

use acceptance::{App, chain, configure, shared, skipped};
use futures::future::join_all;
use serde_json::{Value, json};
use stack::{Options, Stack};

use crate::chromium::{Browser, CHECKER};
use crate::faults::agreement::Agreement;

async fn uploads(app: &App) -> Vec<Value> {
    let page = app.get("/uploads?limit=100").await.1;
    assert!(page["next_cursor"].is_null(), "{page}");
    page["items"].as_array().unwrap().clone()
}

async fn fail(browser: &Browser, stack: &'static Stack) {
    let coordinates = stack.coordinates();
    let jwt = stack.issuer().token(browser.name).unwrap();
    let app = App::new(coordinates, Some(jwt.clone()));
    let plan = json!({
        "origin": coordinates.origin, "api": coordinates.api_url, "storage": coordinates.endpoint,
        "jwt": jwt, "minutes": 40, "only": std::env::var("POSTERN_CASES").ok(), "client": Path::new(env!("CARGO_MANIFEST_DIR")).join("../../client"),
    });
    let folder = tempfile::tempdir().unwrap();
    let said = browser.run("client-faults.mjs", plan, folder.path()).await;
    eprintln!("{said}");
    let expected: BTreeMap<String, Vec<String>> = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let mut states = BTreeMap::<_, Vec<_>>::new();
    for upload in uploads(&app).await {
        let id = upload["upload_id"].as_str().unwrap();
        let shown = app.show(id).await;
        states.entry(text(&shown["label"])).or_default().push(text(&shown["state"]));
        let pinned: Vec<_> = shown["recorded"]["version_id"].as_str().into_iter().collect();
        assert_eq!(app.versions(id).await, pinned, "{shown}");
    }
    assert_eq!(states, expected);
    Agreement::of(coordinates, browser.name).await.check(0, 0, true);
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn whatever_fails_in_a_browser_each_file_arrives_once() {
    if shared().local.is_none() {
        return skipped("the client while things fail", "only a local stack lets a test cut the network");
    }
    let stack = Stack::start(Options::default()).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
    // The leaked stack ends with this process.
    let stack: &'static Stack = Box::leak(Box::new(stack));
    // Limits so high that everything is counted and nothing is refused.
    let limits = [("PENDING_UPLOADS", "100"), ("BYTES_PER_DAY", "100000000000")];
    let limits = limits.map(|(name, limit)| (format!("POSTERN_OWNER_{name}"), limit.to_owned()));
    configure(stack.coordinates(), "issue-upload", limits).await;
    let browsers = CHECKER.with_both_browsers("the client while things fail").await;
    join_all(browsers.iter().map(|browser| fail(browser, stack))).await;
}
