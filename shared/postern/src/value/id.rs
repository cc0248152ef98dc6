//! Ids of uploads, of their objects and versions, of owners and of transitions.
//!
//! Each is a newtype that is parsed at the edge, so that the domain has no raw strings. Only [`ObjectKey`]
//! has the layout of keys in the bucket.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// The prefix of every object's key. The bucket's policy, the event filter and the signer roles use it.
pub const OBJECT_PREFIX: &str = "uploads/";

/// The text is not what it should name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parse {what}: {rule}")]
pub struct ParseIdError {
    what: &'static str,
    rule: &'static str,
}

impl ParseIdError {
    pub(crate) const fn new(what: &'static str, rule: &'static str) -> Self {
        Self { what, rule }
    }
}

/// The id of an upload: a UUID, random (version 4), or derived (version 8) from an idempotency key, so that a
/// repeated request finds the record of the first one, or from a place in a batch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UploadId(Uuid);

impl UploadId {
    /// An id made of 16 random bytes.
    pub fn random(entropy: [u8; 16]) -> Self {
        Self(Builder::from_random_bytes(entropy).into_uuid())
    }

    /// The id that `owner` gets for `key`, always the same. The same key of another owner gives another id.
    pub fn derived(owner: &Owner, key: &IdempotencyKey) -> Self {
        Self(uuid_of(&["upload", owner.as_str(), key.as_str()]))
    }

    /// The id that a page with the upload token `token` gets for `key`. The same key of the owner or of
    /// another token gives another id.
    pub fn derived_by_token(token: &str, key: &IdempotencyKey) -> Self {
        Self(uuid_of(&["upload by token", token, key.as_str()]))
    }

    /// The id of the upload at `position` of a batch, whose request would get this id if it were one for a single
    /// upload. So a batch and a single upload never get the same id for one key.
    #[must_use]
    pub fn in_batch(self, position: usize) -> Self {
        Self(uuid_of(&["upload in a batch", &self.to_string(), &position.to_string()]))
    }

    /// The first byte: ids fall evenly into 256 slices.
    pub fn slice(self) -> u8 {
        let [first, ..] = self.0.into_bytes();
        first
    }

    /// The first hexadecimal digits.
    pub fn digits(self, how_many: usize) -> String {
        self.to_string().chars().take(how_many).collect()
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for UploadId {
    type Err = ParseIdError;

    /// Accepts only the canonical form (lower case, hyphens), so that an id has one spelling.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = ParseIdError { what: "an upload id", rule: "a UUID in lower case with hyphens" };
        let id = Self(Uuid::try_parse(text).map_err(|_| error.clone())?);
        if id.to_string() == text { Ok(id) } else { Err(error) }
    }
}

impl TryFrom<String> for UploadId {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<UploadId> for String {
    fn from(id: UploadId) -> Self {
        id.to_string()
    }
}

/// The key of an upload's object: `uploads/<upload id>`, opaque and ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey(UploadId);

impl ObjectKey {
    /// The key of this upload's object.
    pub fn of(upload_id: UploadId) -> Self {
        Self(upload_id)
    }

    /// The upload that the object belongs to.
    pub fn upload_id(self) -> UploadId {
        self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{OBJECT_PREFIX}{}", self.0)
    }
}

impl FromStr for ObjectKey {
    type Err = ParseIdError;

