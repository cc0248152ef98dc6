//! Upload tokens: a browser without a login may upload so much, so often, until then.
//!
//! An app's server makes one and hands it to its page; the path `/t/<token>/…` carries it. What it
//! allows stands in the record, under the hash of its secret ([`UploadTokenId`]); the token itself
//! is shown once. It is counted down in the very transaction that creates an upload's record.
//!
//! ```text
//!  byte 0              bytes 1 to 16    bytes 17 to 23
//!  version of the key   secret           HMAC-SHA-256 over a fixed text and bytes 0 to 16, cut
//! ```
//!
//! The fixed text keeps it apart from a link's token: neither is ever taken for the other.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::checksum::ChecksumSha256;
use crate::content_type::ContentType;
use crate::id::Owner;
use crate::time::Timestamp;

mod pattern;
mod secret;

pub use pattern::{ParsePatternError, TypePattern};
pub use secret::{UploadTokenId, UploadTokenSecret};

/// So many uploads one token allows at most.
pub const MAX_USES: u32 = 10_000;

/// So long one token lives at most.
pub const MAX_LIFE: Duration = Duration::from_hours(90 * 24);

/// The record outlives the token by this much, so that whoever asks is told what it was.
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
    pub content_types: Vec<TypePattern>,
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
    /// When DynamoDB may forget it, in seconds since 1970.
    pub ttl: u64,
}

/// Whether a token may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStanding {
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
    pub fn standing(&self, now: Timestamp) -> TokenStanding {
        match self.revoked_at {
            Some(_) => TokenStanding::Revoked,
            None if self.expires_at <= now => TokenStanding::Expired,
            None if self.uses_left == 0 => TokenStanding::UsedUp,
            None => TokenStanding::Open,
        }
    }

    /// The token after one use at `now`; `None` unless it is open.
    #[must_use]
    pub fn used(&self, now: Timestamp) -> Option<Self> {
        let is_open = self.standing(now) == TokenStanding::Open;
        is_open.then(|| Self { uses_left: self.uses_left.saturating_sub(1), ..self.clone() })
    }

    /// The token after its owner ended it; the first end stays.
    #[must_use]
    pub fn revoked(&self, now: Timestamp) -> Self {
        Self { revoked_at: self.revoked_at.or(Some(now)), ..self.clone() }
    }

    /// Whether a file of this type may be uploaded.
    pub fn allows(&self, content_type: &ContentType) -> bool {
        self.content_types.iter().any(|pattern| pattern.matches(content_type))
    }

    /// The record's TTL for a token that ends at `expires_at`.
    pub fn ttl_of(expires_at: Timestamp) -> u64 {
        (expires_at + MEMORY).epoch_s()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::token::tests::keys;
    use crate::upload::tests::at;

    pub fn token(uses: u32) -> UploadToken {
        let expires_at = at("2026-11-24T11:00:00Z");
        UploadToken {
            token_id: UploadTokenSecret::make(&keys(&[1]), [3; 16]).token_id(),
            owner: "https://issuer.test#ann".parse().unwrap(),
            label: Some("avatar".to_owned()),
            content_types: vec!["image/*".parse().unwrap()],
            max_size_bytes: 1000,
            uses,
            uses_left: uses,
            made_at: at("2026-11-24T10:00:00Z"),
            expires_at,
            revoked_at: None,
            request_hash: None,
            ttl: UploadToken::ttl_of(expires_at),
        }
    }

    #[test]
    fn a_token_is_counted_down_and_never_below_nothing() {
        let now = at("2026-11-24T10:30:00Z");
        let one = token(2).used(now).unwrap();
        let none = one.used(now).unwrap();
        assert_eq!((one.uses_left, none.uses_left), (1, 0));
        assert_eq!((none.standing(now), none.used(now)), (TokenStanding::UsedUp, None));
    }

    #[test]
    fn an_ended_token_opens_nothing() {
        let (now, later) = (at("2026-11-24T10:30:00Z"), at("2026-11-24T11:00:00Z"));
        assert_eq!(token(1).standing(later), TokenStanding::Expired);
        let revoked = token(1).revoked(now);
        assert_eq!((revoked.standing(now), revoked.used(now)), (TokenStanding::Revoked, None));
        assert_eq!(revoked.revoked(later), revoked, "the first end stays");
    }
}
