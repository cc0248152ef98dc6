//! Property tests of forms: however an issued form is changed, S3 accepts only what was meant.
//!
//! Forms are issued for arbitrary uploads and then changed at will. The verdict is the verifier's
//! ([`Verifier`]), which two independent S3 servers check with the same table of scenarios.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::Owned;
use super::form::sign_form;
use super::tests::{caller, settings};
use crate::testing::samples::{at, example_credentials, pending};
use crate::upload::Upload;
use crate::value::checksum::ChecksumSha256;
use crate::value::id::UploadId;
use s3_presigned::SigningCredentials;
use s3_presigned::post_policy::METADATA_PREFIX;
use s3_presigned::verify::{Accepted, Part, Refusal, Verifier};

fn credentials() -> SigningCredentials {
    example_credentials().with_session_token("the-session-token").with_expiry(at("2026-11-24T11:00:00Z"))
}

fn verify(parts: &[Part]) -> Result<Accepted, Refusal> {
    let (settings, credentials) = (settings(), credentials());
    Verifier::new(&settings.endpoint, &credentials).verify(parts, at("2026-11-24T10:01:00Z"))
}

fn fields_of(upload: &Upload) -> Vec<(String, String)> {
    let upload = Owned::admit(upload.clone(), &caller("ann", None, 1)).unwrap();
    sign_form(&settings(), &credentials(), at("2026-11-24T10:00:00Z"), &upload, None).unwrap().fields.fields
}

fn file(size_bytes: u64) -> Part {
    Part::file("photo.png", size_bytes)
}

fn parts(fields: &[(String, String)]) -> Vec<Part> {
    fields.iter().map(|(name, value)| Part::field(name, value)).collect()
}

fn any_upload() -> impl Strategy<Value = Upload> {
    let content_type = prop_oneof![
        Just("image/png"),
        Just("text/plain; charset=utf-8"),
        Just("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ];
    let metadata = proptest::collection::btree_map("[a-z0-9_.-]{1,12}", "[!-~]([ -~]{0,20}[!-~])?", 0..4);
    let checksum = proptest::option::of(any::<[u8; 4]>().prop_map(|bytes| ChecksumSha256::of(&bytes)));
    let sizes = (0u64..5000, 0u64..5000);
    (any::<[u8; 16]>(), content_type, metadata, checksum, sizes).prop_map(
        |(id, content_type, metadata, checksum_sha256, (min, more))| Upload {
            upload_id: UploadId::random(id),
            content_type: content_type.parse().unwrap(),
            metadata,
            checksum_sha256,
            min_size_bytes: min,
            max_size_bytes: min + more,
            ..pending()
        },
    )
}

/// A change of a form's fields. A number picks a place, however many there are.
#[derive(Debug, Clone)]
enum Mutation {
    Change(usize, String),
    Append(usize, String),
    Recode(usize, Encoding),
    TakeFromAnother(usize),
    Add(usize, String, String),
    Drop(usize),
    Double(usize, Option<String>),
    RecaseName(usize),
    RecaseValue(usize),
    Swap(usize, usize),
    MoveBehindTheFile(usize),
    AddBehindTheFile(String, String),
}

#[derive(Debug, Clone, Copy)]
enum Encoding {
    Percent,
    Plus,
    Html,
    Nul,
    ByteOrderMark,
    LineEnd,
}

/// Names of fields that would change what is stored, and some that S3 does not know.
fn any_name() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "acl",
        "bucket",
        "key",
        "Key",
        "tagging",
        "content-type",
        "content-disposition",
        "cache-control",
        "content-encoding",
        "expires",
        "redirect",
        "success_action_redirect",
        "success_action_status",
        "x-amz-meta-evil",
        "x-amz-storage-class",
        "x-amz-website-redirect-location",
        "x-amz-checksum-crc32",
        "x-amz-checksum-sha256",
        "x-amz-checksum-algorithm",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-context",
        "x-amz-server-side-encryption-customer-key",
        "x-amz-server-side-encryption-bucket-key-enabled",
        "x-amz-object-lock-mode",
        "x-ignore-me",
        "policy",
        "x-amz-signature",
        "\u{212a}ey",
        "key\0",
        " key",
        "$key",
    ];
    prop_oneof![4 => proptest::sample::select(KNOWN).prop_map(str::to_owned), 1 => ".{0,12}"]
}

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("${filename}".to_owned()),
        Just("uploads/../other".to_owned()),
        Just("text/html".to_owned()),
        Just("AES256".to_owned()),
        Just("https://evil.test/".to_owned()),
        ".{0,16}",
    ]
}

