//! `Idempotency-Key`: a repeated request makes no second upload and no second link.

use acceptance::{App, Form, PNG, explained, send};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

async fn post(app: &App, path: &str, key: &str, body: &Value) -> (StatusCode, Value) {
    let request = app.request(Method::POST, path).header("idempotency-key", key).json(body);
    let response = send(request).await;
    (response.status(), explained::read(response).await)
}

#[tokio::test]
async fn an_upload_is_issued_once() {
    let (app, key) = (App::user(), Uuid::new_v4().to_string());
    let body = json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": PNG.len() });
    let (status, first) = post(&app, "/uploads", &key, &body).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, again) = post(&app, "/uploads", &key, &body).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!((&first["upload_id"], &first["expires_at"]), (&again["upload_id"], &again["expires_at"]));
    assert_eq!(Form::read(&again).post(PNG).await.status, 201);

    let (status, problem) =
        post(&app, "/uploads", &key, &json!({ "filename": "b", "content_type": "a/b" })).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("idempotency_key_reused"))
    );
    let (_, stranger) = post(&App::stranger(), "/uploads", &key, &body).await;
    assert_ne!(first["upload_id"], stranger["upload_id"]);
    let (status, problem) = post(&app, "/uploads", &"k".repeat(256), &body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["errors"][0]["field"], "Idempotency-Key");
}

#[tokio::test]
async fn a_link_is_made_once_and_shows_the_same_token() {
    let (app, key) = (App::user(), Uuid::new_v4().to_string());
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let path = format!("/uploads/{upload}/links");
    let (status, first) = post(&app, &path, &key, &json!({})).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(post(&app, &path, &key, &json!({})).await, (StatusCode::CREATED, first.clone()));
    assert_eq!(app.open(Method::GET, first["url"].as_str().unwrap()).await.status(), StatusCode::FOUND);
    let (_, links) = app.get(&path).await;
    assert_eq!(links["items"].as_array().unwrap().len(), 1);
}
