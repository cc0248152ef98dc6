//! Secrets that a repeated request derives again, because the table stores no token.
//!
//! They are derived from owner, request and `Idempotency-Key` under the upload token keys, which only this
//! API may use. Older versions derived them under the link keys. If a request was first sent to such a
//! version and is repeated now, its item is found by its id, so that no second link or token is made.
//! `serve-link` holds the link keys too, so no new secret is derived under them.

use crate::keys::{LinkKeys, TokenKeys, UploadTokenKeys};
use crate::link::token::LinkId;
use crate::ports::{LinkStore, QuotaStore, Unavailable};
use crate::upload::token::{UploadTokenId, UploadTokenSecret};
use crate::value::id::{IdempotencyKey, Owner, UploadId};

use super::{Caller, Ports};

/// The keys of the API.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The keys of link tokens, which `serve-link` holds too.
    pub links: LinkKeys,
    /// The keys that only this API holds.
    pub upload_tokens: UploadTokenKeys,
}

/// A secret, and the keys that made it. These keys also make the fingerprints of its request.
#[derive(Clone, Copy)]
pub(super) struct Secret<'a> {
    pub bytes: [u8; 16],
    pub keys: &'a TokenKeys,
}

impl Keys {
    /// An owner's name in the log: 32 hex digits, always the same, which tell the owner to nobody without
    /// the keys.
    pub fn owner_hash(&self, owner: &Owner) -> String {
        let hash = self.upload_tokens.token_keys().secret_of(b"owner in the log\0", &[owner.as_str()]);
        hash.map(|byte| format!("{byte:02x}")).concat()
    }

    fn own(&self, derive: impl Fn(&TokenKeys) -> [u8; 16]) -> Secret<'_> {
        Secret { bytes: derive(self.upload_tokens.token_keys()), keys: self.upload_tokens.token_keys() }
    }

    fn before(&self, derive: impl Fn(&TokenKeys) -> [u8; 16]) -> Secret<'_> {
        let keys = self.links.before_upload_token_keys();
        Secret { bytes: derive(keys), keys }
    }
}

/// The secret of a new link: derived if the request has a key, and random otherwise.
pub(super) async fn of_link<'a, S: LinkStore, G, P>(
    ports: &'a Ports<S, G, P>,
    caller: &Caller,
    upload_id: UploadId,
) -> Result<Secret<'a>, Unavailable> {
    let Some(key) = &caller.idempotency_key else { return Ok(random(ports, caller)) };
    existing_link(ports, |keys| link_secret(keys, &caller.owner, upload_id, key)).await
}

/// The secret of the link that replaces `old`.
pub(super) async fn of_rotation<'a, S: LinkStore, G, P>(
    ports: &'a Ports<S, G, P>,
    caller: &Caller,
    old: &LinkId,
) -> Result<Secret<'a>, Unavailable> {
    let Some(key) = &caller.idempotency_key else { return Ok(random(ports, caller)) };
    existing_link(ports, |keys| rotated_secret(keys, &caller.owner, old, key)).await
}

/// The secret of a new upload token.
pub(super) async fn of_upload_token<'a, S: QuotaStore, G, P>(
    ports: &'a Ports<S, G, P>,
    caller: &Caller,
) -> Result<Secret<'a>, Unavailable> {
    let Some(key) = &caller.idempotency_key else { return Ok(random(ports, caller)) };
    let derive = |keys: &TokenKeys| UploadTokenSecret::derived(keys, &caller.owner, key);
    let before = ports.keys.before(derive);
    let existing = ports.store.token(&UploadTokenId::of_secret(&before.bytes)).await?;
    Ok(if existing.is_some() { before } else { ports.keys.own(derive) })
}

async fn existing_link<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    derive: impl Fn(&TokenKeys) -> [u8; 16],
) -> Result<Secret<'_>, Unavailable> {
    let before = ports.keys.before(&derive);
    let existing = ports.store.link(&ports.keys.links.make(before.bytes).link_id()).await?;
    Ok(if existing.is_some() { before } else { ports.keys.own(derive) })
}

