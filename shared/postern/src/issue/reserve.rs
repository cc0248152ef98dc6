//! Reserves uploads: writes their records, and counts them if the owner or the token has a limit.

use crate::http::{Problem, ReachedLimit};
use crate::media::ContentType;
use crate::ports::{Created, Quota, QuotaStore, ReserveOutcome, UploadStore};
use crate::upload::{Upload, UploadState, UsedToken, tombstone_ttl, transition_id};
use crate::value::checksum::ChecksumSha256;
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
    let hash = caller.idempotency_key.as_ref().map(|_| new.hash());
    Owned::admit(record(upload_id(caller, token), hash, new, caller, token, policy_expires_at), caller)
}

/// The id of the upload that a request makes.
pub(super) fn upload_id(caller: &Caller, token: Option<&UsedToken>) -> UploadId {
    match (&caller.idempotency_key, token) {
        (None, _) => UploadId::random(caller.entropy),
        (Some(key), None) => UploadId::derived(&caller.owner, key),
        (Some(key), Some(token)) => UploadId::derived_by_token(&token.token_id.to_string(), key),
    }
}

/// The record of a new upload; `request_hash` is a digest of a request with an idempotency key.
pub(super) fn record(
    upload_id: UploadId,
    request_hash: Option<ChecksumSha256>,
    new: NewUpload,
    caller: &Caller,
    token: Option<&UsedToken>,
    policy_expires_at: Timestamp,
) -> Upload {
    Upload {
        upload_id,
        owner: caller.owner.clone(),
        state: UploadState::Pending,
        request_hash,
        filename: new.filename,
        path: new.path,
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
    }
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
/// As [`write_all`].
pub(super) async fn write<S: UploadStore + QuotaStore>(
    store: &S,
    settings: &Settings,
    upload: &Owned<Upload>,
    now: Timestamp,
) -> Result<Created<Upload>, Problem> {
    check_type(settings, &upload.content_type)?;
    if upload.token.is_none() && !settings.limits.any() {
        return Ok(store.create(upload).await?.or_own(upload));
    }
    match write_all(store, settings, std::slice::from_ref(upload), now).await?.pop() {
        None => Ok(Created::New),
        Some(existing) => Ok(Created::Exists(Box::new(existing))),
    }
}

/// Writes all records, or none, by one transaction that counts them too. Returns the existing records that it
/// has met; none if it has written. If each of them equals one of these, they are this request's own: the
/// transaction took effect, and its answer was lost.
///
/// # Errors
/// [`Problem::UploadTokenEnded`], [`Problem::TooFewUses`], [`Problem::LimitReached`].
pub(super) async fn write_all<S: QuotaStore>(
    store: &S,
    settings: &Settings,
    uploads: &[Owned<Upload>],
    now: Timestamp,
) -> Result<Vec<Upload>, Problem> {
    let limits = settings.limits;
    let reserving = |upload: &Owned<Upload>| match limits.bytes_per_day {
        Some(_) => upload.reserving(),
        None => Upload::clone(upload),
    };
    let sent: Vec<_> = uploads.iter().map(reserving).collect();
    let token = sent.first().and_then(|upload| upload.token.as_ref()).map(|token| token.token_id.clone());
    let needed = sent.len();
    match store.reserve(&sent, &Quota { now, token, limits }).await? {
        ReserveOutcome::New => Ok(Vec::new()),
        ReserveOutcome::Exists(existing) if existing.iter().all(|one| sent.contains(one)) => Ok(Vec::new()),
        ReserveOutcome::Exists(existing) => Ok(existing),
        ReserveOutcome::TokenEnded(existing) => Err(Problem::UploadTokenEnded(existing)),
        ReserveOutcome::TooFewUses(left) => Err(Problem::TooFewUses { left, needed }),
        ReserveOutcome::TooManyPending { left, until } => Err(Problem::LimitReached(ReachedLimit::Pending {
            uploads: limits.pending_uploads.unwrap_or_default(),
            left,
            needed,
            retry_after_s: wait_s(now, until),
        })),
        ReserveOutcome::TooManyBytes { left, until } => {
            Err(Problem::LimitReached(ReachedLimit::BytesPerDay {
                bytes: limits.bytes_per_day.unwrap_or_default(),
                left,
                needed: sent.iter().map(|upload| upload.max_size_bytes).sum(),
                retry_after_s: wait_s(now, until),
            }))
        }
    }
}

/// Returns the existing record of a repeated request, if the request can be answered as the first time. The
/// form's expiry is the one in the record.
pub(super) fn repeated(asked: &Upload, existing: Upload, caller: &Caller) -> Result<Owned<Upload>, Problem> {
    let existing = Owned::admit(of_same_request(asked, existing)?, caller);
    let existing = existing.map_err(|_| Problem::IdempotencyKeyReused)?;
    match (is_open(&existing, caller.now), existing.state) {
        (true, _) => Ok(existing),
        (false, UploadState::Available) => Err(Problem::UploadArrived(existing.upload_id)),
        (false, _) => Err(Problem::IdempotencyKeySpent),
    }
}

/// Returns the existing record, if the same request made it.
///
/// # Errors
/// [`Problem::IdempotencyKeyReused`].
pub(super) fn of_same_request(asked: &Upload, existing: Upload) -> Result<Upload, Problem> {
    if asked.request_hash.is_none() {
        return Err(Problem::internal("a random upload id was taken"));
    }
    let is_another = existing.s3_upload_id.is_some() != asked.s3_upload_id.is_some();
    match is_another || existing.request_hash != asked.request_hash {
        true => Err(Problem::IdempotencyKeyReused),
        false => Ok(existing),
    }
}

/// Whether the upload's form can be shown again, because it still brings a file.
pub(super) fn is_open(existing: &Upload, now: Timestamp) -> bool {
    let is_undecided = matches!(existing.state, UploadState::Pending | UploadState::Rejected);
    is_undecided && existing.takes_files() && existing.policy_expires_at > now
}

/// One second more than the time that is left, so that a client that waits does not ask too early.
fn wait_s(now: Timestamp, until: Timestamp) -> u64 {
    now.until(until).as_secs() + 1
}
