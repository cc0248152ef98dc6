//! Uploads of an owner: issue, show, list, delete.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::StatusCode;
use serde::Serialize;

use crate::http::{Problem, Reply};
use crate::ports::{Created, Found, LinkStore, QuotaStore, Signer, UploadStore};
use crate::upload::scan::ScanStatus;
use crate::upload::{RejectionReason, Upload, UploadState, UsedToken};
use crate::value::checksum::ChecksumSha256;
use crate::value::id::{TransitionId, UploadId};
use s3_presigned::{SigningCredentials, Timestamp};

use super::form::{IssuedForm, sign_form};
use super::owned::owned_upload;
use super::paging::{PageRequest, PageView};
use super::put::{self, sign_put};
use super::request::{NewUpload, SizeLimit};
use super::reserve::{self, pending};
use super::tokens::Holder;
use super::{Caller, Owned, Ports, Settings, revocation};

/// An upload as the API shows it to its owner.
#[derive(Debug, Serialize)]
pub(super) struct UploadView {
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
    /// The scan that failed, while the version waits for another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    scan_failed: Option<ScanFailedView>,
    /// The label of the upload token that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// Versions that arrived beside the pinned one and were removed.
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

#[derive(Debug, Serialize)]
struct ScanFailedView {
    status: ScanStatus,
    version_id: String,
    at: Timestamp,
}

/// `POST /uploads`: a pending record by one conditional put, and its form.
///
/// # Errors
/// See [`Problem`]; nothing is written then.
pub async fn create<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    body: &[u8],
) -> Result<Reply, Problem> {
    let limit = SizeLimit::of_one_request(settings.max_size_bytes);
    let new = NewUpload::parse(body, limit, Some(&settings.redirect_origins))?;
    let form = issue(ports, settings, caller, None, new).await?;
    let location = format!("/uploads/{}", form.upload_id);
    Ok(Reply::json(StatusCode::CREATED, &form).with("location", location))
}

/// A pending record and its form, counted against `token` if there is one.
///
/// # Errors
/// See [`Problem`]; nothing is written then.
pub(super) async fn issue<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    token: Option<&UsedToken>,
    new: NewUpload,
) -> Result<IssuedForm, Problem> {
    let credentials = ports.signer.credentials(caller.now, settings.form_ttl.as_secs()).await?;
    let expires_at = credentials.clamp(caller.now + settings.form_ttl).floor_s();
    let redirect = new.redirect.clone();
    let upload = pending(new, caller, token, expires_at)?;
    let sign = |credentials: &SigningCredentials, upload: &Owned<Upload>| {
        sign_form(settings, credentials, caller.now, upload, redirect.as_ref()).map_err(Problem::internal)
    };
    let form = sign(&credentials, &upload)?;
    match reserve::write(&ports.store, settings, &upload, caller.now).await? {
        Created::New => Ok(form),
        Created::Exists(existing) => {
            let existing = repeated(&upload, *existing, caller)?;
            let (credentials, existing) = within_session(ports, caller.now, existing).await?;
            sign(&credentials, &existing)
        }
    }
}

/// `POST /t/{token}/uploads`: as `POST /uploads`, within what the token allows.
///
/// # Errors
/// See [`Problem`]; nothing is written then.
pub async fn create_with_token<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    holder: &Holder,
    body: &[u8],
) -> Result<Reply, Problem> {
    let new = NewUpload::parse(body, holder.one_request_limit(settings), Some(&settings.redirect_origins))?;
    holder.admit(&new)?;
    let form = issue(ports, settings, &holder.caller, Some(&holder.token), new).await?;
    Ok(Reply::json(StatusCode::CREATED, &form))
}

/// `GET /t/{token}/uploads/{id}`: an upload that this token made.
///
/// # Errors
/// [`Problem::UploadNotFound`] for every other upload.
pub async fn show_to_holder<S: UploadStore + QuotaStore, G, P>(
    ports: &Ports<S, G, P>,
    holder: &Holder,
    id: &str,
) -> Result<Reply, Problem> {
    let upload = holder.upload(ports, id).await?;
    Ok(Reply::json(StatusCode::OK, &UploadView::of(upload)))
}

