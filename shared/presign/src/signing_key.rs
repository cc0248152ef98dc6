//! The signing key of a secret, a day and a region: four rounds of HMAC that are the same all day.
//!
//! Each thread remembers the last one. That changes no answer, it only comes sooner: the key is a
//! function of its arguments alone.
//!
//! Source: [Signature calculations](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).

use std::cell::RefCell;

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};

use crate::Timestamp;

struct SigningKey {
    secret: String,
    region: String,
    day: u64,
    key: Vec<u8>,
}

impl SigningKey {
    fn derive(secret: &str, region: &str, now: Timestamp) -> Self {
        let key = generate_signing_key(secret, now.system_time(), region, "s3").as_ref().to_vec();
        Self { secret: secret.to_owned(), region: region.to_owned(), day: day(now), key }
    }

    fn is_for(&self, secret: &str, region: &str, now: Timestamp) -> bool {
        self.day == day(now) && self.region == region && self.secret == secret
    }
}

fn day(now: Timestamp) -> u64 {
    now.epoch_s() / (24 * 3600)
}

thread_local! {
    static LAST: RefCell<Option<SigningKey>> = const { RefCell::new(None) };
}

/// The signature over `string_to_sign` for S3, in hex.
pub(super) fn signature(secret: &str, region: &str, now: Timestamp, string_to_sign: &[u8]) -> String {
    LAST.with_borrow_mut(|last| {
        let known = last.take().filter(|key| key.is_for(secret, region, now));
        let key = last.insert(known.unwrap_or_else(|| SigningKey::derive(secret, region, now)));
        calculate_signature(&key.key, string_to_sign)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_what_would_be_derived() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let noon = at("2026-11-24T12:00:00Z");
        let derived = |secret: &str, region: &str, now: Timestamp| {
            calculate_signature(generate_signing_key(secret, now.system_time(), region, "s3"), b"text")
        };
        for (secret, region, now) in [
            ("one", "eu-central-1", noon),
            ("one", "eu-central-1", at("2026-11-24T23:59:59Z")),
            ("one", "eu-central-1", at("2026-11-25T00:00:00Z")),
            ("two", "eu-central-1", at("2026-11-25T00:00:00Z")),
            ("two", "us-east-1", at("2026-11-25T00:00:00Z")),
            ("one", "eu-central-1", noon),
        ] {
            assert_eq!(
                signature(secret, region, now, b"text"),
                derived(secret, region, now),
                "{secret} {region} {now}"
            );
        }
    }
}
