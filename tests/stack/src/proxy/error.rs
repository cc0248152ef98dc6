//! The errors that the proxy answers in place of S3 ([error
//! responses](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html)).

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header, response},
    response::Response,
};

use super::checksums::ChecksumError;

/// Replaces an answer with an error. The CORS headers stay, so that a page in a browser can read the error.
pub(super) fn replace(
    mut head: response::Parts,
    status: StatusCode,
    code: &str,
    message: &str,
    details: &[(&str, &str)],
) -> Response {
    let details: String = details.iter().map(|(name, value)| element(name, value)).collect();
    let (code, message) = (element("Code", code), element("Message", message));
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>{code}{message}{details}</Error>");
    for of_the_object in [
        header::ACCEPT_RANGES,
        header::CACHE_CONTROL,
        header::CONTENT_DISPOSITION,
        header::CONTENT_ENCODING,
        header::CONTENT_LANGUAGE,
        header::ETAG,
        header::EXPIRES,
        header::LAST_MODIFIED,
    ] {
        head.headers.remove(of_the_object);
    }
    head.status = status;
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    head.headers.insert(header::CONTENT_LENGTH, body.len().into());
    Response::from_parts(head, Body::from(body))
}

/// Returns S3's error for a request with two kinds of authorization. A page gets this error if it sends its
/// JWT with a presigned URL.
pub(super) fn of_two_authorizations() -> Response {
    let (head, ()) = axum::http::Response::new(()).into_parts();
    let message = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified";
    replace(head, StatusCode::BAD_REQUEST, "InvalidArgument", message, &[("ArgumentName", "Authorization")])
}

/// Returns S3's error for a checksum that is not the one of the bytes.
pub(super) fn of_checksum(head: response::Parts, refused: &ChecksumError) -> Response {
    let code = match refused {
        ChecksumError::Malformed(_) => "InvalidRequest",
        ChecksumError::Mismatch(_) => "BadDigest",
    };
    replace(head, StatusCode::BAD_REQUEST, code, &refused.to_string(), &[])
}

fn element(name: &str, text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<{name}>{text}</{name}>")
}
