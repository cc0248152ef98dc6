//! Upload tokens: the app's server makes a token, and a page without a login uploads with it.

use acceptance::{App, Form, PNG, Posted, send};
use postern::upload::token::MAX_UPLOAD_TOKEN_CHARS;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn token(app: &App, uses: u32) -> Value {
    let body = json!({
        "content_types": ["image/*"], "max_size_bytes": 1000, "uses": uses, "expires_in_s": 600, "label": "avatar",
    });
    let (status, token) = app.call(Method::POST, "/upload-tokens", Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{token}");
    token
}

fn path(token: &Value) -> &str {
    token["path"].as_str().unwrap()
}

async fn post(page: &App, path: &str, body: Value) -> (StatusCode, Value) {
    page.call(Method::POST, path, Some(body)).await
}

fn png() -> Value {
    json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": PNG.len() })
}

#[tokio::test]
async fn a_page_uploads_with_a_token_and_sees_only_that_upload() {
    let (app, page) = (App::user(), App::nobody());
    let (token, other) = (token(&app, 2).await, token(&app, 1).await);
    let text = token["token"].as_str().unwrap();
    assert!(text.len() <= MAX_UPLOAD_TOKEN_CHARS && !text.contains("issuer"), "{text}");
    let (status, issued) = post(&page, &format!("{}/uploads", path(&token)), png()).await;
    assert_eq!(status, StatusCode::CREATED, "{issued}");
    let form = Form::read(&issued);
    assert_eq!(form.post(PNG).await, Posted::stored());
    let upload = app.settled(&form.upload_id).await;
    assert_eq!((&upload["state"], &upload["label"]), (&json!("available"), &json!("avatar")));
    let (status, seen) = page.get(&format!("{}/uploads/{}", path(&token), form.upload_id)).await;
    assert_eq!((status, &seen["state"]), (StatusCode::OK, &json!("available")));
    let (status, problem) = page.get(&format!("{}/uploads/{}", path(&other), form.upload_id)).await;
    assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("upload_not_found")));
}

#[tokio::test]
async fn what_the_token_does_not_allow_is_refused_by_name() {
    let (app, page) = (App::user(), App::nobody());
    let token = token(&app, 1).await;
    let uploads = format!("{}/uploads", path(&token));
    let html = json!({ "filename": "a.html", "content_type": "text/html", "size_bytes": 10 });
    let large = json!({ "filename": "a.png", "content_type": "image/png", "size_bytes": 1001 });
    for (body, field) in [(html, "content_type"), (large, "size_bytes")] {
        let (status, problem) = post(&page, &uploads, body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    let (status, _) = post(&page, &uploads, png()).await;
    assert_eq!(status, StatusCode::CREATED, "a refused request uses up nothing");
}

#[tokio::test]
async fn a_token_ends_by_use_and_by_its_owner() {
    let (app, page) = (App::user(), App::nobody());
    let used = token(&app, 1).await;
    let uploads = format!("{}/uploads", path(&used));
    assert_eq!(post(&page, &uploads, png()).await.0, StatusCode::CREATED);
    let (status, problem) = post(&page, &uploads, png()).await;
    assert_eq!((status, &problem["code"]), (StatusCode::GONE, &json!("upload_token_used_up")));

    let revoked = token(&app, 9).await;
    let management = format!("/upload-tokens/{}", revoked["upload_token_id"].as_str().unwrap());
    let strangers = App::stranger().call(Method::DELETE, &management, None).await.0;
    assert_eq!(strangers, StatusCode::NOT_FOUND);
    for _ in 0..2 {
        assert_eq!(app.call(Method::DELETE, &management, None).await.0, StatusCode::NO_CONTENT);
    }
    let (status, problem) = post(&page, &format!("{}/uploads", path(&revoked)), png()).await;
    assert_eq!((status, &problem["code"]), (StatusCode::GONE, &json!("upload_token_revoked")));
    let forged = format!("/t/{}/uploads", "A".repeat(100));
    let (status, problem) = post(&page, &forged, png()).await;
    assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("upload_token_unknown")));
}

