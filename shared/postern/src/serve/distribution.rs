//! Links through CloudFront: every visitor gets the same URL within a window of time.
//!
//! S3's presigned URLs differ by the session that signs them, so a cache cannot reuse them. A distribution's
//! key is the same in every environment. With the signing time rounded down to a window, every environment
//! signs the same URL within the window, and browsers and edge locations can use their caches. The window is
//! at most half of a URL's life, so that no URL is given out in its last half.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::link::{Link, Network};
use s3_presigned::Timestamp;
use s3_presigned::cloudfront::{CloudFrontError, CloudFrontKey, CustomPolicy, SignedUrl};

/// RFC 3986, unreserved. CloudFront and S3 read every other character only if it is escaped.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A distribution in front of the bucket.
#[derive(Debug, Clone)]
pub struct Distribution {
    /// Its URL, such as `https://d111111abcdef8.cloudfront.net/`; ends in a slash.
    pub url: String,
    /// The signing key.
    pub key: CloudFrontKey,
    /// The window to which signing times are rounded down: at most half of a URL's life.
    pub window: Duration,
}

impl Distribution {
    /// When a URL expires that is signed at `now` for at most `ttl`.
    pub fn ends(&self, now: Timestamp, ttl: Duration) -> Timestamp {
        let window_s = self.window.as_secs().clamp(1, (ttl.as_secs() / 2).max(1));
        let rounded = Timestamp::from_epoch_s(now.epoch_s() - now.epoch_s() % window_s);
        rounded + ttl
    }

    /// Signs the URL of a link's version until `ends`. For a link with an IPv4 network, CloudFront accepts
    /// the URL only from that network; CloudFront's policies cannot name IPv6 addresses.
    ///
    /// # Errors
    /// See [`CloudFrontError`].
    pub fn sign(&self, link: &Link, ends: Timestamp) -> Result<SignedUrl, CloudFrontError> {
        let url = self.unsigned(link);
        match link.terms.allowed_network.filter(Network::is_ipv4) {
            Some(network) => {
                self.key.sign_custom(&url, &CustomPolicy::new(ends).source_ip(network.to_string()))
            }
            None => self.key.sign(&url, ends),
        }
    }

    /// Each of these parameters is part of the distribution's cache key, and no other parameter reaches S3.
    fn unsigned(&self, link: &Link) -> String {
        let mut url = format!("{}{}", self.url, link.object_key());
        for (n, (name, value)) in [
            ("versionId", link.version_id.as_str().to_owned()),
            ("response-content-type", link.content_type()),
            ("response-content-disposition", link.content_disposition()),
            ("response-cache-control", "private, max-age=3600".to_owned()),
        ]
        .into_iter()
        .enumerate()
        {
            let mark = if n == 0 { "?" } else { "&" };
            url.extend([mark, name, "="]);
            url.extend(utf8_percent_encode(&value, QUERY));
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::samples::{at, distribution};

    #[test]
    fn everybody_gets_the_same_url_within_a_window() {
        let (link, ttl) = (crate::testing::samples::link(None), Duration::from_secs(60));
        let sign = |now: &str| {
            let distribution = distribution(30);
            distribution.sign(&link, distribution.ends(at(now), ttl)).unwrap()
        };
        assert_eq!(sign("2026-11-24T10:00:00Z"), sign("2026-11-24T10:00:29.999Z"));
        let (now, second) = (at("2026-11-24T10:00:00Z"), Duration::from_secs(1));
        assert_eq!(distribution(30).ends(now, second), now + second, "the shortest life has a window too");
        assert_ne!(sign("2026-11-24T10:00:29.999Z"), sign("2026-11-24T10:00:30Z"));
        assert!(
            sign("2026-11-24T10:00:00Z")
                .as_str()
                .starts_with("https://d111111abcdef8.cloudfront.net/uploads/")
        );
        assert!(
            sign("2026-11-24T10:00:00Z")
                .as_str()
                .contains("&response-content-disposition=inline%3B%20filename%3D%22photo.png%22&")
        );
    }

    #[test]
    fn a_url_of_a_link_for_one_network_is_for_that_network() {
        let (ends, distribution) = (at("2026-11-24T10:01:00Z"), distribution(30));
        let sign = |network: &str| {
            let mut link = crate::testing::samples::link(None);
            link.terms.allowed_network = network.parse().ok();
            distribution.sign(&link, ends).unwrap().as_str().to_owned()
        };
        assert!(sign("192.0.2.0/24").contains("&Policy=") && !sign("192.0.2.0/24").contains("&Expires="));
        assert!(sign("2001:db8::/32").contains("&Expires="));
    }

    proptest! {
        #[test]
        fn a_url_lives_for_half_its_life_at_least_and_never_longer(
            now_s in 1_700_000_000_u64..1_900_000_000, ttl_s in 1_u64..3600, window_s in 0_u64..7200,
        ) {
            let now = Timestamp::from_epoch_s(now_s);
            let left_s = now.until(distribution(window_s).ends(now, Duration::from_secs(ttl_s))).as_secs();
            prop_assert!(left_s <= ttl_s && left_s * 2 >= ttl_s, "{left_s} of {ttl_s}");
        }
    }
}
