//! The one-time id of a page with a form: the form opens the link once, however often it is sent.
//!
//! A double click sends the form twice, and the browser drops the first answer with its cookie. Both requests
//! carry the page's id, which becomes the opening's [`Nonce`]. So the second request is the same opening. The
//! id is sealed for one link, so that only a page of `serve-link` names an opening. The nonce is derived from
//! the id and the password's hash, so an opening that was counted under one password is not valid under
//! another password.
//!
//! A plain GET has such an id too. If the answer to its count is lost, the visitor gets 503 and the id in a
//! cookie. With this cookie the next GET is the same opening.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::cookie;
use crate::keys::LinkKeys;
use crate::link::token::LinkId;
use crate::link::{Nonce, OPENING_S, PasswordHash};
use s3_presigned::Timestamp;

/// How long a page's id is valid, in seconds. The form of an older page works, and counts each time.
const PAGE_S: u64 = 24 * 3600;

/// Domain separation: a sealed cookie or token is never accepted as a page id.
const PURPOSE: &str = "page";

/// The name of the cookie that holds the id of a GET whose outcome is unknown.
const COOKIE: &str = "__Secure-postern-again";

/// The id of a page. Its seal was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageId {
    random: String,
}

impl PageId {
    /// The text for the form of a page that is made at `now`. It contains the second half of `entropy`; the
    /// first half is the nonce of the request itself.
    pub fn seal(keys: &LinkKeys, link_id: &LinkId, now: Timestamp, entropy: [u8; 16]) -> String {
        let (made, Self { random }) = (now.epoch_s().to_string(), Self::of(entropy));
        let seal = URL_SAFE_NO_PAD.encode(keys.seal(&[PURPOSE, link_id.as_str(), &made, &random]));
        format!("{made}.{random}.{seal}")
    }

    /// The id of a request with this `entropy`.
    pub(super) fn of(entropy: [u8; 16]) -> Self {
        let (_, random) = entropy.split_at(8);
        Self { random: URL_SAFE_NO_PAD.encode(random) }
    }

    /// The value of `Set-Cookie` with the sealed id `text`, for the next GET; `path` is the link's own.
    pub(super) fn set_cookie(text: &str, path: &str) -> String {
        cookie::set(COOKIE, text, path, OPENING_S)
    }

    /// The id in such a cookie among `cookies`, with the text that the cookie has.
    pub(super) fn in_cookies<'c>(
        cookies: &'c str,
        keys: &LinkKeys,
        link_id: &LinkId,
        now: Timestamp,
    ) -> Option<(&'c str, Self)> {
        cookie::values(cookies, COOKIE)
            .find_map(|text| Self::find(text, keys, link_id, now).map(|id| (text, id)))
    }

    /// The id in `text`, if one of the keys sealed it for this link and the page is not too old.
    pub fn find(text: &str, keys: &LinkKeys, link_id: &LinkId, now: Timestamp) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (made, random, seal) = (parts.next()?, parts.next()?, parts.next()?);
        let seal = URL_SAFE_NO_PAD.decode(seal).ok()?;
        let is_ours = keys.is_sealed(&[PURPOSE, link_id.as_str(), made, random], &seal);
        let is_young = now.epoch_s() < made.parse::<u64>().ok()?.checked_add(PAGE_S)?;
        (is_ours && is_young).then(|| Self { random: random.to_owned() })
    }

    /// The nonce of the page's opening under the link's password.
    pub fn nonce(&self, password: Option<&PasswordHash>) -> Nonce {
        let mut digest = Sha256::new();
        digest.update(self.random.as_bytes());
        digest.update(b"\0");
        digest.update(password.map_or("", PasswordHash::as_str));
        Nonce::first_of(&digest.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::samples::{at, keys};

    #[test]
    fn an_id_is_of_its_link_for_a_day() {
        let (keys, link_id) = (keys(&[1]), crate::testing::samples::link(None).link_id);
        let text = PageId::seal(&keys, &link_id, at("2026-11-24T10:00:00Z"), [7; 16]);
        let find = |text: &str, now: &str| PageId::find(text, &keys, &link_id, at(now));
        let id = find(&text, "2026-11-25T09:59:59Z").unwrap();
        assert_eq!(find(&text, "2026-11-25T10:00:00Z"), None);
        let other = keys.make([7; 16]).link_id();
        assert_eq!(PageId::find(&text, &keys, &other, at("2026-11-24T10:00:00Z")), None);
        let strangers = crate::testing::samples::keys(&[2]);
        assert_eq!(PageId::find(&text, &strangers, &link_id, at("2026-11-24T10:00:00Z")), None);
        let later = text.replacen("17", "18", 1);
        assert_ne!(later, text);
        for forged in ["", "..", &later, &text[..text.len() - 1], "99999999999999999999.-.AAAA"] {
            assert_eq!(find(forged, "2026-11-24T10:00:00Z"), None, "{forged}");
        }
        let hash = |salt| PasswordHash::new("secret", [salt; 16]).unwrap();
        assert_eq!(id.nonce(Some(&hash(1))), id.nonce(Some(&hash(1))));
        assert_ne!(id.nonce(Some(&hash(1))), id.nonce(Some(&hash(2))));
        assert_ne!(id.nonce(Some(&hash(1))), id.nonce(None));
    }

    #[test]
    fn no_token_cookie_or_id_stands_in_for_another() {
        use crate::serve::resume_cookie::ResumeCookie;
        let (keys, link) = (keys(&[1, 115]), crate::testing::samples::link(None));
        let (link_id, now) = (&link.link_id, at("2026-11-24T10:00:00Z"));
        let id = PageId::seal(&keys, link_id, now, [7; 16]);
        let cookie = ResumeCookie::new(&link, now.epoch_s(), std::time::Duration::from_mins(15));
        let set = cookie.set_cookie(&keys, link_id, "/l/x", now);
        let cookie = set.split(';').next().unwrap();
        let value = cookie.split_once('=').unwrap().1;
        assert!(ResumeCookie::find(cookie, &keys, link_id, now).is_some());
        assert_eq!(PageId::find(value, &keys, link_id, now), None);
        let as_cookie = cookie.replace(value, &id);
        assert_eq!(ResumeCookie::find(&as_cookie, &keys, link_id, now), None);
        // A seal over the input of a token's tag, and a token whose tag is a seal.
        let token = keys.make([3; 16]).reveal();
        assert_eq!(PageId::find(&format!("1.{token}.{token}"), &keys, link_id, now), None);
        for sealed in [&id, value] {
            let seal = URL_SAFE_NO_PAD.decode(sealed.rsplit('.').next().unwrap()).unwrap();
            for signed in [&b"seal\0\0\0\0\0\0\0\0\x04page"[..], b"seal\0\0\0\0\0\0\0\0\x06open"] {
                let forged = URL_SAFE_NO_PAD.encode([signed, &seal[..7]].concat());
                assert!(keys.verify(&forged).is_none());
            }
        }
    }
}
