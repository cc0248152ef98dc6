//! The rules that a version must keep, each with its own reason.
//!
//! A rule uses only the record and the result of one ranged read, without I/O and clock. Some rules need
//! further facts about a few objects ([`second_look`]): a checksum that the first bytes cannot show, and a
//! further part of the formats that state their size or directory elsewhere.

use crate::media::ContentType;
use crate::media::kinship::is_a;
use crate::ports::ObservedObject;
use crate::record::sniff::agreement::{ServedAs, agreement, is_json_in_another_encoding, reads_as_text};
use crate::record::sniff::{Encoding, Sniffed, sniff};
use crate::upload::{Recorded, Rejection, RejectionReason, Settlement, Upload};
use crate::value::checksum::ChecksumSha256;
use crate::value::filename::{Disposition, Filename};
use crate::value::id::VersionId;
use s3_presigned::Timestamp;

use super::Settings;
use super::advice;
use super::content::pixels::{self, Pixels};
use super::content::{self, archive};
use crate::media::Kind;
use crate::ports::ByteRange;

/// The facts that a rule may use.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The record.
    pub upload: &'a Upload,
    /// The version as S3 shows it.
    pub object: &'a ObservedObject,
    /// The id of the version.
    pub version: &'a VersionId,
    /// The further facts.
    pub second: &'a SecondSight,
    /// The stack's settings.
    pub settings: &'a Settings,
}

/// A broken rule.
struct Broken {
    reason: RejectionReason,
    /// What arrived, and what was expected.
    fact: String,
    /// What a person can do about it.
    remedy: String,
}

impl Broken {
    fn new(reason: RejectionReason, fact: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { reason, fact: fact.into(), remedy: remedy.into() }
    }

    /// Adds the remedy of another broken rule, so that a person who follows the first remedy does not break
    /// the other rule.
    fn and(self, other: Option<Self>) -> Self {
        match other {
            Some(other) => Self { remedy: format!("{}, and {}", self.remedy, other.remedy), ..self },
            None => self,
        }
    }

    fn condemn(self, version: &VersionId, now: Timestamp) -> Settlement {
        let detail = format!("{}: {}", self.fact, self.remedy);
        let version_id = version.clone();
        Settlement::Condemn(Rejection { version_id, reason: self.reason, detail, rejected_at: now })
    }
}

type Rule = fn(&Case<'_>) -> Option<Broken>;

/// The rejection names the first broken rule. Rules that no other declared type or name can satisfy come
/// first. `detail` also has the remedy of the first broken type rule.
const UPLOAD_RULES: &[Rule] = &[encryption, size, stored_content_type, content_encoding, metadata];
const CONTENT_RULES: &[Rule] = &[foreign_content, archive, image];
const TYPE_RULES: &[Rule] = &[allowed_type, sniffed_content_type, name];

/// The facts, and the type of the first bytes, which several rules use.
struct Case<'a> {
    evidence: &'a Evidence<'a>,
    sniffed: Sniffed,
    served_as: Option<ServedAs>,
}

impl<'a> Case<'a> {
    fn of(evidence: &'a Evidence<'a>) -> Self {
        let sniffed = sniff(&evidence.object.head);
        let served_as = agreement(&evidence.upload.content_type, evidence.upload.filename.as_str(), &sniffed);
        Self { evidence, sniffed, served_as }
    }

    /// The first broken rule, if any.
    fn broken(&self, rules: &[Rule]) -> Option<Broken> {
        rules.iter().find_map(|rule| rule(self))
    }

    /// The served type: the found type, or the declared one if it is more specific.
    fn served_type(&self) -> ContentType {
        let declared = || self.evidence.upload.content_type.clone();
        match self.served_as {
            Some(ServedAs::Declared) => declared(),
            Some(ServedAs::Text) => ContentType::text(),
            Some(ServedAs::Found) | None => self.sniffed.essence.parse().unwrap_or_else(|_| declared()),
        }
    }

    /// The found type, if the served type is more specific.
    fn carrier(&self) -> Option<ContentType> {
        let found = || self.sniffed.essence.parse().ok();
        (self.served_as != Some(ServedAs::Found)).then(found).flatten()
    }

    /// Whether a link may show the bytes as plain text although their type has a name of its own. Markup is
    /// saved, and so is JSON that does not begin as JSON.
    fn reads_as_text(&self) -> bool {
        let served = self.served_type().essence();
        let is_plain = self.sniffed.is_text() && reads_as_text(&self.sniffed.essence);
        let is_prose = Kind::of_type(&served) == Some(Kind::Text) || self.is_table();
        let is_json = !is_a(&served, JSON) || begins_as_json(&self.evidence.object.head);
        is_plain && served != "text/plain" && is_prose && is_json
    }

