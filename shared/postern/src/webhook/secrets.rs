//! The signing keys of webhooks, and the signature.
//!
//! The signed text is `<id>.<time>.<body>`, the algorithm HMAC-SHA-256. Several secrets make several
//! signatures with spaces between, and a receiver needs one of them. So a secret can be replaced without an
//! outage: add the new one beside the old one, and remove the old one once the receiver has the new one.
//! ([The scheme](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme).)

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Webhook;
use s3_presigned::Timestamp;

const PREFIX: &str = "whsec_";

/// How many bytes a secret may have, by the specification.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The most secrets, so that the header stays short.
const MAX_SECRETS: usize = 5;

/// One secret or more. `Debug` shows none.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets(Vec<Vec<u8>>);

/// The text has no valid secrets. The error says which one is wrong, and shows nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseSecretsError {
    /// No secret, or too many.
    #[error("parse the webhook's secrets: write 1 to {MAX_SECRETS} of them with spaces between")]
    Count,
    /// A secret without the prefix, or not in base64.
    #[error("parse secret {0} of the webhook: write whsec_ and base64 with its padding")]
    Form(usize),
    /// A secret that is too short or too long.
    #[error("parse secret {0} of the webhook: it must have 24 to 64 bytes")]
    Length(usize),
}

impl Secrets {
    /// The header `webhook-signature` for an attempt `at` this second.
    pub fn sign(&self, webhook: &Webhook, at: Timestamp) -> String {
        let signature = |key: &Vec<u8>| {
            // HMAC accepts a key of any length.
            let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).ok()?;
            mac.update(format!("{}.{}.", webhook.id, at.epoch_s()).as_bytes());
            mac.update(webhook.body.as_bytes());
            Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
        };
        self.0.iter().filter_map(signature).collect::<Vec<_>>().join(" ")
    }
}

impl FromStr for Secrets {
    type Err = ParseSecretsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let secrets = text.split_ascii_whitespace().zip(1..).map(|(secret, number)| {
            let base64 = secret.strip_prefix(PREFIX).ok_or(ParseSecretsError::Form(number))?;
            let key = STANDARD.decode(base64).map_err(|_| ParseSecretsError::Form(number))?;
            SECRET_BYTES.contains(&key.len()).then_some(key).ok_or(ParseSecretsError::Length(number))
        });
        let secrets = secrets.collect::<Result<Vec<_>, _>>()?;
        (1..=MAX_SECRETS).contains(&secrets.len()).then_some(Self(secrets)).ok_or(ParseSecretsError::Count)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} webhook secrets", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::tests_support::webhook;
    use super::*;

    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    /// The test vector of the libraries of Standard Webhooks.
    #[test]
    fn the_vector_of_the_specifications_libraries_is_reproduced() {
        let webhook = webhook(
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            r#"{"email":"test@example.com","username":"test_user"}"#,
        );
        let at = Timestamp::from_epoch_s(1_649_367_553);
        let secrets: Secrets = SECRET.parse().unwrap();
        assert_eq!(secrets.sign(&webhook, at), "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }

    #[test]
    fn each_secret_signs_for_itself_in_their_order() {
        let (first, second) = (SECRET, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let (webhook, at) = (webhook("t1", "{}"), Timestamp::from_epoch_s(1));
        let sign = |text: &str| text.parse::<Secrets>().unwrap().sign(&webhook, at);
        assert_eq!(sign(&format!(" {first}\n{second} ")), format!("{} {}", sign(first), sign(second)));
        assert_ne!(sign(first), sign(second));
    }

    #[test]
    fn id_time_and_body_are_all_signed() {
        let secrets: Secrets = SECRET.parse().unwrap();
        let sign = |id, at_s, body| secrets.sign(&webhook(id, body), Timestamp::from_epoch_s(at_s));
        let signed = sign("t1", 1, "{}");
        assert!(
            [sign("t2", 1, "{}"), sign("t1", 2, "{}"), sign("t1", 1, "[]")]
                .iter()
                .all(|other| *other != signed)
        );
    }

    #[test]
    fn what_is_no_secret_is_refused_by_its_number() {
        let parse = |text: &str| text.parse::<Secrets>().unwrap_err();
        assert_eq!(parse("  "), ParseSecretsError::Count);
        assert_eq!(parse(&[SECRET; 6].join(" ")), ParseSecretsError::Count);
        assert_eq!(parse("C2FVsBQIhrscChlQIMV+b5sSYspob7oD"), ParseSecretsError::Form(1));
        assert_eq!(parse(&format!("{SECRET} whsec_!")), ParseSecretsError::Form(2));
        for bytes in [23, 65] {
            assert_eq!(
                parse(&format!("whsec_{}", STANDARD.encode(vec![7; bytes]))),
                ParseSecretsError::Length(1)
            );
        }
        for bytes in [24, 64] {
            assert!(format!("whsec_{}", STANDARD.encode(vec![7; bytes])).parse::<Secrets>().is_ok());
        }
    }

    #[test]
    fn neither_debug_nor_an_error_shows_a_secret() {
        let secrets: Secrets = SECRET.parse().unwrap();
        assert_eq!(format!("{secrets:?}"), "1 webhook secrets");
        let error = format!("{SECRET}?").parse::<Secrets>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("C2FV"), "{error}");
    }
}