/// `POST /uploads/put` `{filename, content_type, size_bytes, …}`: a presigned PUT.
///
/// # Errors
/// See [`Problem`]; `size_bytes` is needed. Nothing is written then.
pub async fn create_put<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    body: &[u8],
) -> Result<Reply, Problem> {
    let new = NewUpload::parse(body, SizeLimit::of_one_request(settings.max_size_bytes), None)?;
    if new.min_size_bytes != new.max_size_bytes {
        return Err(Problem::field("size_bytes", "a PUT needs the exact size, which is signed"));
    }
    let mut signer = ports.signer.credentials(caller.now, settings.form_ttl.as_secs()).await?;
    let expires_at = signer.clamp(caller.now + settings.form_ttl).floor_s();
    let as_put =
        |upload: &mut Upload| upload.request_hash = upload.request_hash.as_ref().map(put::request_hash);
    let mut upload = pending(new, caller, None, expires_at)?.with(as_put);
    if let Created::Exists(existing) = reserve::write(&ports.store, settings, &upload, caller.now).await? {
        let existing = repeated(&upload, *existing, caller)?;
        (signer, upload) = within_session(ports, caller.now, existing).await?;
    }
    let put = sign_put(settings, &signer, caller.now, &upload, &[])?;
    let location = format!("/uploads/{}", put.upload_id);
    Ok(Reply::json(StatusCode::CREATED, &put).with("location", location))
}

/// `GET /uploads/{id}`.
///
/// # Errors
/// [`Problem::UploadNotFound`] also for another owner's upload.
pub async fn show<S: UploadStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    id: &str,
) -> Result<Reply, Problem> {
    let upload = owned_upload(ports, caller, id).await?;
    Ok(Reply::json(StatusCode::OK, &UploadView::of(upload)))
}

/// `GET /uploads`, newest first.
///
/// # Errors
/// If `limit` or `cursor` break a rule.
pub async fn list<S: UploadStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    limit: Option<&str>,
    cursor: Option<&str>,
) -> Result<Reply, Problem> {
    let PageRequest { start, limit } = PageRequest::parse(limit, cursor)?;
    let page = ports.store.uploads_of(&caller.owner, start.as_ref(), limit).await?;
    Ok(Reply::json(StatusCode::OK, &PageView::of(Owned::page(page, caller), UploadView::of)))
}

/// `DELETE /uploads/{id}`: begins the deletion. After the answer no link to the upload can be made, and the
/// links that the index has shown are revoked. The recorder removes the versions, and the remaining links,
/// soon after.
///
/// # Errors
/// [`Problem::UploadNotFound`] also for another owner's upload. [`Problem::Unavailable`] if the table fails
/// while links are revoked: the upload is deleted nevertheless, and a repetition revokes its links.
pub async fn remove<S: UploadStore + LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    id: &str,
) -> Result<Reply, Problem> {
    let id = id.parse().map_err(|_| Problem::UploadNotFound)?;
    match ports.store.begin_deletion(id, &caller.owner).await? {
        Found::Yes => {
            revocation::end_links_of_removed(ports, caller, id).await?;
            Ok(Reply::empty(StatusCode::ACCEPTED))
        }
        Found::No => Err(Problem::UploadNotFound),
    }
}

/// Returns the existing record of a repeated request, if the request can be answered as the first time. The
/// form's expiry is the one in the record.
pub(super) fn repeated(asked: &Upload, existing: Upload, caller: &Caller) -> Result<Owned<Upload>, Problem> {
    if asked.request_hash.is_none() {
        return Err(Problem::internal("a random upload id was taken"));
    }
    let existing = Owned::admit(existing, caller).map_err(|_| Problem::IdempotencyKeyReused)?;
    let is_another = existing.s3_upload_id.is_some() != asked.s3_upload_id.is_some();
    if is_another || existing.request_hash != asked.request_hash {
        return Err(Problem::IdempotencyKeyReused);
    }
    if existing.state == UploadState::Available {
        return Err(Problem::UploadArrived(existing.upload_id));
    }
    let is_open = matches!(existing.state, UploadState::Pending | UploadState::Rejected);
    match is_open && existing.takes_files() && existing.policy_expires_at > caller.now {
        true => Ok(existing),
        false => Err(Problem::IdempotencyKeySpent),
    }
}

/// The expiry of a repeated request's form: not later than the session at hand, because another session may
/// sign it than the first time.
async fn within_session<S, G: Signer, P>(
    ports: &Ports<S, G, P>,
    now: Timestamp,
    existing: Owned<Upload>,
) -> Result<(Arc<SigningCredentials>, Owned<Upload>), Problem> {
    let needed = now.until(existing.policy_expires_at);
    let credentials = ports.signer.credentials(now, needed.as_secs()).await?;
    let policy_expires_at = credentials.clamp(existing.policy_expires_at).floor_s();
    Ok((credentials, existing.with(|upload| upload.policy_expires_at = policy_expires_at)))
}

impl UploadView {
    pub(super) fn of(upload: Owned<Upload>) -> Self {
        let upload = upload.into_inner();
        let scan_failed = upload.open_scan_failure().map(|failure| ScanFailedView {
            status: failure.status,
            version_id: failure.version_id.to_string(),
            at: failure.at,
        });
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
            scan_failed,
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
            label: upload.token.and_then(|token| token.label),
            surplus_versions: upload.surplus.len(),
            rejected_versions: upload.condemned.len(),
            transition_id: upload.transition_id,
        }
    }
}
