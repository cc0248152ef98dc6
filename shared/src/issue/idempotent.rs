//! Secrets that a repeated request finds again, although no token is stored.
//!
//! They are derived from owner, request and `Idempotency-Key` under the keys that only this API
//! holds. Older versions of this software derived them under the link keys. A request that was first
//! sent to such a version and is repeated now is recognized by its item, so that it makes no second
//! link or token. `serve-link` holds the link keys too, so nothing new is derived under them.

use crate::id::UploadId;
use crate::ports::{GrantStore, LinkStore, Unavailable};
use crate::token::{LinkId, LinkKeys, TokenKeys};
use crate::upload_token::{UploadTokenId, UploadTokenKeys, UploadTokenSecret};

use super::{Caller, Ports};

/// The keys of the API.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The keys of link tokens, which `serve-link` holds too.
    pub links: LinkKeys,
    /// The keys that only this API holds.
    pub upload_tokens: UploadTokenKeys,
}

/// A secret, and the keys that made it: they also make the fingerprints of its request.
#[derive(Clone, Copy)]
pub(super) struct Secret<'a> {
    pub bytes: [u8; 16],
    pub keys: &'a TokenKeys,
}

impl Keys {
    fn own(&self, derive: impl Fn(&TokenKeys) -> [u8; 16]) -> Secret<'_> {
        Secret { bytes: derive(self.upload_tokens.token_keys()), keys: self.upload_tokens.token_keys() }
    }

    fn before(&self, derive: impl Fn(&TokenKeys) -> [u8; 16]) -> Secret<'_> {
        let keys = self.links.before_upload_token_keys();
        Secret { bytes: derive(keys), keys }
    }
}

/// The secret of a new link: derived where the request has a key, and random elsewhere.
pub(super) async fn of_link<'a, S: LinkStore, G>(
    ports: &'a Ports<S, G>,
    caller: &Caller,
    upload_id: UploadId,
) -> Result<Secret<'a>, Unavailable> {
    let Some(key) = &caller.idempotency_key else { return Ok(random(ports, caller)) };
    existing_link(ports, |keys| keys.derived_secret(&caller.owner, upload_id, key)).await
}

/// The secret of the link that takes `old`'s place.
pub(super) async fn of_rotation<'a, S: LinkStore, G>(
    ports: &'a Ports<S, G>,
    caller: &Caller,
    old: &LinkId,
) -> Result<Secret<'a>, Unavailable> {
    let Some(key) = &caller.idempotency_key else { return Ok(random(ports, caller)) };
    existing_link(ports, |keys| keys.rotated_secret(&caller.owner, old, key)).await
}

/// The secret of a new upload token.
pub(super) async fn of_upload_token<'a, S: GrantStore, G>(
    ports: &'a Ports<S, G>,
    caller: &Caller,
) -> Result<Secret<'a>, Unavailable> {
    let Some(key) = &caller.idempotency_key else { return Ok(random(ports, caller)) };
    let derive = |keys: &TokenKeys| UploadTokenSecret::derived(keys, &caller.owner, key);
    let before = ports.keys.before(derive);
    let existing = ports.store.token(&UploadTokenId::of_secret(&before.bytes)).await?;
    Ok(if existing.is_some() { before } else { ports.keys.own(derive) })
}

async fn existing_link<S: LinkStore, G>(
    ports: &Ports<S, G>,
    derive: impl Fn(&TokenKeys) -> [u8; 16],
) -> Result<Secret<'_>, Unavailable> {
    let before = ports.keys.before(&derive);
    let existing = ports.store.standing_link(&ports.keys.links.make(before.bytes).link_id()).await?;
    Ok(if existing.is_some() { before } else { ports.keys.own(derive) })
}

fn random<'a, S, G>(ports: &'a Ports<S, G>, caller: &Caller) -> Secret<'a> {
    Secret { bytes: caller.entropy, keys: ports.keys.upload_tokens.token_keys() }
}
