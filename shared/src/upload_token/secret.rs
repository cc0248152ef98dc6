//! The token itself and its public name.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{IdempotencyKey, Owner, ParseIdError};
use crate::token::{KeyVersion, LinkKey, LinkKeys, TOKEN_CHARS};

const TAG_BYTES: usize = 7;

/// What keeps an upload token apart from every other token under the same key.
const KIND: &[u8] = b"upload token\0";

/// A token that one of our keys has made. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadTokenSecret {
    version: KeyVersion,
    secret: [u8; 16],
    tag: [u8; TAG_BYTES],
}

/// The public name of an upload token: SHA-256 of its secret, in base64url (43 characters). It
/// opens nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UploadTokenId(String);

impl UploadTokenSecret {
    /// The token for a secret of 16 random bytes.
    pub fn make(keys: &LinkKeys, secret: [u8; 16]) -> Self {
        let Some(key) = keys.newest() else {
            return Self { version: KeyVersion(0), secret, tag: [0; TAG_BYTES] };
        };
        let mut tag = [0; TAG_BYTES];
        tag.iter_mut().zip(mac(key, secret).finalize().into_bytes()).for_each(|(to, from)| *to = from);
        Self { version: key.version, secret, tag }
    }

    /// The token that `text` is, if one of our keys has made it. Compares in constant time.
    pub fn verify(keys: &LinkKeys, text: &str) -> Option<Self> {
        if text.len() != TOKEN_CHARS {
            return None;
        }
        let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (version, rest) = bytes.split_first()?;
        let (secret, tag) = rest.split_at_checked(16)?;
        let secret = secret.try_into().ok()?;
        let key = keys.of_version(KeyVersion(*version))?;
        mac(key, secret).verify_truncated_left(tag).ok()?;
        Some(Self { version: key.version, secret, tag: tag.try_into().ok()? })
    }

    /// The token that `owner` gets for `key`, always the same, so that a repeated request is
    /// answered with it although it is stored nowhere.
    pub fn derived(keys: &LinkKeys, owner: &Owner, key: &IdempotencyKey) -> Self {
        let mut secret = [0; 16];
        if let Some(oldest) = keys.oldest() {
            let mut mac = oldest.mac();
            mac.update(b"idempotent upload token\0");
            for part in [owner.as_str(), key.as_str()] {
                mac.update(&(part.len() as u64).to_be_bytes());
                mac.update(part.as_bytes());
            }
            secret.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(to, from)| *to = from);
        }
        Self::make(keys, secret)
    }

    /// The text for the one answer that shows it.
    pub fn reveal(&self) -> String {
        let mut bytes = vec![self.version.0];
        bytes.extend(self.secret);
        bytes.extend(self.tag);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The name under which the table knows it.
    pub fn token_id(&self) -> UploadTokenId {
        UploadTokenId(URL_SAFE_NO_PAD.encode(Sha256::digest(self.secret)))
    }
}

fn mac(key: &LinkKey, secret: [u8; 16]) -> Hmac<Sha256> {
    let mut mac = key.mac();
    mac.update(KIND);
    mac.update(&[key.version.0]);
    mac.update(&secret);
    mac
}

impl FromStr for UploadTokenId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for UploadTokenId {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digest = URL_SAFE_NO_PAD.decode(&text).ok().filter(|digest| digest.len() == 32);
        digest
            .map(|_| Self(text))
            .ok_or(ParseIdError::new("an upload token id", "43 characters of base64url"))
    }
}

impl From<UploadTokenId> for String {
    fn from(id: UploadTokenId) -> Self {
        id.0
    }
}

impl fmt::Display for UploadTokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UploadTokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UploadTokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UploadTokenSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::token::tests::keys;

    #[test]
    fn a_token_is_found_again_and_is_no_links_token() {
        let (keys, secret) = (keys(&[1, 2]), [9; 16]);
        let token = UploadTokenSecret::make(&keys, secret);
        let text = token.reveal();
        assert_eq!(text.len(), TOKEN_CHARS);
        assert_eq!(UploadTokenSecret::verify(&keys, &text), Some(token.clone()));
        assert!(keys.verify(&text).is_none(), "an upload token opens no link");
        assert_eq!(UploadTokenSecret::verify(&keys, &keys.make(secret).reveal()), None);
        assert!(!format!("{token:?}").contains(&text));
    }

    #[test]
    fn an_idempotent_token_is_bound_to_owner_and_key() {
        let derived = |owner: &str, key: &str| {
            UploadTokenSecret::derived(&keys(&[1]), &owner.parse().unwrap(), &key.parse().unwrap()).reveal()
        };
        assert_eq!(derived("i#ann", "k"), derived("i#ann", "k"));
        assert_ne!(derived("i#ann", "k"), derived("i#bob", "k"));
        assert_ne!(derived("i#ann", "k"), derived("i#ann", "l"));
    }

    proptest! {
        #[test]
        fn a_token_with_any_bit_flipped_is_refused(secret: [u8; 16], bit in 0usize..192) {
            let keys = keys(&[1, 2, 3]);
            let mut bytes = URL_SAFE_NO_PAD.decode(UploadTokenSecret::make(&keys, secret).reveal()).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(UploadTokenSecret::verify(&keys, &URL_SAFE_NO_PAD.encode(bytes)).is_none());
        }

        #[test]
        fn no_text_is_taken_for_a_token(text in "[A-Za-z0-9_-]{30,34}|.{0,40}") {
            prop_assert!(UploadTokenSecret::verify(&keys(&[1]), &text).is_none());
        }
    }
}
