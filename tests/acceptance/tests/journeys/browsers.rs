//! Real upload clients from npm in a real browser: Uppy 5 and 6, `ActiveStorage`'s direct uploads, Dropzone.
//! The browser enforces CORS against the API and the bucket.

use std::path::PathBuf;
use std::process::Stdio;

use acceptance::{App, PNG};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::chromium::CLIENTS;

const MIB: usize = 1024 * 1024;
async fn token(app: &App, label: &str, max_size_bytes: usize) -> Value {
    let body = json!({
        "content_types": ["image/*"], "max_size_bytes": max_size_bytes, "uses": 10, "expires_in_s": 600, "label": label,
    });
    let (status, token) = app.call(Method::POST, "/upload-tokens", Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{token}");
    token
}

fn job(app: &App, token: &Value, client: &str, bytes: usize) -> Value {
    json!({
        "client": client, "base": format!("{}{}", app.stack.api_url, token["path"].as_str().unwrap()),
        "filename": "photo.png", "type": "image/png", "bytes": bytes, "head": PNG,
    })
}

async fn drive(app: &App, (folder, browser): &(PathBuf, &str), jobs: &[Value]) -> Vec<Value> {
    let order = json!({ "browser": browser, "origin": app.stack.origin, "jobs": jobs }).to_string();
    let output = Command::new("node")
        .args(["drive.mjs", &order])
        .current_dir(folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Waits until no upload with this label is pending, and returns the uploads.
async fn labelled(app: &App, label: &str) -> Vec<Value> {
    let (_, page) = app.get("/uploads?limit=100").await;
    let ours = page["items"].as_array().unwrap().iter().filter(|upload| upload["label"] == label);
    let mut settled = Vec::new();
    for upload in ours {
        settled.push(app.settled(upload["upload_id"].as_str().unwrap()).await);
    }
    settled
}

async fn uploads_and_ends_available(client: &str, bytes: usize, with: Value) -> Option<Value> {
    let clients = CLIENTS.with_browser(client).await?;
    let app = App::user();
    let label = format!("{client}-{}", uuid::Uuid::new_v4());
    let token = token(&app, &label, 20 * MIB).await;
    let mut job = job(&app, &token, client, bytes);
    job.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    let answers = drive(&app, &clients, &[job]).await;
    assert_eq!(answers[0]["ok"], true, "{answers:?}");
    let uploads = labelled(&app, &label).await;
    assert_eq!(uploads.len() as u64, with["files"].as_u64().unwrap_or(1), "{uploads:?}");
    for upload in uploads {
        assert_eq!(upload["state"], "available", "{upload}");
        assert_eq!(upload["recorded"]["size_bytes"], bytes, "{upload}");
        assert_eq!(upload["surplus_versions"], 0, "{upload}");
    }
    answers.into_iter().next()
}

/// Checks that a paused upload does not complete before it is resumed.
async fn pauses_and_goes_on(client: &str) {
    let with = json!({ "multipart": true, "pause": true });
    let Some(answer) = uploads_and_ends_available(client, 11 * MIB, with).await else { return };
    assert_eq!(answer["pauses"], json!([true, "waiting", false]), "{answer}");
}

/// Checks that a cancelled upload leaves no parts in S3.
async fn cancels(client: &str) {
    let Some(clients) = CLIENTS.with_browser(client).await else { return };
    let app = App::user();
    let label = format!("{client}-{}", uuid::Uuid::new_v4());
    let token = token(&app, &label, 40 * MIB).await;
    let mut job = job(&app, &token, client, 30 * MIB);
    job.as_object_mut()
        .unwrap()
        .extend(json!({ "multipart": true, "cancel": true }).as_object().unwrap().clone());
    let answers = drive(&app, &clients, &[job]).await;
    assert_eq!(answers[0]["error"], "cancelled", "{answers:?}");
    let (_, page) = app.get("/uploads?limit=100").await;
    let ours: Vec<_> =
        page["items"].as_array().unwrap().iter().filter(|upload| upload["label"] == label).collect();
    assert_eq!(ours.len(), 1, "{ours:?}");
    let id = ours[0]["upload_id"].as_str().unwrap();
    let (status, problem) = app.get(&format!("/uploads/{id}/parts")).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("multipart_not_found")),
        "{problem}"
    );
    app.assert_given_up(id).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_cancelled_upload_of_uppy_5_leaves_no_parts() {
    cancels("uppy-5").await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_cancelled_upload_of_uppy_6_leaves_no_parts() {
    cancels("uppy-6").await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn uppy_posts_a_form_of_shrines_route() {
    for client in ["shrine-5", "shrine-6"] {
        uploads_and_ends_available(client, 1000, json!({})).await;
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn uppy_5_posts_a_form() {
    uploads_and_ends_available("uppy-5", 1000, json!({})).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn uppy_6_posts_a_form() {
    uploads_and_ends_available("uppy-6", 1000, json!({})).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn uppy_5_uploads_in_parts_with_a_pause() {
    pauses_and_goes_on("uppy-5").await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn uppy_6_uploads_in_parts_with_a_pause() {
    pauses_and_goes_on("uppy-6").await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_page_posts_a_form_with_fetch() {
    uploads_and_ends_available("fetch", 1000, json!({})).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn activestorage_puts_directly() {
    uploads_and_ends_available("activestorage", 1000, json!({})).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn dropzone_posts_a_form_for_each_file_by_configuration() {
    uploads_and_ends_available("dropzone", 1000, json!({ "files": 3 })).await;
}

/// The person presses Retry. Uppy 5 sends the file again as another upload. Uppy 6 asks which parts S3 has,
/// finds all of them, and completes the upload again.
#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_retry_after_a_lost_answer_of_complete() {
    let Some(clients) = CLIENTS.with_browser("a lost answer in a browser").await else { return };
    let app = App::user();
    for (client, uploads) in [("uppy-5", 2), ("uppy-6", 1)] {
        let label = format!("lost-{client}-{}", uuid::Uuid::new_v4());
        let token = token(&app, &label, 20 * MIB).await;
        let mut job = job(&app, &token, client, 11 * MIB);
        let with = json!({ "multipart": true, "lose": "complete", "retry": true });
        job.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        let answers = drive(&app, &clients, &[job]).await;
        assert_eq!((&answers[0]["lost"], &answers[0]["ok"]), (&json!(1), &json!(true)), "{answers:?}");
        assert_eq!(answers[0]["thrown"], json!([]), "{answers:?}");
        let settled = labelled(&app, &label).await;
        assert_eq!(settled.len(), uploads, "{settled:?}");
        assert!(settled.iter().all(|upload| upload["state"] == "available"), "{settled:?}");
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn uppy_shows_the_person_why_a_file_is_refused() {
    let Some(clients) = CLIENTS.with_browser("refusals in a browser").await else { return };
    let app = App::user();
    let label = format!("refused-{}", uuid::Uuid::new_v4());
    let token = token(&app, &label, 2000).await;
    // If the API refuses a file, Uppy 5 shows the API's text, and Uppy 6 shows only the status line. If the
    // page's own restrictions refuse it, both show this before they send anything.
    let limits = json!({ "maxFileSize": 2000, "allowedFileTypes": ["image/*"] });
    let mut jobs = Vec::new();
    for client in ["uppy-5", "uppy-6"] {
        let of = |bytes: usize, with: Value| {
            let mut job = job(&app, &token, client, bytes);
            job.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
            job
        };
        let spoken =
            |uppy_5: &'static str, uppy_6: &'static str| if client == "uppy-5" { uppy_5 } else { uppy_6 };
        jobs.extend([
            (
                of(10, json!({ "type": "text/html" })),
                spoken("this upload token allows image/*", "Unprocessable"),
            ),
            (
                of(2001, json!({ "multipart": true })),
                spoken("2001 bytes, at most 2000 are allowed", "Unprocessable"),
            ),
            (of(2001, json!({})), ""),
            (of(2001, json!({ "restrictions": limits })), "exceeds maximum allowed size"),
            (of(10, json!({ "type": "text/html", "restrictions": limits })), "You can only upload: image/*"),
        ]);
    }
    let asked: Vec<_> = jobs.iter().map(|(job, _)| job.clone()).collect();
    for ((job, words), answer) in jobs.iter().zip(drive(&app, &clients, &asked).await) {
        assert_eq!(answer["ok"], false, "{job} {answer}");
        let shown = answer["shown"].as_str().unwrap();
        assert!(!shown.is_empty() && shown.contains(words), "{job} {answer}");
        eprintln!("{} {} {}: {shown}", job["client"], job["type"], job["bytes"]);
    }
    for upload in app.get("/uploads?limit=100").await.1["items"].as_array().unwrap() {
        // Uppy aborts the multipart upload after the API has refused its parts, so such an upload may be
        // expired.
        let has_no_file = upload["state"] == "pending" || upload["state"] == "expired";
        assert!(upload["label"] != label.as_str() || has_no_file, "{upload}");
    }
}
