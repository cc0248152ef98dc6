//! A presigned PUT of one upload, for clients that cannot post a form: length, type, encryption, metadata and
//! checksum are signed, and the object must be new.
//!
//! Source: [Authenticating requests: query parameters](https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html),
//! [conditional writes](https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::http::Problem;
use crate::ports::{Created, QuotaStore, Signer, UploadStore};
use crate::upload::{Upload, UsedToken};
use crate::value::checksum::ChecksumSha256;
use crate::value::id::UploadId;
use s3_presigned::post_policy::METADATA_PREFIX;
use s3_presigned::presigned_url::ObjectRequest;
use s3_presigned::{SigningCredentials, Timestamp};

use super::request::NewUpload;
use super::reserve::{self, pending, repeated};
use super::{Caller, Owned, Ports, Settings};

/// The answer for a client: PUT the file to `url` with exactly these headers. The length is signed too; every
/// HTTP client sends it by itself.
#[derive(Serialize)]
pub struct IssuedPut {
    /// The upload.
    pub upload_id: UploadId,
    /// Always `PUT`.
    pub method: &'static str,
    /// Where the file goes.
    pub url: String,
    /// The headers that the request must have.
    pub headers: BTreeMap<String, String>,
    /// When S3 begins to refuse the URL.
    pub expires_at: Timestamp,
    /// The exact size of the file.
    pub size_bytes: u64,
}

/// The digest of a request for a PUT. It differs from the digest of a request for a form with the same body,
/// so that one `Idempotency-Key` never gives both for one upload.
fn request_hash(body: &ChecksumSha256) -> ChecksumSha256 {
    ChecksumSha256::of(format!("PUT {body}").as_bytes())
}

/// Writes a pending record, and signs its PUT with `more` headers. The request must name the exact size.
///
/// # Errors
/// See [`Problem`]; nothing is written then.
pub(super) async fn issue_put<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    token: Option<&UsedToken>,
    new: NewUpload,
    more: &[(&str, &str)],
) -> Result<(IssuedPut, Owned<Upload>), Problem> {
    let (signer, expires_at) = ports.form_credentials(settings, caller.now).await?;
    let as_put = |upload: &mut Upload| upload.request_hash = upload.request_hash.as_ref().map(request_hash);
    let upload = pending(new, caller, token, expires_at)?.with(as_put);
    let put = sign_put(settings, &signer, caller.now, &upload, more)?;
    match reserve::write(&ports.store, settings, &upload, caller.now).await? {
        Created::New => Ok((put, upload)),
        Created::Exists(existing) => {
            let existing = repeated(&upload, *existing, caller)?;
            let (signer, existing) = ports.repeated_form_credentials(caller.now, existing).await?;
            Ok((sign_put(settings, &signer, caller.now, &existing, more)?, existing))
        }
    }
}

/// Signs the PUT of `upload`, whose size is exact, with `headers` beside the module's own.
///
/// # Errors
/// [`Problem::Internal`] for what cannot be signed.
pub(super) fn sign_put(
    settings: &Settings,
    credentials: &SigningCredentials,
    now: Timestamp,
    upload: &Owned<Upload>,
    more: &[(&str, &str)],
) -> Result<IssuedPut, Problem> {
    let mut headers = headers(settings, upload);
    headers.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let length = upload.max_size_bytes.to_string();
    let key = upload.object_key().to_string();
    let request = ObjectRequest::put(&key, upload.policy_expires_at).header("content-length", &length);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    let url = request.sign(&settings.endpoint, credentials, now).map_err(Problem::internal)?;
    Ok(IssuedPut {
        upload_id: upload.upload_id,
        method: "PUT",
        url: url.as_str().to_owned(),
        expires_at: upload.policy_expires_at,
        size_bytes: upload.max_size_bytes,
        headers,
    })
}

fn headers(settings: &Settings, upload: &Upload) -> BTreeMap<String, String> {
    let fixed = [
        ("content-type", upload.content_type.as_str()),
        ("if-none-match", "*"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", &settings.files_key_arn),
    ];
    let mut headers: BTreeMap<_, _> =
        fixed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let metadata = upload.metadata.iter();
    headers.extend(metadata.map(|(name, value)| (format!("{METADATA_PREFIX}{name}"), value.clone())));
    if let Some(checksum) = upload.checksum_sha256 {
        headers.insert("x-amz-checksum-sha256".to_owned(), checksum.to_string());
    }
    headers
}
