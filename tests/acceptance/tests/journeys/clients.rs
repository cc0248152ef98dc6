//! Forms that independent clients post: curl, Python's requests, a browser.

use std::path::Path;
use std::process::Stdio;

use acceptance::{App, Form, PNG, Posted, skipped};
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use reqwest::{Method, StatusCode, multipart};
use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;

fn file(bytes: &[u8]) -> (TempDir, std::path::PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("photo.png");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

async fn run(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

async fn ends_available(app: &App, form: &Form) {
    let upload = app.settled(&form.upload_id).await;
    assert_eq!(upload["state"], "available", "{upload}");
    assert_eq!(upload["recorded"]["size_bytes"], PNG.len());
}

#[tokio::test]
async fn curl_posts_the_form() {
    let app = App::user();
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    let (_folder, path) = file(PNG);
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]);
    for (name, value) in &form.fields {
        curl.arg("--form-string").arg(format!("{name}={value}"));
    }
    curl.arg("-F").arg(format!("file=@{}", path.display())).arg(&form.url);
    match run(&mut curl).await {
        Some(status) => assert_eq!(status, "201"),
        None => return skipped("curl", "there is no curl here"),
    }
    ends_available(&app, &form).await;
}

const REQUESTS: &str = "
import json, sys, requests
answer, path = json.loads(sys.argv[1]), sys.argv[2]
with open(path, 'rb') as file:
    response = requests.post(answer['url'], data=answer['fields'], files={'file': file})
print(response.status_code)
";

#[tokio::test]
async fn pythons_requests_posts_the_form() {
    let app = App::user();
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    let (_folder, path) = file(PNG);
    let python = tokio::task::spawn_blocking(stack::python).await.unwrap().unwrap();
    let answer = json!({ "url": form.url, "fields": form.fields }).to_string();
    let status = run(Command::new(python).args(["-c", REQUESTS, &answer]).arg(&path)).await.unwrap();
    assert_eq!(status.trim(), "201");
    ends_available(&app, &form).await;
}

/// Returns a page with the form, as an HTML template renders it. A script on the page takes the place of the
/// person: it chooses a file and presses the button.
fn page(form: &Form) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let field = |(name, value): (&String, &String)| {
        format!("<input type=hidden name=\"{}\" value=\"{}\">", escaped(name), escaped(value))
    };
    let fields: String = form.fields.iter().map(field).collect();
    format!(
        "<!DOCTYPE html><title>upload</title>
        <form action=\"{}\" method=post enctype=multipart/form-data>{fields}<input type=file name=file></form>
        <script>
        const chosen = new DataTransfer();
        chosen.items.add(new File([new Uint8Array({:?})], 'photo.png'));
        document.querySelector('[type=file]').files = chosen.files;
        document.forms[0].submit();
        </script>",
        escaped(&form.url),
        PNG
    )
}

#[tokio::test]
async fn a_browser_posts_a_plain_html_form() {
    let Some(browser) = chromium() else {
        return skipped("a plain HTML form in a browser", "there is no Chromium here");
    };
    let app = App::user();
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    let html = page(&form);
    let router = Router::new().route("/", get(move || async move { Html(html) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });

    shown_by(browser, &url).await;
    ends_available(&app, &form).await;
}

/// Returns a request for a form after which S3 redirects the browser to the page `to`. S3 adds the key of the
/// file to the address.
fn redirecting(app: &App, to: &str) -> serde_json::Value {
    let url = format!("{}{to}", app.stack.origin);
    json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": PNG.len(), "success_action_redirect": url })
}

#[tokio::test]
async fn a_form_redirects_only_to_an_origin_of_the_stack() {
    let app = App::user();
    let form = app.issue(redirecting(&app, "/done?from=form")).await;
    let parts = form
        .fields
        .iter()
        .fold(multipart::Form::new(), |parts, (name, value)| parts.text(name.clone(), value.clone()));
    let file = multipart::Part::bytes(PNG.to_vec()).file_name("photo.png");
    let answer = stack::http().post(&form.url).multipart(parts.part("file", file)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let location = answer.headers()["location"].to_str().unwrap();
    let begin = format!("{}/done?from=form&", app.stack.origin);
    assert!(location.starts_with(&begin) && location.contains(&form.upload_id), "{location}");
    ends_available(&app, &form).await;

    for elsewhere in ["https://evil.example/done", "/done", "javascript:alert(1)"] {
        let mut body = redirecting(&app, "/done");
        body["success_action_redirect"] = json!(elsewhere);
        let (status, problem) = app.call(Method::POST, "/uploads", Some(body)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        assert_eq!(problem["errors"][0]["field"], "success_action_redirect");
        assert!(problem["errors"][0]["rule"].as_str().unwrap().contains("redirect"), "{problem}");
    }
    // The policy pins the redirect, so the client cannot change it.
    let form = app.issue(redirecting(&app, "/done")).await;
    let turned = form.clone().with("success_action_redirect", "https://evil.example/done").post(PNG).await;
    assert_eq!(turned, Posted::refused(403, "AccessDenied", "condition_failed success_action_redirect"));
}

#[tokio::test]
async fn s3_redirects_the_browser_after_a_plain_html_form() {
    let what = "a redirect after a plain HTML form";
    let Some(browser) = chromium() else { return skipped(what, "there is no Chromium here") };
    let app = App::user();
    let address = app.stack.origin.strip_prefix("http://").unwrap_or_default().to_owned();
    let Ok(listener) = tokio::net::TcpListener::bind(&address).await else {
        return skipped(what, "the stack's origin is not this machine, or its port is taken");
    };
    let form = app.issue(redirecting(&app, "/done")).await;
    let html = page(&form);
    let done = |request: axum::extract::RawQuery| async move { Html(format!("arrived {:?}", request.0)) };
    let router = Router::new().route("/", get(move || async move { Html(html) })).route("/done", get(done));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let shown = shown_by(browser, &format!("{}/", app.stack.origin)).await;
    assert!(shown.contains("arrived") && shown.contains(&form.upload_id), "{shown}");
    ends_available(&app, &form).await;
}

fn chromium() -> Option<&'static str> {
    ["/usr/bin/chromium", "/usr/bin/google-chrome"].into_iter().find(|path| Path::new(path).exists())
}

/// Returns the HTML of the page that the browser shows at the end.
async fn shown_by(browser: &str, url: &str) -> String {
    let profile = TempDir::new().unwrap();
    let mut chromium = Command::new(browser);
    chromium
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(["--timeout=10000", "--dump-dom", url]);
    run(&mut chromium).await.unwrap()
}
