//! The token of a link: a secret that `serve-link` can verify without a call to AWS.
//!
//! ```text
//!  byte 0             bytes 1 to 16         bytes 17 to 23
//!  version of the key  secret, random        HMAC-SHA-256 over bytes 0 to 16, the first 7 bytes
//! ```
//!
//! The highest bit of byte 0 says that the link counted its openings when the token was made. `serve-link`
//! then counts at once in place of reading first. The bit is a hint; the record decides.
//!
//! 24 bytes are 32 characters of base64url. With the tag `serve-link` refuses forged tokens before any call
//! to AWS. The tag is not what protects a link: the secret's 128 random bits are. The table has only their
//! hash, so the table's content opens no link.
//!
//! KMS `GenerateMac` derives the key of the tag once per cold start; the key is never stored. KMS does not
//! rotate HMAC keys, so the token contains its key's version: new tokens use a second key, and old links stay
//! valid.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::keys::{KeyVersion, LinkKeys, TokenKey};
use crate::value::id::ParseIdError;

const TOKEN_BYTES: usize = 24;
const SECRET: std::ops::Range<usize> = 1..17;
const TAG: std::ops::Range<usize> = 17..24;

/// The length of a token's text: base64url of 24 bytes.
pub const TOKEN_CHARS: usize = 32;

/// The bit of byte 0 of a link that counts.
const COUNTS: u8 = 0x80;

/// A token that was made with one of the keys. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken([u8; TOKEN_BYTES]);

/// The public id of a link: SHA-256 of its secret, in base64url (43 characters). It gives no access.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkId(String);

impl LinkKeys {
    /// The token for a secret of 16 random bytes.
    pub fn make(&self, secret: [u8; 16]) -> LinkToken {
        self.make_with(0, secret)
    }

    /// The token of a link that counts its openings.
    pub fn make_counting(&self, secret: [u8; 16]) -> LinkToken {
        self.make_with(COUNTS, secret)
    }

    fn make_with(&self, flags: u8, secret: [u8; 16]) -> LinkToken {
        let mut token = [0; TOKEN_BYTES];
        let Some(key) = self.token_keys().newest() else { return LinkToken(token) };
        if let Some(version) = token.first_mut() {
            *version = key.version.0 | flags;
        }
        copy(&mut token, SECRET, &secret);
        let tag = tag(key, &token).finalize().into_bytes();
        copy(&mut token, TAG, &tag);
        LinkToken(token)
    }

    /// Parses `text` if it was made with one of the keys. Compares in constant time.
    pub fn verify(&self, text: &str) -> Option<LinkToken> {
        if text.len() != TOKEN_CHARS {
            return None;
        }
        let token: [u8; TOKEN_BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let version = KeyVersion(*token.first()? & !COUNTS);
        let key = self.token_keys().of_version(version)?;
        tag(key, &token).verify_truncated_left(token.get(TAG)?).ok()?;
        Some(LinkToken(token))
    }
}

/// The MAC over a token's version and secret.
fn tag(key: &TokenKey, token: &[u8; TOKEN_BYTES]) -> Hmac<Sha256> {
    let mut mac = key.mac();
    let (signed, _) = token.split_at(TAG.start);
    mac.update(signed);
    mac
}

fn copy(token: &mut [u8; TOKEN_BYTES], range: std::ops::Range<usize>, from: &[u8]) {
    token.iter_mut().skip(range.start).take(range.len()).zip(from).for_each(|(to, from)| *to = *from);
}

impl LinkToken {
    /// The token's text. Only the answer that creates the link shows it.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Whether the link counted its openings when the token was made.
    pub fn counts(&self) -> bool {
        self.0.first().is_some_and(|first| first & COUNTS != 0)
    }

