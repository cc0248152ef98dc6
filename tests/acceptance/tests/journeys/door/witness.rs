//! Stands between the public door and the local AWS, and between a visitor and S3: counts what the
//! door asks, and completes what the emulator leaves out of S3's answers.
//!
//! Everything goes on as it came, host, path and query to the letter, so the emulator checks the
//! signature over all that was signed, and the URL that is fetched is the URL that was given out.
//! The emulator passes over `Range` and over the `response-*` parameters where a version is named;
//! what it then answers in full is cut and labelled here as S3 does
//! ([`GetObject`](https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html)): one range,
//! `If-Range`, 416, and the three overrides that our links sign. Nothing that it refuses is let in.
//!
//! A visit to [`Witness::kill_url`] lets every URL die that has been fetched by then, as time would:
//! the emulator is asked nothing then, and what is answered is what S3 answers.
//!
//! Below `/l/` it stands where a domain of one's own would: the emulator's API has a path in front,
//! for which no cookie of a link is meant.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header, request, response};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

/// A request of a visitor to S3 and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    pub range: Option<String>,
    pub status: u16,
}

#[derive(Default)]
struct Seen {
    calls: Vec<String>,
    visits: Vec<Visit>,
    cut_after: Option<usize>,
    fetched: HashSet<String>,
    dead: HashSet<String>,
}

const KILL: &str = "/witness/kill-urls";

/// The running witness.
#[derive(Clone)]
pub struct Witness {
    pub url: String,
    upstream: String,
    api_url: String,
    client: reqwest::Client,
    seen: Arc<Mutex<Seen>>,
}

impl Witness {
    /// Listens on a free port before `endpoint` and the API, on a thread of its own, until the process
    /// ends.
    pub fn start(endpoint: &str, api_url: &str) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, receiver) = std::sync::mpsc::channel();
        let (upstream, api_url) = (endpoint.to_owned(), api_url.to_owned());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let witness = Self { url, upstream, api_url, client: stack::http(), seen: Arc::default() };
                sender.send(witness.clone()).unwrap();
                axum::serve(listener, Router::new().fallback(pass).with_state(witness)).await
            })
        });
        receiver.recv().unwrap()
    }

    /// What the door has asked of AWS since the last time, in its order.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap().calls)
    }

    /// What visitors have asked of S3 since the last time.
    pub fn visits(&self) -> Vec<Visit> {
        std::mem::take(&mut self.seen.lock().unwrap().visits)
    }

    /// The next download breaks off after so many bytes.
    pub fn cut_after(&self, bytes: usize) {
        self.seen.lock().unwrap().cut_after = Some(bytes);
    }

    /// Whoever visits it lets the URLs die that have been fetched.
    pub fn kill_url(&self) -> String {
        format!("{}{KILL}", self.url)
    }

    fn kill_urls(&self) {
        let mut seen = self.seen.lock().unwrap();
        let fetched = std::mem::take(&mut seen.fetched);
        seen.dead.extend(fetched);
    }

    fn is_dead(&self, url: &str) -> bool {
        let mut seen = self.seen.lock().unwrap();
        seen.fetched.insert(url.to_owned());
        seen.dead.contains(url)
    }

    fn note_visit(&self, asked: &request::Parts, status: StatusCode) {
        let range = asked.headers.get(header::RANGE).map(|value| value.to_str().unwrap().to_owned());
        self.seen.lock().unwrap().visits.push(Visit { range, status: status.as_u16() });
    }

    fn note_call(&self, operation: String) {
        self.seen.lock().unwrap().calls.push(operation);
    }
}

