//! Completes the emulator's answer to `GetObject`, `HeadObject` and `GetObjectAttributes`.
//!
//! If a request names a version, the emulator ignores `Range` and `response-*`. It answers with the whole
//! object and the stored headers. The proxy changes only answers with status 200.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, response},
    response::{IntoResponse, Response},
};

use super::{
    checksums::{self, Stored},
    error, override_headers,
    range::{self, Part},
    slice::slice,
};

const VERSION_ID: &str = "x-amz-version-id";
const CHECKSUM_MODE: HeaderName = HeaderName::from_static("x-amz-checksum-mode");
/// The most bytes that the proxy reads of an answer to `GetObjectAttributes`.
const MOST_ATTRIBUTES_BYTES: usize = 1024 * 1024;

/// A signed read of an object.
pub(super) struct Asked {
    method: Method,
    headers: HeaderMap,
    query: String,
}

impl Asked {
    /// Returns what the answer depends on, or `None` if the request is not a signed read of S3.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let query = request.uri().query().unwrap_or_default();
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        (is_read && is_signed_for_s3(query, request.headers())).then(|| Self {
            method: request.method().clone(),
            headers: request.headers().clone(),
            query: query.to_owned(),
        })
    }

    fn wants_attributes(&self) -> bool {
        self.query.split('&').any(|pair| pair == "attributes" || pair == "attributes=")
    }

    fn wants_checksums(&self) -> bool {
        self.headers.get(CHECKSUM_MODE).is_some_and(|mode| mode.as_bytes().eq_ignore_ascii_case(b"enabled"))
    }
}

/// Whether a request to a presigned URL also has an `Authorization` header, such as the JWT of a page.
pub(super) fn is_authorized_twice(request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    query.contains("X-Amz-Algorithm=") && request.headers().contains_key(header::AUTHORIZATION)
}

/// Whether the request is signed for S3. The credential scope in the query or in the header says so.
fn is_signed_for_s3(query: &str, headers: &HeaderMap) -> bool {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    query.contains("%2Fs3%2Faws4_request") || header.is_some_and(|text| text.contains("/s3/aws4_request"))
}

/// Returns the answer that S3 would give to the request.
pub(super) async fn complete(asked: Option<Asked>, response: Response, stored: &Stored) -> Response {
    let (head, body) = response.into_parts();
    match asked {
        Some(asked) if head.status == StatusCode::OK && asked.wants_attributes() => {
            attributes(head, body, stored).await
        }
        Some(asked) if head.status == StatusCode::OK && head.headers.contains_key(header::ETAG) => {
            object(&asked, head, body, stored)
        }
        _ => Response::from_parts(head, body),
    }
}

async fn attributes(mut head: response::Parts, body: Body, stored: &Stored) -> Response {
    let Ok(xml) = axum::body::to_bytes(body, MOST_ATTRIBUTES_BYTES).await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let checksums = version_id(&head).and_then(|version| stored.attributes(&version));
    let (Some(checksums), Ok(text)) = (checksums, std::str::from_utf8(&xml)) else {
        return Response::from_parts(head, xml.into());
    };
    let filled = ["<Checksum />", "<Checksum/>"].iter().fold(text.to_owned(), |text, empty| {
        text.replacen(empty, &format!("<Checksum>{checksums}</Checksum>"), 1)
    });
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, filled.into())
}

fn object(asked: &Asked, mut head: response::Parts, body: Body, stored: &Stored) -> Response {
    if let Err(refused) = override_headers::apply(&asked.query, &mut head.headers) {
        return error::replace(head, StatusCode::BAD_REQUEST, "InvalidArgument", &refused.to_string(), &[]);
    }
    head.headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let (true, Some(version)) = (asked.wants_checksums(), version_id(&head)) {
        stored.add_to(&version, &mut head.headers);
    }
    let Some(size_bytes) = size_bytes(&head) else { return Response::from_parts(head, body) };
    match range::part(&asked.headers, &head.headers, size_bytes) {
        Part::Whole => Response::from_parts(head, body),
        Part::None => not_satisfiable(asked, head, size_bytes),
        Part::Bytes { first, last } => partial(asked, head, body, (first, last, size_bytes)),
    }
}

fn partial(
    asked: &Asked,
    mut head: response::Parts,
    body: Body,
    (first, last, size_bytes): (u64, u64, u64),
) -> Response {
    head.status = StatusCode::PARTIAL_CONTENT;
    checksums::remove_from(&mut head.headers);
    set(&mut head.headers, header::CONTENT_RANGE, format!("bytes {first}-{last}/{size_bytes}"));
    head.headers.insert(header::CONTENT_LENGTH, (last - first + 1).into());
    let body = if asked.method == Method::HEAD { Body::empty() } else { slice(body, first, last) };
    Response::from_parts(head, body)
}

fn not_satisfiable(asked: &Asked, mut head: response::Parts, size_bytes: u64) -> Response {
    checksums::remove_from(&mut head.headers);
    set(&mut head.headers, header::CONTENT_RANGE, format!("bytes */{size_bytes}"));
    let range = asked.headers.get(header::RANGE).map(|range| String::from_utf8_lossy(range.as_bytes()));
    let size = size_bytes.to_string();
    let details = [("RangeRequested", range.as_deref().unwrap_or_default()), ("ActualObjectSize", &size)];
    let message = "The requested range is not satisfiable";
    error::replace(head, StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange", message, &details)
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

fn size_bytes(head: &response::Parts) -> Option<u64> {
    head.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn version_id(head: &response::Parts) -> Option<String> {
    Some(head.headers.get(VERSION_ID)?.to_str().ok()?.to_owned())
}
