//! The witness: a proxy between a function and the local AWS, and between visitors and S3. It counts the function's
//! calls, and can interrupt downloads. Requests of visitors to S3 have no `Authorization` header.
//!
//! The witness forwards requests with the same host, path and query. So the emulator checks the whole
//! signature, and visitors request exactly the signed URL.
//!
//! A request to [`Witness::expire_url`] makes all signed URLs that were requested before expire. From then on
//! the witness answers them as S3 answers an expired URL. It asks the emulator, with
//! another signature, only for the headers of CORS, which S3 also sets on a refusal. A request to
//! [`KILL_WITH_PAGE`] does the same, but the witness then answers as a distribution does.
//!
//! A script can interrupt a download ([`CUT`]), and read the requests of visitors ([`VISITS`]).
//!
//! For paths below `/l/`, the witness takes the place of a custom domain. The URL of the emulator's API has a
//! path before `/l/`, so a link's cookie would not apply to it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header, request, response};
use axum::response::{IntoResponse, Response};

use crate::depth::{Span, depth};

/// A visitor's request to S3: its `Range`, `Origin` and whether it has a cookie, and the status of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRequest {
    pub range: Option<String>,
    pub status: u16,
    pub origin: Option<String>,
    pub has_cookie: bool,
}

#[derive(Default)]
struct Seen {
    calls: Vec<(String, Span)>,
    held: Duration,
    visits: Vec<LinkRequest>,
    cut_after: Option<usize>,
    dies_with_the_cut: bool,
    fetched: HashSet<String>,
    dead: HashSet<String>,
    has_page: bool,
}

const KILL: &str = "/witness/kill-urls";

/// The same. From then on the witness answers as a distribution does that has a page for expired URLs.
const KILL_WITH_PAGE: &str = "/witness/kill-urls/page";

/// A request to `…/<bytes>` interrupts the next download after so many bytes. A request to `…/<bytes>/dies`
/// also makes the URL expire then.
const CUT: &str = "/witness/cut/";

/// Answers with the requests of visitors to S3 since the last request here, as `[[range or null, status, origin
/// or null, whether there was a cookie], …]`.
const VISITS: &str = "/witness/visits";

/// A running witness.
#[derive(Clone)]
pub struct Witness {
    pub url: String,
    upstream: String,
    api_url: String,
    client: reqwest::Client,
    seen: Arc<Mutex<Seen>>,
}

impl Witness {
    /// Starts a witness for `endpoint` and for the API, on a free port and on a thread of its own, until the
    /// process ends.
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

    /// Returns the calls to AWS since the last time, in the order of their answers.
    pub fn calls(&self) -> Vec<String> {
        self.calls_and_depth().0
    }

    /// Returns the calls to AWS since the last time, and how many of them waited on each other.
    pub fn calls_and_depth(&self) -> (Vec<String>, usize) {
        let calls = std::mem::take(&mut self.seen.lock().unwrap().calls);
        let (operations, spans): (_, Vec<_>) = calls.into_iter().unzip();
        (operations, depth(&spans))
    }

    /// Holds the answer to each call to AWS back from now on.
    pub fn hold_answers(&self, held: Duration) {
        self.seen.lock().unwrap().held = held;
    }

    /// Returns the requests of visitors to S3 since the last time.
    pub fn visits(&self) -> Vec<LinkRequest> {
        std::mem::take(&mut self.seen.lock().unwrap().visits)
    }

    /// Interrupts the next download after so many bytes.
    pub fn cut_after(&self, bytes: usize) {
        let mut seen = self.seen.lock().unwrap();
        (seen.cut_after, seen.dies_with_the_cut) = (Some(bytes), false);
    }

    /// Returns the URL at which a request makes all requested URLs expire.
    pub fn expire_url(&self) -> String {
        format!("{}{KILL}", self.url)
    }

    /// Does what a script asks of the witness itself. Returns `None` for a request to forward.
    fn run_command(&self, path: &str) -> Option<Response> {
        if path == KILL || path == KILL_WITH_PAGE {
            self.expire_urls();
            self.seen.lock().unwrap().has_page = path == KILL_WITH_PAGE;
            return Some(StatusCode::NO_CONTENT.into_response());
        }
        if path == VISITS {
            let told = |visit: LinkRequest| (visit.range, visit.status, visit.origin, visit.has_cookie);
            let visits: Vec<_> = self.visits().into_iter().map(told).collect();
            return Some(serde_json::to_string(&visits).unwrap().into_response());
        }
        let (after, dies) = path.strip_prefix(CUT)?.split_once('/').unwrap_or((path.strip_prefix(CUT)?, ""));
        self.cut_after(after.parse().unwrap());
        self.seen.lock().unwrap().dies_with_the_cut = dies == "dies";
        Some(StatusCode::NO_CONTENT.into_response())
    }

