//! Advice about a rejected file: the second half of a rejection's `detail`.
//!
//! Advice is checked before it is given: it names only types that the stack accepts for this file, and
//! extensions that fit the bytes. The record does not have the types that an upload token allows, so the
//! advice says that the token counts too.

use file_format::FileFormat;

use super::evidence::Evidence;
use super::sniff::Sniffed;
use super::sniff::agreement::{agreement, keeps_name};
use crate::media::ContentType;
use crate::value::filename::Filename;

/// The advice for an empty object.
pub const FILL: &str = "upload it again once it has content";

/// The type to declare, and the name to use, so that the file is accepted.
pub fn declare(evidence: &Evidence<'_>, sniffed: &Sniffed) -> String {
    let types: Vec<_> = types(evidence, sniffed).iter().map(ToString::to_string).collect();
    if types.is_empty() {
        return format!(
            "upload a file of a type that this stack allows ({})",
            evidence.settings.allowed_types
        );
    }
    let token = evidence.upload.token.as_ref().map_or("", |_| ", if the upload token allows it");
    let name = match keeps_name(&evidence.upload.filename, sniffed) {
        true => String::new(),
        false => format!(", and {}", rename(sniffed)),
    };
    format!("declare {}{token}{name}", types.join(", or "))
}

/// The name under which the file is accepted.
pub fn rename(sniffed: &Sniffed) -> String {
    format!("give the file a name whose only extension is .{}", extension(sniffed))
}

/// The types under which the stack accepts these bytes, the most exact one first.
fn types(evidence: &Evidence<'_>, sniffed: &Sniffed) -> Vec<ContentType> {
    let text = sniffed.is_plain().then(ContentType::text);
    let found = [sniffed.essence.parse().ok(), text, ContentType::OCTET_STREAM.parse().ok()];
    let mut types: Vec<ContentType> = found.into_iter().flatten().collect();
    types.dedup();
    types.retain(|declared| {
        let is_taken = evidence.settings.allowed_types.allows(declared);
        is_taken && agreement(declared, evidence.upload.filename.as_str(), sniffed).is_some()
    });
    types
}

