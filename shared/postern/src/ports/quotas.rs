//! Owners' limits and upload tokens, counted with the upload that uses them.

use super::{Created, Found, Unavailable};
use crate::upload::Upload;
use crate::upload::quota::OwnerLimits;
use crate::upload::token::{TokenStatus, UploadToken, UploadTokenId};
use crate::value::id::Owner;
use s3_presigned::Timestamp;
use std::future::Future;

/// The most uploads of one batch. DynamoDB takes 100 items in one transaction.
pub const MAX_BATCH: usize = 50;

/// The counters of new uploads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The time of the request.
    pub now: Timestamp,
    /// The upload token that allows them.
    pub token: Option<UploadTokenId>,
    /// The limits of their owner.
    pub limits: OwnerLimits,
}

/// The result of a counted write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReserveOutcome {
    /// The records were created and counted.
    New,
    /// A record existed; nothing was written. The existing records that the write met, at least one. If another
    /// write was under way, some may be missing.
    Exists(Vec<Upload>),
    /// The token is used up, revoked or expired; nothing was written. A token that the table's TTL has
    /// removed has expired.
    TokenEnded(TokenStatus),
    /// The token is open and has so many uses left, which are too few; nothing was written.
    TooFewUses(u32),
    /// The owner may have `left` further pending uploads, which are too few. Enough pending ones have ended at
    /// `until`.
    TooManyPending {
        /// Further pending uploads.
        left: u8,
        /// When enough have ended.
        until: Timestamp,
    },
    /// Of the owner's bytes of this day, `left` are left until this time.
    TooManyBytes {
        /// Bytes.
        left: u64,
        /// The end of the day.
        until: Timestamp,
    },
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
    /// Creates the records and counts them in one transaction, or writes nothing. A conflict with another
    /// transaction is retried, and is [`Unavailable`] in the end. There are at most [`MAX_BATCH`] uploads, all of
    /// one owner, and not more than the owner may have pending.
    fn reserve(
        &self,
        uploads: &[Upload],
        count: &Quota,
    ) -> impl Future<Output = Result<ReserveOutcome, Unavailable>> + Send;
}
