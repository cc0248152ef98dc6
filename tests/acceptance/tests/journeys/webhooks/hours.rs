//! A proxy between the sender of webhooks and SQS, which shortens the waits. If the sender hides a message
//! for longer than a few seconds, the proxy makes the message visible at once, and keeps the requested time
//! for the test. All other requests pass unchanged, with the sender's own signature.

use std::sync::{Arc, Mutex};

use aws_sdk_sqs::Client;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// The longest time that the proxy does not shorten.
const BEARABLE_S: i64 = 5;

/// A running proxy.
#[derive(Clone)]
pub struct Hours {
    pub url: String,
    upstream: String,
    sqs: Client,
    asked: Arc<Mutex<Vec<i64>>>,
}

impl Hours {
    /// Starts a proxy for `endpoint`. It makes messages visible with the client `sqs`.
    pub async fn start(endpoint: &str, sqs: Client) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let hours = Self { url, upstream: endpoint.to_owned(), sqs, asked: Arc::default() };
        let app = Router::new().fallback(pass).with_state(hours.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        hours
    }

    /// Returns the times in seconds for which the sender wanted to hide messages.
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
    // All headers are forwarded, also `Host`, which the signature covers.
    let request =
        stack::http().request(method, format!("{}{uri}", hours.upstream)).headers(headers).body(body);
    let answer = request.send().await.unwrap();
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap();
    (status, answer.headers().clone(), answer.bytes().await.unwrap()).into_response()
}
