//! Batches: many forms by one request, all or none.

use acceptance::{App, Form, PNG, Posted, explained, send};
use futures::{StreamExt, stream};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

fn files(names: impl Iterator<Item = usize>) -> Value {
    let file = |n| {
        let (filename, path) = (format!("{n}.png"), format!("Photos/{n}/{n}.png"));
        json!({ "filename": filename, "path": path, "content_type": "image/png", "size_bytes": PNG.len() })
    };
    json!({ "uploads": names.map(file).collect::<Vec<_>>() })
}

async fn post(app: &App, path: &str, key: &str, body: &Value) -> (StatusCode, Value) {
    let request = app.request(Method::POST, path).header("idempotency-key", key).json(body);
    let response = send(request).await;
    (response.status(), explained::read(response).await)
}

/// Returns the path of the batches of a new upload token.
async fn batches_by_token(app: &App, uses: u32) -> String {
    let scope =
        json!({ "content_types": ["image/*"], "max_size_bytes": 1000, "uses": uses, "expires_in_s": 3600 });
    let (status, token) = app.call(Method::POST, "/upload-tokens", Some(scope)).await;
    assert_eq!(status, StatusCode::CREATED, "{token}");
    format!("{}/uploads/batch", token["path"].as_str().unwrap())
}

fn uploads(answer: &Value) -> &Vec<Value> {
    answer["uploads"].as_array().unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test]
async fn a_page_uploads_a_folder_of_fifty_files_with_one_request() {
    let (app, page) = (App::user(), App::nobody());
    let (batches, key) = (batches_by_token(&app, 50).await, Uuid::new_v4().to_string());
    let (status, answer) = post(&page, &batches, &key, &files(0..50)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let forms: Vec<_> = uploads(&answer).iter().map(Form::read).collect();
    assert_eq!(forms.len(), 50);
    let posted = stream::iter(&forms[..49]).map(|form| form.post(PNG)).buffered(8);
    for posted in posted.collect::<Vec<_>>().await {
        assert_eq!(posted, Posted::stored());
    }
    for (n, form) in forms[..49].iter().enumerate() {
        let upload = app.settled(&form.upload_id).await;
        assert_eq!(upload["state"], "available", "{upload}");
        assert_eq!(upload["path"], format!("Photos/{n}/{n}.png"), "{upload}");
    }
    // The page was left before the last file. All uses of the token are used up.
    let (status, again) = post(&page, &batches, &key, &files(0..50)).await;
    assert_eq!(status, StatusCode::CREATED, "{again}");
    for (before, now) in forms.iter().zip(uploads(&again)).take(49) {
        assert_eq!(*now, json!({ "upload_id": before.upload_id, "state": "available" }));
    }
    let last = Form::read(&uploads(&again)[49]);
    assert_eq!((&last.upload_id, last.post(PNG).await), (&forms[49].upload_id, Posted::stored()));
    assert_eq!(app.settled(&last.upload_id).await["state"], "available");
    let (status, problem) = post(&page, &batches, &Uuid::new_v4().to_string(), &files(0..1)).await;
    assert_eq!((status, &problem["code"]), (StatusCode::GONE, &json!("upload_token_used_up")));
}

#[tokio::test]
async fn the_last_uses_of_a_token_go_to_one_of_two_batches() {
    let (app, page) = (App::user(), App::nobody());
    let batches = batches_by_token(&app, 5).await;
    let (first, second) = (files(0..4), files(4..8));
    let (one, other) = futures::join!(
        page.call(Method::POST, &batches, Some(first)),
        page.call(Method::POST, &batches, Some(second)),
    );
    let (won, lost) = if one.0 == StatusCode::CREATED { (one, other) } else { (other, one) };
    assert_eq!((won.0, uploads(&won.1).len()), (StatusCode::CREATED, 4), "{}", won.1);
    assert_eq!((lost.0, &lost.1["code"]), (StatusCode::CONFLICT, &json!("upload_token_too_few_uses")));
    let detail = lost.1["detail"].as_str().unwrap();
    assert!(detail.starts_with("The upload token has 1 use left and this batch needs 4"), "{detail}");
    let (status, answer) = page.call(Method::POST, &batches, Some(files(0..1))).await;
    assert_eq!(status, StatusCode::CREATED, "a refused batch uses nothing up: {answer}");
}

#[tokio::test]
async fn an_app_repeats_its_batch_and_another_batch_under_its_key_is_refused() {
    let (app, key) = (App::user(), Uuid::new_v4().to_string());
    let (status, first) = post(&app, "/uploads/batch", &key, &files(0..3)).await;
    assert_eq!(status, StatusCode::CREATED, "{first}");
    let (status, again) = post(&app, "/uploads/batch", &key, &files(0..3)).await;
    assert_eq!(status, StatusCode::CREATED, "{again}");
    for (first, again) in uploads(&first).iter().zip(uploads(&again)) {
        assert_eq!((&first["upload_id"], &first["expires_at"]), (&again["upload_id"], &again["expires_at"]));
    }
    for other in [files(0..4), files(0..2), files(1..4)] {
        let (status, problem) = post(&app, "/uploads/batch", &key, &other).await;
        let expected = (StatusCode::UNPROCESSABLE_ENTITY, &json!("idempotency_key_reused"));
        assert_eq!((status, &problem["code"]), expected, "{problem}");
    }
    let mut wrong = files(0..3);
    wrong["uploads"][1]["path"] = json!("../1.png");
    wrong["uploads"][2]["filename"] = json!("a/b.png");
    let (status, problem) = post(&app, "/uploads/batch", &Uuid::new_v4().to_string(), &wrong).await;
    let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(fields, ["uploads[1].path", "uploads[2].filename"]);
}
