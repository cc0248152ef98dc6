//! HMAC keys of tokens, as KMS derived them, and the secrets that are derived from them.
//!
//! KMS does not rotate HMAC keys. So a token contains the version of its key. New tokens use a second key,
//! and tokens of the first one stay valid.
//!
//! `serve-link`, which anyone can call, holds the keys of link tokens ([`LinkKeys`]), because it verifies
//! them. An attacker who takes it over must not be able to make an upload token, nor derive the secret of an
//! idempotent request. Both need [`UploadTokenKeys`], which only `issue-upload` holds.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The version of a token key, 1 to 127.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyVersion(pub u8);

/// One key as KMS derived it.
#[derive(Clone)]
pub struct TokenKey {
    /// The version in the tokens of this key.
    pub version: KeyVersion,
    /// The derived key.
    pub key: [u8; 32],
}

/// The keys of one kind of token, newest first. `Debug` shows only the versions.
#[derive(Clone)]
pub struct TokenKeys(Vec<TokenKey>);

/// There is no key for new tokens.
#[derive(Debug, thiserror::Error)]
#[error("use token keys: at least one is needed, each with a version of its own")]
pub struct TokenKeysError;

impl TokenKeys {
    /// The keys. The highest version makes new tokens; every version verifies its own.
    ///
    /// # Errors
    /// If there is none, or two have the same version.
    pub fn new(mut keys: Vec<TokenKey>) -> Result<Self, TokenKeysError> {
        keys.sort_by_key(|key| std::cmp::Reverse(key.version));
        let twice = keys.iter().zip(keys.iter().skip(1)).any(|(a, b)| a.version == b.version);
        if keys.is_empty() || twice { Err(TokenKeysError) } else { Ok(Self(keys)) }
    }

    /// The key that makes new tokens.
    pub(crate) fn newest(&self) -> Option<&TokenKey> {
        self.0.first()
    }

    /// The key of this version.
    pub(crate) fn of_version(&self, version: KeyVersion) -> Option<&TokenKey> {
        self.0.iter().find(|key| key.version == version)
    }

    /// Every key, newest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &TokenKey> {
        self.0.iter()
    }

    /// A keyed digest, so that its input cannot be guessed from a leak of the table.
    pub fn fingerprint(&self, text: &str) -> [u8; 16] {
        self.secret_of(b"fingerprint\0", &[text])
    }

    /// Derives a secret from `parts`, which only a holder of the keys can do.
    pub(crate) fn secret_of(&self, purpose: &[u8], parts: &[&str]) -> [u8; 16] {
        // The oldest key, so that the secret stays the same when a new key is added.
        let Some(oldest) = self.0.last() else { return [0; 16] };
        let mut secret = [0; 16];
        let mac = oldest.over(purpose, parts);
        secret.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(to, from)| *to = from);
        secret
    }
}

impl TokenKey {
    /// HMAC pads a key with zeros to its block size (RFC 2104), so this is the MAC under `key`.
    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        let mut block = [0; 64];
        block.iter_mut().zip(self.key).for_each(|(to, from)| *to = from);
        Hmac::new(&block.into())
    }

    /// The MAC over `parts`, each with its length, for one purpose.
    pub(crate) fn over(&self, purpose: &[u8], parts: &[&str]) -> Hmac<Sha256> {
        let mut mac = self.mac();
        mac.update(purpose);
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| key.version)).finish()
    }
}

/// The keys under which link tokens are made and checked. `Debug` shows only the versions.
#[derive(Clone)]
pub struct LinkKeys(TokenKeys);

impl LinkKeys {
    /// The keys of link tokens.
    pub fn new(keys: TokenKeys) -> Self {
        Self(keys)
    }

    /// The keys for idempotent secrets and upload tokens of versions before [`UploadTokenKeys`]. Do not
    /// derive new secrets from these keys: `serve-link` holds them too.
    pub fn before_upload_token_keys(&self) -> &TokenKeys {
        self.token_keys()
    }

    /// The keys themselves.
    pub(crate) fn token_keys(&self) -> &TokenKeys {
        &self.0
    }

    /// A seal over `parts`, under the newest key.
    pub fn seal(&self, parts: &[&str]) -> [u8; 16] {
        let mut seal = [0; 16];
        let Some(newest) = self.0.newest() else { return seal };
        let mac = newest.over(b"seal\0", parts).finalize().into_bytes();
        seal.iter_mut().zip(mac).for_each(|(to, from)| *to = from);
        seal
    }

    /// Whether one of the keys sealed `parts`. Compares in constant time.
    pub fn is_sealed(&self, parts: &[&str], seal: &[u8]) -> bool {
        let by = |key: &TokenKey| key.over(b"seal\0", parts).verify_truncated_left(seal).is_ok();
        seal.len() == 16 && self.0.iter().any(by)
    }
}

impl fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The keys that seal upload tokens, and from which idempotent secrets are derived. `Debug` shows
/// only the versions.
#[derive(Debug, Clone)]
pub struct UploadTokenKeys(TokenKeys);

impl UploadTokenKeys {
    /// The keys of upload tokens.
    pub fn new(keys: TokenKeys) -> Self {
        Self(keys)
    }

    /// The keys themselves.
    pub fn token_keys(&self) -> &TokenKeys {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_without_a_key_or_with_two_of_one_version_are_refused() {
        assert!(TokenKeys::new(vec![]).is_err());
        let key = TokenKey { version: KeyVersion(1), key: [0; 32] };
        assert!(TokenKeys::new(vec![key.clone(), key]).is_err());
    }
}
