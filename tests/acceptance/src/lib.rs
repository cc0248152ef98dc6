//! What all journeys use: an app that calls the API, a form that a client posts, and a view into the bucket.
//!
//! A journey is a test that uses a running stack as an app or a browser does. The journeys are in `tests/`.
//! The functions here panic if the stack does not answer as expected, because the journey cannot go on then.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "only tests use this crate"
)]

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use aws_sdk_lambda::types::Environment;
use futures::stream::{self, StreamExt as _};
use reqwest::header::{AUTHORIZATION, COOKIE, RETRY_AFTER, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, multipart};
use serde_json::{Value, json};
pub use stack::skipped;
use stack::{Coordinates, Keys};

pub mod clock;
pub mod explained;
pub mod roles;

/// How long a journey waits for work that goes on after the API has answered.
const MAX_WAIT: Duration = Duration::from_secs(120);

/// How often a request is sent while the answer is 503. More would hide that requests hinder each other.
const MAX_TRIES: u32 = 6;

/// The stack that the journeys of this process share.
pub fn shared() -> &'static stack::Shared {
    stack::shared().unwrap_or_else(|error| panic!("the stack did not start: {}", chain(error)))
}

/// Sets environment variables of a function of a local stack. Lambda then starts new environments. Returns
/// all variables of the function.
pub async fn configure(
    stack: &Coordinates,
    function: &str,
    changes: impl IntoIterator<Item = (String, String)>,
) -> HashMap<String, String> {
    let lambda = aws_sdk_lambda::Client::new(&stack.sdk_config(&Keys::root()));
    let function = format!("{}-{function}", stack.name);
    let described = lambda.get_function_configuration().function_name(&function).send().await.unwrap();
    let mut variables = described.environment.unwrap().variables.unwrap();
    variables.extend(changes);
    let environment = Environment::builder().set_variables(Some(variables.clone())).build();
    let update = lambda.update_function_configuration().function_name(&function).environment(environment);
    update.send().await.unwrap();
    variables
}

/// Returns the text of an error with all its causes.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Sends the request, and sends it again after a 503: on a busy machine a call of a function to AWS may take too long. Waits
/// for the time in `Retry-After` and a random time, of which the longest doubles each time. If all clients asked again at
/// once, the machine would stay busy. Sends the cookie that the 503 sets: with it, the next GET of a link is the same opening.
///
/// A request without `Idempotency-Key` may take effect twice. A test that counts what such a request makes gives it a key.
pub async fn send(request: RequestBuilder) -> Response {
    let (mut tries, mut cookie) = (0, None);
    loop {
        let mut again = request.try_clone().unwrap();
        if let Some(cookie) = &cookie {
            again = again.header(COOKIE, cookie);
        }
        let response = again.send().await.unwrap();
        tries += 1;
        if response.status() != StatusCode::SERVICE_UNAVAILABLE || tries == MAX_TRIES {
            return response;
        }
        let header = |name| Some(response.headers().get(name)?.to_str().unwrap().to_owned());
        let retry_after_s: f64 = header(RETRY_AFTER).map_or(1.0, |seconds| seconds.parse().unwrap());
        let wait = Duration::from_secs_f64(retry_after_s + fastrand::f64() * f64::from(1 << (tries - 1)));
        eprintln!("503, so sent again after {wait:?}: {}", response.url().path());
        cookie = header(SET_COOKIE).and_then(|cookie| Some(cookie.split(';').next()?.to_owned())).or(cookie);
        tokio::time::sleep(wait).await;
    }
}

/// Runs what many do, ten at once, and returns what each got. More at once would only wait for the local AWS. On a busy
/// machine the calls that wait time out and are sent again, which makes the machine busier.
pub async fn ten_at_once<T>(crowd: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    stream::iter(crowd).buffer_unordered(10).collect().await
}

/// One user of the API.
#[derive(Debug, Clone)]
pub struct App {
    /// The stack.
    pub stack: &'static Coordinates,
    http: Client,
    jwt: Option<String>,
}

/// A form that the API issued.
#[derive(Debug, Clone)]
pub struct Form {
    /// The upload that it belongs to.
    pub upload_id: String,
    /// The URL to which it is posted.
    pub url: String,
    /// The fields of the form.
    pub fields: BTreeMap<String, String>,
    /// Whether the address counts as TLS, as the address of the stack's proxy does.
    pub over_tls: bool,
}

