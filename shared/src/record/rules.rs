//! The rules that a version must keep, each with its own reason.
//!
//! A rule sees what was promised and what one ranged read shows, and knows nothing else: no store,
//! no clock. One rule needs a second look, and only where a checksum was declared that the first
//! bytes cannot answer ([`needs_stored_checksum`]).

use crate::checksum::ChecksumSha256;
use crate::content_type::ContentType;
use crate::id::VersionId;
use crate::ports::ObservedObject;
use crate::sniff::{agrees, sniff};
use crate::time::Timestamp;
use crate::upload::{Recorded, Rejection, RejectionReason, Settlement, Upload};

use super::Demands;
use super::content::{self, Kind, Pixels};

/// What a rule may look at.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// What was promised.
    pub upload: &'a Upload,
    /// What S3 shows.
    pub object: &'a ObservedObject,
    /// The version that is judged.
    pub version: &'a VersionId,
    /// The SHA-256 that S3 stores, where it was asked for.
    pub stored_checksum: Option<ChecksumSha256>,
    /// What the stack demands.
    pub demands: &'a Demands,
}

/// A broken rule: its reason, and what was expected and what came.
type Broken = (RejectionReason, String);

/// In the order of their reasons' weight: the first that is broken is the one that is told.
const RULES: &[fn(&Case<'_>) -> Option<Broken>] = &[
    encryption,
    size,
    stored_content_type,
    content_encoding,
    metadata,
    checksum,
    allowed_type,
    sniffed_content_type,
    foreign_content,
    name,
    archive,
    image,
];

/// The evidence, and what the first bytes are, which several rules ask.
struct Case<'a> {
    evidence: &'a Evidence<'a>,
    sniffed: String,
}

/// Whether the verdict needs what S3 stores as the version's SHA-256. It does not where the whole
/// object is at hand.
pub fn needs_stored_checksum(upload: &Upload, object: &ObservedObject) -> bool {
    upload.checksum_sha256.is_some() && !is_whole(object)
}

/// The verdict of all rules.
pub fn judge(evidence: &Evidence<'_>, now: Timestamp) -> Settlement {
    let version_id = evidence.version.clone();
    let case = Case { evidence, sniffed: sniff(&evidence.object.head) };
    match RULES.iter().find_map(|rule| rule(&case)) {
        Some((reason, detail)) => {
            Settlement::Condemn(Rejection { version_id, reason, detail, rejected_at: now })
        }
        None => Settlement::Pin(Recorded {
            version_id,
            size_bytes: evidence.object.size_bytes,
            etag: evidence.object.etag.clone(),
            sniffed_type: served_type(&case),
            recorded_at: now,
            vanished_at: None,
        }),
    }
}

/// The verdict on a version in which a scan found a threat.
pub fn threat(version: &VersionId, now: Timestamp) -> Settlement {
    Settlement::Condemn(Rejection {
        version_id: version.clone(),
        reason: RejectionReason::ThreatFound,
        detail: "the scan for malware found a threat in the object".to_owned(),
        rejected_at: now,
    })
}

/// The verdict on a version that is no longer there: it can never be pinned.
pub fn vanished(version: &VersionId, now: Timestamp) -> Settlement {
    Settlement::Condemn(Rejection {
        version_id: version.clone(),
        reason: RejectionReason::Vanished,
        detail: "the object was removed from the bucket before it was recorded".to_owned(),
        rejected_at: now,
    })
}

/// The type that links will answer with: what the bytes are, not what was said of them.
fn served_type(case: &Case<'_>) -> ContentType {
    case.sniffed.parse().unwrap_or_else(|_| case.evidence.upload.content_type.clone())
}

fn encryption(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    let key = evidence.object.kms_key_arn.as_deref();
    (key != Some(evidence.demands.files_key_arn.as_str())).then(|| {
        (
            RejectionReason::EncryptionMismatch,
            "the object is not encrypted under the stack's KMS key".to_owned(),
        )
    })
}

fn size(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    let (min, max) = (evidence.upload.min_size_bytes, evidence.upload.max_size_bytes);
    let size = evidence.object.size_bytes;
    (!(min..=max).contains(&size)).then(|| {
        (RejectionReason::SizeOutOfRange, format!("the object has {size} bytes, {min} to {max} were agreed"))
    })
}

fn stored_content_type(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    let (stored, declared) = (evidence.object.content_type.as_deref(), evidence.upload.content_type.as_str());
    (stored != Some(declared)).then(|| {
        let stored = stored.unwrap_or("nothing");
        (
            RejectionReason::ContentTypeChanged,
            format!("the object is stored as {stored}, declared was {declared}"),
        )
    })
}

/// Bytes that a browser decodes are others than those that were looked at.
fn content_encoding(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    let encoding = evidence.object.content_encoding.as_deref()?;
    let detail = format!("the object is stored with the Content-Encoding {encoding:?}, none was agreed");
    Some((RejectionReason::ContentEncoded, detail))
}

