//! Masks secrets in everything that the program says.
//!
//! Two nets: the values that were recognized as secrets in the input, and the shapes of secrets (parameters of a
//! signature, JWTs, tokens in the paths of the API), which also catch what was not recognized.

use std::ops::RangeInclusive;

use super::recognize::url::decoded;
use super::recognize::{Evidence, Scheme};

/// What stands in place of a secret.
pub const MASK: &str = "***";

/// A value shorter than this is not replaced everywhere: it could be a word.
const MIN_EXACT: usize = 8;
/// The shortest token in a path of the API.
const MIN_PATH_TOKEN: usize = 16;

/// Names after which a value is a secret.
const SECRET_PARAMETERS: [&str; 6] = [
    "x-amz-signature=",
    "x-amz-security-token=",
    "signature=",
    "policy=",
    "password=",
    "x-amz-security-token\", \"",
];

/// Parameters of URLs, and fields of forms, that are secrets.
const SECRET_NAMES: [&str; 5] = [
    "x-amz-signature",
    "x-amz-security-token",
    "signature",
    "policy",
    "x-amz-server-side-encryption-customer-key",
];

/// Headers that are secrets.
const SECRET_HEADERS: [&str; 7] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-amz-security-token",
    "x-amz-server-side-encryption-customer-key",
    "x-api-key",
];

/// Elements of error bodies that are secrets, or contain some.
const SECRET_ELEMENTS: [&str; 7] = [
    "Token-0",
    "SignatureProvided",
    "StringToSign",
    "StringToSignBytes",
    "CanonicalRequest",
    "CanonicalRequestBytes",
    "ArgumentValue",
];

/// The lengths of a link's token, which is 24 bytes in base64url, with one character more or less.
const LINK_TOKEN: RangeInclusive<usize> = 31..=33;

/// Masks every word that has the shape of a link's token, for a text that may repeat an argument.
pub fn mask_link_tokens(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let (mut masked, mut word) = (String::new(), String::new());
    let end = |masked: &mut String, word: &mut String| {
        // Names in AWS may be as long. They have no capital letter, and nearly every token has one.
        let is_token = LINK_TOKEN.contains(&word.len()) && word.contains(|c: char| c.is_ascii_uppercase());
        masked.push_str(if is_token { MASK } else { word });
        word.clear();
    };
    for c in text.chars() {
        if is_part(c) {
            word.push(c);
        } else {
            end(&mut masked, &mut word);
            masked.push(c);
        }
    }
    end(&mut masked, &mut word);
    masked
}

/// The secrets of one input.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(..)")
    }
}

impl Secrets {
    /// Collects the secrets of the input, and others that the caller has.
    pub fn of(evidence: &Evidence, others: &[&str]) -> Self {
        let mut values: Vec<String> = others.iter().map(|&value| value.to_owned()).collect();
        for url in evidence.urls.iter().filter(|url| url.scheme != Scheme::Unsigned) {
            let secret = url.query.iter().filter(|(name, _)| is_secret_name(&decoded(name)));
            values.extend(secret.flat_map(|(_, value)| [value.clone(), decoded(value)]));
        }
        for form in &evidence.forms {
            let secret = form.fields.iter().filter(|(name, _)| is_secret_name(name));
            values.extend(secret.map(|(_, value)| value.clone()));
        }
        for exchange in &evidence.exchanges {
            let headers = exchange.request.iter().chain(&exchange.answer);
            let secret = headers.filter(|(name, _)| is_secret_header(name));
            values.extend(secret.map(|(_, value)| value.clone()));
        }
        for error in &evidence.errors {
            let secret = error.details.iter().filter(|(name, _)| SECRET_ELEMENTS.contains(&name.as_str()));
            values.extend(secret.map(|(_, value)| value.clone()));
        }
        values.extend(evidence.json_secrets.iter().cloned());
        values.retain(|value| value.len() >= MIN_EXACT);
        // A longer secret may contain a shorter one.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Self(values)
    }

    /// Masks a text. Control characters become spaces, so that no input steers a terminal.
    pub fn mask(&self, text: &str) -> String {
        let text: String = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
        let exact = self.0.iter().fold(text, |text, secret| match text.contains(secret.as_str()) {
            true => text.replace(secret.as_str(), MASK),
            false => text,
        });
        by_shape(&exact)
    }
}