    /// The link's id in the table.
    pub fn link_id(&self) -> LinkId {
        let secret = self.0.get(SECRET).unwrap_or_default();
        LinkId(URL_SAFE_NO_PAD.encode(Sha256::digest(secret)))
    }
}

impl LinkId {
    /// The id of the link that a token leads to. Nothing is verified: a forged token has an id too, but no link.
    /// An operator without the keys finds a link by it.
    pub fn of_token(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(LinkToken(bytes.try_into().ok()?).link_id())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LinkId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for LinkId {
    type Error = ParseIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digest = URL_SAFE_NO_PAD.decode(&text).ok().filter(|digest| digest.len() == 32);
        digest.map(|_| Self(text)).ok_or(ParseIdError::new("a link id", "43 characters of base64url"))
    }
}

impl From<LinkId> for String {
    fn from(id: LinkId) -> Self {
        id.0
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::samples::keys;

    #[test]
    fn a_token_has_32_characters_and_leads_to_its_link() {
        let token = keys(&[1]).make([9; 16]);
        assert_eq!(token.reveal().len(), TOKEN_CHARS);
        assert_eq!(keys(&[1]).verify(&token.reveal()).unwrap().link_id(), token.link_id());
        assert_eq!(token.link_id().to_string().parse::<LinkId>().unwrap(), token.link_id());
        assert!("QUJD".parse::<LinkId>().is_err(), "base64url of another length");
    }

    #[test]
    fn a_token_names_its_link_without_the_keys() {
        let token = keys(&[1]).make_counting([9; 16]);
        assert_eq!(LinkId::of_token(&token.reveal()), Some(token.link_id()));
        let long = token.reveal() + "AAAA";
        for text in ["", "QUJD", token.link_id().as_str(), &long, &token.reveal().replacen('B', "+", 1)[1..]]
        {
            assert_eq!(LinkId::of_token(text), None, "{text}");
        }
    }

    /// The table has only a digest, from which no token can be made.
    #[test]
    fn the_table_knows_a_link_by_the_hash_of_its_secret() {
        let digest = URL_SAFE_NO_PAD.encode(Sha256::digest([9; 16]));
        assert_eq!(keys(&[1]).make([9; 16]).link_id().as_str(), digest);
    }

    #[test]
    fn old_tokens_live_on_when_a_second_key_takes_over() {
        let old = keys(&[1]).make([9; 16]).reveal();
        let both = keys(&[1, 2]);
        assert!(both.verify(&old).is_some());
        let new = both.make([9; 16]).reveal();
        assert_ne!(old, new);
        assert!(both.verify(&new).is_some() && keys(&[1]).verify(&new).is_none());
    }

    #[test]
    fn a_token_says_whether_its_link_counts_and_nobody_can_change_that() {
        let keys = keys(&[1]);
        let (plain, counting) = (keys.make([9; 16]), keys.make_counting([9; 16]));
        assert!(!plain.counts() && counting.counts());
        assert!(keys.verify(&counting.reveal()).unwrap().counts());
        assert_eq!(plain.link_id(), counting.link_id());
        let mut bytes = counting.0;
        bytes[0] &= !COUNTS;
        assert!(keys.verify(&URL_SAFE_NO_PAD.encode(bytes)).is_none());
    }

    #[test]
    fn a_seal_holds_for_its_parts_and_across_a_new_key() {
        let old = keys(&[1]);
        let seal = old.seal(&["a", "b"]);
        assert!(old.is_sealed(&["a", "b"], &seal) && keys(&[1, 2]).is_sealed(&["a", "b"], &seal));
        for (parts, seal) in
            [(["ab", ""], seal.as_slice()), (["a", "c"], &seal), (["a", "b"], &seal[..8]), (["a", "b"], &[])]
        {
            assert!(!old.is_sealed(&parts, seal), "{parts:?}");
        }
        assert!(!keys(&[2]).is_sealed(&["a", "b"], &seal));
    }

    #[test]
    fn nothing_secret_is_shown() {
        let keys = keys(&[1]);
        let token = keys.make([9; 16]);
        let shown = format!("{keys:?} {token:?}");
        assert!(!shown.contains(&token.reveal()), "{shown}");
        assert_eq!(shown, "[KeyVersion(1)] LinkToken(..)");
    }

    /// Ten million forgeries: random tokens, truncated ones, and every kind of damage to genuine ones.
    /// `POSTERN_FORGERIES` sets another number; by default there are few, so that the tests stay fast.
    #[test]
    fn no_forgery_is_accepted() {
        let forgeries = std::env::var("POSTERN_FORGERIES").ok().and_then(|number| number.parse().ok());
        let forgeries: u64 = forgeries.unwrap_or(100_000);
        let keys = keys(&[1, 2, 127]);
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            // xorshift64: the same forgeries every time.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for n in 0..forgeries {
            let mut secret = [0; 16];
            secret[..8].copy_from_slice(&next().to_be_bytes());
            secret[8..].copy_from_slice(&next().to_be_bytes());
            let mut token = if n % 2 == 0 { keys.make(secret) } else { keys.make_counting(secret) }.0;
            let random = next();
            let place = usize::try_from(random % 24).unwrap();
            let real = token;
            match n % 5 {
                0 => token[place] ^= 1 << (random >> 8 & 7),
                1 => token[place] = token[place].wrapping_add(1 + (random >> 8 & 0x7f) as u8),
                2 => token[17..].copy_from_slice(&next().to_be_bytes()[..7]),
                3 => token[1..17].rotate_left(1 + place % 15),
                _ => token.iter_mut().for_each(|byte| *byte = next().to_le_bytes()[0]),
            }
            if token != real {
                assert!(keys.verify(&URL_SAFE_NO_PAD.encode(token)).is_none(), "{token:?}");
            }
            let text = URL_SAFE_NO_PAD.encode(real);
            assert!(keys.verify(&text[..place]).is_none() && keys.verify(&format!("{text}A")).is_none());
        }
    }

    proptest! {
        #[test]
        fn a_token_with_any_bit_flipped_is_refused(secret: [u8; 16], bit in 0usize..192) {
            let keys = keys(&[1, 2, 3]);
            let mut bytes = keys.make(secret).0;
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(keys.verify(&URL_SAFE_NO_PAD.encode(bytes)).is_none());
        }

        #[test]
        fn no_text_is_taken_for_a_token(text in "[A-Za-z0-9_-]{30,34}|.{0,40}") {
            prop_assert!(keys(&[1]).verify(&text).is_none());
        }
    }
}