fn metadata(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    (evidence.object.metadata != evidence.upload.metadata)
        .then(|| (RejectionReason::MetadataChanged, "the object has other metadata than declared".to_owned()))
}

fn checksum(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    let declared = evidence.upload.checksum_sha256?;
    let found = match is_whole(evidence.object) {
        true => Some(ChecksumSha256::of(&evidence.object.head)),
        false => evidence.stored_checksum,
    };
    match found {
        Some(found) if found == declared => None,
        Some(found) => Some((
            RejectionReason::ChecksumMismatch,
            format!("the object's SHA-256 is {found}, declared was {declared}"),
        )),
        None => Some((RejectionReason::ChecksumMissing, "S3 stored no SHA-256 for the object".to_owned())),
    }
}

fn allowed_type(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    let declared = &evidence.upload.content_type;
    let allowed = &evidence.demands.allowed_types;
    (!allowed.allows(declared))
        .then(|| (RejectionReason::TypeNotAllowed, format!("declared was {declared}, allowed are {allowed}")))
}

fn sniffed_content_type(Case { evidence, sniffed }: &Case<'_>) -> Option<Broken> {
    let declared = &evidence.upload.content_type;
    (!agrees(declared, sniffed)).then(|| {
        (RejectionReason::ContentTypeMismatch, format!("the bytes are {sniffed}, declared was {declared}"))
    })
}

fn foreign_content(Case { evidence, sniffed }: &Case<'_>) -> Option<Broken> {
    let found = content::foreign_content(sniffed, &evidence.object.head)?;
    Some((RejectionReason::ForeignContent, format!("the bytes are {sniffed} and {found} at once")))
}

/// An unknown extension promises nothing, and of some bytes nothing is known.
fn name(Case { evidence, sniffed }: &Case<'_>) -> Option<Broken> {
    let promised = Kind::of_name(evidence.upload.filename.as_str())?;
    let keeps = match Kind::of_type(sniffed) {
        Some(kind) => kind == promised,
        None => promised.is_contained_in(sniffed),
    };
    (!keeps).then(|| {
        (
            RejectionReason::ExtensionMismatch,
            format!("the bytes are {sniffed}, the name promises something else"),
        )
    })
}

fn archive(Case { evidence, .. }: &Case<'_>) -> Option<Broken> {
    content::is_archive_bomb(&evidence.object.head).then(|| {
        (
            RejectionReason::ArchiveBomb,
            "an entry of the archive unpacks to far more than it takes packed".to_owned(),
        )
    })
}

fn image(Case { evidence, sniffed }: &Case<'_>) -> Option<Broken> {
    let most = evidence.demands.max_image_pixels?;
    if Kind::of_type(sniffed) != Some(Kind::Image) {
        return None;
    }
    let detail = match content::pixels(&evidence.object.head) {
        Pixels::Known(pixels) if pixels <= most => return None,
        Pixels::Known(pixels) => format!("the image has {pixels} pixels, at most {most} are taken"),
        Pixels::Unknown => format!(
            "the image does not say at its beginning how large it is, at most {most} pixels are taken"
        ),
    };
    Some((RejectionReason::ImageTooLarge, detail))
}

fn is_whole(object: &ObservedObject) -> bool {
    object.head.len() as u64 == object.size_bytes
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use super::super::AllowedTypes;
    use super::*;
    use crate::scan::ScanGate;
    use crate::upload::tests::{at, pending, version};

    pub const KEY_ARN: &str = "arn:aws:kms:eu-central-1:111122223333:key/files";
    pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    pub fn demands() -> Demands {
        Demands {
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
        stored: Option<ChecksumSha256>,
    ) -> Option<RejectionReason> {
        let demands = demands();
        let version = version("v");
        let evidence =
            Evidence { upload, object, version: &version, stored_checksum: stored, demands: &demands };
        match judge(&evidence, at("2026-11-24T10:00:00Z")) {
            Settlement::Pin(_) => None,
            Settlement::Condemn(rejection) => Some(rejection.reason),
        }
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
        assert!(!needs_stored_checksum(&declared(PNG), &png()));
        assert_eq!(reason(&declared(PNG), &png(), None), None);
        assert_eq!(reason(&declared(b"other"), &png(), Some(whole)), Some(R::ChecksumMismatch));
        assert!(needs_stored_checksum(&declared(b"the whole file"), &large));
        assert_eq!(reason(&declared(b"the whole file"), &large, Some(whole)), None);
        assert_eq!(reason(&declared(b"another file"), &large, Some(whole)), Some(R::ChecksumMismatch));
        assert_eq!(reason(&declared(b"the whole file"), &large, None), Some(R::ChecksumMissing));
        assert!(!needs_stored_checksum(&pending(), &large));
    }
}
