//! Upload tokens: with one, a browser without a login may upload. A token limits the size, the number of
//! uploads and the time.
//!
//! An app's server makes a token and gives it to its page; the path `/t/<token>/…` contains it. The scope
//! never changes, so the token itself contains it, sealed: a request reads nothing before the transaction
//! that creates an upload's record. The uses that are left and a revocation are in the table, under the hash
//! of the token's secret ([`UploadTokenId`]). The same transaction checks both and counts the use.
//!
//! ```text
//!  byte 0              bytes 1 to 16    the rest
//!  version of the key   secret           the scope, sealed by ChaCha20-Poly1305
//! ```
//!
//! The key is one of [`UploadTokenKeys`](crate::keys::UploadTokenKeys), which only this API holds. Older
//! versions sealed tokens under a link key. Such tokens are still accepted. But `serve-link` holds the link
//! keys too, so of such a token only the id is trusted: its scope is read from its record.
//!
//! Only this API can read the scope, because the scope names the owner, and anyone may have the page. A token
//! that this API did not seal is refused without a call to AWS. The token is shown once.

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

/// The most uploads that one token allows.
pub const MAX_USES: u32 = 10_000;

/// The longest life of a token.
pub const MAX_LIFE: Duration = Duration::from_hours(90 * 24);

/// How long the record is kept after the token's expiry, so that a late request gets the reason.
const KEPT_AFTER_EXPIRY: Duration = Duration::from_hours(35 * 24);

/// An upload token in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadToken {
    /// The hash of its secret.
    pub token_id: UploadTokenId,
    /// The owner of its uploads.
    pub owner: Owner,
    /// The token's label. The API shows it for each upload that was made with the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The media types that may be declared.
    pub content_types: Vec<MediaRange>,
    /// The largest file.
    pub max_size_bytes: u64,
    /// How many uses the token had at the beginning.
    pub uses: u32,
    /// How many uses are left.
    pub uses_left: u32,
    /// When it was made.
    pub made_at: Timestamp,
    /// When the token expires.
    pub expires_at: Timestamp,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// A digest of the request whose idempotency key made the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_hash: Option<ChecksumSha256>,
    /// Whether the token was sealed under one of [`UploadTokenKeys`](crate::keys::UploadTokenKeys). Tokens of
    /// older versions were sealed under a link key; such a token finds only a record without this mark.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_own_key: bool,
    /// When DynamoDB may delete it, in seconds since 1970.
    pub ttl: u64,
}

/// The scope of a token: what it allows, as the token itself contains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenScope {
    /// The owner of its uploads.
    #[serde(rename = "o")]
    pub owner: Owner,
    /// The token's label.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The media types that may be declared.
    #[serde(rename = "t")]
    pub content_types: Vec<MediaRange>,
    /// The largest file.
    #[serde(rename = "m")]
    pub max_size_bytes: u64,
    /// When the token expires.
    #[serde(rename = "e")]
    pub expires_at: Timestamp,
}

impl TokenScope {
    /// Whether this type may be declared.
    pub fn allows(&self, content_type: &ContentType) -> bool {
        self.content_types.iter().any(|pattern| pattern.matches(content_type))
    }
}

/// The status of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStatus {
    /// It can be used for a new upload.
    Open,
    /// Its owner revoked it.
    Revoked,
    /// It has expired.
    Expired,
    /// It has no uses left. Uploads that were begun may go on.
    UsedUp,
}

impl UploadToken {
    /// The status at `now`.
    pub fn status(&self, now: Timestamp) -> TokenStatus {
        match self.revoked_at {
            Some(_) => TokenStatus::Revoked,
            None if self.expires_at <= now => TokenStatus::Expired,
            None if self.uses_left == 0 => TokenStatus::UsedUp,
            None => TokenStatus::Open,
        }
    }

    /// The token after so many uses at `now`; `None` unless it is open and has them left.
    #[must_use]
    pub fn used(&self, uses: u32, now: Timestamp) -> Option<Self> {
        let uses_left = self.uses_left.checked_sub(uses)?;
        (self.status(now) == TokenStatus::Open).then(|| Self { uses_left, ..self.clone() })
    }

    /// The token after its owner revoked it. A second revocation changes nothing.
    #[must_use]
    pub fn revoked(&self, now: Timestamp) -> Self {
        Self { revoked_at: self.revoked_at.or(Some(now)), ..self.clone() }
    }

    /// The scope, as the token itself contains it.
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
        (expires_at + KEPT_AFTER_EXPIRY).epoch_s()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::samples::{at, token};

    #[test]
    fn a_token_is_counted_down_and_never_below_nothing() {
        let now = at("2026-11-24T10:30:00Z");
        let one = token(2).used(1, now).unwrap();
        let none = one.used(1, now).unwrap();
        assert_eq!((one.uses_left, none.uses_left), (1, 0));
        assert_eq!((none.status(now), none.used(1, now)), (TokenStatus::UsedUp, None));
        assert_eq!((token(5).used(5, now).unwrap().uses_left, token(5).used(6, now)), (0, None));
    }

    #[test]
    fn an_ended_token_opens_nothing() {
        let (now, later) = (at("2026-11-24T10:30:00Z"), at("2026-11-24T11:00:00Z"));
        assert_eq!(token(1).status(later), TokenStatus::Expired);
        let revoked = token(1).revoked(now);
        assert_eq!((revoked.status(now), revoked.used(1, now)), (TokenStatus::Revoked, None));
        assert_eq!(revoked.revoked(later), revoked, "the first end stays");
    }

    #[test]
    fn an_ended_token_is_remembered_for_35_days() {
        let ends = at("2026-11-24T11:00:00Z");
        assert_eq!(UploadToken::ttl_of(ends) - ends.epoch_s(), 35 * 24 * 3600);
    }
}
