//! The time and the memory that the browser client takes for a large file.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use acceptance::{App, chain, configure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stack::{Options, Stack};

use crate::chromium::CHECKER;

const GIB: u64 = 1 << 30;

fn client() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../client").canonicalize().unwrap()
}

fn large_bytes(default: u64) -> u64 {
    std::env::var("POSTERN_LARGE_BYTES").map_or(default, |text| text.parse().unwrap())
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_large_file_is_sent_with_flat_memory() {
    for browser in CHECKER.with_both_browsers("a large file of the client").await {
        let folder = tempfile::tempdir().unwrap();
        let plan = json!({ "client": client(), "bytes": large_bytes(GIB) });
        eprintln!("{}", browser.run("large.mjs", plan, folder.path()).await);
    }
}

/// `POSTERN_LARGE_ROUNDS` also measures plain requests of the browser. 0 sends the file once by the client alone: the
/// local S3 keeps every object in memory, and 6 GiB take it 18 GiB.
fn rounds() -> Option<u64> {
    std::env::var("POSTERN_LARGE_ROUNDS").ok().map(|text| text.parse().unwrap())
}

/// `POSTERN_LARGE_MOST` is the client's time at most, in times of curl's.
fn most(default: f64) -> f64 {
    std::env::var("POSTERN_LARGE_MOST").map_or(default, |text| text.parse().unwrap())
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_client_fills_a_network_as_curl_does() {
    for browser in CHECKER.with_both_browsers("the speed of the client").await {
        let plan = json!({
            "client": client(), "bytes": large_bytes(GIB / 4), "bytesPerSecond": 40 << 20,
            "rounds": rounds().unwrap_or(2), "isPlainToo": rounds().is_some(), "most": most(1.5),
        });
        let folder = tempfile::tempdir().unwrap();
        eprintln!("{}", browser.run("throughput.mjs", plan, folder.path()).await);
    }
}

/// The browser, the client's checksum and S3 share the processors here, so this measures what the client computes.
#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_large_file_reaches_the_local_s3_in_parts() {
    for browser in CHECKER.with_both_browsers("a large file and the local S3").await {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let options = Options { origins: vec![format!("http://127.0.0.1:{port}")], ..Options::default() };
        let stack = Stack::start(options).await.unwrap_or_else(|error| panic!("{}", chain(&error)));
        let limit = ("POSTERN_OWNER_BYTES_PER_DAY".to_owned(), "100000000000".to_owned());
        configure(stack.coordinates(), "issue-upload", [limit]).await;
        let coordinates = Box::leak(Box::new(stack.coordinates().clone()));
        let app = App::new(coordinates, Some(coordinates.jwt.clone()));
        let bytes = large_bytes(GIB / 4);
        let token =
            json!({ "content_types": ["*/*"], "max_size_bytes": bytes, "uses": 100, "expires_in_s": 3600 });
        let (status, token) = app.call(Method::POST, "/upload-tokens", Some(token)).await;
        assert_eq!(status, StatusCode::CREATED, "{token}");
        let endpoint = format!("{}{}", coordinates.api_url, Value::as_str(&token["path"]).unwrap());
        let plan = json!({
            "client": client(), "bytes": bytes, "port": port, "endpoint": endpoint,
            "rounds": rounds().unwrap_or(2), "isPlainToo": rounds().is_some(), "most": most(5.0),
        });
        let folder = tempfile::tempdir().unwrap();
        eprintln!("{}", browser.run("throughput.mjs", plan, folder.path()).await);
        stack.stop();
    }
}
