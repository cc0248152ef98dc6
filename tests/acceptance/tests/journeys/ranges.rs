//! Ranges of a link's file, and the name under which a program saves the file.
//!
//! S3 answers `Range` and the signed `response-*` parameters. On a local stack, the emulator does not, and
//! the proxy in front of it does (`tests/stack/src/proxy`).

use acceptance::{App, explained, send, skipped};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::process::Command;

const SIZE: usize = 2_000_000;

fn bytes() -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(11);
    (0..SIZE).map(|_| random.u8(..)).collect()
}

async fn get(link: &Value, headers: &[(&'static str, &str)]) -> Response {
    let request = reqwest::Client::new().get(link["url"].as_str().unwrap());
    send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn ranges_through_the_redirect_are_exact() {
    let (app, bytes) = (App::user(), bytes());
    let upload = app.upload("data.bin", "application/octet-stream", &bytes).await;
    let link = app.link(&upload, json!({})).await;
    let whole = get(&link, &[]).await;
    assert_eq!((whole.status().as_u16(), header(&whole, "accept-ranges")), (200, "bytes"));
    let etag = header(&whole, "etag").to_owned();
    for (range, first, last) in [
        ("bytes=0-0", 0, 0),
        ("bytes=5-9", 5, 9),
        ("bytes=1999990-", 1_999_990, 1_999_999),
        ("bytes=-5", 1_999_995, 1_999_999),
        ("bytes=1999999-9999999", 1_999_999, 1_999_999),
    ] {
        let answer = get(&link, &[("range", range), ("if-range", &etag)]).await;
        assert_eq!(answer.status(), 206, "{range}");
        assert_eq!(header(&answer, "content-range"), format!("bytes {first}-{last}/{SIZE}"));
        assert_eq!(header(&answer, "content-disposition"), "attachment; filename=\"data.bin\"", "{range}");
        assert!(answer.bytes().await.unwrap() == bytes[first..=last], "{range}");
    }
    let other = get(&link, &[("range", "bytes=5-9"), ("if-range", "\"other\"")]).await;
    assert_eq!((other.status().as_u16(), other.content_length()), (200, Some(SIZE as u64)));

    let beyond = get(&link, &[("range", "bytes=2000000-")]).await;
    assert_eq!((beyond.status().as_u16(), header(&beyond, "content-type")), (416, "application/xml"));
    let said = beyond.text().await.unwrap();
    assert_eq!(explained::cause(&said, &explained::settings()), "range_invalid range");
    assert!(said.contains("<Code>InvalidRange</Code>"), "{said}");
    assert!(said.contains("<ActualObjectSize>2000000</ActualObjectSize>"), "{said}");
    // S3 would answer the same. But serve-link knows the version's `ETag`, so it answers itself.
    assert_eq!(get(&link, &[("if-none-match", &etag)]).await.status(), 304);
}

#[tokio::test]
async fn curl_saves_under_the_files_own_name_and_takes_parts() {
    let (app, bytes) = (App::user(), bytes());
    let upload = app.upload("na\u{ef}ve data.bin", "application/octet-stream", &bytes).await;
    let link = app.link(&upload, json!({})).await;
    let folder = tempfile::tempdir().unwrap();
    let curl = |arguments: &[&str]| {
        let mut curl = Command::new("curl");
        curl.args(arguments).arg(link["url"].as_str().unwrap()).current_dir(folder.path());
        curl
    };
    // `-J` makes curl use the name in `Content-Disposition`, as a browser does.
    let Ok(saved) = curl(&["-sSLOJ"]).output().await else {
        return skipped("downloads by curl", "there is no curl");
    };
    assert!(saved.status.success(), "{saved:?}");
    let found: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(found, ["na_ve data.bin"], "curl reads filename, not filename*");
    assert!(std::fs::read(folder.path().join("na_ve data.bin")).unwrap() == bytes);

    for (range, status, size) in [("100-199", "206", 100), ("-1", "206", 1), ("2000000-", "416", 0)] {
        let part = curl(&["-sSL", "-r", range, "-o", "part", "-w", "%{http_code}"]).output().await.unwrap();
        assert_eq!(String::from_utf8(part.stdout).unwrap(), status, "{range}");
        if size > 0 {
            assert_eq!(std::fs::read(folder.path().join("part")).unwrap().len(), size, "{range}");
        }
    }
}
