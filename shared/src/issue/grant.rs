//! One upload granted: its record written, and counted where something is counted.

use crate::content_type::ContentType;
use crate::id::UploadId;
use crate::ports::{Count, Created, GrantStore, Granted, UploadStore};
use crate::problem::{Problem, ReachedLimit};
use crate::time::Timestamp;
use crate::upload::{Upload, UploadState, UsedToken, tombstone_ttl, transition_id};

use super::request::NewUpload;
use super::{Caller, Owned, Terms};

/// The record of a new upload of the caller, whose form dies at `policy_expires_at`.
///
/// # Errors
/// None: the record has the caller's owner.
pub(super) fn pending(
    new: NewUpload,
    caller: &Caller,
    token: Option<&UsedToken>,
    policy_expires_at: Timestamp,
) -> Result<Owned<Upload>, Problem> {
    let key = caller.idempotency_key.as_ref();
    let upload_id =
        key.map_or_else(|| UploadId::random(caller.entropy), |key| UploadId::derived(&caller.owner, key));
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
        event: None,
        ttl: Some(tombstone_ttl(policy_expires_at)),
        links_walked: None,
        reserved: None,
    };
    Owned::admit(upload, caller)
}

/// Whether the stack takes this type at all: the recorder would reject it once it came.
///
/// # Errors
/// A problem of the field `content_type` that names the types.
pub(super) fn check_type(terms: &Terms, declared: &ContentType) -> Result<(), Problem> {
    let allowed = &terms.allowed_types;
    match allowed.allows(declared) {
        true => Ok(()),
        false => Err(Problem::field("content_type", format!("this stack takes {allowed} alone"))),
    }
}

/// Writes the record: by one conditional put, or by one transaction where a token or a limit is
/// counted. A record that equals this one is this one.
///
/// # Errors
/// [`Problem::UploadTokenEnded`], [`Problem::LimitReached`].
pub(super) async fn write<S: UploadStore + GrantStore>(
    store: &S,
    terms: &Terms,
    upload: &Owned<Upload>,
    now: Timestamp,
) -> Result<Created<Upload>, Problem> {
    check_type(terms, &upload.content_type)?;
    let reserving = terms.limits.bytes_per_day.map(|_| upload.reserving());
    let upload = reserving.as_ref().unwrap_or(upload);
    let token = upload.token.as_ref().map(|token| token.token_id.clone());
    if token.is_none() && !terms.limits.any() {
        return Ok(store.create(upload).await?.or_own(upload));
    }
    let count = Count { now, token, limits: terms.limits };
    match store.grant(upload, &count).await? {
        Granted::New => Ok(Created::New),
        Granted::Exists(existing) => Ok(Created::Exists(existing).or_own(upload)),
        Granted::TokenEnded(standing) => Err(Problem::UploadTokenEnded(standing)),
        Granted::TooManyPending(until) => Err(Problem::LimitReached(ReachedLimit::Pending {
            uploads: terms.limits.pending_uploads.unwrap_or_default(),
            retry_after_s: wait_s(now, until),
        })),
        Granted::TooManyBytes(until) => Err(Problem::LimitReached(ReachedLimit::BytesPerDay {
            bytes: terms.limits.bytes_per_day.unwrap_or_default(),
            retry_after_s: wait_s(now, until),
        })),
    }
}

/// A whole second more than what is left, so that whoever waits does not come too early.
fn wait_s(now: Timestamp, until: Timestamp) -> u64 {
    now.until(until).as_secs() + 1
}