/// S3's answer to a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The status.
    pub status: u16,
    /// The code of the error, if S3 answers with one.
    pub code: Option<String>,
    /// The cause that `postern explain` names.
    pub cause: Option<String>,
}

impl Posted {
    /// Returns the answer of an S3 that stored the file.
    pub fn stored() -> Self {
        Self { status: 201, code: None, cause: None }
    }

    /// Returns the answer of an S3 that refused the form with this code. `postern explain` names the cause.
    pub fn refused(status: u16, code: &str, cause: &str) -> Self {
        Self { status, code: Some(code.to_owned()), cause: Some(cause.to_owned()) }
    }
}

impl App {
    /// Returns the first user, with a JWT.
    pub fn user() -> Self {
        let stack = &shared().coordinates;
        Self::new(stack, Some(stack.jwt.clone()))
    }

    /// Returns a second user, with a JWT.
    pub fn stranger() -> Self {
        let stack = &shared().coordinates;
        Self::new(stack, Some(stack.stranger_jwt.clone()))
    }

    /// Returns a caller without a JWT.
    pub fn nobody() -> Self {
        Self::new(&shared().coordinates, None)
    }

    /// Returns a user of any stack.
    pub fn new(stack: &'static Coordinates, jwt: Option<String>) -> Self {
        Self { stack, http: stack::http(), jwt }
    }