/// An extension that fits the bytes; `bin` fits all.
fn extension(sniffed: &Sniffed) -> &'static str {
    let of_format = FileFormat::from_media_type(&sniffed.essence).first().map(FileFormat::extension);
    let of_text = match sniffed.essence.as_str() {
        "application/xhtml+xml" => Some("xhtml"),
        "application/xml" => Some("xml"),
        "text/plain" => Some("txt"),
        _ => None,
    };
    let keeps = |extension: &&str| {
        let name: Result<Filename, _> = format!("a.{extension}").parse();
        name.is_ok_and(|name| keeps_name(&name, sniffed))
    };
    of_text.or(of_format).filter(keeps).unwrap_or("bin")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use crate::ports::ObservedObject;
    use crate::record::Settings;
    use crate::record::evidence::SecondSight;
    use crate::record::rules::{threat, vanished};
    use crate::record::samples::{PNG, judged, large, png, settings};
    use crate::record::sniff::{Sniffed, sniff};
    use crate::testing::samples::{at, pending, version};
    use crate::upload::{RejectionReason, Settlement, Upload, UsedToken};
    use crate::value::checksum::ChecksumSha256;

    #[test]
    fn a_rejection_says_what_to_declare() {
        let detail = |declared, filename, head: &[u8]| {
            let (upload, object) = large(declared, filename, head);
            match judged(&upload, &object, &settings(), &SecondSight::default()) {
                Settlement::Condemn(rejection) => rejection.detail,
                Settlement::Pin(_) => panic!("it was accepted"),
            }
        };
        insta::assert_snapshot!(detail("image/png", "a", b"\0\0\0\x18ftypheic\0\0\0\0"), @"the bytes are image/heic; the declared type is image/png: declare image/heic, or application/octet-stream");
        insta::assert_snapshot!(detail("application/json", "a.json", b"\xFF\xFE{\0}\0"), @"the bytes are text in another encoding than UTF-8; the declared type is application/json: save the file as UTF-8, or declare text/plain, or application/octet-stream");
        insta::assert_snapshot!(detail("application/vnd.ms-excel", "report.xls", b"<table>"), @"the bytes are text/html; the declared type is application/vnd.ms-excel: declare text/html, or application/octet-stream, and give the file a name whose only extension is .html");
        insta::assert_snapshot!(detail("image/png", "invoice.pdf", b"\x7FELF\x02\x01\x01\0\0"), @"the bytes are application/x-executable; the declared type is image/png: declare application/x-executable, or application/octet-stream, and give the file a name whose only extension is .elf");
        insta::assert_snapshot!(detail("text/plain", "a.txt", b"\0\x01\x02"), @"the format of the bytes is unknown; the declared type is text/plain: declare application/octet-stream");
    }

    #[test]
    fn advice_names_only_what_the_stack_takes() {
        let detail = |types: &str, declared, filename, head: &[u8], token| {
            let (upload, object) = large(declared, filename, head);
            let settings = Settings { allowed_types: types.parse().unwrap(), ..settings() };
            match judged(&Upload { token, ..upload }, &object, &settings, &SecondSight::default()) {
                Settlement::Condemn(rejection) => rejection.detail,
                Settlement::Pin(_) => panic!("it was accepted"),
            }
        };
        let token = || Some(UsedToken { token_id: "A".repeat(43).parse().unwrap(), label: None });
        insta::assert_snapshot!(detail("image/*", "image/png", "a.png", b"GIF89a\x01\0", None), @"the bytes are image/gif; the declared type is image/png: declare image/gif");
        insta::assert_snapshot!(detail("image/*", "image/png", "a.png", b"GIF89a\x01\0", token()), @"the bytes are image/gif; the declared type is image/png: declare image/gif, if the upload token allows it");
        insta::assert_snapshot!(detail("image/*", "image/png", "a.png", b"%PDF-1.7\n", None), @"the bytes are application/pdf; the declared type is image/png: upload a file of a type that this stack allows (image/*)");
        insta::assert_snapshot!(detail("image/*", "application/octet-stream", "a.png", PNG, None), @"the declared type is application/octet-stream; the stack allows image/*: declare image/png");
    }

    #[test]
    fn a_new_name_has_the_extension_of_what_the_bytes_are() {
        for (head, extension) in [
            (b"<?xml version=\"1.0\"?><html xmlns=\"x\"/>".as_slice(), "xhtml"),
            (b"<?xml version=\"1.0\"?><a/>", "xml"),
            (b"<html>", "html"),
            (b"words", "txt"),
            (PNG, "png"),
            (b"\0\x01\x02", "bin"),
        ] {
            let sniffed = sniff(head);
            assert_eq!(super::extension(&sniffed), extension);
            let name = format!("a.{extension}").parse().unwrap();
            assert!(super::keeps_name(&name, &sniffed), "{extension}");
        }
        // The extension of such templates promises a font.
        let essence = "application/vnd.oasis.opendocument.formula-template".to_owned();
        let template = Sniffed { essence, encoding: None, begins_as_text: false };
        assert_eq!(super::extension(&template), "bin");
    }

    #[test]
    fn an_empty_file_is_told_to_be_empty_and_not_to_be_text() {
        let empty = Upload { min_size_bytes: 0, ..pending() };
        let nothing = ObservedObject { size_bytes: 0, head: vec![], ..png() };
        let Settlement::Condemn(rejection) = judged(&empty, &nothing, &settings(), &SecondSight::default())
        else {
            panic!("it was accepted")
        };
        insta::assert_snapshot!(rejection.detail, @"the file is empty; the declared type is image/png: upload it again once it has content");
    }

    /// The text after the colon begins with what to do.
    #[test]
    fn every_rejection_says_what_to_do() {
        let metadata = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        let declared =
            |bytes: &[u8]| Upload { checksum_sha256: Some(ChecksumSha256::of(bytes)), ..pending() };
        let empty = Upload { min_size_bytes: 0, ..pending() };
        let named = Upload {
            filename: "a.png".parse().unwrap(),
            content_type: "text/plain".parse().unwrap(),
            ..empty.clone()
        };
        let nothing = ObservedObject { size_bytes: 0, head: vec![], ..png() };
        let bomb = [b"PK\x03\x04".as_slice(), &[0; 14], &[1, 0, 0, 0, 0, 0, 0, 0x40], &[0; 4]].concat();
        let zip = Upload {
            filename: "a.zip".parse().unwrap(),
            content_type: "application/zip".parse().unwrap(),
            ..pending()
        };
        let with_page = [PNG, b"<script>"].concat();
        let few = Settings { max_image_pixels: Some(1), ..settings() };
        let only = Settings { allowed_types: "text/*".parse().unwrap(), ..settings() };
        let (every, second) = (settings(), SecondSight::default());
        let cases = [
            (pending(), ObservedObject { kms_key_arn: None, ..png() }, &every),
            (pending(), ObservedObject { size_bytes: 1 << 40, ..png() }, &every),
            (pending(), ObservedObject { content_type: None, ..png() }, &every),
            (pending(), ObservedObject { content_encoding: Some("br".to_owned()), ..png() }, &every),
            (pending(), ObservedObject { metadata, ..png() }, &every),
            (declared(b"other"), png(), &every),
            (declared(PNG), ObservedObject { size_bytes: 900, ..png() }, &every),
            (empty, nothing.clone(), &every),
            (named, ObservedObject { content_type: Some("text/plain".to_owned()), ..nothing }, &every),
            (pending(), png(), &only),
            (pending(), png(), &few),
            (pending(), ObservedObject { size_bytes: 900, head: with_page, ..png() }, &every),
            (
                zip,
                ObservedObject {
                    size_bytes: 34,
                    head: bomb,
                    content_type: Some("application/zip".to_owned()),
                    ..png()
                },
                &every,
            ),
        ];
        let judged = cases.iter().map(|(upload, object, settings)| judged(upload, object, settings, &second));
        let now = at("2026-11-24T10:00:00Z");
        let mut reasons = BTreeSet::new();
        for settlement in judged.chain([threat(&version("v"), now), vanished(&version("v"), now)]) {
            let Settlement::Condemn(rejection) = settlement else { panic!("it was accepted") };
            let (_, remedy) = rejection.detail.rsplit_once(": ").unwrap();
            let verb = remedy.split(' ').next().unwrap();
            assert!(
                ["ask", "declare", "give", "make", "save", "send", "upload"].contains(&verb),
                "{}",
                rejection.detail
            );
            reasons.insert(rejection.reason.as_str());
        }
        assert_eq!(reasons.len(), RejectionReason::ALL.len(), "{reasons:?}");
    }
}
