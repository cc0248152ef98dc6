//! Tests of the rules.

use std::collections::BTreeMap;

use super::Settings;
use super::evidence::{Evidence, SecondLook, SecondSight};
use super::rules::second_look;
use super::samples::{KEY_ARN, PNG, judged, large, png, settings};
use crate::media::ContentType;
use crate::ports::ObservedObject;
use crate::testing::samples::{pending, version};
use crate::upload::{RejectionReason, Settlement, Upload};
use crate::value::checksum::ChecksumSha256;

fn reason(
    upload: &Upload,
    object: &ObservedObject,
    checksum: Option<ChecksumSha256>,
) -> Option<RejectionReason> {
    let second = SecondSight { checksum, ..SecondSight::default() };
    match judged(upload, object, &settings(), &second) {
        Settlement::Pin(_) => None,
        Settlement::Condemn(rejection) => Some(rejection.reason),
    }
}

fn asks(upload: &Upload, object: &ObservedObject, settings: &Settings) -> SecondLook {
    let (version, second) = (version("v"), SecondSight::default());
    second_look(&Evidence { upload, object, version: &version, second: &second, settings })
}

#[test]
fn what_keeps_every_rule_is_pinned_as_what_it_is() {
    assert_eq!(reason(&pending(), &png(), None), None);
}

#[test]
fn each_broken_rule_has_its_reason() {
    use RejectionReason as R;
    let metadata = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
    for (object, expected) in [
        (ObservedObject { kms_key_arn: None, ..png() }, R::EncryptionMismatch),
        (ObservedObject { content_encoding: Some("br".to_owned()), ..png() }, R::ContentEncoded),
        (ObservedObject { kms_key_arn: Some(format!("{KEY_ARN}2")), ..png() }, R::EncryptionMismatch),
        (ObservedObject { size_bytes: 1001, ..png() }, R::SizeOutOfRange),
        (ObservedObject { size_bytes: 0, head: vec![], ..png() }, R::SizeOutOfRange),
        (ObservedObject { content_type: None, ..png() }, R::ContentTypeChanged),
        (ObservedObject { content_type: Some("text/html".to_owned()), ..png() }, R::ContentTypeChanged),
        (ObservedObject { metadata, ..png() }, R::MetadataChanged),
        (ObservedObject { head: b"<html>".to_vec(), size_bytes: 6, ..png() }, R::ContentTypeMismatch),
    ] {
        assert_eq!(reason(&pending(), &object, None), Some(expected), "{object:?}");
    }
}

#[test]
fn a_declared_checksum_is_compared_with_the_bytes_or_with_what_s3_stores() {
    use RejectionReason as R;
    let declared = |bytes: &[u8]| Upload { checksum_sha256: Some(ChecksumSha256::of(bytes)), ..pending() };
    let large = ObservedObject { size_bytes: 900, ..png() };
    let whole = ChecksumSha256::of(b"the whole file");
    let asks = |upload: &Upload, object: &ObservedObject| asks(upload, object, &settings()).checksum;
    assert!(!asks(&declared(PNG), &png()));
    assert_eq!(reason(&declared(PNG), &png(), None), None);
    assert_eq!(reason(&declared(b"other"), &png(), Some(whole)), Some(R::ChecksumMismatch));
    assert!(asks(&declared(b"the whole file"), &large));
    assert_eq!(reason(&declared(b"the whole file"), &large, Some(whole)), None);
    assert_eq!(reason(&declared(b"another file"), &large, Some(whole)), Some(R::ChecksumMismatch));
    assert_eq!(reason(&declared(b"the whole file"), &large, None), Some(R::ChecksumMissing));
    assert!(!asks(&pending(), &large));
}

