//! The example sender of `docs/webhook`: what it sends is verified by the library of Standard
//! Webhooks, which nobody here wrote, and what is not taken comes back.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What came, and how it is answered.
#[derive(Clone, Default)]
struct Receiver {
    came: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    answers: Arc<Mutex<Vec<StatusCode>>>,
}

impl Receiver {
    async fn start(answers: &[StatusCode]) -> (Self, String) {
        let receiver = Self::default();
        receiver.answers.lock().unwrap().extend(answers.iter().rev());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let app = Router::new().route("/hook", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (receiver, url)
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    receiver.came.lock().unwrap().push((headers, body));
    let status = receiver.answers.lock().unwrap().pop().unwrap_or(StatusCode::NO_CONTENT);
    (status, [("location", "/elsewhere")])
}

fn event(transition_id: &str) -> Value {
    json!({
        "source": "postern", "detail-type": "Upload Available", "time": "2026-11-24T10:00:01Z",
        "detail": { "transition_id": transition_id, "owner": "https://issuer.test/#\u{e5}nn", "state": "available" },
    })
}

/// Gives the sender batches as the queue does, and takes its answers.
async fn send(url: &str, batches: &[&[&str]]) -> Vec<Value> {
    let mut child = Command::new(stack::python().unwrap())
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/webhook/sender.py"))
        .env("WEBHOOK_URL", url)
        .env("WEBHOOK_SECRET", SECRET)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for batch in batches {
        let records = batch.iter().map(|id| json!({ "messageId": id, "body": event(id).to_string() }));
        let line = json!({ "Records": records.collect::<Vec<_>>() });
        stdin.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn an_independent_library_verifies_what_the_example_sender_sends() {
    let (receiver, url) = Receiver::start(&[]).await;
    assert_eq!(send(&url, &[&["t1", "t2"]]).await, [json!({ "batchItemFailures": [] })]);
    let came = receiver.came.lock().unwrap().clone();
    assert_eq!(came.len(), 2);
    let webhook = Webhook::new(SECRET).unwrap();
    for ((headers, body), id) in came.iter().zip(["t1", "t2"]) {
        webhook.verify(body, headers).unwrap();
        assert_eq!(headers["webhook-id"], id);
        let payload: Value = serde_json::from_slice(body).unwrap();
        let expected = json!({
            "type": "upload.available", "timestamp": "2026-11-24T10:00:01Z", "data": event(id)["detail"],
        });
        assert_eq!(payload, expected);

        let tampered = String::from_utf8(body.to_vec()).unwrap().replace("available", "deleted");
        assert!(webhook.verify(tampered.as_bytes(), headers).is_err());
        for (name, value) in [("webhook-id", "t3"), ("webhook-timestamp", "1700000000")] {
            let mut changed = headers.clone();
            changed.insert(name, value.parse().unwrap());
            assert!(webhook.verify(body, &changed).is_err(), "{name}");
        }
        let another = Webhook::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        assert!(another.verify(body, headers).is_err());
    }
}

#[tokio::test]
async fn what_the_receiver_does_not_take_comes_back_under_the_same_id() {
    let refusals = [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::FOUND, StatusCode::GONE];
    let (receiver, url) = Receiver::start(&refusals).await;
    let answers = send(&url, &[&["t1"], &["t1"], &["t1", "t2"], &["t1"]]).await;
    let back = json!({ "batchItemFailures": [{ "itemIdentifier": "t1" }] });
    let taken = json!({ "batchItemFailures": [] });
    assert_eq!(answers, [back.clone(), back.clone(), back, taken]);
    let came = receiver.came.lock().unwrap().clone();
    let ids: Vec<_> = came.iter().map(|(headers, _)| headers["webhook-id"].to_str().unwrap()).collect();
    assert_eq!(ids, ["t1", "t1", "t1", "t2", "t1"], "and no redirect is followed");
}

#[tokio::test]
async fn a_receiver_that_is_away_is_no_crash() {
    let answers = send("http://127.0.0.1:9/hook", &[&["t1"]]).await;
    assert_eq!(answers, [json!({ "batchItemFailures": [{ "itemIdentifier": "t1" }] })]);
}