    /// Browsers on Windows declare a CSV file as the type of the program that opens it.
    fn is_table(&self) -> bool {
        Kind::of_name(self.evidence.upload.filename.as_str()) == Some(Kind::Text)
    }

    /// The part that a rule of the content needs.
    fn further_part(&self) -> Option<ByteRange> {
        let Evidence { object, settings, .. } = *self.evidence;
        let (essence, head, size_bytes) = (self.sniffed.essence.as_str(), &object.head, object.size_bytes);
        if is_a(essence, ZIP) || is_a(&self.served_type().essence(), ZIP) {
            return archive::further_part(size_bytes);
        }
        settings
            .max_image_pixels
            .filter(|_| self.is_image())
            .and_then(|_| pixels::further_part(essence, head, size_bytes))
    }

    fn is_json_in_another_encoding(&self) -> bool {
        self.sniffed.is_plain()
            && is_json_in_another_encoding(&self.evidence.upload.content_type, &self.sniffed)
    }

    /// An image format that consists of letters is shown as text, if at all.
    fn is_image(&self) -> bool {
        Kind::of_type(&self.sniffed.essence) == Some(Kind::Image) && !self.sniffed.is_plain()
    }
}

const ZIP: &str = "application/zip";
const JSON: &str = "application/json";

fn begins_as_json(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    matches!(head.first(), Some(b'{' | b'['))
}

/// The further questions to S3. Both are asked side by side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SecondLook {
    /// Whether to ask for the SHA-256 that S3 stores.
    pub checksum: bool,
    /// A further part to read.
    pub part: Option<ByteRange>,
}

/// The answers to the further questions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecondSight {
    /// The SHA-256 that S3 stores, if it was asked for.
    pub checksum: Option<ChecksumSha256>,
    /// The further part, if one was read.
    pub part: Option<Vec<u8>>,
    /// Which part it is.
    pub range: Option<ByteRange>,
    /// How many parts were read.
    pub parts: usize,
}

/// The most further parts that are read of one object.
const MOST_PARTS: usize = 8;

/// The part to read if the last one does not have the fact.
pub fn next_part(evidence: &Evidence<'_>) -> Option<ByteRange> {
    let SecondSight { part, range, parts, .. } = evidence.second;
    let (part, range) = (part.as_deref()?, range.filter(|_| *parts < MOST_PARTS)?);
    pixels::next_part(&sniff(&evidence.object.head).essence, range.from, part, evidence.object.size_bytes)
}

/// The further questions that the rules need. There are none for an ordinary object, nor if the first bytes
/// are the whole object.
pub fn second_look(evidence: &Evidence<'_>) -> SecondLook {
    if is_whole(evidence.object) {
        return SecondLook::default();
    }
    let checksum = evidence.upload.checksum_sha256.is_some();
    let case = Case::of(evidence);
    let part = if case.broken(UPLOAD_RULES).is_some() { None } else { case.further_part() };
    SecondLook { checksum, part }
}

/// Applies all rules.
pub fn judge(evidence: &Evidence<'_>, now: Timestamp) -> Settlement {
    let case = Case::of(evidence);
    let first = [UPLOAD_RULES, &[checksum], CONTENT_RULES].iter().find_map(|rules| case.broken(rules));
    let of_type = case.broken(TYPE_RULES);
    let broken = match first {
        Some(first) => Some(first.and(of_type)),
        None => of_type,
    };
    match broken {
        Some(broken) => broken.condemn(evidence.version, now),
        None => Settlement::Pin(Recorded {
            version_id: evidence.version.clone(),
            size_bytes: evidence.object.size_bytes,
            etag: evidence.object.etag.clone(),
            sniffed_type: case.served_type(),
            carried_by: case.carrier(),
            reads_as_text: case.reads_as_text(),
            has_unknown_encoding: case.sniffed.encoding == Some(Encoding::Other),
            recorded_at: now,
            vanished_at: None,
        }),
    }
}

/// The rejection of a version in which a scan found a threat.
pub fn threat(version: &VersionId, now: Timestamp) -> Settlement {
    let fact = "the scan for malware found a threat in the object";
    Broken::new(RejectionReason::ThreatFound, fact, "upload a clean file").condemn(version, now)
}

/// The rejection of a version that no longer exists, so that it can never be pinned.
pub fn vanished(version: &VersionId, now: Timestamp) -> Settlement {
    let fact = "the object was removed from the bucket before it was recorded";
    Broken::new(RejectionReason::Vanished, fact, "upload the file again").condemn(version, now)
}

