//! Reserves one upload: writes its record, and counts it if the owner or the token has a limit.

use crate::http::{Problem, ReachedLimit};
use crate::media::ContentType;
use crate::ports::{Created, Quota, QuotaStore, ReserveOutcome, UploadStore};
use crate::upload::{Upload, UploadState, UsedToken, tombstone_ttl, transition_id};
use crate::value::id::UploadId;
use s3_presigned::Timestamp;

use super::request::NewUpload;
use super::{Caller, Owned, Settings};

/// Makes the record of a new upload of the caller, whose form expires at `policy_expires_at`.
///
/// # Errors
/// Those of [`Owned::admit`], the only way to make an [`Owned`] record. They cannot occur here, because the
/// record has the caller's owner.
pub(super) fn pending(
    new: NewUpload,
    caller: &Caller,
    token: Option<&UsedToken>,
    policy_expires_at: Timestamp,
) -> Result<Owned<Upload>, Problem> {
    let key = caller.idempotency_key.as_ref();
    let upload_id = match (key, token) {
        (None, _) => UploadId::random(caller.entropy),
        (Some(key), None) => UploadId::derived(&caller.owner, key),
        (Some(key), Some(token)) => UploadId::derived_by_token(&token.token_id.to_string(), key),
    };
    let upload = Upload {
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
        token: token.cloned(),
        s3_upload_id: None,
        condemned: [].into(),
        surplus: [].into(),
        recorded: None,
        rejection: None,
        scan_failed: None,
        transition_id: transition_id(upload_id, UploadState::Pending, ""),
        announces: None,
        ttl: Some(tombstone_ttl(policy_expires_at)),
        links_walked: None,
        reserved: None,
    };
    Owned::admit(upload, caller)
}

/// Checks whether the stack accepts this type at all. The recorder would reject a file of another type.
///
/// # Errors
/// A problem of the field `content_type` that names the types.
pub(super) fn check_type(settings: &Settings, declared: &ContentType) -> Result<(), Problem> {
    let allowed = &settings.allowed_types;
    match allowed.allows(declared) {
        true => Ok(()),
        false => Err(Problem::field("content_type", format!("this stack allows only {allowed}"))),
    }
}

/// Writes the record: by one conditional put, or by one transaction if a token or a limit is counted. An
/// existing record that equals this one is this request's own.
///
/// # Errors
/// [`Problem::UploadTokenEnded`], [`Problem::LimitReached`].
pub(super) async fn write<S: UploadStore + QuotaStore>(
    store: &S,
    settings: &Settings,
    upload: &Owned<Upload>,
    now: Timestamp,
) -> Result<Created<Upload>, Problem> {
    check_type(settings, &upload.content_type)?;
    let reserving = settings.limits.bytes_per_day.map(|_| upload.reserving());
    let upload = reserving.as_ref().unwrap_or(upload);
    let token = upload.token.as_ref().map(|token| token.token_id.clone());
    if token.is_none() && !settings.limits.any() {
        return Ok(store.create(upload).await?.or_own(upload));
    }
    let count = Quota { now, token, limits: settings.limits };
    match store.reserve(upload, &count).await? {
        ReserveOutcome::New => Ok(Created::New),
        ReserveOutcome::Exists(existing) => Ok(Created::Exists(existing).or_own(upload)),
        ReserveOutcome::TokenEnded(existing) => Err(Problem::UploadTokenEnded(existing)),
        ReserveOutcome::TooManyPending(until) => Err(Problem::LimitReached(ReachedLimit::Pending {
            uploads: settings.limits.pending_uploads.unwrap_or_default(),
            retry_after_s: wait_s(now, until),
        })),
        ReserveOutcome::TooManyBytes(until) => Err(Problem::LimitReached(ReachedLimit::BytesPerDay {
            bytes: settings.limits.bytes_per_day.unwrap_or_default(),
            retry_after_s: wait_s(now, until),
        })),
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

/// One second more than the time that is left, so that a client that waits does not ask too early.
fn wait_s(now: Timestamp, until: Timestamp) -> u64 {
    now.until(until).as_secs() + 1
}
