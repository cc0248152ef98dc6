//! HMAC keys of tokens, as KMS derived them, and what is derived from them in turn.
//!
//! KMS does not rotate HMAC keys. A token therefore names the version of its key, and a second key
//! takes over while tokens of the first one live on.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::LinkId;
use crate::id::{IdempotencyKey, Owner, UploadId};

/// The version of a token key, 1 to 127.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyVersion(pub u8);

/// One key as KMS derived it.
#[derive(Clone)]
pub struct TokenKey {
    /// The version that tokens name.
    pub version: KeyVersion,
    /// The derived key.
    pub key: [u8; 32],
}

/// The keys of one kind of token, newest first. `Debug` shows only the versions.
#[derive(Clone)]
pub struct TokenKeys(Vec<TokenKey>);

/// There is no key to make tokens with.
#[derive(Debug, thiserror::Error)]
#[error("use token keys: at least one is needed, each with a version of its own")]
pub struct TokenKeysError;

impl TokenKeys {
    /// The keys; the highest version makes new tokens, all check.
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
    pub(super) fn iter(&self) -> impl Iterator<Item = &TokenKey> {
        self.0.iter()
    }

    /// The secret of the link that `owner` gets for `key`: always the same, so that a repeated
    /// request is answered with the same token although no token is stored. Only a holder of
    /// these keys can derive it.
    pub fn derived_secret(&self, owner: &Owner, upload_id: UploadId, key: &IdempotencyKey) -> [u8; 16] {
        self.secret_of(b"idempotent link\0", &[owner.as_str(), &upload_id.to_string(), key.as_str()])
    }

    /// The same for the token that takes `old`'s place.
    pub fn rotated_secret(&self, owner: &Owner, old: &LinkId, key: &IdempotencyKey) -> [u8; 16] {
        self.secret_of(b"idempotent rotation\0", &[owner.as_str(), old.as_str(), key.as_str()])
    }

    /// A digest of something that a leak of the table must not let anybody guess.
    pub fn fingerprint(&self, text: &str) -> [u8; 16] {
        self.secret_of(b"fingerprint\0", &[text])
    }

    /// A secret that nobody without the keys can derive from `parts`.
    pub(crate) fn secret_of(&self, purpose: &[u8], parts: &[&str]) -> [u8; 16] {
        // The oldest key: the answer must not change when another takes over.
        let Some(oldest) = self.0.last() else { return [0; 16] };
        let mut secret = [0; 16];
        let mac = oldest.over(purpose, parts);
        secret.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(to, from)| *to = from);
        secret
    }
}

impl TokenKey {
    /// HMAC pads a key with zeros to its block (RFC 2104), so this is the MAC under `key`.
    pub(crate) fn mac(&self) -> Hmac<Sha256> {
        let mut block = [0; 64];
        block.iter_mut().zip(self.key).for_each(|(to, from)| *to = from);
        Hmac::new(&block.into())
    }

    /// The MAC over `parts`, each told from the next, for one purpose.
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn ring(versions: &[u8]) -> TokenKeys {
        let key = |version: &u8| TokenKey { version: KeyVersion(*version), key: [*version; 32] };
        TokenKeys::new(versions.iter().map(key).collect()).unwrap()
    }

    #[test]
    fn an_idempotent_secret_is_bound_to_owner_upload_and_key() {
        let secret = |owner: &str, upload: u8, key: &str| {
            ring(&[1]).derived_secret(
                &owner.parse().unwrap(),
                UploadId::random([upload; 16]),
                &key.parse().unwrap(),
            )
        };
        let first = secret("i#ann", 1, "k");
        assert_eq!(first, secret("i#ann", 1, "k"));
        for other in [secret("i#bob", 1, "k"), secret("i#ann", 2, "k"), secret("i#ann", 1, "l")] {
            assert_ne!(first, other);
        }
        let key = "k".parse().unwrap();
        let later = ring(&[1, 2]).derived_secret(&"i#ann".parse().unwrap(), UploadId::random([1; 16]), &key);
        assert_eq!(first, later, "a new key must not change the answer to a repeated request");
    }

    #[test]
    fn keys_without_a_key_or_with_two_of_one_version_are_refused() {
        assert!(TokenKeys::new(vec![]).is_err());
        let key = TokenKey { version: KeyVersion(1), key: [0; 32] };
        assert!(TokenKeys::new(vec![key.clone(), key]).is_err());
    }

    /// Repeated requests find their link by these secrets, before and after a deployment: they never
    /// change. Each purpose has its own, and no text can be moved from one part to the next.
    #[test]
    fn each_purpose_has_secrets_of_its_own_for_ever() {
        let hex = |secret: [u8; 16]| secret.map(|byte| format!("{byte:02x}")).concat();
        let (keys, owner, key) = (ring(&[1]), "i#ann".parse().unwrap(), "k".parse().unwrap());
        let link = UploadId::random([1; 16]);
        let old = crate::token::LinkKeys::new(ring(&[1])).make([9; 16]).link_id();
        insta::assert_snapshot!(hex(keys.derived_secret(&owner, link, &key)), @"f44abfa7da6b767bef377fd899570091");
        insta::assert_snapshot!(hex(keys.rotated_secret(&owner, &old, &key)), @"9393059ae1ab1ac4d9e71fbd7195cedb");
        insta::assert_snapshot!(hex(keys.fingerprint("k")), @"b4805784717cef48d5f7edbb72da6529");
        insta::assert_snapshot!(hex(crate::upload_token::UploadTokenSecret::derived(&keys, &owner, &key)), @"77be076a2f6c89c76b8a46f98a671efd");
        assert_ne!(keys.secret_of(b"a\0", &["x", "y"]), keys.secret_of(b"b\0", &["x", "y"]));
        assert_ne!(keys.secret_of(b"a\0", &["x", "yz"]), keys.secret_of(b"a\0", &["xy", "z"]));
        assert_ne!(keys.secret_of(b"a\0", &["x"]), keys.secret_of(b"a\0", &["x", ""]));
    }
}
