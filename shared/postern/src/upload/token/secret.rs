//! The text of an upload token, and its id.
//!
//! The seal is ChaCha20-Poly1305 ([RFC 8439](https://www.rfc-editor.org/rfc/rfc8439)) under a key that is
//! derived for one secret. The table's TTL may delete a token before its idempotency key is used again. The
//! key then derives the same secret for another scope. With one nonce for two scopes an attacker could forge
//! a third. So the nonce is derived from the scope.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit};
use hmac::Mac;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::TokenScope;
use crate::keys::{KeyVersion, LinkKeys, TokenKey, TokenKeys, UploadTokenKeys};
use crate::value::id::{IdempotencyKey, Owner, ParseIdError};

/// The longest token, in characters: API Gateway accepts 10,240 bytes for the request line and all headers.
pub const MAX_UPLOAD_TOKEN_CHARS: usize = 2048;

/// The most bytes of a scope, so that it fits into a token with version, secret, nonce and tag.
const MAX_SEALED_BYTES: usize = MAX_UPLOAD_TOKEN_CHARS / 4 * 3 - HEADER_BYTES - NONCE_BYTES - TAG_BYTES;

/// Version and secret.
const HEADER_BYTES: usize = 17;

/// The cipher's.
const NONCE_BYTES: usize = 12;

/// Poly1305's.
const TAG_BYTES: usize = 16;

/// The bit of byte 0 that says that the key is one of [`UploadTokenKeys`]. Without it the token is older, and
/// byte 0 names a link key.
const OWN_KEY: u8 = 0x80;

/// Domain separation: distinguishes the seal of an upload token from every other use of the key.
const KIND: &[u8] = b"upload token\0";

/// The secret of a token, and the key that will seal its scope. `Debug` never shows it.
#[derive(Clone)]
pub struct UploadTokenSecret {
    key: TokenKey,
    secret: [u8; 16],
}

/// A token whose seal was verified.
#[derive(Debug, PartialEq, Eq)]
pub enum OpenedToken {
    /// Sealed under one of [`UploadTokenKeys`]: the scope is genuine.
    Sealed(UploadTokenId, TokenScope),
    /// Sealed under a link key, by an older version of this API or by an attacker who took over `serve-link`:
    /// the scope must be read from the record.
    ByLinkKey(UploadTokenId),
}

/// The scope is too long for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("content_types, label and the owner's name have at most {MAX_SEALED_BYTES} bytes together")]
pub struct ScopeTooLong;

/// The public id of an upload token: SHA-256 of its secret, in base64url (43 characters). It gives no access.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UploadTokenId(String);

impl UploadTokenSecret {
    /// The token for a secret of 16 random bytes; `None` without a key.
    pub fn make(keys: &UploadTokenKeys, secret: [u8; 16]) -> Option<Self> {
        keys.token_keys().newest().map(|key| Self { key: key.clone(), secret })
    }

    /// The secret that `owner` gets for `key`. It is always the same, so that a repeated request gets a token
    /// with the same id.
    pub fn derived(keys: &TokenKeys, owner: &Owner, key: &IdempotencyKey) -> [u8; 16] {
        keys.secret_of(b"idempotent upload token\0", &[owner.as_str(), key.as_str()])
    }

