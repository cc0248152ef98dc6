//! Uploads of an owner: issue, show, list, remove.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Serialize;

use crate::checksum::ChecksumSha256;
use crate::id::{TransitionId, UploadId};
use crate::ports::{Created, Found, Signer, UploadStore};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::time::Timestamp;
use crate::upload::{RejectionReason, Upload, UploadState, tombstone_ttl, transition_id};

use super::form::sign_form;
use super::paging::{PageRequest, PageView};
use super::request::NewUpload;
use super::{Caller, Ports, Terms};

/// An upload as its owner sees it.
#[derive(Debug, Serialize)]
struct UploadView {
    upload_id: UploadId,
    state: UploadState,
    filename: String,
    content_type: String,
    min_size_bytes: u64,
    max_size_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum_sha256: Option<ChecksumSha256>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    created_at: Timestamp,
    expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<RecordedView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection: Option<RejectionView>,
    /// Versions that came beside the pinned one and were removed.
    surplus_versions: usize,
    /// Versions that were rejected and removed.
    rejected_versions: usize,
    transition_id: TransitionId,
}

#[derive(Debug, Serialize)]
struct RecordedView {
    size_bytes: u64,
    sniffed_type: String,
    etag: String,
    version_id: String,
    recorded_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    vanished_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct RejectionView {
    reason: RejectionReason,
    detail: String,
    rejected_at: Timestamp,
}

/// `POST /uploads`: a pending record by one conditional put, and its form.
///
/// # Errors
/// See [`Problem`]; nothing is written then.
pub async fn create<S: UploadStore, G: Signer>(
    ports: &Ports<S, G>,
    terms: &Terms,
    caller: &Caller,
    body: &[u8],
) -> Result<Reply, Problem> {
    let new = NewUpload::parse(body, terms.max_size_bytes)?;
    let credentials = ports.signer.credentials(caller.now, terms.form_ttl.as_secs()).await?;
    let expires_at = credentials.clamp(caller.now + terms.form_ttl).floor_s();
    let upload = pending(new, caller, expires_at);
    let form = sign_form(terms, &credentials, caller.now, &upload).map_err(Problem::internal)?;
    let form = match ports.store.create(&upload).await? {
        Created::New => form,
        Created::Exists(standing) => {
            let standing = repeated(&upload, *standing, caller.now)?;
            let needed = caller.now.until(standing.policy_expires_at);
            let credentials = ports.signer.credentials(caller.now, needed.as_secs()).await?;
            sign_form(terms, &credentials, caller.now, &standing).map_err(Problem::internal)?
        }
    };
    let location = format!("/uploads/{}", form.upload_id);
    Ok(Reply::json(StatusCode::CREATED, &form).with("location", location))
}

/// `GET /uploads/{id}`.
///
/// # Errors
/// [`Problem::UploadNotFound`] for a stranger too.
pub async fn show<S: UploadStore, G>(
    ports: &Ports<S, G>,
    caller: &Caller,
    id: &str,
) -> Result<Reply, Problem> {
    let upload = owned(ports, caller, id).await?;
    Ok(Reply::json(StatusCode::OK, &UploadView::of(upload)))
}

/// `GET /uploads`, newest first.
///
/// # Errors
/// If `limit` or `cursor` break a rule.
pub async fn list<S: UploadStore, G>(
    ports: &Ports<S, G>,
    caller: &Caller,
    limit: Option<&str>,
    cursor: Option<&str>,
) -> Result<Reply, Problem> {
    let PageRequest { start, limit } = PageRequest::parse(limit, cursor)?;
    let page = ports.store.uploads_of(&caller.owner, start.as_ref(), limit).await?;
    Ok(Reply::json(StatusCode::OK, &PageView::of(page, UploadView::of)))
}

/// `DELETE /uploads/{id}`: from now on no link can be made; versions and links go soon after.
///
/// # Errors
/// [`Problem::UploadNotFound`] for a stranger too.
pub async fn remove<S: UploadStore, G>(
    ports: &Ports<S, G>,
    caller: &Caller,
    id: &str,
) -> Result<Reply, Problem> {
    let id = id.parse().map_err(|_| Problem::UploadNotFound)?;
    match ports.store.begin_deletion(id, &caller.owner).await? {
        Found::Yes => Ok(Reply::empty(StatusCode::ACCEPTED)),
        Found::No => Err(Problem::UploadNotFound),
    }
}

/// The caller's upload of this id.
pub(super) async fn owned<S: UploadStore, G>(
    ports: &Ports<S, G>,
    caller: &Caller,
    id: &str,
) -> Result<Upload, Problem> {
    let id = id.parse().map_err(|_| Problem::UploadNotFound)?;
    let upload = ports.store.upload(id).await?;
    upload.filter(|upload| upload.owner == caller.owner).ok_or(Problem::UploadNotFound)
}

fn pending(new: NewUpload, caller: &Caller, policy_expires_at: Timestamp) -> Upload {
    let key = caller.idempotency_key.as_ref();
    let upload_id =
        key.map_or_else(|| UploadId::random(caller.entropy), |key| UploadId::derived(&caller.owner, key));
    Upload {
        upload_id,
        owner: caller.owner.clone(),
        state: UploadState::Pending,
        request_hash: key.map(|_| new.hash()),
        filename: new.filename,
        content_type: new.content_type,
        min_size_bytes: new.min_size_bytes,
        max_size_bytes: new.max_size_bytes,
        checksum_sha256: new.checksum_sha256,
        metadata: new.metadata,
        uploaded_at: caller.now,
        policy_expires_at,
        condemned: [].into(),
        surplus: [].into(),
        recorded: None,
        rejection: None,
        transition_id: transition_id(upload_id, UploadState::Pending, ""),
        event: None,
        ttl: Some(tombstone_ttl(policy_expires_at)),
    }
}

/// What stands under the id of a repeated request, if it can be answered as the first time. Its
/// form dies when the first one did: the record's end was written then.
fn repeated(asked: &Upload, standing: Upload, now: Timestamp) -> Result<Upload, Problem> {
    if asked.request_hash.is_none() {
        return Err(Problem::internal("a random upload id was taken"));
    }
    if standing.request_hash != asked.request_hash || standing.owner != asked.owner {
        return Err(Problem::IdempotencyKeyReused);
    }
    let open = matches!(standing.state, UploadState::Pending | UploadState::Rejected);
    match open && standing.policy_expires_at > now {
        true => Ok(standing),
        false => Err(Problem::IdempotencyKeySpent),
    }
}

impl UploadView {
    fn of(upload: Upload) -> Self {
        Self {
            upload_id: upload.upload_id,
            state: upload.state,
            filename: upload.filename.into(),
            content_type: upload.content_type.into(),
            min_size_bytes: upload.min_size_bytes,
            max_size_bytes: upload.max_size_bytes,
            checksum_sha256: upload.checksum_sha256,
            metadata: upload.metadata,
            created_at: upload.uploaded_at,
            expires_at: upload.policy_expires_at,
            recorded: upload.recorded.map(|recorded| RecordedView {
                size_bytes: recorded.size_bytes,
                sniffed_type: recorded.sniffed_type.into(),
                etag: recorded.etag,
                version_id: recorded.version_id.into(),
                recorded_at: recorded.recorded_at,
                vanished_at: recorded.vanished_at,
            }),
            rejection: upload.rejection.map(|rejection| RejectionView {
                reason: rejection.reason,
                detail: rejection.detail,
                rejected_at: rejection.rejected_at,
            }),
            surplus_versions: upload.surplus.len(),
            rejected_versions: upload.condemned.len(),
            transition_id: upload.transition_id,
        }
    }
}
