//! The resume cookie, which a counted opening sets: with it the same download can go on.
//!
//! A download that breaks off, or a video in which somebody seeks, comes back to the link. While the
//! cookie lives, that is the same opening: it is not counted again and no password is asked. The cookie
//! lives longer than the link's URLs ([`UrlLife`](crate::link::UrlLife)).
//! The cookie is sealed for one link, one password and one version, so it opens nothing else: once the link
//! leads to another upload, a download of the old file does not go on with the new one. A revocation
//! and the link's end hold whether or not a request has it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::cookie;
use crate::keys::LinkKeys;
use crate::link::Link;
use crate::link::token::LinkId;
use s3_presigned::Timestamp;

/// The cookie's name. Browsers store a cookie with `__Secure-` only over TLS.
const NAME: &str = "__Secure-postern-opened";

/// A granted opening of a link, valid until the given time. Its seal was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeCookie {
    until_s: u64,
    stamp: String,
}

impl ResumeCookie {
    /// The cookie for an opening of `link` that was counted at `counted_s`, in seconds since 1970, and
    /// lives so long.
    pub fn new(link: &Link, counted_s: u64, life: Duration) -> Self {
        Self { until_s: counted_s + life.as_secs(), stamp: stamp(link) }
    }

    /// The cookie among `cookies` that one of the keys has sealed for this link and that is still valid.
    pub fn find(cookies: &str, keys: &LinkKeys, link_id: &LinkId, now: Timestamp) -> Option<Self> {
        let mut sealed = cookie::values(cookies, NAME).filter_map(|value| Self::unseal(value, keys, link_id));
        sealed.find(|cookie| now.epoch_s() < cookie.until_s)
    }

    /// Whether the opening was granted under the link's present password, and of its present file.
    pub fn is_for(&self, link: &Link) -> bool {
        self.stamp == stamp(link)
    }

    /// The value of `Set-Cookie` in an answer at `now`; `path` is the link's own.
    pub fn set_cookie(&self, keys: &LinkKeys, link_id: &LinkId, path: &str, now: Timestamp) -> String {
        let (until, stamp) = (self.until_s.to_string(), &self.stamp);
        let seal = URL_SAFE_NO_PAD.encode(keys.seal(&["opened", link_id.as_str(), &until, stamp]));
        let left_s = self.until_s.saturating_sub(now.epoch_s());
        cookie::set(NAME, &format!("{until}.{stamp}.{seal}"), path, left_s)
    }

    fn unseal(value: &str, keys: &LinkKeys, link_id: &LinkId) -> Option<Self> {
        let mut parts = value.splitn(3, '.');
        let (until, stamp, seal) = (parts.next()?, parts.next()?, parts.next()?);
        let seal = URL_SAFE_NO_PAD.decode(seal).ok()?;
        let sealed = keys.is_sealed(&["opened", link_id.as_str(), until, stamp], &seal);
        if !sealed {
            return None;
        }
        Some(Self { until_s: until.parse().ok()?, stamp: stamp.to_owned() })
    }
}

/// A fingerprint of the password, or `-`; and one of the version, if the link has led to another upload
/// before. So the cookies of other links stay as they were.
fn stamp(link: &Link) -> String {
    let password = link.terms.password_hash.as_ref();
    let password = password.map_or_else(|| "-".to_owned(), |hash| fingerprint(hash.as_str()));
    if link.retargeted_at.is_none() {
        return password;
    }
    let version = fingerprint(&format!("{} {}", link.upload_id, link.version_id.as_str()));
    format!("{password}~{version}")
}

/// 8 bytes of a digest.
fn fingerprint(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text).first_chunk::<8>().unwrap_or(&[0; 8]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{LinkTerms, PasswordHash};
    use crate::testing::samples::{self, at, keys};

    const LIFE: Duration = Duration::from_mins(15);

    #[test]
    fn a_cookie_is_good_for_its_link_while_it_lives() {
        let (keys, link) = (keys(&[1]), samples::link(None));
        let now = at("2026-11-24T10:00:00Z");
        let cookie = ResumeCookie::new(&link, now.epoch_s(), LIFE);
        let set = cookie.set_cookie(&keys, &link.link_id, "/l/x", now);
        assert!(set.ends_with("; Path=/l/x; Max-Age=900; Secure; HttpOnly; SameSite=Lax"), "{set}");
        let cookie = set.split_once(';').unwrap().0;
        let find = |cookies: &str, now: &str| ResumeCookie::find(cookies, &keys, &link.link_id, at(now));
        assert!(find(&format!("a=b; {cookie}; c=d"), "2026-11-24T10:14:59Z").unwrap().is_for(&link));
        assert_eq!(find(cookie, "2026-11-24T10:15:00Z"), None);
        let other = keys.make([7; 16]).link_id();
        assert_eq!(ResumeCookie::find(cookie, &keys, &other, now), None);
        assert_eq!(ResumeCookie::find(cookie, &samples::keys(&[2]), &link.link_id, now), None);
        let later = cookie.replace("=17", "=18");
        assert_ne!(later, cookie);
        let cut = &cookie[..cookie.len() - 2];
        for forged in [&later, cut, "__Secure-postern-opened=", "__Secure-postern-opened=9.-."] {
            assert_eq!(find(forged, "2026-11-24T10:00:00Z"), None, "{forged}");
        }
    }

    #[test]
    fn a_cookie_of_the_old_file_is_not_good_for_the_new_one() {
        let (keys, link, now) = (keys(&[1]), samples::link(None), at("2026-11-24T10:00:00Z"));
        let led = |link: &Link, n: u8| {
            let upload_id = crate::value::id::UploadId::random([n; 16]);
            let upload = crate::upload::Upload { upload_id, ..samples::pending() };
            link.retargeted(&upload.settled(&samples::pin("a")).unwrap(), now, &n.to_string()).unwrap()
        };
        let cookie = |link: &Link| ResumeCookie::new(link, now.epoch_s(), LIFE);
        let (second, third) = (led(&link, 8), led(&led(&link, 8), 9));
        for (of, other) in [(&link, &second), (&second, &link), (&second, &third), (&third, &second)] {
            assert!(cookie(of).is_for(of) && !cookie(of).is_for(other));
        }
        assert!(cookie(&second).is_for(&led(&third, 8)), "it leads to this file again");
        let set = cookie(&second).set_cookie(&keys, &link.link_id, "/l/x", now);
        let text = set.split_once(';').unwrap().0;
        assert!(ResumeCookie::find(text, &keys, &link.link_id, now).unwrap().is_for(&second));
    }

    #[test]
    fn a_new_password_ends_what_an_old_one_granted() {
        let link = samples::link(None);
        let now = at("2026-11-24T10:00:00Z");
        let with = |salt| {
            let password_hash = Some(PasswordHash::new("secret", [salt; 16]).unwrap());
            Link { terms: LinkTerms { password_hash, ..LinkTerms::default() }, ..link.clone() }
        };
        assert!(!ResumeCookie::new(&link, now.epoch_s(), LIFE).is_for(&with(1)));
        assert!(ResumeCookie::new(&with(1), now.epoch_s(), LIFE).is_for(&with(1)));
        assert!(!ResumeCookie::new(&with(1), now.epoch_s(), LIFE).is_for(&with(2)));
    }
}