    /// The token's text. Only the answer that creates the token shows it.
    ///
    /// # Errors
    /// If the scope is too long for a token.
    pub fn seal(&self, scope: &TokenScope) -> Result<String, ScopeTooLong> {
        let plain = serde_json::to_string(scope).map_err(|_| ScopeTooLong)?;
        if plain.len() > MAX_SEALED_BYTES {
            return Err(ScopeTooLong);
        }
        let nonce = self.nonce(&plain);
        let head = self.key.version.0 | OWN_KEY;
        let cipher = cipher(&self.key, head, &self.secret);
        let sealed = cipher.encrypt(&nonce.into(), plain.as_bytes()).map_err(|_| ScopeTooLong)?;
        let mut bytes = vec![head];
        bytes.extend(self.secret);
        bytes.extend(nonce);
        bytes.extend(sealed);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Parses `text` if it was sealed under one of the keys.
    pub fn open(keys: &UploadTokenKeys, link_keys: &LinkKeys, text: &str) -> Option<OpenedToken> {
        if text.len() > MAX_UPLOAD_TOKEN_CHARS {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (head, sealed) = bytes.split_at_checked(HEADER_BYTES)?;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let (first, secret) = head.split_first()?;
        let has_own_key = first & OWN_KEY != 0;
        let keys = if has_own_key { keys.token_keys() } else { link_keys.before_upload_token_keys() };
        let key = keys.of_version(KeyVersion(*first & !OWN_KEY))?;
        let secret = secret.try_into().ok()?;
        let plain = cipher(key, *first, &secret).decrypt(&(*nonce).into(), sealed).ok()?;
        let scope = serde_json::from_slice(&plain).ok()?;
        let id = UploadTokenId::of_secret(&secret);
        Some(if has_own_key { OpenedToken::Sealed(id, scope) } else { OpenedToken::ByLinkKey(id) })
    }

    /// The token's id in the table.
    pub fn token_id(&self) -> UploadTokenId {
        UploadTokenId::of_secret(&self.secret)
    }

    /// The nonce, derived from the scope, so that a repeated request gets the same text.
    fn nonce(&self, plain: &str) -> [u8; NONCE_BYTES] {
        let mac = self.key.over(b"upload token nonce\0", &[&self.token_id().0, plain]);
        let mut nonce = [0; NONCE_BYTES];
        nonce.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(to, from)| *to = from);
        nonce
    }
}

impl UploadTokenId {
    /// The name of the token with this secret.
    pub fn of_secret(secret: &[u8; 16]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(Sha256::digest(secret)))
    }
}

/// The cipher of one secret, under a key that is derived for it. `head` is byte 0 of the token.
fn cipher(key: &TokenKey, head: u8, secret: &[u8; 16]) -> ChaCha20Poly1305 {
    let mut mac = key.mac();
    mac.update(KIND);
    mac.update(&[head]);
    mac.update(secret);
    ChaCha20Poly1305::new(&mac.finalize().into_bytes())
}

