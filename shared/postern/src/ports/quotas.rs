//! Owners' limits and upload tokens, counted with the upload that uses them.

use super::{Created, Found, Unavailable};
use crate::upload::Upload;
use crate::upload::quota::OwnerLimits;
use crate::upload::token::{TokenStatus, UploadToken, UploadTokenId};
use crate::value::id::Owner;
use s3_presigned::Timestamp;
use std::future::Future;

/// The counters of a new upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The time of the request.
    pub now: Timestamp,
    /// The upload token that allows it.
    pub token: Option<UploadTokenId>,
    /// The limits of its owner.
    pub limits: OwnerLimits,
}

/// The result of a counted write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReserveOutcome {
    /// The record was created and counted.
    New,
    /// The record existed; nothing was written.
    Exists(Box<Upload>),
    /// The token is used up, revoked or expired; nothing was written. A token that the table's TTL has
    /// removed has expired.
    TokenEnded(TokenStatus),
    /// The owner has as many pending uploads as allowed. The first one ends at this time.
    TooManyPending(Timestamp),
    /// The owner's bytes of this day are used up until this time.
    TooManyBytes(Timestamp),
}

/// Upload tokens, and uploads that are counted.
pub trait QuotaStore: Send + Sync {
    /// Creates a token unless one with its id exists: one conditional put.
    fn create_token(
        &self,
        token: &UploadToken,
    ) -> impl Future<Output = Result<Created<UploadToken>, Unavailable>> + Send;
    /// Reads the token consistently.
    fn token(
        &self,
        id: &UploadTokenId,
    ) -> impl Future<Output = Result<Option<UploadToken>, Unavailable>> + Send;
    /// Revokes a token if it is `owner`'s; a repetition changes nothing.
    fn revoke_token(
        &self,
        id: &UploadTokenId,
        owner: &Owner,
        now: Timestamp,
    ) -> impl Future<Output = Result<Found, Unavailable>> + Send;
    /// Creates a record and counts it in one transaction, or writes nothing. A conflict with another
    /// transaction is retried, and is [`Unavailable`] in the end.
    fn reserve(
        &self,
        upload: &Upload,
        count: &Quota,
    ) -> impl Future<Output = Result<ReserveOutcome, Unavailable>> + Send;
}