    /// Returns a request to the API, which is not sent yet.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.stack.api_url));
        match &self.jwt {
            Some(jwt) => request.header(AUTHORIZATION, format!("Bearer {jwt}")),
            None => request,
        }
    }

    /// Sends a request with a JSON body, and returns the status and the JSON body of the answer.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = send(request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await.unwrap();
        explained::api(status, &headers, &body);
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call(Method::GET, path, None).await
    }

    /// Issues an upload.
    pub async fn issue(&self, request: Value) -> Form {
        let (status, answer) = self.call(Method::POST, "/uploads", Some(request)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        Form::read(&answer)
    }

    /// Issues an upload for a file of exactly this size.
    pub async fn issue_for(&self, filename: &str, content_type: &str, bytes: &[u8]) -> Form {
        self.issue(json!({ "filename": filename, "content_type": content_type, "size_bytes": bytes.len() }))
            .await
    }

    /// Issues an upload, posts the file, and waits until the upload is available.
    pub async fn upload(&self, filename: &str, content_type: &str, bytes: &[u8]) -> String {
        let form = self.issue_for(filename, content_type, bytes).await;
        assert_eq!(form.post(bytes).await, Posted::stored());
        let upload = self.settled(&form.upload_id).await;
        assert_eq!(upload["state"], "available", "{upload}");
        form.upload_id
    }

    /// Reads the upload.
    pub async fn show(&self, upload_id: &str) -> Value {
        let (status, upload) = self.get(&format!("/uploads/{upload_id}")).await;
        assert_eq!(status, StatusCode::OK, "{upload}");
        upload
    }

    /// Waits until the upload is no longer pending, and returns it.
    pub async fn settled(&self, upload_id: &str) -> Value {
        self.until(upload_id, |upload| upload["state"] != "pending").await
    }

    /// Waits until the upload fulfills the condition, and returns it.
    pub async fn until(&self, upload_id: &str, wished: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let upload = self.show(upload_id).await;
            if wished(&upload) {
                return upload;
            }
            assert!(begin.elapsed() < MAX_WAIT, "the condition did not hold in time: {upload}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Makes a link, and returns the whole answer.
    pub async fn link(&self, upload_id: &str, body: Value) -> Value {
        let (status, link) =
            self.call(Method::POST, &format!("/uploads/{upload_id}/links"), Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{link}");
        link
    }

    /// Sends a request to any URL, without a JWT and without following redirects.
    pub async fn open(&self, method: Method, url: &str) -> Response {
        explained::seen(send(self.http.request(method, url)).await).await
    }

    /// Sends a request with headers to any URL, without a JWT and without following redirects.
    pub async fn open_with(&self, method: Method, url: &str, headers: &[(&str, &str)]) -> Response {
        let request = self.http.request(method, url);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        explained::seen(send(request).await).await
    }

    /// Sends a request to a URL of S3 that must be refused. Returns the status and the cause that
    /// `postern explain` names.
    pub async fn open_refused(&self, method: Method, url: &str) -> (StatusCode, String) {
        let response = self.open(method.clone(), url).await;
        let status = response.status();
        (status, explained::exchange(self.stack, (&method, url), &[], &Value::Null, response).await)
    }

    /// Lists an upload's versions in the bucket as the observer, and returns their ids.
    pub async fn versions(&self, upload_id: &str) -> Vec<String> {
        let sdk = self.stack.sdk_config(&self.stack.observer);
        let path_style = self.stack.endpoint.is_some();
        let config = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(path_style).build();
        let list = aws_sdk_s3::Client::from_conf(config)
            .list_object_versions()
            .bucket(&self.stack.bucket)
            .prefix(format!("uploads/{upload_id}"));
        let page = list.send().await.unwrap();
        let markers = page.delete_markers().iter().filter_map(|marker| marker.version_id());
        page.versions()
            .iter()
            .filter_map(|version| version.version_id())
            .chain(markers)
            .map(str::to_owned)
            .collect()
    }

    /// Waits until the upload has `wished` versions, and returns their ids.
    pub async fn until_versions(&self, upload_id: &str, wished: usize) -> Vec<String> {
        let begin = Instant::now();
        loop {
            let versions = self.versions(upload_id).await;
            if versions.len() == wished {
                return versions;
            }
            assert!(begin.elapsed() < MAX_WAIT, "{upload_id} has {versions:?}, expected {wished}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Asserts that the upload is pending and has no version in the bucket.
    pub async fn assert_untouched(&self, upload_id: &str) {
        self.assert_empty(upload_id, "pending").await;
    }

    /// Asserts that the upload has expired without a file, because it was given up.
    pub async fn assert_given_up(&self, upload_id: &str) {
        self.assert_empty(upload_id, "expired").await;
    }

    async fn assert_empty(&self, upload_id: &str, state: &str) {
        assert_eq!(self.show(upload_id).await["state"], state);
        assert_eq!(self.versions(upload_id).await, [""; 0]);
    }
}

impl Form {
    /// Reads a form from the API's answer.
    pub fn read(answer: &Value) -> Self {
        let fields = answer["fields"].as_object().unwrap().iter();
        Self {
            upload_id: answer["upload_id"].as_str().unwrap().to_owned(),
            url: answer["url"].as_str().unwrap().to_owned(),
            fields: fields.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect(),
            over_tls: true,
        }
    }

    /// Returns the form with this field changed or added.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Returns the form without this field.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        assert!(self.fields.remove(name).is_some(), "the form has no field {name}");
        self
    }

    /// Posts the form with the file as its last field.
    pub async fn post(&self, bytes: &[u8]) -> Posted {
        let form = self
            .fields
            .iter()
            .fold(multipart::Form::new(), |form, (name, value)| form.text(name.clone(), value.clone()));
        let file = multipart::Part::bytes(bytes.to_vec()).file_name("file");
        let response = stack::http().post(&self.url).multipart(form.part("file", file)).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await.unwrap();
        let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        let is_refused = status.is_client_error();
        let url = if self.over_tls { self.url.replace("http://", "https://") } else { self.url.clone() };
        let given = (url.as_str(), &self.fields);
        let cause = is_refused.then(|| explained::form(given, bytes.len(), status, &headers, &body));
        Posted { status: status.as_u16(), code: code.map(|(code, _)| code.to_owned()), cause }
    }
}

/// A small valid PNG: one grey pixel.
pub const PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00,
    0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81,
    0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    /// Answers 503 until a request has the cookie of the 503.
    async fn busy(headers: HeaderMap) -> (StatusCode, [(&'static str, &'static str); 2]) {
        let is_again = headers.get(COOKIE).is_some_and(|cookie| cookie == "again=1");
        let status = if is_again { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, [("retry-after", "0"), ("set-cookie", "again=1; Path=/; Secure")])
    }

    #[tokio::test]
    async fn a_request_is_sent_again_after_a_503_with_its_cookie() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, axum::Router::new().fallback(busy)).into_future());
        assert_eq!(stack::http().get(&url).send().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(send(stack::http().get(&url)).await.status(), StatusCode::OK);
    }
}
