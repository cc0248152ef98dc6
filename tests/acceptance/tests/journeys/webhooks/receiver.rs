//! A receiver of webhooks. It answers each webhook as the test has set for its id, and keeps the requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{any, post};

/// The path of the receiver. It is secret, so no log may contain it.
const PATH: &str = "/hook/6f1c-capability";

/// The status and a header of an answer.
#[derive(Clone, Copy)]
pub struct Reply(pub StatusCode, pub Option<(&'static str, &'static str)>);

#[derive(Default)]
struct Seen {
    came: HashMap<String, Vec<(HeaderMap, Bytes)>>,
    replies: HashMap<String, Vec<Reply>>,
    always: HashMap<String, Reply>,
    strayed: usize,
}

/// A running receiver.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    seen: Arc<Mutex<Seen>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{PATH}", listener.local_addr().unwrap());
        let receiver = Self { url, seen: Arc::default() };
        let app = Router::new().route(PATH, post(take)).fallback(any(stray)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        receiver
    }

    /// Sets the answers to the next attempts of a webhook, in order. Later attempts are answered with 204.
    pub fn answer(&self, id: &str, replies: &[Reply]) {
        let replies = replies.iter().rev().copied().collect();
        self.seen.lock().unwrap().replies.insert(id.to_owned(), replies);
    }

    /// Sets the answer to all attempts of a webhook.
    pub fn always_answer(&self, id: &str, reply: Reply) {
        self.seen.lock().unwrap().always.insert(id.to_owned(), reply);
    }

    /// Returns the headers and bodies of the attempts of a webhook.
    pub fn came(&self, id: &str) -> Vec<(HeaderMap, Bytes)> {
        self.seen.lock().unwrap().came.get(id).cloned().unwrap_or_default()
    }

    /// Returns how many requests came to another path.
    pub fn strayed(&self) -> usize {
        self.seen.lock().unwrap().strayed
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    let mut seen = receiver.seen.lock().unwrap();
    seen.came.entry(id.clone()).or_default().push((headers, body));
    let next = seen.replies.get_mut(&id).and_then(Vec::pop);
    let Reply(status, header) =
        next.or_else(|| seen.always.get(&id).copied()).unwrap_or(Reply(StatusCode::NO_CONTENT, None));
    (status, header.map(|header| [header]), "")
}

async fn stray(State(receiver): State<Receiver>) -> StatusCode {
    receiver.seen.lock().unwrap().strayed += 1;
    StatusCode::NO_CONTENT
}
