//! What `postern explain` says to the refusals of the journeys. A journey asserts the cause that it provoked.

use std::time::SystemTime;

use postern_cli::explain::{Outcome, Settings, explain};
use reqwest::header::HeaderMap;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use stack::Coordinates;

use crate::Form;

/// The settings in which only the time is known.
pub fn settings() -> Settings {
    #[expect(clippy::disallowed_methods, reason = "S3 compares with the real time")]
    let now = SystemTime::now();
    Settings::at(now)
}

/// The cause that the program names first, and the name of the part that is to blame.
///
/// # Panics
/// If the program names none, or tells a secret.
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

/// An answer as `curl -i` prints it.
fn answer(status: StatusCode, headers: &HeaderMap, body: &str) -> String {
    let headers =
        headers.iter().map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap_or_default()));
    format!("HTTP/1.1 {}\n{}\n{body}", status.as_u16(), headers.collect::<String>())
}

/// The cause of S3's refusal of a form that was posted with so many bytes.
pub(crate) fn form(
    form: &Form,
    size_bytes: usize,
    status: StatusCode,
    headers: &HeaderMap,
    body: &str,
) -> String {
    let url = if form.over_tls { form.url.replace("http://", "https://") } else { form.url.clone() };
    let given = json!({ "url": url, "fields": form.fields });
    let mut settings = settings();
    settings.size_bytes = u64::try_from(size_bytes).ok();
    settings.filename = Some("file".to_owned());
    cause(&format!("{given}\n{}", answer(status, headers, body)), &settings)
}

/// Asserts that the program names the API's own code, or the gateway's reason.
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
            assert!(named.starts_with("jwt_") || named.starts_with("gateway_"), "{status} {body}: {named}")
        }
    }
}

/// Reads an answer of the API, which must be JSON. The program must name the cause of a refusal.
///
/// # Panics
/// If it is no JSON, or its cause is not named.
pub async fn read(response: Response) -> Value {
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.text().await.unwrap();
    api(status, &headers, &body);
    serde_json::from_str(&body).unwrap()
}

/// The cause of an answer to a request of a signed URL: what `curl -v` would print of request and answer, behind what the
/// API issued. The address of the stack's proxy counts as TLS.
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
    let sent: String = sent.iter().map(|(name, value)| format!("> {name}: {value}\n")).collect();
    let request = format!("> {method} {secure} HTTP/1.1\n{sent}>\n");
    cause(&format!("{issued}\n{request}{}", answer(status, &headers, &body)), &settings())
}
