//! Files in parts over plain JSON: for apps, and below `/t/<upload token>` for pages.
//!
//! The client declares the exact size at the beginning. So the API plans the parts and signs the length of
//! each.

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::http::{Problem, Reply};
use crate::ports::{PartStore, QuotaStore, Signer, UploadStore};
use crate::upload::Upload;
use crate::value::checksum::ParseCrc64NvmeError;
use s3_presigned::Timestamp;

use super::part_plan::{part_size_bytes, planned};
use super::parts::MAX_URLS;
use super::request::{NewUpload, parse_json, parse_optional_json};
use super::tokens::Holder;
use super::{Caller, Owned, Ports, Settings, parts};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignBody {
    part_numbers: Vec<u64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct CompleteBody {
    checksum_crc64nvme: Option<String>,
}

/// `POST /uploads/multipart`; with a `holder` for a page.
///
/// # Errors
/// As [`parts::begin`]; `size_bytes` is needed.
pub async fn begin<S: UploadStore + QuotaStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    holder: Option<&Holder>,
    body: &[u8],
) -> Result<Reply, Problem> {
    let limit = holder.map_or(settings.max_size_bytes, |holder| holder.limit_bytes(settings));
    let new = NewUpload::parse(body, limit, None)?;
    if new.min_size_bytes != new.max_size_bytes {
        return Err(Problem::field("size_bytes", "a file in parts needs its exact size"));
    }
    if let Some(holder) = holder {
        holder.admit(&new)?;
        // A repetition finds its record, although the token may be used up by then.
        if caller.idempotency_key.is_none() {
            holder.is_open(&ports.store).await?;
        }
    }
    let size_bytes = new.max_size_bytes;
    let token = holder.map(|holder| &holder.token);
    let upload = parts::begin(ports, settings, caller, token, new).await?;
    let part_size_bytes = part_size_bytes(size_bytes);
    let answer = json!({
        "upload_id": upload.upload_id,
        "method": "MULTIPART",
        "size_bytes": size_bytes,
        "part_size_bytes": part_size_bytes,
        "part_count": size_bytes.div_ceil(part_size_bytes).max(1),
        "expires_at": upload.policy_expires_at,
    });
    let location = format!("/uploads/{}", upload.upload_id);
    Ok(Reply::json(StatusCode::CREATED, &answer).with("location", location))
}

/// `POST /uploads/{id}/parts` `{part_numbers}`: a URL for each.
///
/// # Errors
/// As [`parts::sign`].
pub async fn sign<S, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    now: Timestamp,
    upload: &Owned<Upload>,
    body: &[u8],
) -> Result<Reply, Problem> {
    let body: SignBody = parse_json(body)?;
    if !(1..=MAX_URLS).contains(&body.part_numbers.len()) {
        return Err(Problem::field("part_numbers", format!("name 1 to {MAX_URLS} parts")));
    }
    let (urls, expires_at) = parts::sign(ports, settings, now, upload, &body.part_numbers).await?;
    let shown: Vec<_> = urls
        .iter()
        .map(|part| {
            json!({ "part_number": part.number, "url": part.url.as_str(), "size_bytes": part.size_bytes })
        })
        .collect();
    Ok(Reply::json(StatusCode::OK, &json!({ "parts": shown, "expires_at": expires_at })))
}

/// `GET /uploads/{id}/parts`: the parts that S3 has, so that a client can continue. S3 lists no parts of an
/// object. So this answer then lists every part of the plan, and the client finds none missing.
///
/// # Errors
/// As [`parts::list`].
pub async fn list<S: UploadStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    now: Timestamp,
    upload: &Owned<Upload>,
) -> Result<Reply, Problem> {
    let shown: Vec<_> = match parts::list(ports, now, upload).await? {
        Some(stored) => stored
            .iter()
            .map(|part| json!({ "part_number": part.number, "size_bytes": part.size_bytes, "etag": part.etag }))
            .collect(),
        None => planned(upload)
            .map(|(number, size_bytes)| json!({ "part_number": number, "size_bytes": size_bytes, "etag": null }))
            .collect(),
    };
    Ok(Reply::json(StatusCode::OK, &json!({ "parts": shown })))
}

/// `POST /uploads/{id}/complete` `{checksum_crc64nvme?}`; the body may be empty.
///
/// # Errors
/// As [`parts::complete`].
pub async fn complete<S: UploadStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    now: Timestamp,
    upload: &Owned<Upload>,
    body: &[u8],
) -> Result<Reply, Problem> {
    let body: CompleteBody = parse_optional_json(body)?;
    let checksum = body.checksum_crc64nvme.map(|text| text.parse()).transpose();
    let checksum = checksum
        .map_err(|rule: ParseCrc64NvmeError| Problem::field("checksum_crc64nvme", rule.to_string()))?;
    parts::complete(ports, now, upload, None, checksum).await?;
    Ok(Reply::json(StatusCode::OK, &json!({ "upload_id": upload.upload_id })))
}
