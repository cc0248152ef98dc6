//! Owners' limits and upload tokens, counted with the upload that uses them up.

use super::{Created, Found, Unavailable};
use crate::upload::Upload;
use crate::upload::quota::OwnerLimits;
use crate::upload::token::{TokenStatus, UploadToken, UploadTokenId};
use crate::value::id::Owner;
use s3_presigned::Timestamp;
use std::future::Future;

/// What a new upload is counted against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// When it is asked for.
    pub now: Timestamp,
    /// The upload token that allows it.
    pub token: Option<UploadTokenId>,
    /// What its owner may do.
    pub limits: OwnerLimits,
}

/// What a counted write found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReserveOutcome {
    /// The record was made, and counted.
    New,
    /// It was there; nothing was written.
    Exists(Box<Upload>),
    /// The token is used up, or over; nothing was written. One that the table has forgotten has
    /// expired.
    TokenEnded(TokenStatus),
    /// The owner has as many pending uploads as are allowed, the first until then.
    TooManyPending(Timestamp),
    /// The owner's bytes of this day are used up, until then.
    TooManyBytes(Timestamp),
}

/// Upload tokens, and uploads that are counted.
pub trait QuotaStore: Send + Sync {
    /// Writes a new token unless one stands under its id: one conditional put.
    fn create_token(
        &self,
        token: &UploadToken,
    ) -> impl Future<Output = Result<Created<UploadToken>, Unavailable>> + Send;
    /// The token as it stands now (a consistent read).
    fn token(
        &self,
        id: &UploadTokenId,
    ) -> impl Future<Output = Result<Option<UploadToken>, Unavailable>> + Send;
    /// Ends a token if it is `owner`'s; a repetition changes nothing.
    fn revoke_token(
        &self,
        id: &UploadTokenId,
        owner: &Owner,
        now: Timestamp,
    ) -> impl Future<Output = Result<Found, Unavailable>> + Send;
    /// Writes a new record and counts it, all in one transaction, or writes nothing. A conflict
    /// with another transaction is no limit: it is tried again, and is [`Unavailable`] at last.
    fn reserve(
        &self,
        upload: &Upload,
        count: &Quota,
    ) -> impl Future<Output = Result<ReserveOutcome, Unavailable>> + Send;
}
