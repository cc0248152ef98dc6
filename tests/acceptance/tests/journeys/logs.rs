//! The functions' logs: JSON, a line a request with its id, and nothing in them that opens a door
//! or names a file.

use std::time::Duration;

use acceptance::{App, PNG};
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
    assert_eq!(refused.len(), 1, "one line a request: {refused:?}");
    let refusal = &refused[0];
    assert_eq!(
        (&refusal["route"], &refusal["status"]),
        (&json!("GET /uploads/{id}"), &json!(404)),
        "{refusal}"
    );
    assert!(refusal["invocation_id"].as_str().is_some_and(|id| id.len() == 36), "{refusal}");
    assert_eq!(parsed(&ours, &form.upload_id)[0]["verdict"], "pinned");

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
