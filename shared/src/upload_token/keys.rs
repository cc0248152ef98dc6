//! The keys that only `issue-upload` holds.
//!
//! The public function, `serve-link`, holds the keys of link tokens, because it checks them. Who
//! takes that function over must not be able to make an upload token, nor derive the secret of
//! somebody's idempotent request. Both therefore rest on keys of their own.

use crate::token::TokenKeys;

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
