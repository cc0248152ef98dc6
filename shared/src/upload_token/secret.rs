//! The token itself and its public name.
//!
//! The seal is ChaCha20-Poly1305 ([RFC 8439](https://www.rfc-editor.org/rfc/rfc8439)) under a key
//! that is derived for the one token.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit};
use hmac::Mac;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::TokenTerms;
use crate::id::{IdempotencyKey, Owner, ParseIdError};
use crate::token::{KeyVersion, LinkKey, LinkKeys};

/// One message is sealed under each key.
const NONCE: [u8; 12] = [0; 12];

/// The longest token, in characters: request line and headers share the 10,240 bytes that
/// API Gateway takes.
pub const MAX_UPLOAD_TOKEN_CHARS: usize = 2048;

/// The most bytes of terms that fit into it, with version, secret and the seal's tag around them.
const MAX_SEALED_BYTES: usize = MAX_UPLOAD_TOKEN_CHARS / 4 * 3 - HEAD_BYTES - TAG_BYTES;

/// Version and secret.
const HEAD_BYTES: usize = 17;

/// Poly1305's.
const TAG_BYTES: usize = 16;

/// What keeps the seal of an upload token apart from everything else under the same key.
const KIND: &[u8] = b"upload token\0";

/// The secret of a token, and the key that will seal its terms. `Debug` never shows it.
#[derive(Clone)]
pub struct UploadTokenSecret {
    key: LinkKey,
    secret: [u8; 16],
}

/// The terms have more bytes than a token carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("content_types, label and the owner's name have at most {MAX_SEALED_BYTES} bytes together")]
pub struct TermsTooLong;

/// The public name of an upload token: SHA-256 of its secret, in base64url (43 characters). It
/// opens nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UploadTokenId(String);

impl UploadTokenSecret {
    /// The token for a secret of 16 random bytes; `None` without a key.
    pub fn make(keys: &LinkKeys, secret: [u8; 16]) -> Option<Self> {
        keys.newest().map(|key| Self { key: key.clone(), secret })
    }

    /// The secret that `owner` gets for `key`, always the same, so that a repeated request is
    /// answered with a token of the same name although it is stored nowhere.
    pub fn derived(keys: &LinkKeys, owner: &Owner, key: &IdempotencyKey) -> Option<Self> {
        let oldest = keys.oldest()?;
        let mut mac = oldest.mac();
        mac.update(b"idempotent upload token\0");
        for part in [owner.as_str(), key.as_str()] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        let mut secret = [0; 16];
        secret.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(to, from)| *to = from);
        Self::make(keys, secret)
    }

    /// The text for the one answer that shows it.
    ///
    /// # Errors
    /// If the terms are too long for a token.
    pub fn seal(&self, terms: &TokenTerms) -> Result<String, TermsTooLong> {
        let plain = serde_json::to_vec(terms).map_err(|_| TermsTooLong)?;
        if plain.len() > MAX_SEALED_BYTES {
            return Err(TermsTooLong);
        }
        let sealed = self.cipher().encrypt(&NONCE.into(), plain.as_slice()).map_err(|_| TermsTooLong)?;
        let mut bytes = vec![self.key.version.0];
        bytes.extend(self.secret);
        bytes.extend(sealed);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The token that `text` is, with its terms, if one of our keys has sealed it.
    pub fn open(keys: &LinkKeys, text: &str) -> Option<(Self, TokenTerms)> {
        if text.len() > MAX_UPLOAD_TOKEN_CHARS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (head, sealed) = bytes.split_at_checked(HEAD_BYTES)?;
        let (version, secret) = head.split_first()?;
        let key = keys.of_version(KeyVersion(*version))?.clone();
        let token = Self { key, secret: secret.try_into().ok()? };
        let plain = token.cipher().decrypt(&NONCE.into(), sealed).ok()?;
        Some((token, serde_json::from_slice(&plain).ok()?))
    }

    /// The name under which the table knows it.
    pub fn token_id(&self) -> UploadTokenId {
        UploadTokenId(URL_SAFE_NO_PAD.encode(Sha256::digest(self.secret)))
    }

    /// The seal's key is this token's alone, so that its nonce may be.
    fn cipher(&self) -> ChaCha20Poly1305 {
        let mut mac = self.key.mac();
        mac.update(KIND);
        mac.update(&[self.key.version.0]);
        mac.update(&self.secret);
        ChaCha20Poly1305::new(&mac.finalize().into_bytes())
    }
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
    use crate::upload_token::tests::token;

    #[test]
    fn a_token_brings_its_terms_and_shows_them_to_nobody() {
        let (keys, terms) = (keys(&[1, 2]), token(3).terms());
        let secret = UploadTokenSecret::make(&keys, [9; 16]).unwrap();
        let text = secret.seal(&terms).unwrap();
        let (opened, found) = UploadTokenSecret::open(&keys, &text).unwrap();
        assert_eq!((opened.token_id(), found), (secret.token_id(), terms));
        assert!(keys.verify(&text).is_none(), "an upload token opens no link");
        assert!(UploadTokenSecret::open(&keys, &keys.make([9; 16]).reveal()).is_none());
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"issuer"), "the owner's name is sealed");
        assert!(!format!("{secret:?}").contains(&text));
    }

    #[test]
    fn the_table_knows_a_token_by_the_hash_of_its_secret() {
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest([9; 16]));
        let secret = UploadTokenSecret::make(&keys(&[1]), [9; 16]).unwrap();
        assert_eq!(secret.token_id().to_string(), digest);
    }

    #[test]
    fn an_idempotent_token_is_bound_to_owner_and_key() {
        let derived = |keys: &LinkKeys, owner: &str, key: &str| {
            let secret = UploadTokenSecret::derived(keys, &owner.parse().unwrap(), &key.parse().unwrap());
            secret.unwrap().token_id()
        };
        let (one, two) = (keys(&[1]), keys(&[1, 2]));
        assert_eq!(derived(&one, "i#ann", "k"), derived(&two, "i#ann", "k"), "a new key changes no name");
        assert_ne!(derived(&one, "i#ann", "k"), derived(&one, "i#bob", "k"));
        assert_ne!(derived(&one, "i#ann", "k"), derived(&one, "i#ann", "l"));
    }

    #[test]
    fn terms_that_no_token_carries_are_refused() {
        let secret = UploadTokenSecret::make(&keys(&[1]), [9; 16]).unwrap();
        let sealed =
            |bytes: usize| secret.seal(&TokenTerms { label: Some("x".repeat(bytes)), ..token(1).terms() });
        let largest = (0..2000).rev().find_map(|bytes| sealed(bytes).ok()).unwrap();
        assert_eq!(largest.len(), MAX_UPLOAD_TOKEN_CHARS);
        assert!(UploadTokenSecret::open(&keys(&[1]), &largest).is_some());
        assert_eq!(sealed(2000), Err(TermsTooLong));
    }

    proptest! {
        #[test]
        fn a_token_with_any_bit_flipped_is_refused(secret: [u8; 16], bit: usize) {
            let keys = keys(&[1, 2, 3]);
            let text = UploadTokenSecret::make(&keys, secret).unwrap().seal(&token(1).terms()).unwrap();
            let mut bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
            let bit = bit % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(UploadTokenSecret::open(&keys, &URL_SAFE_NO_PAD.encode(bytes)).is_none());
        }
    }
}
