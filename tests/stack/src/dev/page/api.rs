//! The API, to which the page's server passes requests on.

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header, uri::PathAndQuery},
    response::{IntoResponse, Response},
};
use reqwest::Client;
use serde_json::{Value, json};

use crate::failure::Failure;

/// The local AWS holds files in memory.
const LARGEST_FILE_BYTES: u64 = 1_000_000_000;

/// As long as the JWT.
const TOKEN_LIFE_S: u64 = 12 * 60 * 60;

const USES: u32 = 1000;

/// A client of the API.
pub(super) struct Api {
    url: String,
    client: Client,
}

impl Api {
    pub(super) fn new(url: String) -> Self {
        Self { url, client: stack::http() }
    }

    /// Makes an upload token for all types that the stack allows. Returns the path of its page.
    pub(super) async fn make_token(&self, jwt: &str) -> Result<String, Failure> {
        const STEP: &str = "make an upload token for the page";
        let body = json!({
            "content_types": ["*/*"], "max_size_bytes": LARGEST_FILE_BYTES, "uses": USES,
            "expires_in_s": TOKEN_LIFE_S, "label": "Postern on this machine",
        });
        let request = self.client.post(format!("{}/upload-tokens", self.url)).bearer_auth(jwt).json(&body);
        let failed = |error: reqwest::Error| Failure::from_error(STEP, &error);
        let answer = request.send().await.map_err(failed)?.json::<Value>().await.map_err(failed)?;
        let path = answer.get("path").and_then(Value::as_str).map(str::to_owned);
        path.ok_or_else(|| Failure::new(STEP, "a path", answer.to_string()))
    }

    /// Sends the request to the same path of the API.
    pub(super) async fn ask(&self, request: Request) -> reqwest::Result<reqwest::Response> {
        let (mut head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        of_this_connection(&mut head.headers);
        let sent = self.client.request(head.method, format!("{}{path}", self.url)).headers(head.headers);
        sent.body(reqwest::Body::wrap_stream(body.into_data_stream())).send().await
    }
}

/// The answer for a request that did not reach the API.
pub(super) fn bad_gateway(error: &reqwest::Error) -> Response {
    (StatusCode::BAD_GATEWAY, error.to_string()).into_response()
}

/// Removes the headers of one connection, which the next one has of its own.
pub(super) fn of_this_connection(headers: &mut HeaderMap) {
    for name in [header::HOST, header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH] {
        headers.remove(name);
    }
}