fn encryption(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    let key = evidence.object.kms_key_arn.as_deref();
    let fact = "the object is not encrypted under the stack's KMS key";
    let remedy = "send every field and header as it was issued";
    (key != Some(evidence.settings.files_key_arn.as_str()))
        .then(|| Broken::new(RejectionReason::EncryptionMismatch, fact, remedy))
}

fn size(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    let (min, max) = (evidence.upload.min_size_bytes, evidence.upload.max_size_bytes);
    let size = evidence.object.size_bytes;
    (!(min..=max).contains(&size)).then(|| {
        let fact = format!("the object has {size} bytes; {min} to {max} were expected");
        Broken::new(RejectionReason::SizeOutOfRange, fact, "ask for a new form with the size of the file")
    })
}

fn stored_content_type(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    let (stored, declared) = (evidence.object.content_type.as_deref(), evidence.upload.content_type.as_str());
    (stored != Some(declared)).then(|| {
        let stored = stored.unwrap_or("nothing");
        let fact = format!("the object is stored as {stored}; the declared type is {declared}");
        Broken::new(RejectionReason::ContentTypeChanged, fact, "send the Content-Type as it was issued")
    })
}

/// A browser decodes these bytes into others than the recorder looked at.
fn content_encoding(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    let encoding = evidence.object.content_encoding.as_deref()?;
    let fact = format!("the object is stored with the Content-Encoding {encoding:?}; none is allowed");
    Some(Broken::new(RejectionReason::ContentEncoded, fact, "send the file without that header"))
}

fn metadata(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    let (fact, remedy) =
        ("the object has other metadata than declared", "send the metadata as it was issued");
    (evidence.object.metadata != evidence.upload.metadata)
        .then(|| Broken::new(RejectionReason::MetadataChanged, fact, remedy))
}

fn checksum(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    let declared = evidence.upload.checksum_sha256?;
    let found = match is_whole(evidence.object) {
        true => Some(ChecksumSha256::of(&evidence.object.head)),
        false => evidence.second.checksum,
    };
    match found {
        Some(found) if found == declared => None,
        Some(found) => Some(Broken::new(
            RejectionReason::ChecksumMismatch,
            format!("the object's SHA-256 is {found}; the declared one is {declared}"),
            "upload the file again, or declare the SHA-256 of these bytes",
        )),
        None => Some(Broken::new(
            RejectionReason::ChecksumMissing,
            "S3 stored no SHA-256 for the object",
            "send the checksum's field or header as it was issued",
        )),
    }
}

fn allowed_type(Case { evidence, sniffed, .. }: &Case<'_>) -> Option<Broken> {
    let declared = &evidence.upload.content_type;
    let allowed = &evidence.settings.allowed_types;
    (!allowed.allows(declared)).then(|| {
        let fact = format!("the declared type is {declared}; the stack allows {allowed}");
        Broken::new(RejectionReason::TypeNotAllowed, fact, advice::declare(evidence, sniffed))
    })
}

fn sniffed_content_type(case: &Case<'_>) -> Option<Broken> {
    let Case { evidence, sniffed, served_as } = case;
    if served_as.is_some() {
        return None;
    }
    let declare = || advice::declare(evidence, sniffed);
    let (found, remedy) = match sniffed.essence.as_str() {
        _ if evidence.object.size_bytes == 0 => ("the file is empty".to_owned(), advice::FILL.to_owned()),
        ContentType::OCTET_STREAM => ("the format of the bytes is unknown".to_owned(), declare()),
        _ if case.is_json_in_another_encoding() => (
            "the bytes are text in another encoding than UTF-8".to_owned(),
            format!("save the file as UTF-8, or {}", declare()),
        ),
        found => (format!("the bytes are {found}"), declare()),
    };
    let fact = format!("{found}; the declared type is {}", evidence.upload.content_type);
    Some(Broken::new(RejectionReason::ContentTypeMismatch, fact, remedy))
}

fn foreign_content(Case { evidence, sniffed, .. }: &Case<'_>) -> Option<Broken> {
    let (found, head) = (&sniffed.essence, &evidence.object.head);
    let foreign = content::foreign_content(found, head)?;
    let fact = format!("the bytes are {found} but also contain {foreign}");
    Some(Broken::new(RejectionReason::ForeignContent, fact, "save the file again without its comments"))
}

/// Checks the extension against the bytes. Unknown extensions and unknown formats pass.
fn name(Case { evidence, sniffed, .. }: &Case<'_>) -> Option<Broken> {
    (!keeps_name(&evidence.upload.filename, sniffed)).then(|| {
        let (fact, remedy) = if evidence.object.size_bytes == 0 {
            ("the file is empty, and its name promises more than text".to_owned(), advice::FILL.to_owned())
        } else {
            let found = &sniffed.essence;
            let fact = format!("the bytes are {found}, and the name promises something else");
            (fact, advice::rename(sniffed))
        };
        Broken::new(RejectionReason::ExtensionMismatch, fact, remedy)
    })
}

