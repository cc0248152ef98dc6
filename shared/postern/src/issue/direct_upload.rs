//! Rails' direct uploads, below `/t/<upload token>`.
//!
//! Source: [direct uploads](https://guides.rubyonrails.org/active_storage_overview.html#direct-uploads).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::foreign_request::{admit, content_type, renamed};
use super::object::Object;
use super::put::issue_put;
use super::request::{NewUpload, NewUploadBody, parse_json};
use super::tokens::Holder;
use super::{Ports, Settings};
use crate::http::{Problem, Reply};
use crate::ports::{QuotaStore, Signer, UploadStore};

#[derive(Deserialize)]
struct DirectUploadBody {
    blob: Object<Blob>,
}

#[derive(Deserialize)]
struct Blob {
    filename: String,
    content_type: Option<String>,
    byte_size: u64,
    checksum: String,
}

/// `POST …/direct_uploads`, as the JavaScript of `ActiveStorage` sends it: a presigned PUT with length and
/// MD5 signed.
///
/// # Errors
/// As `POST /uploads`; fields are named as the body names them.
pub async fn create<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    holder: &Holder,
    body: &[u8],
) -> Result<Reply, Problem> {
    let DirectUploadBody { blob: Object(blob) } = parse_json(body)?;
    if STANDARD.decode(&blob.checksum).map(|md5| md5.len()) != Ok(16) {
        return Err(Problem::field("blob.checksum", "the checksum is an MD5 of 16 bytes in base64"));
    }
    let limit = holder.one_request_limit(settings);
    let named = NewUploadBody {
        filename: Some(blob.filename),
        content_type: Some(content_type(blob.content_type.as_deref())),
        size_bytes: Some(blob.byte_size),
        ..NewUploadBody::default()
    };
    let as_sent = |field: &str| match field {
        "size_bytes" => "blob.byte_size".to_owned(),
        field => format!("blob.{field}"),
    };
    let new = NewUpload::check(named, limit, None).map_err(|p| renamed(p, as_sent))?;
    admit(settings, holder, &new).map_err(|problem| renamed(problem, as_sent))?;
    let (caller, token) = (&holder.caller, Some(&holder.token));
    let more = [("content-md5", blob.checksum.as_str())];
    let (put, upload) = issue_put(ports, settings, caller, token, new, &more).await?;
    let answer = json!({
        "id": upload.upload_id,
        "key": upload.object_key().to_string(),
        "filename": upload.filename,
        "content_type": upload.content_type,
        "byte_size": upload.max_size_bytes,
        "checksum": blob.checksum,
        "signed_id": upload.upload_id,
        "direct_upload": { "url": put.url, "headers": put.headers },
    });
    Ok(Reply::json(StatusCode::OK, &answer))
}