/// Returns whether the value of a header is a secret.
pub(super) fn is_secret_header(name: &str) -> bool {
    SECRET_HEADERS.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

fn is_secret_name(name: &str) -> bool {
    SECRET_NAMES.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

fn by_shape(text: &str) -> String {
    let mut masked = text.to_owned();
    for name in SECRET_PARAMETERS {
        masked = mask_after(&masked, name, 1, |_| true);
    }
    // A challenge (`Bearer error="…"`) is no secret.
    masked = mask_after(&masked, "bearer ", MIN_EXACT, |c| c != '=');
    for name in ["/l/", "/t/"] {
        masked = mask_after(&masked, name, MIN_PATH_TOKEN, |c| {
            c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~')
        });
    }
    mask_after(&masked, "eyj", MIN_PATH_TOKEN, |c| {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=' | '/' | '+')
    })
}

/// Masks the text after each occurrence of `mark` (in lower case), if it has at least `min` characters of a value.
fn mask_after(text: &str, mark: &str, min: usize, in_value: impl Fn(char) -> bool) -> String {
    let folded = text.to_ascii_lowercase();
    let (mut masked, mut done) = (String::with_capacity(text.len()), 0);
    for (found, _) in folded.match_indices(mark) {
        let start = found + mark.len();
        if found < done {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let ends = |c: char| {
            c.is_whitespace()
                || matches!(c, '&' | '"' | '\'' | '<' | '>' | ',' | ';' | ')' | ']' | '}')
                || !in_value(c)
        };
        let length = rest.find(ends).unwrap_or(rest.len());
        if length >= min && rest.get(..length) != Some(MASK) {
            masked.push_str(text.get(done..start).unwrap_or_default());
            masked.push_str(MASK);
            done = start + length;
        }
    }
    masked.push_str(text.get(done..).unwrap_or_default());
    masked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::recognize;

    #[test]
    fn secrets_are_masked_by_their_shape() {
        let none = Secrets::default();
        for (text, masked) in [
            ("https://a/k?X-Amz-Signature=abc&X-Amz-Date=1", "https://a/k?X-Amz-Signature=***&X-Amz-Date=1"),
            ("Authorization: Bearer abc.defg-h", "Authorization: Bearer ***"),
            ("Bearer error=\"invalid_token\"", "Bearer error=\"invalid_token\""),
            ("https://files.example/l/1.0123456789abcdef0123?x=1", "https://files.example/l/***?x=1"),
            ("a token eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln here", "a token eyJ*** here"),
            ("X-AMZ-SECURITY-TOKEN=IQoJ/+=\u{1b}[31m", "X-AMZ-SECURITY-TOKEN=*** [31m"),
            ("/l/short and plain text", "/l/short and plain text"),
            (
                "[\"eq\", \"$x-amz-security-token\", \"IQoJb3JpZ2\"]",
                "[\"eq\", \"$x-amz-security-token\", \"***\"]",
            ),
        ] {
            assert_eq!(none.mask(text), masked);
        }
    }

    #[test]
    fn secrets_of_the_input_are_masked_wherever_they_are() {
        let evidence =
            recognize::find("https://a.s3.amazonaws.com/k?X-Amz-Signature=0123456789&X-Amz-Date=1");
        let secrets = Secrets::of(&evidence, &["another-secret"]);
        assert_eq!(secrets.mask("0123456789 and another-secret"), "*** and ***");
        assert_eq!(format!("{secrets:?}"), "Secrets(..)");
    }

    #[test]
    fn a_links_token_is_masked_and_a_name_in_aws_is_not() {
        let token = "AQkJCQkJCQkJCQkJCQkJCQkAAAAAAAAA";
        for word in [token, &token[1..]] {
            assert_eq!(
                mask_link_tokens(&format!("invalid value '{word}' for <ID>")),
                "invalid value '***' for <ID>"
            );
        }
        for name in ["postern-eu-north-1-upload-signer", "0a1b2c3d-0000-4000-8000-000000000000"] {
            assert_eq!(mask_link_tokens(name), name);
        }
    }
}
