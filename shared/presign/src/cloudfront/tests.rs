//! The policies, the signatures against their public keys, and the limits.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;

use super::*;
use crate::tests::at;

/// Keys that only the tests use, made with `openssl genpkey`.
const P256: &str = include_str!("p256.test.pem");
/// The same key as `P256`, as `openssl ec` writes it.
const P256_SEC1: &str = include_str!("p256-sec1.test.pem");
const RSA: &str = include_str!("rsa.test.pem");
const RSA_1024: &str = include_str!("rsa-1024.test.pem");
const URL: &str = "https://d111111abcdef8.cloudfront.net/uploads/x?versionId=v%2F1";

fn key(pem: &str) -> CloudFrontKey {
    CloudFrontKey::from_pem("K2JCJMDEHXQW5F", pem).unwrap()
}

fn from_query(text: &str) -> Vec<u8> {
    STANDARD.decode(text.replace('-', "+").replace('_', "=").replace('~', "/")).unwrap()
}

fn parameter<'a>(url: &'a SignedUrl, name: &str) -> &'a str {
    let pairs = url.as_str().split(['?', '&']);
    pairs.filter_map(|pair| pair.split_once('=')).find(|(of, _)| *of == name).unwrap().1
}

#[test]
fn a_policy_is_written_as_cloudfront_reads_it() {
    let ends = at("2026-11-24T10:01:00Z");
    insta::assert_snapshot!(CustomPolicy::new(ends).document("https://x/y?a=b"), @r#"{"Statement":[{"Resource":"https://x/y?a=b","Condition":{"DateLessThan":{"AWS:EpochTime":1795514460}}}]}"#);
    let custom = CustomPolicy::new(ends).starts_at(at("2026-11-24T10:00:00Z")).source_ip("192.0.2.0/24");
    insta::assert_snapshot!(custom.document("https://x/y"), @r#"{"Statement":[{"Resource":"https://x/y","Condition":{"DateLessThan":{"AWS:EpochTime":1795514460},"IpAddress":{"AWS:SourceIp":"192.0.2.0/24"},"DateGreaterThan":{"AWS:EpochTime":1795514400}}}]}"#);
}

#[test]
fn an_ecdsa_signature_verifies_against_the_public_key_and_is_always_the_same() {
    let ends = at("2026-11-24T10:01:00Z");
    let signed = key(P256).sign(URL, ends).unwrap();
    assert!(signed.as_str().starts_with(&format!("{URL}&Expires=1795514460&Signature=")));
    assert!(signed.as_str().ends_with("&Key-Pair-Id=K2JCJMDEHXQW5F"));
    assert_eq!(signed, key(P256).sign(URL, ends).unwrap());
    let public = *p256::ecdsa::SigningKey::from_pkcs8_pem(P256).unwrap().verifying_key();
    let verifies = |url: &SignedUrl, text: &str| {
        let signature = p256::ecdsa::Signature::from_der(&from_query(parameter(url, "Signature"))).unwrap();
        public.verify_prehash(&Sha1::digest(text), &signature).is_ok()
    };
    assert!(verifies(&signed, &CustomPolicy::new(ends).document(URL)));
    assert!(!verifies(&signed, &CustomPolicy::new(ends).document(&format!("{URL}&x=y"))));
    let custom = CustomPolicy::new(ends).source_ip("192.0.2.7");
    let within = key(P256).sign_custom(URL, &custom).unwrap();
    let sent = String::from_utf8(from_query(parameter(&within, "Policy"))).unwrap();
    assert_eq!(sent, custom.document(URL));
    assert!(verifies(&within, &sent));
}

#[test]
fn an_ecdsa_key_may_be_sec1_and_follow_its_parameters() {
    let ends = at("2026-11-24T10:01:00Z");
    let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    for pem in [P256_SEC1.to_owned(), format!("{parameters}{P256_SEC1}"), format!("\n{P256}\n")] {
        assert_eq!(key(&pem).sign(URL, ends).unwrap(), key(P256).sign(URL, ends).unwrap());
    }
}

#[test]
fn other_keys_and_longer_urls_are_refused() {
    for pem in ["", RSA_1024, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"] {
        assert!(matches!(CloudFrontKey::from_pem("K", pem), Err(CloudFrontError::Key)));
    }
    let ends = at("2026-11-24T10:01:00Z");
    let more = MAX_URL_BYTES - key(RSA).sign("https://x/", ends).unwrap().as_str().len();
    let longest = format!("https://x/{}", "y".repeat(more));
    assert!(key(RSA).sign(&longest, ends).is_ok());
    assert!(matches!(key(RSA).sign(&format!("{longest}y"), ends), Err(CloudFrontError::TooLong)));
    let long = format!("https://x/{}", "y".repeat(MAX_URL_BYTES));
    assert!(matches!(key(P256).sign(&long, at("2026-11-24T10:01:00Z")), Err(CloudFrontError::TooLong)));
}

#[test]
fn no_key_and_no_url_is_shown() {
    let key = key(RSA);
    let shown = format!("{key:?} {:?}", key.sign(URL, at("2026-11-24T10:01:00Z")).unwrap());
    assert_eq!(shown, "CloudFrontKey { key_pair_id: \"K2JCJMDEHXQW5F\", .. } SignedUrl(..)");
}

#[test]
fn the_time_may_be_a_system_time() {
    let ends = at("2026-11-24T10:01:00Z");
    assert_eq!(key(P256).sign(URL, ends.system_time()).unwrap(), key(P256).sign(URL, ends).unwrap());
    let custom = CustomPolicy::new(ends.system_time()).starts_at(ends.system_time());
    assert_eq!(custom, CustomPolicy::new(ends).starts_at(ends));
}

#[test]
fn a_failed_signature_keeps_its_source() {
    let error = CloudFrontError::Sign(Box::new(rsa::signature::Error::new()));
    assert_eq!(error.to_string(), "CloudFront policy could not be signed with the private key");
    assert!(Error::source(&error).is_some());
}
