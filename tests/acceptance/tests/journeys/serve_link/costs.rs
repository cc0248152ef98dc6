//! The AWS calls of a request to a link, and to the page of an upload token. The witness counts them.

use std::time::Duration;

use acceptance::clock::avoid_the_end_of_a_quarter;
use acceptance::{PNG, send, skipped};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::depth::HELD;

fn url(link: &Value) -> &str {
    link["url"].as_str().unwrap()
}

/// Returns copies of a valid token with one change each, such as a flipped bit or a missing end.
fn forgeries(token: &str) -> Vec<String> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut forged = Vec::new();
    for (at, digit) in token.bytes().enumerate() {
        let value = DIGITS.iter().position(|known| *known == digit).unwrap();
        for bit in 0..6 {
            let mut bytes = token.as_bytes().to_vec();
            bytes[at] = DIGITS[value ^ (1 << bit)];
            forged.push(String::from_utf8(bytes).unwrap());
        }
    }
    forged.extend((1..token.len()).map(|length| token[..length].to_owned()));
    forged.extend([format!("{token}A"), format!("{token}="), token.to_lowercase(), "%00".repeat(32)]);
    forged
}

#[tokio::test]
async fn a_forged_token_is_404_and_no_call_leaves_the_door() {
    if !super::is_local() {
        return skipped("calls of forged tokens", "only a local stack lets a test count requests");
    }
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    let app = witnessed.app();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    assert_eq!(app.open(Method::GET, url(&link)).await.status(), StatusCode::FOUND);
    witnessed.witness.calls();
    let token = link["token"].as_str().unwrap();
    let forged = forgeries(token);
    assert!(forged.len() > 6 * 32);
    for (n, forgery) in forged.iter().enumerate() {
        let method = [Method::GET, Method::HEAD, Method::POST][n % 3].clone();
        let answer = app.open(method, &url(&link).replace(token, forgery)).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{n}");
    }
    assert_eq!(witnessed.witness.calls(), [""; 0], "{} forgeries", forged.len());
    // An opening shows that the witness sees the calls, so the forgeries have caused none.
    assert_eq!(app.open(Method::GET, url(&link)).await.status(), StatusCode::FOUND);
    assert_eq!(witnessed.witness.calls(), ["GetItem"]);
}

#[tokio::test]
async fn an_opening_waits_for_one_call() {
    if !super::is_local() {
        return skipped("calls of an opening", "only a local stack lets a test count requests");
    }
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    let app = witnessed.app();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let plain = app.link(&upload, json!({})).await;
    let counted = app.link(&upload, json!({ "max_opens": 3 })).await;
    avoid_the_end_of_a_quarter().await;
    let hourly = app.link(&upload, json!({ "max_opens_per_hour": 3 })).await;
    let password = app.link(&upload, json!({ "password": "open sesame" })).await;
    app.open(Method::HEAD, url(&plain)).await;
    witnessed.witness.calls();
    for (method, link, status, calls) in [
        (Method::GET, &plain, 302, &["GetItem"][..]),
        (Method::HEAD, &plain, 200, &["GetItem"]),
        (Method::GET, &counted, 302, &["UpdateItem"]),
        (Method::HEAD, &counted, 200, &["GetItem"]),
        // The first opening of an hour begins a window, which needs one more write.
        (Method::GET, &hourly, 302, &["UpdateItem", "UpdateItem"]),
        (Method::GET, &password, 403, &["GetItem"]),
    ] {
        assert_eq!(app.open(method.clone(), url(link)).await.status(), status, "{method}");
        assert_eq!(witnessed.witness.calls(), calls, "{method} {}", link["max_opens"]);
    }
    // The first password of each quarter of an hour begins a window, which needs one more write.
    for calls in [3, 2] {
        let form = stack::http().post(url(&password)).body("password=open+sesame");
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(send(form).await.status(), StatusCode::SEE_OTHER);
        assert_eq!(witnessed.witness.calls(), vec!["UpdateItem"; calls], "the attempt, then the opening");
    }
}

/// The page of an upload token for a browser without a script: the page, its form twice, and the page of the upload.
#[tokio::test]
async fn the_page_of_a_token_costs_one_call_that_is_waited_for() {
    if !super::is_local() {
        return skipped("calls of a token's page", "only a local stack lets a test count requests");
    }
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    let app = witnessed.app();
    let terms =
        json!({ "content_types": ["image/*"], "max_size_bytes": 1000, "uses": 2, "expires_in_s": 600 });
    let (_, token) = app.call(Method::POST, "/upload-tokens", Some(terms)).await;
    let url = format!("{}{}", app.stack.api_url, token["path"].as_str().unwrap());
    let http = stack::http();
    witnessed.issuing.calls();
    witnessed.issuing.hold_answers(HELD);
    let costs = async |request: reqwest::RequestBuilder| {
        let answer = send(request.header("accept", "text/html")).await;
        (answer, witnessed.issuing.calls_and_depth())
    };
    let form = |body: &'static str| {
        let form = http.post(&url).header("content-type", "application/x-www-form-urlencoded");
        form.body(body)
    };
    let one = |call: &str| (vec![call.to_owned()], 1);
    let (page, spent) = costs(http.get(&url)).await;
    assert_eq!((page.status(), spent), (StatusCode::OK, one("GetItem")));
    let (refused, spent) = costs(form("page=7&filename=page.html")).await;
    assert_eq!((refused.status(), spent), (StatusCode::UNPROCESSABLE_ENTITY, one("GetItem")));
    let (named, spent) = costs(form("page=7&filename=a.png")).await;
    assert_eq!((named.status(), spent), (StatusCode::SEE_OTHER, one("TransactWriteItems")));
    let upload = format!("{url}{}", named.headers()["location"].to_str().unwrap());
    let (shown, spent) = costs(http.get(&upload)).await;
    assert_eq!((shown.status(), spent), (StatusCode::OK, (vec!["GetItem".to_owned(); 2], 1)));
    witnessed.issuing.hold_answers(Duration::ZERO);
}

/// Returns the peak memory of the function's processes, in KiB.
fn peak_kib(witnessed: &super::WitnessedStack) -> u64 {
    let variable = format!("AWS_ENDPOINT_URL_DYNAMODB={}", witnessed.witness.url);
    let is_door = |process: &std::path::PathBuf| {
        let environment = std::fs::read(process.join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|set| set == variable.as_bytes())
    };
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    let peak = |process: std::path::PathBuf| {
        let status = std::fs::read_to_string(process.join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()
    };
    processes.filter(is_door).filter_map(peak).max().unwrap_or_default()
}

#[tokio::test]
#[ignore = "takes half a minute: cargo test --test journeys -- --ignored"]
async fn passwords_and_openings_stay_below_40_mib() {
    if !super::is_local() || !cfg!(target_os = "linux") {
        return skipped("the memory of an opening", "only a local stack lets a test look at a process");
    }
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    let app = witnessed.app();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({ "password": "open sesame" })).await;
    for _ in 0..20 {
        let form = stack::http().post(url(&link)).body("password=open+sesame");
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(send(form).await.status(), StatusCode::SEE_OTHER);
    }
    let peak = peak_kib(witnessed);
    eprintln!("{peak} KiB at most");
    // The hash of a password takes 9 MiB. The process has used more, so it has computed a hash.
    assert!((9 * 1024..40 * 1024).contains(&peak), "{peak} KiB");
}