    fn expire_urls(&self) {
        let mut seen = self.seen.lock().unwrap();
        let fetched = std::mem::take(&mut seen.fetched);
        seen.dead.extend(fetched);
    }

    fn has_expired(&self, url: &str) -> bool {
        let mut seen = self.seen.lock().unwrap();
        seen.fetched.insert(url.to_owned());
        seen.dead.contains(url)
    }

    fn note_visit(&self, asked: &request::Parts, status: StatusCode) {
        let text = |name| asked.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let (range, origin) = (text(header::RANGE), text(header::ORIGIN));
        let has_cookie = asked.headers.contains_key(header::COOKIE);
        let visit = LinkRequest { range, status: status.as_u16(), origin, has_cookie };
        self.seen.lock().unwrap().visits.push(visit);
    }

    /// Notes a call that is answered, and holds its answer back.
    async fn note_call(&self, operation: String, begin: Instant) {
        let held = self.seen.lock().unwrap().held;
        tokio::time::sleep(held).await;
        let span = Span { begin, end: Instant::now() };
        self.seen.lock().unwrap().calls.push((operation, span));
    }
}

async fn pass(State(witness): State<Witness>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let is_visit = parts.uri.query().is_some_and(|query| query.contains("X-Amz-Signature="));
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let is_link = path.starts_with("/l/");
    if let Some(done) = witness.run_command(path) {
        return done;
    }
    if is_visit && witness.has_expired(path) {
        return witness.refuse_as_s3(&parts).await;
    }
    let begin = Instant::now();
    let is_call = !is_link && parts.headers.contains_key(header::AUTHORIZATION);
    let call = is_call.then(|| operation(&parts, &body));
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
    // Both headers are about the connection to the emulator. The server sets them for its own connection.
    head.headers.remove(header::TRANSFER_ENCODING);
    head.headers.remove(header::CONNECTION);
    if let Some(call) = call {
        witness.note_call(call, begin).await;
    }
    if !is_visit {
        return Response::from_parts(head, Body::from(bytes));
    }
    witness.to_visitor(&parts, head, bytes)
}

impl Witness {
    /// Returns the answer of a distribution to an expired URL (`terraform/expired_page.tf`).
    fn refuse_with_page() -> Response {
        let headers = [(header::CONTENT_TYPE, "text/html"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
        (StatusCode::FORBIDDEN, headers, "<!DOCTYPE html><title>Open the link again</title>").into_response()
    }

    /// Returns S3's answer to an expired URL.
    async fn refuse_as_s3(&self, asked: &request::Parts) -> Response {
        self.note_visit(asked, StatusCode::FORBIDDEN);
        if self.seen.lock().unwrap().has_page {
            return Self::refuse_with_page();
        }
        let path = asked.uri.path_and_query().map_or("/", |path| path.as_str());
        let unsigned = path.replace("X-Amz-Signature=", "X-Amz-Signature=0");
        let request = self.client.request(asked.method.clone(), format!("{}{unsigned}", self.upstream));
        let refused = request.headers(asked.headers.clone()).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "another signature opened the URL");
        let of_cors =
            |name: &HeaderName| name.as_str().starts_with("access-control-") || name == header::VARY;
        let cors: HeaderMap = refused
            .headers()
            .iter()
            .filter(|(name, _)| of_cors(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        // The body is XML as S3's is, because browsers treat XML differently from other errors.
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                    <Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
        (StatusCode::FORBIDDEN, cors, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
    }

    /// Returns the answer to a visitor. If a test has asked for it, the answer is cut.
    fn to_visitor(&self, asked: &request::Parts, mut head: response::Parts, bytes: Bytes) -> Response {
        self.note_visit(asked, head.status);
        let Some(after) = self.seen.lock().unwrap().cut_after.take_if(|after| *after < bytes.len()) else {
            return Response::from_parts(head, Body::from(bytes));
        };
        if std::mem::take(&mut self.seen.lock().unwrap().dies_with_the_cut) {
            self.expire_urls();
        }
        head.headers.insert(header::CONTENT_LENGTH, bytes.len().into());
        let chunks = [Ok(bytes.slice(..after)), Err(std::io::Error::other("cut on purpose"))];
        Response::from_parts(head, Body::from_stream(futures::stream::iter(chunks)))
    }
}

/// Returns the name of the AWS operation that a request calls.
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
