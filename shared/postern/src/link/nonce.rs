//! The nonce: an id of one opening, or of one attempt at a password.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// 8 bytes in base64url: enough to distinguish the few openings that a link remembers. It gives no access.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nonce(String);

impl Nonce {
    /// The first 8 bytes of a longer value.
    pub fn first_of(bytes: &[u8]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes.get(..8).unwrap_or(bytes)))
    }

    /// The text that the table keeps.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<[u8; 8]> for Nonce {
    fn from(bytes: [u8; 8]) -> Self {
        Self::first_of(&bytes)
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_the_text_of_eight_bytes() {
        let nonce = Nonce::first_of(&[7; 16]);
        assert_eq!((nonce.as_str(), &nonce), ("BwcHBwcHBwc", &Nonce::from([7; 8])));
    }
}
