//! The rules that a version must keep, each with its own reason.
//!
//! A rule uses only the record and the result of one ranged read, without I/O and clock. Some rules need
//! further facts about a few objects ([`second_look`]): a checksum that the first bytes cannot show, and a
//! further part of the formats that state their size or directory elsewhere.

use super::advice;
use super::content::pixels::{self, Pixels};
use super::content::{self, archive};
use super::evidence::{Evidence, SecondLook, SecondSight};
use super::examined::Examined;
use super::sniff::agreement::keeps_name;
use super::sniff::{Encoding, sniff};
use crate::media::ContentType;
use crate::ports::{ByteRange, ObservedObject};
use crate::upload::{Recorded, Rejection, RejectionReason, Settlement};
use crate::value::checksum::ChecksumSha256;
use crate::value::filename::Disposition;
use crate::value::id::VersionId;
use s3_presigned::Timestamp;

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

type Rule = fn(&Examined<'_>) -> Option<Broken>;

/// The rejection names the first broken rule. Rules that no other declared type or name can satisfy come
/// first. `detail` also has the remedy of the first broken type rule.
const UPLOAD_RULES: &[Rule] = &[encryption, size, stored_content_type, content_encoding, metadata];
const CONTENT_RULES: &[Rule] = &[foreign_content, archive, image];
const TYPE_RULES: &[Rule] = &[allowed_type, sniffed_content_type, name];

/// The first rule of the list that the version breaks, if any.
fn first_broken(version: &Examined<'_>, rules: &[Rule]) -> Option<Broken> {
    rules.iter().find_map(|rule| rule(version))
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
    let version = Examined::of(evidence);
    let part = if first_broken(&version, UPLOAD_RULES).is_some() { None } else { version.further_part() };
    SecondLook { checksum, part }
}

/// Applies all rules.
pub fn judge(evidence: &Evidence<'_>, now: Timestamp) -> Settlement {
    let version = Examined::of(evidence);
    let first =
        [UPLOAD_RULES, &[checksum], CONTENT_RULES].iter().find_map(|rules| first_broken(&version, rules));
    let of_type = first_broken(&version, TYPE_RULES);
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
            sniffed_type: version.served_type(),
            carried_by: version.carrier(),
            reads_as_text: version.reads_as_text(),
            has_unknown_encoding: version.sniffed.encoding == Some(Encoding::Other),
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

fn encryption(Examined { evidence, .. }: &Examined<'_>) -> Option<Broken> {
    let key = evidence.object.kms_key_arn.as_deref();
    let fact = "the object is not encrypted under the stack's KMS key";
    let remedy = "send every field and header as it was issued";
    (key != Some(evidence.settings.files_key_arn.as_str()))
        .then(|| Broken::new(RejectionReason::EncryptionMismatch, fact, remedy))
}

fn size(Examined { evidence, .. }: &Examined<'_>) -> Option<Broken> {
    let (min, max) = (evidence.upload.min_size_bytes, evidence.upload.max_size_bytes);
    let size = evidence.object.size_bytes;
    (!(min..=max).contains(&size)).then(|| {
        let fact = format!("the object has {size} bytes; {min} to {max} were expected");
        Broken::new(RejectionReason::SizeOutOfRange, fact, "ask for a new form with the size of the file")
    })
}

fn stored_content_type(Examined { evidence, .. }: &Examined<'_>) -> Option<Broken> {
    let (stored, declared) = (evidence.object.content_type.as_deref(), evidence.upload.content_type.as_str());
    (stored != Some(declared)).then(|| {
        let stored = stored.unwrap_or("nothing");
        let fact = format!("the object is stored as {stored}; the declared type is {declared}");
        Broken::new(RejectionReason::ContentTypeChanged, fact, "send the Content-Type as it was issued")
    })
}

/// A browser decodes these bytes into others than the recorder looked at.
fn content_encoding(Examined { evidence, .. }: &Examined<'_>) -> Option<Broken> {
    let encoding = evidence.object.content_encoding.as_deref()?;
    let fact = format!("the object is stored with the Content-Encoding {encoding:?}; none is allowed");
    Some(Broken::new(RejectionReason::ContentEncoded, fact, "send the file without that header"))
}

fn metadata(Examined { evidence, .. }: &Examined<'_>) -> Option<Broken> {
    let (fact, remedy) =
        ("the object has other metadata than declared", "send the metadata as it was issued");
    (evidence.object.metadata != evidence.upload.metadata)
        .then(|| Broken::new(RejectionReason::MetadataChanged, fact, remedy))
}

fn checksum(Examined { evidence, .. }: &Examined<'_>) -> Option<Broken> {
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

fn allowed_type(Examined { evidence, sniffed, .. }: &Examined<'_>) -> Option<Broken> {
    let declared = &evidence.upload.content_type;
    let allowed = &evidence.settings.allowed_types;
    (!allowed.allows(declared)).then(|| {
        let fact = format!("the declared type is {declared}; the stack allows {allowed}");
        Broken::new(RejectionReason::TypeNotAllowed, fact, advice::declare(evidence, sniffed))
    })
}

fn sniffed_content_type(version: &Examined<'_>) -> Option<Broken> {
    let Examined { evidence, sniffed, served_as } = version;
    if served_as.is_some() {
        return None;
    }
    let declare = || advice::declare(evidence, sniffed);
    let (found, remedy) = match sniffed.essence.as_str() {
        _ if evidence.object.size_bytes == 0 => ("the file is empty".to_owned(), advice::FILL.to_owned()),
        ContentType::OCTET_STREAM => ("the format of the bytes is unknown".to_owned(), declare()),
        _ if version.is_json_in_another_encoding() => (
            "the bytes are text in another encoding than UTF-8".to_owned(),
            format!("save the file as UTF-8, or {}", declare()),
        ),
        found => (format!("the bytes are {found}"), declare()),
    };
    let fact = format!("{found}; the declared type is {}", evidence.upload.content_type);
    Some(Broken::new(RejectionReason::ContentTypeMismatch, fact, remedy))
}

fn foreign_content(Examined { evidence, sniffed, .. }: &Examined<'_>) -> Option<Broken> {
    let (found, head) = (&sniffed.essence, &evidence.object.head);
    let foreign = content::foreign_content(found, head)?;
    let fact = format!("the bytes are {found} but also contain {foreign}");
    Some(Broken::new(RejectionReason::ForeignContent, fact, "save the file again without its comments"))
}

/// Checks the extension against the bytes. Unknown extensions and unknown formats pass.
fn name(Examined { evidence, sniffed, .. }: &Examined<'_>) -> Option<Broken> {
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

fn archive(Examined { evidence, .. }: &Examined<'_>) -> Option<Broken> {
    let Evidence { object, second, .. } = evidence;
    let fact = "the archive unpacks to far more bytes than it has";
    let remedy = "upload its files one by one, or put less into one archive";
    archive::is_bomb(&object.head, object.size_bytes, second.part.as_deref())
        .then(|| Broken::new(RejectionReason::ArchiveBomb, fact, remedy))
}

/// An image that does not state its size is rejected only if a link would show it.
fn image(version: &Examined<'_>) -> Option<Broken> {
    let most = version.evidence.settings.max_image_pixels.filter(|_| version.is_image())?;
    let (head, part) = (&version.evidence.object.head, version.evidence.second.part.as_deref());
    let (fact, remedy) = match pixels::pixels(&version.sniffed.essence, head, part) {
        Pixels::Known(pixels) if pixels <= most => return None,
        Pixels::Known(pixels) => {
            (format!("the image has {pixels} pixels; at most {most} are allowed"), "make it smaller")
        }
        Pixels::Unknown if version.served_type().disposition() == Disposition::Attachment => return None,
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