#[test]
fn only_formats_that_keep_something_elsewhere_are_looked_at_again() {
    let with_ceiling = Settings { max_image_pixels: Some(1000), ..settings() };
    let tiff: &[u8] = b"II*\0\0\0\x01\0";
    for (declared, filename, head, settings, from) in [
        ("application/zip", "a.zip", b"PK\x03\x04\x14\0".as_slice(), &settings(), Some((1 << 30) - 65_536)),
        ("image/png", "a.zip", b"PK\x03\x04\x14\0", &settings(), Some((1 << 30) - 65_536)),
        // A type of one's own, and the last part of a ZIP that was split.
        ("application/x-own", "a.own", b"PK\x03\x04\x14\0", &settings(), Some((1 << 30) - 65_536)),
        ("application/zip", "a.zip", b"\0\x01\x02", &settings(), Some((1 << 30) - 65_536)),
        ("image/tiff", "a.tiff", tiff, &with_ceiling, Some(65_536)),
        ("image/tiff", "a.tiff", tiff, &settings(), None),
        ("image/png", "a.png", PNG, &with_ceiling, None),
        ("application/pdf", "a.pdf", b"%PDF-1.7\n", &with_ceiling, None),
        ("text/plain", "a.txt", b"words", &with_ceiling, None),
    ] {
        let (upload, object) = large(declared, filename, head);
        let part = asks(&upload, &object, settings).part;
        assert_eq!(part.map(|part| part.from), from, "{declared} {filename}");
        assert!(part.is_none_or(|part| part.length <= 65_536));
    }
    let (upload, object) = large("application/zip", "a.zip", b"PK\x03\x04");
    let whole = ObservedObject { size_bytes: 4, ..object };
    assert_eq!(asks(&upload, &whole, &settings()), SecondLook::default());
}

#[test]
fn a_declared_type_stays_where_it_says_more_than_the_bytes_do() {
    let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    let second = SecondSight::default();
    for (declared, filename, head, served, carrier, reads_as_text) in [
        (docx, "a.docx", b"PK\x03\x04".as_slice(), docx, Some("application/zip"), false),
        ("text/csv", "a.csv", b"a,b\n", "text/csv", Some("text/plain"), true),
        ("application/vnd.ms-excel", "a.csv", b"a;b\n", "application/vnd.ms-excel", Some("text/plain"), true),
        ("application/json", "a.json", b"{\"a\":1}", "application/json", Some("text/plain"), true),
        ("application/json", "a.json", b"a,b\n", "application/json", Some("text/plain"), false),
        ("text/csv", "a.csv", b"\xFF\xFEa\0,\0b\0", "text/csv", Some("text/plain"), true),
        ("text/html", "a.html", b"words", "text/html", Some("text/plain"), false),
        ("text/csv", "a.csv", b"<?xml version=\"1.0\"?><a/>", "text/csv", Some("application/xml"), false),
        ("image/heif", "a.heic", b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic", None, false),
        ("application/octet-stream", "a", b"a,b\n", "text/plain", None, false),
    ] {
        let (upload, object) = large(declared, filename, head);
        let Settlement::Pin(recorded) = judged(&upload, &object, &settings(), &second) else {
            panic!("{declared} {filename}");
        };
        assert_eq!(recorded.sniffed_type.as_str(), served);
        assert_eq!(recorded.carried_by.as_ref().map(ContentType::as_str), carrier, "{declared}");
        assert_eq!(recorded.reads_as_text, reads_as_text, "{declared}");
    }
}

#[test]
fn the_encoding_of_a_text_is_unknown_where_it_is_no_unicode() {
    for (head, is_unknown) in [
        (b"M\xFCller;5\n".as_slice(), true),
        ("M\u{fc}ller;5\n".as_bytes(), false),
        (b"\xFF\xFEM\0\xFC\0", false),
        // ISO-2022-JP has only ASCII bytes, and browsers no longer detect it.
        (b"\x1B$B%F%9%H\x1B(B", false),
    ] {
        let (upload, object) = large("text/plain", "a.txt", head);
        let Settlement::Pin(recorded) = judged(&upload, &object, &settings(), &SecondSight::default()) else {
            panic!("{head:?}");
        };
        assert_eq!(recorded.has_unknown_encoding, is_unknown, "{head:?}");
    }
}
