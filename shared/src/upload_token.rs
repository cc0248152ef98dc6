//! Upload tokens: a browser without a login may upload so much, so often, until then.
//!
//! An app's server makes one and hands it to its page; the path `/t/<token>/…` carries it. Its
//! terms never change, so the token itself brings them, sealed: a request needs no read before the
//! transaction that creates an upload's record. What changes stands in the table, under the hash of
//! the token's secret ([`UploadTokenId`]): how many uses are left, and whether it is revoked. That
//! very transaction counts down, on condition of both.
//!
//! ```text
//!  byte 0              bytes 1 to 16    the rest
//!  version of the key   secret           the terms, sealed by ChaCha20-Poly1305
//! ```
//!
//! The key is one of [`UploadTokenKeys`], which only this API holds. Tokens of older versions of
//! this software were sealed under a link key. They are still taken, but the public function holds
//! the link keys too, so of such a token only its name counts: the terms are read from its record.
//!
//! Nobody but this API reads the terms: they name an owner, and the page may be anybody's. What
//! nobody here sealed is refused before anything is asked. The token is shown once.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::checksum::ChecksumSha256;
use crate::content_type::ContentType;
use crate::id::Owner;
use crate::time::Timestamp;

mod keys;
mod pattern;
mod secret;

pub use keys::UploadTokenKeys;
pub use pattern::{ParsePatternError, TypePattern};
#[cfg(any(test, feature = "testing"))]
pub use secret::seal_by_link_key;
pub use secret::{MAX_UPLOAD_TOKEN_CHARS, OpenedToken, TermsTooLong, UploadTokenId, UploadTokenSecret};

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
    /// Whether the token was sealed under one of [`UploadTokenKeys`]. A token of an older version
    /// was sealed under a link key; only a record without this mark is found by such a token.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_own_key: bool,
    /// When DynamoDB may forget it, in seconds since 1970.
    pub ttl: u64,
}

/// What a token allows for as long as it lives, as the token brings it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenTerms {
    /// Whose uploads it makes.
    #[serde(rename = "o")]
    pub owner: Owner,
    /// What the app calls it.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The media types that may be uploaded.
    #[serde(rename = "t")]
    pub content_types: Vec<TypePattern>,
    /// The largest file.
    #[serde(rename = "m")]
    pub max_size_bytes: u64,
    /// From when on it opens nothing.
    #[serde(rename = "e")]
    pub expires_at: Timestamp,
}

impl TokenTerms {
    /// Whether a file of this type may be uploaded.
    pub fn allows(&self, content_type: &ContentType) -> bool {
        self.content_types.iter().any(|pattern| pattern.matches(content_type))
    }
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

    /// What the token itself brings.
    pub fn terms(&self) -> TokenTerms {
        TokenTerms {
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
pub(crate) mod tests {
    use super::*;
    use crate::token::tests::ring;
    use crate::upload::tests::at;

    pub fn upload_token_keys(versions: &[u8]) -> UploadTokenKeys {
        UploadTokenKeys::new(ring(versions))
    }

    pub fn token(uses: u32) -> UploadToken {
        let expires_at = at("2026-11-24T11:00:00Z");
        UploadToken {
            token_id: UploadTokenSecret::make(&upload_token_keys(&[1]), [3; 16]).unwrap().token_id(),
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
            has_own_key: true,
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
