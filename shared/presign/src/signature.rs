//! Signature Version 4 for S3: the signing key, the signature over a text, and the scope.
//!
//! Source: [Signature calculations](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::{SigningCredentials, Timestamp};

/// The name of the signature's algorithm.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Computes the signature over `string_to_sign` for S3, in hexadecimal digits.
pub(crate) fn signature(secret: &str, region: &str, now: Timestamp, string_to_sign: &[u8]) -> String {
    hex(&hmac(&signing_key(secret, region, now), string_to_sign))
}

fn signing_key(secret: &str, region: &str, now: Timestamp) -> [u8; 32] {
    let date = hmac(["AWS4", secret].concat().as_bytes(), day(now).as_bytes());
    hmac(&hmac(&hmac(&date, region.as_bytes()), b"s3"), b"aws4_request")
}

/// `20151229`
fn day(now: Timestamp) -> String {
    now.basic().split('T').next().unwrap_or_default().to_owned()
}

/// `20151229/us-east-1/s3/aws4_request`
pub(crate) fn scope(now: Timestamp, region: &str) -> String {
    [&day(now), "/", region, "/s3/aws4_request"].concat()
}

/// The access key id with the scope: `AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request`.
pub(crate) fn credential(credentials: &SigningCredentials, now: Timestamp, region: &str) -> String {
    [&credentials.access_key_id, "/", &scope(now, region)].concat()
}

/// The SHA-256 of a text, in hexadecimal digits.
pub(crate) fn digest(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    // HMAC accepts a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(text);
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};

    use super::*;

    #[test]
    fn the_signature_is_that_of_aws_sigv4() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let noon = at("2026-11-24T12:00:00Z");
        let long = "x".repeat(100);
        for (secret, region, now) in [
            ("one", "eu-central-1", noon),
            ("one", "eu-central-1", at("2026-11-24T23:59:59Z")),
            ("one", "eu-central-1", at("2026-11-25T00:00:00Z")),
            ("two", "eu-central-1", at("2026-11-25T00:00:00Z")),
            ("two", "us-east-1", at("2026-11-25T00:00:00Z")),
            (&long, "us-east-1", noon),
        ] {
            let key = generate_signing_key(secret, now.system_time(), region, "s3");
            assert_eq!(
                signature(secret, region, now, b"text"),
                calculate_signature(key, b"text"),
                "{secret} {region} {now}"
            );
        }
    }
}
