//! Gives refusals to `postern explain`. Each journey that provokes a refusal asserts that the program names
//! the right cause.

use std::collections::BTreeMap;
use std::time::SystemTime;

use postern_cli::explain::{Outcome, Settings, explain};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use stack::Coordinates;

/// Returns settings that state only the present time.
pub fn settings() -> Settings {
    #[expect(clippy::disallowed_methods, reason = "S3 uses the real clock")]
    let now = SystemTime::now();
    Settings::at(now)
}

/// Returns the cause that the program names first, followed by the name of the faulty part, if there is one.
///
/// # Panics
/// If the program names no cause, or if its output contains a secret of the input.
pub fn cause(received: &str, settings: &Settings) -> String {
    let explanation = explain(received, settings);
    let said = explanation.to_string();
    assert!(!matches!(explanation.outcome, Outcome::NotRecognized | Outcome::NoFaultSeen), "{said}");
    for mark in
        ["X-Amz-Signature=", "x-amz-signature\":\"", "X-Amz-Security-Token=", "authorization: Bearer "]
    {
        for secret in received.split(mark).skip(1).filter_map(|rest| rest.get(..16)) {
            assert!(!said.contains(secret), "the answer has a secret: {said}");
        }
    }
    let first = &explanation.diagnoses[0];
    match &first.blame.name {
        Some(name) => format!("{} {name}", first.cause),
        None => first.cause.to_owned(),
    }
}

/// Returns an answer in the form that `curl -i` prints.
fn answer(status: StatusCode, headers: &HeaderMap, body: &str) -> String {
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        format!("{name}: {}\n", value.to_str().unwrap_or_default())
    };
    let headers: Vec<_> = headers.iter().map(line).collect();
    format!("HTTP/1.1 {}\n{}\n{body}", status.as_u16(), headers.concat())
}

/// Returns the cause of S3's refusal of a form that was posted to `url` with a file of `size_bytes`.
pub(crate) fn form(
    (url, fields): (&str, &BTreeMap<String, String>),
    size_bytes: usize,
    status: StatusCode,
    headers: &HeaderMap,
    body: &str,
) -> String {
    let given = json!({ "url": url, "fields": fields });
    let mut settings = settings();
    settings.size_bytes = u64::try_from(size_bytes).ok();
    settings.filename = Some("file".to_owned());
    cause(&format!("{given}\n{}", answer(status, headers, body)), &settings)
}

/// Asserts that the program names the right cause of a refusal by the API: the problem's own code, or a
/// reason of API Gateway if the answer has no code.
pub(crate) fn api(status: StatusCode, headers: &HeaderMap, body: &str) {
    if status.as_u16() < 400 {
        return;
    }
    let named = cause(&answer(status, headers, body), &settings());
    let code =
        serde_json::from_str::<Value>(body).ok().and_then(|body| Some(body["code"].as_str()?.to_owned()));
    match code {
        Some(code) => assert_eq!(named, format!("api_refused {code}")),
        None => {
            assert!(named.starts_with("jwt_") || named.starts_with("gateway_"), "{status} {body}: {named}");
        }
    }
}

/// Returns the answer unchanged, and checks that the program explains it if it is a refusal. For a problem of
/// the API, the program must name its code. For an error of S3, any cause is enough.
///
/// # Panics
/// If the program names no cause.
pub(crate) async fn seen(response: Response) -> Response {
    let (status, headers) = (response.status(), response.headers().clone());
    if !status.is_client_error() {
        return response;
    }
    let body = response.bytes().await.unwrap();
    let text = String::from_utf8_lossy(&body);
    match text.trim_start().chars().next() {
        Some('{') => api(status, &headers, &text),
        Some('<') if text.contains("<Error>") => drop(cause(&answer(status, &headers, &text), &settings())),
        // There is nothing to explain in an HTML page for people, and an answer to HEAD has no body.
        _ => {}
    }
    let mut again = axum::http::Response::new(body);
    (*again.status_mut(), *again.headers_mut()) = (status, headers);
    again.into()
}

/// Reads an answer of the API, which must be JSON. The program must name the cause of a refusal.
///
/// # Panics
/// If the answer is not JSON, or the program does not name the cause.
pub async fn read(response: Response) -> Value {
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.text().await.unwrap();
    api(status, &headers, &body);
    serde_json::from_str(&body).unwrap()
}

/// Returns the cause of the refusal of a signed URL. The program reads what the API issued, and then the
/// request and the answer as `curl -v` prints them. The address of the stack's proxy is shown as `https`,
/// because it counts as TLS.
///
/// # Panics
/// If the program names no cause.
pub async fn exchange(
    stack: &Coordinates,
    (method, url): (&Method, &str),
    sent: &[(&str, &str)],
    issued: &Value,
    response: Response,
) -> String {
    let secure = stack.endpoint.iter().fold(url.to_owned(), |url, endpoint| {
        url.replace(endpoint.as_str(), &endpoint.replace("http://", "https://"))
    });
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.text().await.unwrap();
    let sent: Vec<_> = sent.iter().map(|(name, value)| format!("> {name}: {value}\n")).collect();
    let sent = sent.concat();
    let request = format!("> {method} {secure} HTTP/1.1\n{sent}>\n");
    cause(&format!("{issued}\n{request}{}", answer(status, &headers, &body)), &settings())
}