pub(super) fn keeps_name(filename: &Filename, sniffed: &Sniffed) -> bool {
    Kind::keeps_name(filename, &sniffed.essence, sniffed.is_plain())
}

fn archive(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    let Evidence { object, second, .. } = evidence;
    let fact = "the archive unpacks to far more bytes than it has";
    let remedy = "upload its files one by one, or put less into one archive";
    archive::is_bomb(&object.head, object.size_bytes, second.part.as_deref())
        .then(|| Broken::new(RejectionReason::ArchiveBomb, fact, remedy))
}

/// An image that does not state its size is rejected only if a link would show it.
fn image(case: &Case<'_>) -> Option<Broken> {
    let most = case.evidence.settings.max_image_pixels.filter(|_| case.is_image())?;
    let (head, part) = (&case.evidence.object.head, case.evidence.second.part.as_deref());
    let (fact, remedy) = match pixels::pixels(&case.sniffed.essence, head, part) {
        Pixels::Known(pixels) if pixels <= most => return None,
        Pixels::Known(pixels) => {
            (format!("the image has {pixels} pixels; at most {most} are allowed"), "make it smaller")
        }
        Pixels::Unknown if case.served_type().disposition() == Disposition::Attachment => return None,
        Pixels::Unknown => (
            format!("the image does not state its size in its header; at most {most} pixels are allowed"),
            "save it again without its metadata",
        ),
    };
    Some(Broken::new(RejectionReason::ImageTooLarge, fact, remedy))
}

fn is_whole(object: &ObservedObject) -> bool {
    object.head.len() as u64 == object.size_bytes
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::media::AllowedTypes;
    use crate::testing::samples::{at, pending, version};
    use crate::upload::scan::ScanGate;

    pub const KEY_ARN: &str = "arn:aws:kms:eu-central-1:111122223333:key/files";
    pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    pub fn settings() -> Settings {
        Settings {
            files_key_arn: KEY_ARN.to_owned(),
            allowed_types: AllowedTypes::all(),
            max_image_pixels: None,
            scan: ScanGate::Off,
        }
    }

    pub fn png() -> ObservedObject {
        ObservedObject {
            size_bytes: PNG.len() as u64,
            etag: "etag".to_owned(),
            content_type: Some("image/png".to_owned()),
            content_encoding: None,
            kms_key_arn: Some(KEY_ARN.to_owned()),
            metadata: BTreeMap::new(),
            head: PNG.to_vec(),
            scan: None,
        }
    }

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

    pub fn judged(
        upload: &Upload,
        object: &ObservedObject,
        settings: &Settings,
        second: &SecondSight,
    ) -> Settlement {
        let version = version("v");
        let evidence = Evidence { upload, object, version: &version, second, settings };
        judge(&evidence, at("2026-11-24T10:00:00Z"))
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
        let declared =
            |bytes: &[u8]| Upload { checksum_sha256: Some(ChecksumSha256::of(bytes)), ..pending() };
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

    pub fn large(declared: &str, filename: &str, head: &[u8]) -> (Upload, ObservedObject) {
        let upload = Upload {
            content_type: declared.parse().unwrap(),
            filename: filename.parse().unwrap(),
            max_size_bytes: 1 << 40,
            ..pending()
        };
        let content_type = Some(declared.to_owned());
        (upload, ObservedObject { size_bytes: 1 << 30, content_type, head: head.to_vec(), ..png() })
    }

    #[test]
    fn only_formats_that_keep_something_elsewhere_are_looked_at_again() {
        let with_ceiling = Settings { max_image_pixels: Some(1000), ..settings() };
        let tiff: &[u8] = b"II*\0\0\0\x01\0";
        for (declared, filename, head, settings, from) in [
            (
                "application/zip",
                "a.zip",
                b"PK\x03\x04\x14\0".as_slice(),
                &settings(),
                Some((1 << 30) - 65_536),
            ),
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
            (
                "application/vnd.ms-excel",
                "a.csv",
                b"a;b\n",
                "application/vnd.ms-excel",
                Some("text/plain"),
                true,
            ),
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
            let Settlement::Pin(recorded) = judged(&upload, &object, &settings(), &SecondSight::default())
            else {
                panic!("{head:?}");
            };
            assert_eq!(recorded.has_unknown_encoding, is_unknown, "{head:?}");
        }
    }
}
