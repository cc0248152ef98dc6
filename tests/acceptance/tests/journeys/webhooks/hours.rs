//! A proxy between the sender and SQS that shortens waits: a message that the sender hides for longer than a
//! few seconds becomes visible at once, and the proxy keeps the requested time. Everything else passes
//! unchanged, with the sender's own signature.

use std::sync::{Arc, Mutex};

use aws_sdk_sqs::Client;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// What a test can wait for.
const BEARABLE_S: i64 = 5;

/// A running front of SQS.
#[derive(Clone)]
pub struct Hours {
    pub url: String,
    upstream: String,
    sqs: Client,
    asked: Arc<Mutex<Vec<i64>>>,
}

impl Hours {
    /// Before `endpoint`; `sqs` makes messages visible.
    pub async fn start(endpoint: &str, sqs: Client) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let hours = Self { url, upstream: endpoint.to_owned(), sqs, asked: Arc::default() };
        let app = Router::new().fallback(pass).with_state(hours.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        hours
    }

    /// How long messages were to be hidden, in seconds.
    pub fn asked(&self) -> Vec<i64> {
        self.asked.lock().unwrap().clone()
    }

    async fn hurry(&self, request: &Value) -> Response {
        let change = self.sqs.change_message_visibility().queue_url(request["QueueUrl"].as_str().unwrap());
        let change = change.receipt_handle(request["ReceiptHandle"].as_str().unwrap());
        change.visibility_timeout(0).send().await.unwrap();
        "{}".into_response()
    }
}

async fn pass(
    State(hours): State<Hours>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    if target.ends_with(".ChangeMessageVisibility") {
        let request: Value = serde_json::from_slice(&body).unwrap();
        let asked_s = request["VisibilityTimeout"].as_i64().unwrap();
        hours.asked.lock().unwrap().push(asked_s);
        if asked_s > BEARABLE_S {
            return hours.hurry(&request).await;
        }
    }
    // The host is signed too, so it is passed on.
    let request =
        stack::http().request(method, format!("{}{uri}", hours.upstream)).headers(headers).body(body);
    let answer = request.send().await.unwrap();
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap();
    (status, answer.headers().clone(), answer.bytes().await.unwrap()).into_response()
}