#[tokio::test]
async fn a_page_gives_up_its_form_and_no_file_that_has_arrived() {
    let (app, page) = (App::user(), App::nobody());
    let (token, other) = (token(&app, 1).await, token(&app, 1).await);
    let (_, issued) = post(&page, &format!("{}/uploads", path(&token)), png()).await;
    let form = Form::read(&issued);
    let give_up = async |below: &str| {
        let path = format!("{below}/uploads/{}/parts", form.upload_id);
        page.call(Method::DELETE, &path, None).await
    };
    let (status, problem) = give_up(path(&other)).await;
    assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("upload_not_found")));
    app.assert_untouched(&form.upload_id).await;
    for _ in 0..2 {
        assert_eq!(give_up(path(&token)).await.0, StatusCode::NO_CONTENT);
        app.assert_given_up(&form.upload_id).await;
    }
    let (status, _) = post(&page, &format!("{}/uploads", path(&token)), png()).await;
    assert_eq!(status, StatusCode::GONE, "the use does not come back");

    assert_eq!(form.post(PNG).await, Posted::stored(), "S3 still accepts the form");
    let upload = app.until(&form.upload_id, |upload| upload["state"] != "expired").await;
    assert_eq!(upload["state"], "available", "a file that arrives nevertheless is not lost");
    let (status, problem) = give_up(path(&token)).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("upload_has_file")));
    assert_eq!(app.versions(&form.upload_id).await, [upload["recorded"]["version_id"].as_str().unwrap()]);

    let management = format!("/upload-tokens/{}", token["upload_token_id"].as_str().unwrap());
    assert_eq!(app.call(Method::DELETE, &management, None).await.0, StatusCode::NO_CONTENT);
    let (status, problem) = give_up(path(&token)).await;
    assert_eq!((status, &problem["code"]), (StatusCode::GONE, &json!("upload_token_revoked")));
}

#[tokio::test]
async fn an_owner_gives_up_a_form() {
    let app = App::user();
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    let path = format!("/uploads/{}/parts", form.upload_id);
    assert_eq!(App::stranger().call(Method::DELETE, &path, None).await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.call(Method::DELETE, &path, None).await.0, StatusCode::NO_CONTENT);
    app.assert_given_up(&form.upload_id).await;
}

#[tokio::test]
async fn a_repeated_request_for_a_token_shows_the_same_one() {
    let app = App::user();
    let body = json!({ "content_types": ["*/*"], "max_size_bytes": 10, "uses": 1, "expires_in_s": 60 });
    let key = uuid::Uuid::new_v4().to_string();
    let make = async |body: &Value| {
        let request = app.request(Method::POST, "/upload-tokens").header("idempotency-key", &key).json(body);
        send(request).await.json::<Value>().await.unwrap()
    };
    let first = make(&body).await;
    assert_eq!(first["token"], make(&body).await["token"]);
    let other = json!({ "content_types": ["*/*"], "max_size_bytes": 11, "uses": 1, "expires_in_s": 60 });
    assert_eq!(make(&other).await["code"], "idempotency_key_reused");
}

/// Returns a page, and the path of a token that allows any type.
async fn page_of(user: &App) -> (App, String) {
    let terms = json!({ "content_types": ["*/*"], "max_size_bytes": 1000, "uses": 5, "expires_in_s": 600 });
    let (_, token) = user.call(Method::POST, "/upload-tokens", Some(terms)).await;
    (App::new(user.stack, None), token["path"].as_str().unwrap().to_owned())
}

/// Uppy does not declare a size, and a person may choose an empty file.
#[tokio::test]
async fn an_empty_file_is_accepted_over_companions_route() {
    let user = App::user();
    let (page, path) = page_of(&user).await;
    let named = format!("{path}/s3/params?filename=%E6%8A%A5%E5%91%8A.txt&type=text/plain");
    let (status, issued) = page.call(Method::GET, &named, None).await;
    assert_eq!(status, StatusCode::OK, "{issued}");
    let form = Form::read(&issued);
    assert_eq!(form.post(b"").await, Posted::stored());
    let upload = user.settled(&form.upload_id).await;
    assert_eq!((&upload["state"], &upload["filename"]), (&json!("available"), &json!("报告.txt")));
}

/// Uppy sends all of its `meta` as metadata. Of a refusal, it shows the `message`.
#[tokio::test]
async fn a_refused_metadata_field_is_named_with_advice() {
    let user = App::user();
    let (page, path) = page_of(&user).await;
    for (name, value) in [("fileCaption", "x"), ("caption", "%E6%8A%A5"), ("caption", "")] {
        let sent = format!("{path}/s3/params?filename=a.txt&type=text/plain&metadata[{name}]={value}");
        let (status, problem) = page.call(Method::GET, &sent, None).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        let field = format!("metadata.{name}");
        for text in ["detail", "message"] {
            assert!(problem[text].as_str().unwrap().contains(&field), "{problem}");
        }
        assert!(problem["message"].as_str().unwrap().contains("allowedMetaFields"), "{problem}");
    }
}
