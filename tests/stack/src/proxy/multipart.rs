//! Computes the CRC64NVME of a file in parts while the parts pass, and refuses a completion that states
//! another one, as S3 does ([checking object
//! integrity](https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html)).
//!
//! The emulator would compute a digest of the parts' digests. `launch.py` lets it compute none. Unlike S3,
//! the proxy looks at the checksum before the emulator looks at the signature of the completion.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use crc_fast::{CrcAlgorithm, Digest};
use futures::StreamExt;

use super::{
    behind::{Behind, bad_gateway},
    checksums::Checksum,
    error,
};

const STATED: &str = "x-amz-checksum-crc64nvme";
/// Headers of a part whose body is not the part's bytes.
const OTHER_BODIES: [&str; 2] = ["x-amz-decoded-content-length", "x-amz-copy-source"];
/// The most bytes that the proxy reads of a completion: 10,000 parts.
const MOST_COMPLETION_BYTES: usize = 4 * 1024 * 1024;

/// A request about a multipart upload.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    upload_id: String,
    what: What,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Put(u16),
    Complete,
    Abort,
}

impl Asked {
    /// Returns what the request asks, or `None` if it does not change a multipart upload.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let pairs = request.uri().query()?.split('&').filter_map(|pair| pair.split_once('='));
        let named = |wanted: &str| pairs.clone().find(|(name, _)| *name == wanted).map(|(_, value)| value);
        let upload_id = named("uploadId").filter(|_| !request.uri().path().starts_with("/_"))?.to_owned();
        let what = match *request.method() {
            Method::PUT => What::Put(named("partNumber")?.parse().ok()?),
            Method::POST => What::Complete,
            Method::DELETE => What::Abort,
            _ => return None,
        };
        Some(Self { upload_id, what })
    }
}

pub(super) async fn pass(behind: &Behind, request: Request, asked: Asked) -> Response {
    let Asked { upload_id, what } = asked;
    match what {
        What::Put(number) => put(behind, request, upload_id, number).await,
        What::Complete => complete(behind, request, &upload_id).await,
        What::Abort => {
            let answer = sent(behind, request).await;
            if answer.status().is_success() {
                behind.parts.forget(&upload_id);
            }
            answer
        }
    }
}

async fn put(behind: &Behind, request: Request, upload_id: String, number: u16) -> Response {
    if OTHER_BODIES.iter().any(|name| request.headers().contains_key(*name)) {
        behind.parts.forget_part(&upload_id, number);
        return sent(behind, request).await;
    }
    let part = Arc::new(Mutex::new(Digest::new(CrcAlgorithm::Crc64Nvme)));
    let passing = Arc::clone(&part);
    let request = request.map(|body| {
        Body::from_stream(body.into_data_stream().inspect(move |piece| {
            if let Ok(piece) = piece {
                passing.lock().unwrap_or_else(PoisonError::into_inner).update(piece);
            }
        }))
    });
    let answer = sent(behind, request).await;
    if answer.status().is_success() {
        let part = *part.lock().unwrap_or_else(PoisonError::into_inner);
        behind.parts.keep(upload_id, number, &part);
    }
    answer
}

async fn complete(behind: &Behind, request: Request, upload_id: &str) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MOST_COMPLETION_BYTES).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let computed = behind.parts.together(upload_id, &numbers(&body)).map(|whole| whole.finalize());
    if let (Some(stated), Some(computed)) = (head.headers.get(STATED), computed) {
        let stated = Checksum::of_field(STATED, stated.as_bytes());
        if let Some(Err(refused)) = stated.map(|stated| stated.verified(&computed.to_be_bytes())) {
            return error::of_checksum(Response::new(()).into_parts().0, &refused);
        }
    }
    let answer = sent(behind, Request::from_parts(head, Body::from(body))).await;
    if answer.status().is_success() {
        let version = answer.headers().get("x-amz-version-id").and_then(|id| id.to_str().ok());
        if let (Some(version), Some(computed)) = (version, computed) {
            behind.stored.keep(version, vec![Checksum::of_crc64nvme(computed)]);
        }
        behind.parts.forget(upload_id);
    }
    answer
}

async fn sent(behind: &Behind, request: Request) -> Response {
    behind.send(request).await.unwrap_or_else(|error| bad_gateway(&error))
}

/// The numbers of the parts that a completion names.
fn numbers(xml: &Bytes) -> Vec<u16> {
    let text = String::from_utf8_lossy(xml);
    let after = text.split("<PartNumber>").skip(1);
    after.filter_map(|rest| rest.split('<').next()?.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: Method, uri: &str) -> Option<Asked> {
        Asked::of(&Request::builder().method(method).uri(uri).body(Body::empty()).unwrap())
    }

    #[test]
    fn only_changes_of_a_multipart_upload_at_s3_are_looked_at() {
        let of = |what| Some(Asked { upload_id: "u".to_owned(), what });
        assert_eq!(asked(Method::PUT, "/b/k?partNumber=2&uploadId=u&X-Amz-Date=1"), of(What::Put(2)));
        assert_eq!(asked(Method::POST, "/b/k?uploadId=u"), of(What::Complete));
        assert_eq!(asked(Method::DELETE, "/b/k?x-id=AbortMultipartUpload&uploadId=u"), of(What::Abort));
        for (method, uri) in [
            (Method::GET, "/b/k?uploadId=u"),
            (Method::POST, "/b/k?uploads"),
            (Method::PUT, "/b/k?uploadId=u"),
            (Method::PUT, "/b/k"),
            (Method::POST, "/_aws/execute-api/a/$default/t?uploadId=u"),
        ] {
            assert_eq!(asked(method.clone(), uri), None, "{method} {uri}");
        }
    }

    #[test]
    fn the_numbers_of_a_completion_are_read() {
        let xml = "<C><Part><ETag>e</ETag><PartNumber>1</PartNumber></Part><Part><PartNumber> 12 </PartNumber></Part></C>";
        assert_eq!(numbers(&Bytes::from(xml)), [1, 12]);
        assert_eq!(numbers(&Bytes::from_static(b"<C/>")), [0; 0]);
    }
}
