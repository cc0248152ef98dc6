//! Link checkers, previews of chats and `curl -I` ask by HEAD for what a browser gets by GET.

use std::collections::BTreeMap;

use acceptance::{App, PNG};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{TAB, header, revoked, token, url};

/// The headers, without those that differ from answer to answer.
fn headers(response: &Response) -> BTreeMap<String, String> {
    let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap().to_owned();
    let all = response.headers().iter().map(|(name, value)| (name.to_string(), text(value)));
    let changing = ["date", "apigw-requestid", "content-length", "transfer-encoding"];
    all.filter(|(name, _)| !changing.contains(&name.as_str())).collect()
}

/// Asserts that HEAD is answered as GET, and returns the status of both.
async fn same(app: &App, url: &str, sent: &[(&str, &str)]) -> StatusCode {
    let get = app.open_with(Method::GET, url, sent).await;
    let head = app.open_with(Method::HEAD, url, sent).await;
    assert_eq!(head.status(), get.status(), "{url}");
    assert_eq!(headers(&head), headers(&get), "{url}");
    let (status, told) = (get.status(), header(&head, "content-length").to_owned());
    assert!(head.bytes().await.unwrap().is_empty(), "{url}");
    // A page has a random number of at most 39 digits, and a problem has the id of its request.
    let random = if header(&get, "content-type").starts_with("text/javascript") { 0 } else { 39 };
    let bytes = get.bytes().await.unwrap();
    if !bytes.is_empty() {
        let told: usize = told.parse().unwrap();
        assert!(told.abs_diff(bytes.len()) <= random, "{url}: {told} and {}", bytes.len());
    }
    status
}

#[tokio::test]
async fn head_of_an_upload_tokens_address_is_answered_as_get_and_uses_nothing_up() {
    let app = App::user();
    let open = token(&app, 1).await;
    for accept in [TAB[0], ("accept", "*/*")] {
        assert_eq!(same(&app, &url(&app, &open), &[accept]).await, StatusCode::OK);
        assert_eq!(same(&app, &url(&app, &revoked(&app).await), &[accept]).await, StatusCode::GONE);
        let forged = json!({ "path": format!("/t/{}", "A".repeat(100)) });
        assert_eq!(same(&app, &url(&app, &forged), &[accept]).await, StatusCode::NOT_FOUND);
    }
    let body = json!({ "filename": "a.png", "content_type": "image/png", "size_bytes": PNG.len() });
    let path = format!("{}/uploads", open["path"].as_str().unwrap());
    let (status, made) = App::nobody().call(Method::POST, &path, Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "the one use is left: {made}");

    let page = format!("{}?key=uploads/{}", url(&app, &open), made["upload_id"].as_str().unwrap());
    let head = app.open_with(Method::HEAD, &page, &TAB).await;
    assert_eq!((head.status(), header(&head, "content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    let shown = format!("{path}/{}", made["upload_id"].as_str().unwrap());
    let upload: Value = App::nobody().call(Method::GET, &shown, None).await.1;
    assert_eq!(upload["state"], "pending", "{upload}");
}

#[tokio::test]
async fn head_of_the_browser_client_is_answered_as_get() {
    let app = App::nobody();
    let entry = format!("{}/postern.js", app.stack.api_url);
    let module = app.open(Method::GET, &entry).await.text().await.unwrap();
    let present =
        format!("{}/{}", app.stack.api_url, module.split('\'').nth(1).unwrap().trim_start_matches("./"));
    let origin = ("origin", app.stack.origin.as_str());
    for encoding in ["identity", "gzip"] {
        let sent = [origin, ("accept-encoding", encoding)];
        assert_eq!(same(&app, &entry, &sent).await, StatusCode::OK);
        assert_eq!(same(&app, &present, &sent).await, StatusCode::OK);
        let known = header(&app.open_with(Method::HEAD, &present, &sent).await, "etag").to_owned();
        let sent = [origin, sent[1], ("if-none-match", &known)];
        assert_eq!(same(&app, &present, &sent).await, StatusCode::NOT_MODIFIED);
    }
    let latest = format!("{}/postern/latest", app.stack.api_url);
    assert_eq!(same(&app, &format!("{latest}/page.js"), &[]).await, StatusCode::FOUND);
    assert_eq!(same(&app, &format!("{latest}/other.js"), &[]).await, StatusCode::NOT_FOUND);
}
