//! Invalid requests. The answer is a problem that names the field, and the API writes nothing.

use acceptance::{App, PNG, explained, send};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn new_upload(field: &str, value: &Value) -> String {
    let mut body = json!({ "filename": "a.txt", "content_type": "text/plain" });
    body[field] = value.clone();
    body.to_string()
}

async fn refused(app: &App, body: String) -> (StatusCode, Value) {
    let request = app.request(Method::POST, "/uploads").header("content-type", "application/json").body(body);
    let response = send(request).await;
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    (response.status(), explained::read(response).await)
}

#[tokio::test]
async fn every_broken_field_is_named() {
    let app = App::new(
        &acceptance::shared().coordinates,
        Some(acceptance::shared().coordinates.stranger_jwt.clone()),
    );
    let before = app.get("/uploads").await.1;
    for (field, value) in [
        ("filename", json!("")),
        ("filename", json!("../../etc/passwd")),
        ("filename", json!("a\\b")),
        ("filename", json!("a\r\nSet-Cookie: x=1")),
        ("filename", json!("x".repeat(1024))),
        ("filename", json!("\u{1F600}".repeat(64))),
        ("filename", json!("photo\u{202E}gpj.exe")),
        ("filename", json!(null)),
        ("filename", json!(["a"])),
        ("content_type", json!("")),
        ("content_type", json!("png")),
        ("content_type", json!("text/html\r\nx: y")),
        ("content_type", json!("a/".to_owned() + &"b".repeat(300))),
        ("size_bytes", json!(-1)),
        ("size_bytes", json!(1.5)),
        ("size_bytes", json!("10")),
        ("size_bytes", json!(5_368_709_121_u64)),
        ("size_bytes", json!(u64::MAX)),
        ("max_size_bytes", json!(0)),
        ("max_size_bytes", json!(u64::MAX)),
        ("checksum_sha256", json!("abc")),
        ("metadata", json!("x")),
        ("unknown_field", json!(1)),
    ] {
        let (status, problem) = refused(&app, new_upload(field, &value)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}: {problem}");
        assert_eq!(problem["errors"][0]["field"], field, "{value}: {problem}");
        assert!(problem["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{problem}");
        assert!(!problem["errors"][0]["rule"].as_str().unwrap().is_empty());
    }
    assert_eq!(app.get("/uploads").await.1, before, "nothing is written");
}

#[tokio::test]
async fn missing_fields_are_named() {
    let app = App::user();
    for (body, field) in
        [(r#"{"content_type":"text/plain"}"#, "filename"), (r#"{"filename":"a"}"#, "content_type")]
    {
        let (status, problem) = refused(&app, body.to_owned()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_malformed() {
    let app = App::user();
    for body in [
        "",
        "{",
        "nonsense",
        "[]",
        "7",
        r#"{"filename":"a","content_type":"a/b"} x"#,
        "\u{0}",
        "{\"filename\":\"a\u{1}\"}",
    ] {
        let (status, problem) = refused(&app, body.to_owned()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body:?}: {problem}");
        assert_eq!(problem["code"], "malformed_body", "{body:?}");
    }
}

/// File names with quotes or with characters of four bytes are valid. `links.rs` checks how S3's answers
/// escape them.
#[tokio::test]
async fn file_names_with_quotes_and_emoji_are_valid() {
    let app = App::user();
    for name in ["say \"hi\".txt", "\u{1F600}.txt", "it's; a=b.txt", "100%.txt", ".hidden"] {
        let form = app.issue(json!({ "filename": name, "content_type": "text/plain" })).await;
        assert_eq!(app.show(&form.upload_id).await["filename"], name);
    }
}

#[tokio::test]
async fn invalid_ids_are_not_found_and_invalid_pages_are_unprocessable() {
    let app = App::user();
    for id in ["x", "00000000-0000-4000-8000-000000000000", "A0000000-0000-4000-8000-000000000000"] {
        let (status, problem) = app.get(&format!("/uploads/{id}")).await;
        assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("upload_not_found")), "{id}");
        let (status, _) = app.call(Method::DELETE, &format!("/links/{id}"), None).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{id}");
    }
    for query in ["limit=0", "limit=101", "limit=x", "cursor=x"] {
        let (status, problem) = app.get(&format!("/uploads?{query}")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {problem}");
    }
}

#[tokio::test]
async fn a_bad_link_request_makes_no_link() {
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    for body in [json!({ "expires_in_s": 0 }), json!({ "expires_in_s": "1" }), json!({ "expires": 1 })] {
        let (status, problem) = app.call(Method::POST, &format!("/uploads/{upload}/links"), Some(body)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    }
    let (_, links) = app.get(&format!("/uploads/{upload}/links")).await;
    assert_eq!(links["items"], json!([]));
}