fn any_mutation() -> impl Strategy<Value = Mutation> {
    use Mutation as M;
    let place = || 0usize..64;
    let encoding = prop_oneof![
        Just(Encoding::Percent),
        Just(Encoding::Plus),
        Just(Encoding::Html),
        Just(Encoding::Nul),
        Just(Encoding::ByteOrderMark),
        Just(Encoding::LineEnd),
    ];
    prop_oneof![
        (place(), any_value()).prop_map(|(i, v)| M::Change(i, v)),
        (place(), ".{1,4}").prop_map(|(i, v)| M::Append(i, v)),
        (place(), encoding).prop_map(|(i, e)| M::Recode(i, e)),
        place().prop_map(M::TakeFromAnother),
        (place(), any_name(), any_value()).prop_map(|(i, n, v)| M::Add(i, n, v)),
        place().prop_map(M::Drop),
        (place(), proptest::option::of(any_value())).prop_map(|(i, v)| M::Double(i, v)),
        place().prop_map(M::RecaseName),
        place().prop_map(M::RecaseValue),
        (place(), place()).prop_map(|(i, j)| M::Swap(i, j)),
        place().prop_map(M::MoveBehindTheFile),
        (any_name(), any_value()).prop_map(|(n, v)| M::AddBehindTheFile(n, v)),
    ]
}

struct Posted {
    before: Vec<(String, String)>,
    behind: Vec<(String, String)>,
}

impl Posted {
    fn apply(&mut self, mutation: Mutation, other: &[(String, String)]) {
        use Mutation as M;
        let length = self.before.len().max(1);
        let at = |i: usize| i % length;
        match mutation {
            M::AddBehindTheFile(name, value) => self.behind.push((name, value)),
            M::Add(i, name, value) => self.before.insert(at(i).min(self.before.len()), (name, value)),
            _ if self.before.is_empty() => {}
            M::Change(i, value) => self.before[at(i)].1 = value,
            M::Append(i, value) => self.before[at(i)].1.push_str(&value),
            M::Recode(i, encoding) => {
                let value = &mut self.before[at(i)].1;
                *value = recoded(value, encoding);
            }
            M::TakeFromAnother(i) => {
                let name = self.before[at(i)].0.clone();
                if let Some(theirs) = other.iter().find(|(other, _)| *other == name) {
                    self.before[at(i)] = theirs.clone();
                }
            }
            M::Drop(i) => drop(self.before.remove(at(i))),
            M::Double(i, value) => {
                let (name, existing) = self.before[at(i)].clone();
                self.before.push((name, value.unwrap_or(existing)));
            }
            M::RecaseName(i) => self.before[at(i)].0.make_ascii_uppercase(),
            M::RecaseValue(i) => {
                let value = &mut self.before[at(i)].1;
                *value =
                    value
                        .chars()
                        .map(|c| {
                            if c.is_ascii_lowercase() {
                                c.to_ascii_uppercase()
                            } else {
                                c.to_ascii_lowercase()
                            }
                        })
                        .collect();
            }
            M::Swap(i, j) => self.before.swap(at(i), at(j)),
            M::MoveBehindTheFile(i) => {
                let field = self.before.remove(at(i));
                self.behind.push(field);
            }
        }
    }

    fn parts(&self, size_bytes: u64) -> Vec<Part> {
        [parts(&self.before), vec![file(size_bytes)], parts(&self.behind)].concat()
    }
}