fn random<'a, S, G, P>(ports: &'a Ports<S, G, P>, caller: &Caller) -> Secret<'a> {
    Secret { bytes: caller.entropy, keys: ports.keys.upload_tokens.token_keys() }
}

/// The secret of the link that `owner` gets for `key`. It is always the same, so that a repeated request gets
/// the same token.
pub(super) fn link_secret(
    keys: &TokenKeys,
    owner: &Owner,
    upload_id: UploadId,
    key: &IdempotencyKey,
) -> [u8; 16] {
    keys.secret_of(b"idempotent link\0", &[owner.as_str(), &upload_id.to_string(), key.as_str()])
}

/// The same for the token that replaces `old`.
pub(super) fn rotated_secret(
    keys: &TokenKeys,
    owner: &Owner,
    old: &LinkId,
    key: &IdempotencyKey,
) -> [u8; 16] {
    keys.secret_of(b"idempotent rotation\0", &[owner.as_str(), old.as_str(), key.as_str()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::samples::ring;

    #[test]
    fn an_idempotent_secret_is_bound_to_owner_upload_and_key() {
        let key: IdempotencyKey = "k".parse().unwrap();
        let secret = |owner: &str, upload: u8, key: &str| {
            let (owner, key) = (owner.parse().unwrap(), key.parse().unwrap());
            link_secret(&ring(&[1]), &owner, UploadId::random([upload; 16]), &key)
        };
        let first = secret("i#ann", 1, "k");
        assert_eq!(first, secret("i#ann", 1, "k"));
        for other in [secret("i#bob", 1, "k"), secret("i#ann", 2, "k"), secret("i#ann", 1, "l")] {
            assert_ne!(first, other);
        }
        let later = link_secret(&ring(&[1, 2]), &"i#ann".parse().unwrap(), UploadId::random([1; 16]), &key);
        assert_eq!(first, later, "a new key must not change the answer to a repeated request");
    }

    /// Repeated requests find their link by these secrets, before and after a deployment: the secrets never
    /// change. Each purpose has its own secret, and no text can move from one part of the input to the next.
    #[test]
    fn each_purpose_has_secrets_of_its_own_for_ever() {
        let hex = |secret: [u8; 16]| secret.map(|byte| format!("{byte:02x}")).concat();
        let (keys, owner, key) = (ring(&[1]), "i#ann".parse().unwrap(), "k".parse().unwrap());
        let link = UploadId::random([1; 16]);
        let old = LinkKeys::new(ring(&[1])).make([9; 16]).link_id();
        insta::assert_snapshot!(hex(link_secret(&keys, &owner, link, &key)), @"f44abfa7da6b767bef377fd899570091");
        insta::assert_snapshot!(hex(rotated_secret(&keys, &owner, &old, &key)), @"9393059ae1ab1ac4d9e71fbd7195cedb");
        insta::assert_snapshot!(hex(keys.fingerprint("k")), @"b4805784717cef48d5f7edbb72da6529");
        // Cookies and pages that were given before a deployment.
        let sealed = LinkKeys::new(ring(&[1])).seal(&["page", "k"]);
        insta::assert_snapshot!(hex(sealed), @"fd2339b788be0560ce0649eaf6d0d7bc");
        insta::assert_snapshot!(hex(UploadTokenSecret::derived(&keys, &owner, &key)), @"77be076a2f6c89c76b8a46f98a671efd");
        assert_ne!(keys.secret_of(b"a\0", &["x", "y"]), keys.secret_of(b"b\0", &["x", "y"]));
        assert_ne!(keys.secret_of(b"a\0", &["x", "yz"]), keys.secret_of(b"a\0", &["xy", "z"]));
        assert_ne!(keys.secret_of(b"a\0", &["x"]), keys.secret_of(b"a\0", &["x", ""]));
    }
}
