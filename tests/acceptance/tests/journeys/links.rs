//! Links: where they lead, the name and type of the file, revocation, expiry, and forged tokens.

use std::time::{Duration, Instant};

use acceptance::{App, PNG};
use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

fn location(response: &Response) -> String {
    assert_eq!(response.status(), StatusCode::FOUND);
    response.headers()["location"].to_str().unwrap().to_owned()
}

fn url(link: &Value) -> &str {
    link["url"].as_str().unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Returns the `Content-Disposition` and the `Content-Type` that the signed URL asks S3 for.
fn overrides(signed: &str) -> (String, String) {
    let url = reqwest::Url::parse(signed).unwrap();
    let value = |name: &str| url.query_pairs().find(|(of, _)| of == name).unwrap().1.into_owned();
    (value("response-content-disposition"), value("response-content-type"))
}

#[tokio::test]
async fn a_link_leads_to_the_bytes_under_their_name_and_type() {
    let app = App::user();
    for (name, content_type, bytes, disposition) in [
        ("photo.png", "image/png", PNG, "inline; filename=\"photo.png\""),
        (
            "na\u{ef}ve.txt",
            "text/plain",
            b"words".as_slice(),
            "inline; filename=\"na_ve.txt\"; filename*=UTF-8''na%C3%AFve.txt",
        ),
        (
            "\u{62a5}\u{544a} \u{1F600}.html",
            "text/html",
            b"<!DOCTYPE html><p>hi",
            "attachment; filename=\"__ _.html\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A%20%F0%9F%98%80.html",
        ),
        (
            "a\"; filename=\"b.svg",
            "image/svg+xml",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            "attachment; filename=\"a_; filename=_b.svg\"; filename*=UTF-8''a%22%3B%20filename%3D%22b.svg",
        ),
    ] {
        let upload = app.upload(name, content_type, bytes).await;
        let link = app.link(&upload, json!({})).await;
        let redirect = app.open(Method::GET, url(&link)).await;
        assert_eq!(header(&redirect, "cache-control"), "no-store");
        assert_eq!(header(&redirect, "referrer-policy"), "no-referrer");
        assert_eq!(header(&redirect, "x-robots-tag"), "noindex");
        let signed = location(&redirect);
        let served = app.open(Method::GET, &signed).await;
        assert_eq!(served.status(), StatusCode::OK);
        let (signed_disposition, signed_type) = overrides(&signed);
        assert_eq!(signed_disposition, disposition);
        assert!(signed_type.starts_with(content_type), "{signed_type}");
        assert_eq!(header(&served, "content-disposition"), disposition);
        assert_eq!(header(&served, "content-type"), signed_type);
        assert_eq!(served.bytes().await.unwrap(), bytes);
    }
}

#[tokio::test]
async fn a_text_is_shown_in_its_own_encoding() {
    let app = App::user();
    let windows_1252 = b"name;city\r\nM\xFCller;K\xF6ln\r\n".as_slice();
    for (bytes, content_type) in
        [(windows_1252, "text/plain"), ("M\u{fc}ller;K\u{f6}ln".as_bytes(), "text/plain; charset=utf-8")]
    {
        let upload = app.upload("people.csv", "text/csv", bytes).await;
        let link = app.link(&upload, json!({})).await;
        let facts = app.open(Method::HEAD, url(&link)).await;
        let served = app.open(Method::GET, &location(&app.open(Method::GET, url(&link)).await)).await;
        for answer in [&facts, &served] {
            assert_eq!(header(answer, "content-type"), content_type);
            assert!(header(answer, "content-disposition").starts_with("inline"));
        }
        assert_eq!(served.bytes().await.unwrap(), bytes);
    }
}

#[tokio::test]
async fn head_has_the_headers_that_get_will_have() {
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let facts = app.open(Method::HEAD, url(&link)).await;
    assert_eq!(facts.status(), StatusCode::OK);
    let served = app.open(Method::GET, &location(&app.open(Method::GET, url(&link)).await)).await;
    for name in ["content-length", "content-type", "content-disposition", "etag", "accept-ranges"] {
        assert_eq!(header(&facts, name), header(&served, name), "{name}");
    }
    assert_eq!(header(&facts, "content-length"), PNG.len().to_string());
    assert_eq!(header(&facts, "content-type"), "image/png");
    assert_eq!(header(&facts, "content-disposition"), "inline; filename=\"photo.png\"");
    let if_none_match = [("if-none-match", header(&facts, "etag"))];
    for method in [Method::HEAD, Method::GET] {
        let known = app.open_with(method, url(&link), &if_none_match).await;
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    }
}

#[tokio::test]
async fn a_name_behind_the_token_changes_nothing() {
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let redirect = app.open(Method::GET, &format!("{}/photo.png", url(&link))).await;
    assert_eq!(app.open(Method::GET, &location(&redirect)).await.bytes().await.unwrap(), PNG);
}

#[tokio::test]
async fn a_revoked_link_is_gone_at_once_and_listed_as_revoked() {
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let (link, other) = (app.link(&upload, json!({})).await, app.link(&upload, json!({})).await);
    let path = format!("/links/{}", link["link_id"].as_str().unwrap());
    for _ in 0..2 {
        let (status, _) = app.call(Method::DELETE, &path, None).await;
        assert_eq!(status, StatusCode::OK);
    }
    for method in [Method::GET, Method::HEAD] {
        assert_eq!(app.open(method, url(&link)).await.status(), StatusCode::GONE);
    }
    let gone: Value = app.open(Method::GET, url(&link)).await.json().await.unwrap();
    assert_eq!(gone["code"], "link_revoked");
    location(&app.open(Method::GET, url(&other)).await);

    let (_, listed) = app.get(&format!("/uploads/{upload}/links")).await;
    let states: Vec<_> = listed["items"].as_array().unwrap().iter().map(|link| &link["state"]).collect();
    assert_eq!(states, ["open", "revoked"], "newest first");
    assert!(!listed.to_string().contains(link["token"].as_str().unwrap()), "a token is shown once");
}

#[tokio::test]
async fn a_link_expires_at_its_time() {
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({ "expires_in_s": 3 })).await;
    let begin = Instant::now();
    let signed = location(&app.open(Method::GET, url(&link)).await);
    assert!(!signed.contains("X-Amz-Expires=60&"), "the URL must expire with the link: {signed}");
    while begin.elapsed() < Duration::from_secs(20) {
        let response = app.open(Method::GET, url(&link)).await;
        if response.status() == StatusCode::GONE {
            assert!(begin.elapsed() > Duration::from_secs(2), "the link ended too early");
            let gone: Value = response.json().await.unwrap();
            assert_eq!(gone["code"], "link_expired");
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("the link did not end within 20 seconds");
}

#[tokio::test]
async fn forged_and_malformed_tokens_are_unknown() {
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let token = link["token"].as_str().unwrap();
    let flipped = format!("{}{}", if token.starts_with('B') { 'C' } else { 'B' }, &token[1..]);
    let flipped_tag = format!("{}{}", &token[..31], if token.ends_with('A') { 'B' } else { 'A' });
    let url = |token: &str| format!("{}/l/{token}", app.stack.api_url);
    location(&app.open(Method::GET, &url(token)).await);
    for forged in [flipped.as_str(), &flipped_tag, &token[..31], "x", &"A".repeat(32)] {
        let response = app.open(Method::GET, &url(forged)).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{forged}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["code"], "link_unknown", "{forged}");
    }
}

/// Returns all texts and bytes of an item as one text.
fn texts(item: &std::collections::HashMap<String, AttributeValue>) -> String {
    format!("{item:?}")
}

#[tokio::test]
async fn a_leak_of_the_table_opens_nothing() {
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let token = link["token"].as_str().unwrap();
    let dynamodb = aws_sdk_dynamodb::Client::new(&app.stack.sdk_config(&app.stack.observer));
    let mut pages = dynamodb.scan().table_name(&app.stack.table).into_paginator().items().send();
    let mut leaked = Vec::new();
    while let Some(item) = pages.next().await {
        leaked.push(texts(&item.unwrap()));
    }
    let known = leaked.iter().find(|item| item.contains(link["link_id"].as_str().unwrap()));
    assert!(known.is_some(), "the table has the link");
    // Neither the token nor the part of it that encodes the secret may be in the table.
    for secret in [token, &token[4..20]] {
        assert!(!leaked.iter().any(|item| item.contains(secret)), "the table has the secret");
    }
    let by_id = app
        .open(Method::GET, &format!("{}/l/{}", app.stack.api_url, link["link_id"].as_str().unwrap()))
        .await;
    assert_eq!(by_id.status(), StatusCode::NOT_FOUND, "the id opens nothing");
}

#[tokio::test]
async fn a_link_needs_an_available_upload() {
    let app = App::user();
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    let path = format!("/uploads/{}/links", form.upload_id);
    let (status, problem) = app.call(Method::POST, &path, Some(json!({}))).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("upload_not_available")));
}