async fn pass(State(witness): State<Witness>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let is_visit = parts.uri.query().is_some_and(|query| query.contains("X-Amz-Signature="));
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let is_link = path.starts_with("/l/");
    if path == KILL {
        witness.kill_urls();
        return StatusCode::NO_CONTENT.into_response();
    }
    if is_visit && witness.is_dead(path) {
        return witness.refuse_as_s3(&parts);
    }
    if !is_visit && !is_link {
        witness.note_call(operation(&parts, &body));
    }
    let behind = if is_link { &witness.api_url } else { &witness.upstream };
    let sent = witness
        .client
        .request(parts.method.clone(), format!("{behind}{path}"))
        .headers(parts.headers.clone())
        .body(body)
        .send();
    let answer = match sent.await {
        Ok(answer) => answer,
        Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    };
    let (mut head, ()) = Response::new(()).into_parts();
    (head.status, head.headers) = (answer.status(), answer.headers().clone());
    let bytes = answer.bytes().await.unwrap();
    // Both are this connection's own, and written anew.
    head.headers.remove(header::TRANSFER_ENCODING);
    head.headers.remove(header::CONNECTION);
    if !is_visit {
        return Response::from_parts(head, Body::from(bytes));
    }
    witness.as_s3(&parts, head, bytes)
}

impl Witness {
    /// What S3 says to whoever comes with a URL that is dead.
    fn refuse_as_s3(&self, asked: &request::Parts) -> Response {
        self.note_visit(asked, StatusCode::FORBIDDEN);
        let body = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
        (StatusCode::FORBIDDEN, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
    }

    /// Completes an answer to a visitor.
    fn as_s3(&self, asked: &request::Parts, mut head: response::Parts, bytes: Bytes) -> Response {
        let mut part = bytes.clone();
        if head.status == StatusCode::OK {
            override_headers(&asked.uri, &mut head.headers);
            part = cut_to_range(&asked.headers, &mut head, bytes);
        }
        self.note_visit(asked, head.status);
        let Some(after) = self.seen.lock().unwrap().cut_after.take_if(|after| *after < part.len()) else {
            return Response::from_parts(head, Body::from(part));
        };
        head.headers.insert(header::CONTENT_LENGTH, part.len().into());
        let chunks = [Ok(part.slice(..after)), Err(std::io::Error::other("cut on purpose"))];
        Response::from_parts(head, Body::from_stream(futures::stream::iter(chunks)))
    }
}

/// `response-content-type` and its like, as they were signed.
fn override_headers(uri: &Uri, headers: &mut HeaderMap) {
    for pair in uri.query().unwrap_or_default().split('&') {
        let Some((name, value)) = pair.strip_prefix("response-").and_then(|pair| pair.split_once('=')) else {
            continue;
        };
        let value = percent_decode_str(value).decode_utf8().unwrap();
        let name: HeaderName = name.parse().unwrap();
        headers.insert(name, HeaderValue::from_str(&value).unwrap());
    }
}

/// The bytes that the request's range asks for.
fn cut_to_range(asked: &HeaderMap, head: &mut response::Parts, bytes: Bytes) -> Bytes {
    head.headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let is_whole = asked.get(header::IF_RANGE).is_some_and(|tag| Some(tag) != head.headers.get(header::ETAG));
    let range = asked.get(header::RANGE).filter(|_| !is_whole).and_then(|range| range.to_str().ok());
    // More than one range is answered in full, as by S3.
    let range = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let Some((first, last)) = range.filter(|(_, last)| !last.contains(',')) else { return bytes };
    let size = bytes.len();
    let (from, to) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(from), Ok(last)) => (from, size.min(last + 1)),
        (Ok(from), Err(_)) => (from, size),
        (Err(_), Ok(count)) => (size.saturating_sub(count), size),
        (Err(_), Err(_)) => return bytes,
    };
    head.headers.remove(header::CONTENT_LENGTH);
    let content_range = |range: String| HeaderValue::from_str(&format!("bytes {range}/{size}")).unwrap();
    if from >= to {
        head.status = StatusCode::RANGE_NOT_SATISFIABLE;
        head.headers.insert(header::CONTENT_RANGE, content_range("*".to_owned()));
        return Bytes::new();
    }
    head.status = StatusCode::PARTIAL_CONTENT;
    head.headers.insert(header::CONTENT_RANGE, content_range(format!("{from}-{}", to - 1)));
    bytes.slice(from..to)
}

/// What AWS calls it.
fn operation(parts: &request::Parts, body: &[u8]) -> String {
    if let Some(target) = parts.headers.get("x-amz-target") {
        return target.to_str().unwrap().rsplit('.').next().unwrap_or_default().to_owned();
    }
    let form = String::from_utf8_lossy(body);
    match form.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
        Some(action) => action.to_owned(),
        None => format!("S3 {}", parts.method),
    }
}
