//! Answers a form whose checksum is wrong. S3 checks the signature, the policy and the size first. So if one
//! of these is wrong too, the answer is that error.
//!
//! To find out, the proxy sends a probe to the emulator: the same fields, one field that no policy names, and
//! as many zeros as the file has bytes. The emulator checks for such a field last, and stores nothing. If the
//! field is the only error, the rest of the form is valid.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{StatusCode, header, request, response},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};

use super::{
    behind::{Behind, bad_gateway},
    checksums::ChecksumError,
    error,
    form_parts::Form,
};

pub(super) const EXTRA_FIELD: &str = "x-amz-meta-probe-of-the-local-proxy";
/// The fields that show that a form is signed.
const SIGNED: [&str; 6] =
    ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "awsaccesskeyid", "signature"];
/// The most bytes that the proxy reads of an error. An error of S3 has a few hundred bytes.
const MOST_ERROR_BYTES: usize = 1024 * 1024;
const ZEROS: &[u8] = &[0; 64 * 1024];

pub(super) async fn refuse(
    behind: &Behind,
    head: request::Parts,
    boundary: &str,
    form: &Form,
    refused: &ChecksumError,
) -> Response {
    if !form.fields.iter().any(|(name, _)| SIGNED.contains(&name.to_ascii_lowercase().as_str())) {
        // No policy applies to an unsigned form, so the emulator would store the zeros of a probe.
        return error::of_checksum(Response::new(()).into_parts().0, refused);
    }
    let answer = match behind.send(probe(head, boundary, form)).await {
        Ok(answer) => answer,
        Err(error) => return bad_gateway(&error),
    };
    let (head, body) = answer.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MOST_ERROR_BYTES).await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let said = String::from_utf8_lossy(&body);
    if said.contains(&format!("Extra input fields: {EXTRA_FIELD}<")) {
        return error::of_checksum(head, refused);
    }
    let said = said.replace(&format!(", {EXTRA_FIELD}"), "");
    with_body(head, said)
}

fn with_body(mut head: response::Parts, body: String) -> Response {
    head.headers.insert(header::CONTENT_LENGTH, body.len().into());
    Response::from_parts(head, body.into())
}

fn probe(mut head: request::Parts, boundary: &str, form: &Form) -> Request {
    let mut before = Vec::new();
    let extra = (EXTRA_FIELD.to_owned(), Bytes::new());
    for (name, value) in form.fields.iter().chain([&extra]) {
        let disposition = format!("form-data; name=\"{}\"", quoted(name));
        before.extend_from_slice(part(boundary, &disposition).as_bytes());
        before.extend_from_slice(value);
        before.extend_from_slice(b"\r\n");
    }
    let filename = quoted(form.filename.as_deref().unwrap_or_default());
    let disposition = format!("form-data; name=\"file\"; filename=\"{filename}\"");
    before.extend_from_slice(part(boundary, &disposition).as_bytes());
    let after = format!("\r\n--{boundary}--\r\n");

    let size_bytes = before.len() as u64 + form.size_bytes + after.len() as u64;
    for of_the_body in [header::TRANSFER_ENCODING, header::EXPECT] {
        head.headers.remove(of_the_body);
    }
    head.headers.insert(header::CONTENT_LENGTH, size_bytes.into());
    let pieces = stream::iter([Bytes::from(before)]).chain(zeros(form.size_bytes));
    let pieces = pieces.chain(stream::iter([Bytes::from(after)])).map(Ok::<_, axum::Error>);
    Request::from_parts(head, Body::from_stream(pieces))
}

fn zeros(count: u64) -> impl stream::Stream<Item = Bytes> {
    stream::unfold(count, |left| async move {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
        let piece = Bytes::from_static(ZEROS.split_at(size).0);
        (left > 0).then(|| (piece, left - size as u64))
    })
}

fn part(boundary: &str, disposition: &str) -> String {
    format!("--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n")
}

/// Quotes a name as browsers do.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
