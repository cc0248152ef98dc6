//! Downloads through a link by independent programs: curl, wget, and Python's requests.

use std::path::Path;
use std::process::Output;

use acceptance::{App, skipped};
use serde_json::{Value, json};
use tokio::process::Command;

/// Returns many pseudorandom bytes, which no compression can shorten.
fn bytes() -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..3_000_000).map(|_| next()).collect()
}

fn url(link: &Value) -> &str {
    link["url"].as_str().unwrap()
}

async fn run(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Option<Output> {
    Command::new(program).args(arguments).output().await.ok()
}

fn assert_same(what: &str, path: &Path, expected: &[u8]) {
    assert!(std::fs::read(path).unwrap() == expected, "{what}: other bytes");
}

#[tokio::test]
async fn programs_download_the_bytes() {
    let (app, bytes) = (App::user(), bytes());
    let name = "\u{62a5}\u{544a} \u{645}\u{644}\u{641} \u{1F600}.bin";
    let upload = app.upload(name, "application/octet-stream", &bytes).await;
    let link = app.link(&upload, json!({ "max_opens": 50 })).await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let text = |path: &Path| path.to_str().unwrap().to_owned();

    let whole = at("curl");
    match run("curl", &["-sSfL", "-o", &text(&whole), url(&link)]).await {
        Some(output) => {
            assert!(output.status.success(), "{output:?}");
            assert_same("curl", &whole, &bytes);
        }
        None => skipped("a download by curl", "there is no curl"),
    }
    if let Some(output) = run("curl", &["-sSfIL", url(&link)]).await {
        let facts = String::from_utf8(output.stdout).unwrap().to_lowercase();
        assert!(facts.contains(&format!("content-length: {}", bytes.len())), "{facts}");
    }
    let wget = at("wget");
    match run("wget", &["-q", "-O", &text(&wget), url(&link)]).await {
        Some(output) => {
            assert!(output.status.success(), "{output:?}");
            assert_same("wget", &wget, &bytes);
        }
        None => skipped("a download by wget", "there is no wget"),
    }
    let requested = at("requests");
    let python = tokio::task::spawn_blocking(stack::python).await.unwrap().unwrap();
    let script = "import sys, requests\nanswer = requests.get(sys.argv[1])\nanswer.raise_for_status()\nopen(sys.argv[2], 'wb').write(answer.content)";
    let output = run(python, &["-c", script, url(&link), &text(&requested)]).await.unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_same("requests", &requested, &bytes);
}