/// Seals as versions before [`UploadTokenKeys`] did.
#[cfg(any(test, feature = "testing"))]
pub fn seal_by_link_key(keys: &LinkKeys, secret: [u8; 16], scope: &TokenScope) -> Option<String> {
    let key = keys.before_upload_token_keys().newest()?.clone();
    let head = key.version.0;
    let plain = serde_json::to_string(scope).ok()?;
    let sealer = UploadTokenSecret { key, secret };
    let nonce = sealer.nonce(&plain);
    let sealed = cipher(&sealer.key, head, &secret).encrypt(&nonce.into(), plain.as_bytes()).ok()?;
    let bytes: Vec<u8> = [head].into_iter().chain(secret).chain(nonce).chain(sealed).collect();
    Some(URL_SAFE_NO_PAD.encode(bytes))
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
    use crate::testing::samples::{keys as link_keys, ring, token, upload_token_keys as keys};

    #[test]
    fn a_token_brings_its_terms_and_shows_them_to_nobody() {
        let (keys, scope) = (keys(&[1, 2]), token(3).scope());
        let secret = UploadTokenSecret::make(&keys, [9; 16]).unwrap();
        let text = secret.seal(&scope).unwrap();
        let links = link_keys(&[1, 2]);
        let opened = UploadTokenSecret::open(&keys, &links, &text);
        assert_eq!(opened, Some(OpenedToken::Sealed(secret.token_id(), scope)));
        assert!(links.verify(&text).is_none(), "an upload token opens no link");
        assert!(UploadTokenSecret::open(&keys, &links, &links.make([9; 16]).reveal()).is_none());
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"issuer"), "the owner's name is sealed");
        assert!(!format!("{secret:?}").contains(&text));
    }

    #[test]
    fn the_table_knows_a_token_by_the_hash_of_its_secret() {
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest([9; 16]));
        let secret = UploadTokenSecret::make(&keys(&[1]), [9; 16]).unwrap();
        assert_eq!(secret.token_id().to_string(), digest);
        assert!("QUJD".parse::<UploadTokenId>().is_err(), "base64url of another length");
    }

    /// `serve-link` holds the link keys, so a scope that was sealed under one is never trusted.
    #[test]
    fn of_a_token_that_a_link_key_sealed_only_the_name_counts() {
        let (keys, links) = (keys(&[1]), link_keys(&[1, 2]));
        let text = seal_by_link_key(&links, [9; 16], &token(1).scope()).unwrap();
        let name = UploadTokenSecret::make(&keys, [9; 16]).unwrap().token_id();
        assert_eq!(UploadTokenSecret::open(&keys, &links, &text), Some(OpenedToken::ByLinkKey(name)));
        let mut bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
        bytes[0] |= OWN_KEY;
        let claimed = URL_SAFE_NO_PAD.encode(bytes);
        assert_eq!(UploadTokenSecret::open(&keys, &links, &claimed), None);
    }

    #[test]
    fn an_idempotent_token_is_bound_to_owner_and_key() {
        let derived = |keys: &TokenKeys, owner: &str, key: &str| {
            UploadTokenSecret::derived(keys, &owner.parse().unwrap(), &key.parse().unwrap())
        };
        let (one, two) = (ring(&[1]), ring(&[1, 2]));
        assert_eq!(derived(&one, "i#ann", "k"), derived(&two, "i#ann", "k"), "a new key changes no name");
        assert_ne!(derived(&one, "i#ann", "k"), derived(&one, "i#bob", "k"));
        assert_ne!(derived(&one, "i#ann", "k"), derived(&one, "i#ann", "l"));
    }

    #[test]
    fn no_two_terms_of_one_secret_are_sealed_under_one_nonce() {
        let secret = UploadTokenSecret::make(&keys(&[1]), [9; 16]).unwrap();
        let nonce = |max_size_bytes: u64| {
            let scope = TokenScope { max_size_bytes, ..token(1).scope() };
            let bytes = URL_SAFE_NO_PAD.decode(secret.seal(&scope).unwrap()).unwrap();
            bytes[HEADER_BYTES..][..NONCE_BYTES].to_vec()
        };
        assert_eq!(nonce(1), nonce(1));
        assert_ne!(nonce(1), nonce(2));
    }

    #[test]
    fn terms_that_no_token_carries_are_refused() {
        let secret = UploadTokenSecret::make(&keys(&[1]), [9; 16]).unwrap();
        let sealed =
            |bytes: usize| secret.seal(&TokenScope { label: Some("x".repeat(bytes)), ..token(1).scope() });
        let largest = (0..2000).rev().find_map(|bytes| sealed(bytes).ok()).unwrap();
        assert_eq!(largest.len(), MAX_UPLOAD_TOKEN_CHARS);
        assert!(UploadTokenSecret::open(&keys(&[1]), &link_keys(&[9]), &largest).is_some());
        assert_eq!(sealed(2000), Err(ScopeTooLong));
    }

    proptest! {
        #[test]
        fn a_token_with_any_bit_flipped_is_refused(secret: [u8; 16], bit: usize) {
            let keys = keys(&[1, 2, 3]);
            let text = UploadTokenSecret::make(&keys, secret).unwrap().seal(&token(1).scope()).unwrap();
            let mut bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
            let bit = bit % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let text = URL_SAFE_NO_PAD.encode(bytes);
            prop_assert!(UploadTokenSecret::open(&keys, &link_keys(&[1, 2, 3]), &text).is_none());
        }
    }

    /// A page may hold a token for 90 days, while the functions are deployed anew.
    #[test]
    fn a_token_of_an_earlier_deployment_is_sealed_and_opened_the_same_way() {
        let secret = UploadTokenSecret::make(&keys(&[1]), [9; 16]).unwrap();
        let text = secret.seal(&token(3).scope()).unwrap();
        assert_eq!(
            crate::value::checksum::ChecksumSha256::of(text.as_bytes()).to_string(),
            "7KsdfoNqpIjouiq7WEw8xNTRhOKFYgjR5lPX9lHzGyQ="
        );
    }
}
