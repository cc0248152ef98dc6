//! Upload tokens: with one, a browser without a login may upload. A token limits the size, the number of
//! uploads and the time.
//!
//! An app's server makes one and hands it to its page; the path `/t/<token>/…` carries it. Its
//! scope never changes, so the token itself brings it, sealed: a request needs no read before the
//! transaction that creates an upload's record. What changes stands in the table, under the hash of
//! the token's secret ([`UploadTokenId`]): how many uses are left, and whether it is revoked. That
//! very transaction counts down, on condition of both.
//!
//! ```text
//!  byte 0              bytes 1 to 16    the rest
//!  version of the key   secret           the scope, sealed by ChaCha20-Poly1305
//! ```
//!
//! The key is one of [`UploadTokenKeys`](crate::keys::UploadTokenKeys), which only this API holds.
//! Tokens of older versions of this software were sealed under a link key. They are still taken, but
//! the public function holds the link keys too, so of such a token only its name counts: the scope is
//! read from its record.
//!
//! Only this API can read the scope, because it names an owner and anybody may hold the page. A token that
//! this API did not seal is refused without a call to AWS. The token is shown once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::media::{ContentType, MediaRange};
use crate::value::checksum::ChecksumSha256;
use crate::value::id::Owner;
use s3_presigned::Timestamp;

mod secret;

#[cfg(any(test, feature = "testing"))]
pub use secret::seal_by_link_key;
pub use secret::{MAX_UPLOAD_TOKEN_CHARS, OpenedToken, ScopeTooLong, UploadTokenId, UploadTokenSecret};

/// So many uploads one token allows at most.
pub const MAX_USES: u32 = 10_000;

/// So long one token lives at most.
pub const MAX_LIFE: Duration = Duration::from_hours(90 * 24);

/// The record outlives the token by this much, so that a late request gets the reason.
const MEMORY: Duration = Duration::from_hours(35 * 24);

/// What a token allows, as the table keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadToken {
    /// The hash of its secret.
    pub token_id: UploadTokenId,
    /// Whose uploads it makes.
    pub owner: Owner,
    /// What the app calls it; comes back with every upload that it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The media types that may be uploaded.
    pub content_types: Vec<MediaRange>,
    /// The largest file.
    pub max_size_bytes: u64,
    /// How many uploads it was made for.
    pub uses: u32,
    /// How many are left.
    pub uses_left: u32,
    /// When it was made.
    pub made_at: Timestamp,
    /// From when on it opens nothing.
    pub expires_at: Timestamp,
    /// Since when it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// A digest of the request that an idempotency key stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_hash: Option<ChecksumSha256>,
    /// Whether the token was sealed under one of [`UploadTokenKeys`](crate::keys::UploadTokenKeys). A
    /// token of an older version was sealed under a link key; only a record without this mark is found
    /// by such a token.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_own_key: bool,
    /// When DynamoDB may forget it, in seconds since 1970.
    pub ttl: u64,
}

/// What a token allows for as long as it lives, as the token brings it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenScope {
    /// Whose uploads it makes.
    #[serde(rename = "o")]
    pub owner: Owner,
    /// What the app calls it.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The media types that may be uploaded.
    #[serde(rename = "t")]
    pub content_types: Vec<MediaRange>,
    /// The largest file.
    #[serde(rename = "m")]
    pub max_size_bytes: u64,
    /// From when on it opens nothing.
    #[serde(rename = "e")]
    pub expires_at: Timestamp,
}

impl TokenScope {
    /// Whether a file of this type may be uploaded.
    pub fn allows(&self, content_type: &ContentType) -> bool {
        self.content_types.iter().any(|pattern| pattern.matches(content_type))
    }
}

/// Whether a token may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStatus {
    /// It may, for a new upload too.
    Open,
    /// Its owner ended it.
    Revoked,
    /// Its time is over.
    Expired,
    /// Its uploads are made; what was begun may go on.
    UsedUp,
}

impl UploadToken {
    /// Whether it may be used at `now`.
    pub fn status(&self, now: Timestamp) -> TokenStatus {
        match self.revoked_at {
            Some(_) => TokenStatus::Revoked,
            None if self.expires_at <= now => TokenStatus::Expired,
            None if self.uses_left == 0 => TokenStatus::UsedUp,
            None => TokenStatus::Open,
        }
    }

    /// The token after one use at `now`; `None` unless it is open.
    #[must_use]
    pub fn used(&self, now: Timestamp) -> Option<Self> {
        let is_open = self.status(now) == TokenStatus::Open;
        is_open.then(|| Self { uses_left: self.uses_left.saturating_sub(1), ..self.clone() })
    }

    /// The token after its owner ended it; the first end stays.
    #[must_use]
    pub fn revoked(&self, now: Timestamp) -> Self {
        Self { revoked_at: self.revoked_at.or(Some(now)), ..self.clone() }
    }

    /// What the token itself brings.
    pub fn scope(&self) -> TokenScope {
        TokenScope {
            owner: self.owner.clone(),
            label: self.label.clone(),
            content_types: self.content_types.clone(),
            max_size_bytes: self.max_size_bytes,
            expires_at: self.expires_at,
        }
    }

    /// The record's TTL for a token that ends at `expires_at`.
    pub fn ttl_of(expires_at: Timestamp) -> u64 {
        (expires_at + MEMORY).epoch_s()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::samples::{at, token};

    #[test]
    fn a_token_is_counted_down_and_never_below_nothing() {
        let now = at("2026-11-24T10:30:00Z");
        let one = token(2).used(now).unwrap();
        let none = one.used(now).unwrap();
        assert_eq!((one.uses_left, none.uses_left), (1, 0));
        assert_eq!((none.status(now), none.used(now)), (TokenStatus::UsedUp, None));
    }

    #[test]
    fn an_ended_token_opens_nothing() {
        let (now, later) = (at("2026-11-24T10:30:00Z"), at("2026-11-24T11:00:00Z"));
        assert_eq!(token(1).status(later), TokenStatus::Expired);
        let revoked = token(1).revoked(now);
        assert_eq!((revoked.status(now), revoked.used(now)), (TokenStatus::Revoked, None));
        assert_eq!(revoked.revoked(later), revoked, "the first end stays");
    }

    #[test]
    fn an_ended_token_is_remembered_for_35_days() {
        let ends = at("2026-11-24T11:00:00Z");
        assert_eq!(UploadToken::ttl_of(ends) - ends.epoch_s(), 35 * 24 * 3600);
    }
}