    fn from_str(key: &str) -> Result<Self, Self::Err> {
        let error = ParseIdError { what: "an object key", rule: "uploads/ and an upload id" };
        let id = key.strip_prefix(OBJECT_PREFIX).ok_or(error)?;
        id.parse().map(Self)
    }
}

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text as it came.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(&text) { Ok(Self(text)) } else { Err(ParseIdError { what: $what, rule: $rule }) }
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_newtype!(
    /// One version of an object, as S3 names it.
    VersionId, "a version id", "1 to 1,024 bytes, not the unversioned \"null\"",
    |text| (1..=1024).contains(&text.len()) && text != "null"
);

text_newtype!(
    /// S3's name for a multipart upload.
    S3UploadId, "a multipart upload's id", "1 to 1,024 printable ASCII characters",
    |text| (1..=1024).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
);

text_newtype!(
    /// Who owns an upload: the issuer of the JWT and one of its claims, joined by `#` (which no
    /// issuer's URL contains: OpenID Connect Discovery 1.0, section 3).
    Owner, "an owner", "1 to 1,024 bytes",
    |text| (1..=1024).contains(&text.len())
);

text_newtype!(
    /// The client's key for one request that makes something, from the header `Idempotency-Key`.
    IdempotencyKey, "an idempotency key", "1 to 255 printable ASCII characters",
    |text| (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
);

impl Owner {
    /// The owner that a JWT of `issuer` names by the value of its owner claim.
    ///
    /// EventBridge Pipes writes the owner between two quotes of an event and escapes nothing, so a
    /// quote or a backslash could add fields to the event.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn of_claim(issuer: &str, claim: &str) -> Result<Self, OwnerRule> {
        let needs_escape = |c: char| matches!(c, '"' | '\\') || c.is_control();
        match (issuer, claim) {
            ("", _) => Err(OwnerRule::NoIssuer),
            (_, "") => Err(OwnerRule::NoClaim),
            _ if issuer.contains(needs_escape) => Err(OwnerRule::IssuerNeedsEscape),
            _ if claim.contains(needs_escape) => Err(OwnerRule::ClaimNeedsEscape),
            _ => Self::try_from(format!("{issuer}#{claim}")).map_err(|_| OwnerRule::TooLong),
        }
    }
}

/// A rule that a JWT's issuer and owner claim break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OwnerRule {
    /// No `iss`.
    #[error("the JWT has no issuer (iss)")]
    NoIssuer,
    /// No claim, or one that is no text, number or truth value.
    #[error("the JWT has no such claim, or an empty one, or one that is a list or an object")]
    NoClaim,
    /// The issuer has a character that would need an escape in JSON.
    #[error("its issuer (iss) has a quote, a backslash or a control character")]
    IssuerNeedsEscape,
    /// The claim has such a character.
    #[error("that claim has a quote, a backslash or a control character")]
    ClaimNeedsEscape,
    /// Both together are too long.
    #[error("that claim and the issuer together have more than 1,024 bytes")]
    TooLong,
}

/// The id of one change of one item. It is always the same for the same change, so that a consumer of the
/// table's stream can ignore repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TransitionId(Uuid);

impl TransitionId {
    /// The id of the change of `item` to `state`; `cause` is a version id, or empty.
    pub fn of(item: &str, state: &str, cause: &str) -> Self {
        Self(uuid_of(&["transition", item, state, cause]))
    }
}

/// A UUID of version 8 over `parts`. Each part has its length before it, so that no text can move from one
/// part to the next.
fn uuid_of(parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    for (byte, from) in bytes.iter_mut().zip(digest) {
        *byte = from;
    }
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_leads_to_its_upload_and_back() {
        let id = UploadId::random([7; 16]);
        let key = ObjectKey::of(id).to_string();
        assert_eq!(key.parse::<ObjectKey>().unwrap().upload_id(), id);
    }

    #[test]
    fn keys_that_are_not_ours_are_refused() {
        for key in [
            "uploads/",
            "uploads/x",
            "other/07070707-0707-4707-8707-070707070707",
            "uploads/07070707-0707-4707-8707-070707070707/x",
            "uploads/07070707070747078707070707070707",
            "uploads/0A070707-0707-4707-8707-070707070707",
        ] {
            assert!(key.parse::<ObjectKey>().is_err(), "{key}");
        }
    }

    #[test]
    fn an_owner_needs_no_escape_in_json() {
        for claim in ["a\"b", "a\\b", "a\nb", "a\u{7f}b", "a\u{85}b", ""] {
            assert!(Owner::of_claim("https://login.example.com/", claim).is_err(), "{claim:?}");
            assert!(Owner::of_claim(claim, "ada").is_err(), "{claim:?}");
        }
        for claim in ["ada", "auth0|5f7c", "Ada Lovelace", "ünï@example.com", "<$.x>", "o'neill"] {
            let owner = Owner::of_claim("https://login.example.com/", claim).unwrap();
            let quoted = format!("\"{owner}\"");
            assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), owner.as_str(), "{claim:?}");
        }
    }

    #[test]
    fn the_owner_rule_that_is_broken_is_named() {
        let long = "a".repeat(1024);
        for (issuer, claim, expected) in [
            ("", "ada", OwnerRule::NoIssuer),
            ("i", "", OwnerRule::NoClaim),
            ("i\"", "ada", OwnerRule::IssuerNeedsEscape),
            ("i", "a\\da", OwnerRule::ClaimNeedsEscape),
            ("i", long.as_str(), OwnerRule::TooLong),
        ] {
            assert_eq!(Owner::of_claim(issuer, claim), Err(expected), "{issuer:?} {claim:?}");
        }
    }

    #[test]
    fn the_same_idempotency_key_of_two_owners_gives_two_ids() {
        let key: IdempotencyKey = "retry-1".parse().unwrap();
        let (ann, bob) = ("i#ann".parse().unwrap(), "i#bob".parse().unwrap());
        assert_eq!(UploadId::derived(&ann, &key), UploadId::derived(&ann, &key));
        assert_ne!(UploadId::derived(&ann, &key), UploadId::derived(&bob, &key));
    }

    #[test]
    fn each_place_of_a_batch_has_an_id_of_its_own() {
        let (one, other) = (UploadId::random([1; 16]), UploadId::random([2; 16]));
        let places = [one, one.in_batch(0), one.in_batch(1), one.in_batch(10), other.in_batch(0), other];
        assert_eq!(std::collections::BTreeSet::from(places).len(), places.len());
        assert_eq!(one.in_batch(1), one.in_batch(1));
    }

    #[test]
    fn parts_cannot_be_shifted_against_each_other() {
        assert_ne!(uuid_of(&["ab", "c"]), uuid_of(&["a", "bc"]));
    }

    #[test]
    fn the_unversioned_version_is_no_version() {
        assert!("null".parse::<VersionId>().is_err());
        assert!("".parse::<VersionId>().is_err());
        assert!("3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY".parse::<VersionId>().is_ok());
    }
}
