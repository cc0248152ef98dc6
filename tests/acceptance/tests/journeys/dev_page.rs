//! The page of `cargo dev`, in a real Chromium and a real Firefox (`tests/pages/dev-page.mjs`). The test runs the program
//! as a person does: it opens the address that the program prints.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::chromium::CHECKER;

/// How long the program may take until it serves the page. Cargo may build the functions before.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// Files of this size go in parts.
const LARGE_BYTES: usize = 40_000_000;

/// The running program. It ends when it is dropped, and its stack with it.
struct Dev {
    _program: Child,
    url: String,
}

impl Dev {
    async fn start() -> Self {
        let names = ["dev".to_owned()];
        let built = tokio::task::spawn_blocking(move || stack::function_executables(&names)).await;
        let path = built.unwrap().unwrap().remove("dev").unwrap();
        let mut program = Command::new(path).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let url = tokio::time::timeout(PATIENCE, async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((url, _)) = line.strip_prefix("Open ").and_then(|rest| rest.split_once(' ')) {
                    return Some(url.to_owned());
                }
            }
            None
        });
        let Some(url) = url.await.unwrap() else { panic!("the program ended before it printed the address") };
        // The program must not wait for a reader of what it prints next.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { _program: program, url }
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_page_of_cargo_dev_shows_what_the_pipeline_does() {
    let browsers = CHECKER.with_both_browsers("the page of cargo dev").await;
    if browsers.is_empty() {
        return;
    }
    let dev = Dev::start().await;
    let files = tempfile::tempdir().unwrap();
    let (large, other) = (vec![0x9d; LARGE_BYTES], vec![0x9e; LARGE_BYTES]);
    for (name, bytes) in [
        ("notes <b>.txt", b"some text".as_slice()),
        ("fake.png", b"only words, no image"),
        ("large.bin", large.as_slice()),
        ("other.bin", other.as_slice()),
    ] {
        std::fs::write(files.path().join(name), bytes).unwrap();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/scripts/dev-page");
    for browser in browsers {
        let folder = root.join(browser.name);
        std::fs::create_dir_all(&folder).unwrap();
        let plan = json!({ "url": dev.url, "files": files.path() });
        eprintln!("{}", browser.run("dev-page.mjs", plan, &folder).await);
    }
}
