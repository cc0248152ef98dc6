//! The functions' logs. They are JSON, with one line for each request, which has the request's id. They
//! contain no tokens, URLs or file names.

use std::time::Duration;

use acceptance::{App, PNG, send};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn log(app: &App) -> Vec<String> {
    let mut all = Vec::new();
    for function in ["issue-upload", "record-upload", "serve-link"] {
        let events = app.stack.function_logs(function).await.unwrap();
        all.extend(events.iter().flat_map(|event| event.lines()).map(str::to_owned));
    }
    all
}

#[tokio::test]
async fn every_request_has_its_line_and_no_line_has_a_secret() {
    let app = App::user();
    let filename = "strictly confidential.png";
    let form = app.issue_for(filename, "image/png", PNG).await;
    assert_eq!(form.post(PNG).await.status, 201);
    app.settled(&form.upload_id).await;
    let link = app.link(&form.upload_id, json!({})).await;
    let opened = app.open(Method::GET, link["url"].as_str().unwrap()).await;
    assert_eq!(opened.status(), StatusCode::FOUND);
    let signed = opened.headers()["location"].to_str().unwrap().to_owned();
    let (_, problem) = app.get("/uploads/nonsense").await;
    let request_id = problem["request_id"].as_str().unwrap();

    let mut lines = log(&app).await;
    for _ in 0..100 {
        if lines.iter().any(|line| line.contains(request_id))
            && lines.iter().any(|line| line.contains("GET /l/"))
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        lines = log(&app).await;
    }
    let ours: Vec<&String> = lines.iter().filter(|line| line.starts_with('{')).collect();
    let refused: Vec<Value> = parsed(&ours, request_id);
    assert_eq!(refused.len(), 1, "one line for a request: {refused:?}");
    let refusal = &refused[0];
    assert_eq!(
        (&refusal["route"], &refusal["status"]),
        (&json!("GET /uploads/{id}"), &json!(404)),
        "{refusal}"
    );
    assert!(refusal["invocation_id"].as_str().is_some_and(|id| id.len() == 36), "{refusal}");
    assert!(parsed(&ours, &form.upload_id).iter().any(|line| line["verdict"] == "pinned"));

    let (_, signature) = signed.split_once("X-Amz-Signature=").unwrap();
    let (_, jwt_signature) = app.stack.jwt.rsplit_once('.').unwrap();
    for secret in [
        link["token"].as_str().unwrap(),
        &form.fields["policy"],
        &form.fields["x-amz-signature"],
        &form.fields["x-amz-security-token"],
        signature,
        jwt_signature,
        filename,
        "X-Amz-",
        "https://",
    ] {
        let leak = lines.iter().find(|line| line.contains(secret));
        assert_eq!(leak, None, "the logs have {secret}");
    }
    for line in lines.iter().filter(|line| !line.starts_with('{')) {
        let lambdas = ["START ", "END ", "REPORT ", "INIT_START "];
        assert!(line.is_empty() || lambdas.iter().any(|word| line.starts_with(word)), "no JSON: {line}");
    }
}

fn parsed(lines: &[&String], text: &str) -> Vec<Value> {
    let found = lines.iter().filter(|line| line.contains(text));
    found.map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
}

/// Waits until `function` has logged at least `number` lines with `text` in their `span`, and returns them.
async fn lines_of(app: &App, function: &str, text: &str, number: usize) -> Vec<Value> {
    for _ in 0..100 {
        let events = app.stack.function_logs(function).await.unwrap();
        let lines = events.iter().flat_map(|event| event.lines()).filter(|line| line.starts_with('{'));
        let lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
        let lines: Vec<_> = lines.filter(|line| line["span"].to_string().contains(text)).collect();
        if lines.len() >= number {
            return lines;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{function} did not log {number} lines about {text}");
}

#[tokio::test]
async fn the_lines_of_a_link_name_link_and_upload_and_never_the_token() {
    let app = App::user();
    let upload = app.upload("a.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({ "max_opens": 2, "password": "open sesame" })).await;
    let (id, url) = (link["link_id"].as_str().unwrap(), link["url"].as_str().unwrap());
    for method in [Method::GET, Method::HEAD] {
        app.open(method, url).await;
    }
    for password in ["wrong", "open sesame", "open sesame", "open sesame"] {
        let form = format!("password={}", password.replace(' ', "+"));
        let request = stack::http().post(url).header("content-type", "application/x-www-form-urlencoded");
        send(request.body(form)).await;
    }
    let path = format!("/links/{id}");
    assert_eq!(app.call(Method::DELETE, &path, None).await.0, StatusCode::OK);
    app.open(Method::GET, url).await;

    for line in lines_of(&app, "serve-link", id, 7).await {
        assert_eq!(
            (&line["span"]["link_id"], &line["span"]["upload_id"]),
            (&json!(id), &json!(upload)),
            "{line}"
        );
        assert!(!line.to_string().contains(link["token"].as_str().unwrap()), "{line}");
    }
    let mut owners = std::collections::BTreeSet::new();
    for line in lines_of(&app, "issue-upload", &upload, 3).await {
        let owner = line["span"]["owner_hash"].as_str().unwrap_or_else(|| panic!("{line}"));
        assert!(owner.len() == 32 && owner.bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
        owners.insert(owner.to_owned());
    }
    assert_eq!(owners.len(), 1, "the same owner has the same hash: {owners:?}");
    assert_eq!(lines_of(&app, "issue-upload", id, 1).await[0]["span"]["upload_id"], json!(upload));
}

#[tokio::test]
async fn the_log_line_of_a_new_target_has_the_new_upload() {
    let app = App::user();
    let former = app.upload("a.png", "image/png", PNG).await;
    let new = app.upload("b.png", "image/png", PNG).await;
    let link = app.link(&former, json!({})).await;
    let id = link["link_id"].as_str().unwrap();
    let body = json!({ "upload_id": new });
    assert_eq!(app.call(Method::PUT, &format!("/links/{id}/target"), Some(body)).await.0, StatusCode::OK);
    let lines = lines_of(&app, "issue-upload", id, 2).await;
    assert!(lines.iter().any(|line| line["span"]["upload_id"] == json!(new)), "{lines:?}");
}

/// A person may paste a token where an address has an id.
#[tokio::test]
async fn a_token_in_the_wrong_place_of_an_address_is_not_logged() {
    let app = App::user();
    let upload = app.upload("a.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let token = link["token"].as_str().unwrap();
    for path in [format!("/uploads/{token}"), format!("/links/{token}"), format!("/uploads/{token}/links")] {
        assert_eq!(app.get(&path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let leak = log(&app).await.into_iter().find(|line| line.contains(token));
    assert_eq!(leak, None);
}