fn recoded(value: &str, encoding: Encoding) -> String {
    match encoding {
        Encoding::Percent => value.replace('/', "%2F").replace('=', "%3D"),
        Encoding::Plus => value.replace([' ', '-'], "+"),
        Encoding::Html => value.replace('/', "&#47;"),
        Encoding::Nul => format!("{value}\0"),
        Encoding::ByteOrderMark => format!("\u{feff}{value}"),
        Encoding::LineEnd => format!("{value}\r\n"),
    }
}

/// What the stored object would be, in every respect, is what the upload's record says.
fn assert_as_meant(accepted: &Accepted, upload: &Upload) {
    let terms = settings();
    let field = |name: &str| accepted.fields.get(name).map(String::as_str);
    assert_eq!(accepted.bucket, terms.endpoint.bucket);
    assert_eq!(accepted.key, upload.object_key().to_string());
    assert!((upload.min_size_bytes..=upload.max_size_bytes).contains(&accepted.size_bytes));
    assert_eq!(field("content-type"), Some(upload.content_type.as_str()));
    assert_eq!(field("x-amz-server-side-encryption"), Some("aws:kms"));
    assert_eq!(field("x-amz-server-side-encryption-aws-kms-key-id"), Some(terms.files_key_arn.as_str()));
    let checksum = upload.checksum_sha256.map(|checksum| checksum.to_string());
    assert_eq!(field("x-amz-checksum-sha256"), checksum.as_deref());
    assert_eq!(field("x-amz-checksum-algorithm"), checksum.as_ref().map(|_| "SHA256"));
    let metadata: BTreeMap<_, _> = accepted
        .fields
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(METADATA_PREFIX)?.to_owned(), value.clone())))
        .collect();
    assert_eq!(metadata, upload.metadata);
    let meant = fields_of(upload);
    for name in accepted.fields.keys().filter(|name| *name != "bucket") {
        assert!(meant.iter().any(|(of, _)| of == name), "{name} was sent along");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8 * ProptestConfig::default().cases))]

    #[test]
    fn what_is_accepted_of_any_form_is_what_was_meant(
        upload in any_upload(),
        other in any_upload(),
        mutations in proptest::collection::vec(any_mutation(), 1..5),
        size_bytes in 0u64..12_000,
    ) {
        let other = fields_of(&other);
        let mut posted = Posted { before: fields_of(&upload), behind: Vec::new() };
        for mutation in mutations {
            posted.apply(mutation, &other);
        }
        if let Ok(accepted) = verify(&posted.parts(size_bytes)) {
            assert_as_meant(&accepted, &upload);
        }
    }

    #[test]
    fn what_does_not_matter_is_accepted(upload in any_upload(), swaps in proptest::collection::vec((0usize..64, 0usize..64), 0..8)) {
        let mut posted = Posted { before: fields_of(&upload), behind: Vec::new() };
        for (i, j) in swaps {
            posted.apply(Mutation::Swap(i, j), &[]);
            posted.apply(Mutation::RecaseName(i), &[]);
        }
        posted.apply(Mutation::Add(0, "x-ignore-me".to_owned(), "1".to_owned()), &[]);
        posted.apply(Mutation::AddBehindTheFile("acl".to_owned(), "public-read".to_owned()), &[]);
        let accepted = verify(&posted.parts(upload.max_size_bytes)).unwrap();
        assert_as_meant(&accepted, &upload);
    }

    #[test]
    fn every_single_change_of_a_value_is_refused(upload in any_upload(), place in 0usize..64, value in any_value()) {
        let mut posted = Posted { before: fields_of(&upload), behind: Vec::new() };
        let place = place % posted.before.len();
        prop_assume!(posted.before[place].1 != value);
        posted.apply(Mutation::Change(place, value), &[]);
        prop_assert!(verify(&posted.parts(upload.max_size_bytes)).is_err());
    }
}
