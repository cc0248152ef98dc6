//! The record of an upload: what was declared, what arrived, and which changes are allowed.
//!
//! ```text
//!            ┌────────────▶ available ─────┐
//!  pending ──┼─▶ rejected ──▲              ├─▶ deleting ──▶ deleted
//!            └─▶ expired ───┘ (late, valid)┘
//! ```
//!
//! The main rule is [`Upload::fate_of`]: the fate of a version, once settled, never changes. So events may
//! come twice, late and out of order. A store writes a [`Settlement`] on condition that
//! the version's fate is still open, in one conditional write.

pub mod quota;
pub mod reservation;
pub mod scan;
pub mod token;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::media::ContentType;
use crate::paging::PageStart;
use crate::upload::reservation::Reserved;
use crate::upload::scan::ScanFailure;
use crate::upload::token::UploadTokenId;
use crate::value::app_event::{Announcement, AppEvent};
use crate::value::checksum::ChecksumSha256;
use crate::value::filename::Filename;
use crate::value::id::{ObjectKey, Owner, S3UploadId, TransitionId, UploadId, VersionId};
use s3_presigned::Timestamp;

/// The number of condemned versions after which `rejected` is final.
pub const MAX_CONDEMNED: usize = 20;

/// The most surplus versions that the record names. Further ones are removed too.
pub const MAX_SURPLUS: usize = 100;

/// How long a record without a pinned version, and a tombstone, are kept after the form's expiry: longer than
/// a message can wait in the queue (14 days), in its dead-letter queue (14 days) and after a redrive.
pub const TOMBSTONE: Duration = Duration::from_hours(35 * 24);

/// How long after its form's expiry a pending upload becomes `expired`.
pub const EXPIRES_AFTER: Duration = Duration::from_hours(24);

/// The state of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UploadState {
    /// The form was issued; no valid file has arrived.
    Pending,
    /// A version is pinned: links lead to it.
    Available,
    /// A file broke a rule; a valid one may still arrive.
    Rejected,
    /// The form expired and no file arrived; a late event may still bring a valid version.
    Expired,
    /// The owner deletes the upload; the recorder removes its versions.
    Deleting,
    /// Everything is removed except this tombstone.
    Deleted,
}

impl UploadState {
    /// The state as the table, the API and events write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Available => "available",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
        }
    }
}

/// One upload, as the table keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// The id, which is also in the object's key.
    pub upload_id: UploadId,
    /// The owner.
    pub owner: Owner,
    /// The state.
    pub state: UploadState,
    /// The file's name.
    pub filename: Filename,
    /// The media type that was declared and pinned.
    pub content_type: ContentType,
    /// The fewest bytes that are valid.
    pub min_size_bytes: u64,
    /// The most bytes that are valid.
    pub max_size_bytes: u64,
    /// The digest that was declared and pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum_sha256: Option<ChecksumSha256>,
    /// User metadata that was declared and pinned; names without `x-amz-meta-`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// When the upload was made. The range key of the owner's index.
    pub uploaded_at: Timestamp,
    /// When the form expires.
    pub policy_expires_at: Timestamp,
    /// A digest of the request whose idempotency key made the upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_hash: Option<ChecksumSha256>,
    /// The upload token with which it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<UsedToken>,
    /// S3's id of the multipart upload, if the file comes in parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3_upload_id: Option<S3UploadId>,
    /// Versions whose rejection is final.
    #[serde(default, with = "serde_dynamo::string_set", skip_serializing_if = "BTreeSet::is_empty")]
    pub condemned: BTreeSet<VersionId>,
    /// Versions that arrived beside the pinned one. At most [`MAX_SURPLUS`] are named.
    #[serde(default, with = "serde_dynamo::string_set", skip_serializing_if = "BTreeSet::is_empty")]
    pub surplus: BTreeSet<VersionId>,
    /// The pinned version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Recorded>,
    /// The last rejection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
    /// The last scan that failed; see [`Upload::open_scan_failure`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_failed: Option<ScanFailure>,
    /// The id of the last change of state.
    pub transition_id: TransitionId,
    /// The event of that change for the app, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announces: Option<Announcement>,
    /// The reservation of its owner's bytes of a day, if these are limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<Reserved>,
    /// When DynamoDB may delete the record, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u64>,
    /// How far a deletion has read the links, if one run was not enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links_walked: Option<PageStart>,
}

/// The upload token that made an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedToken {
    /// The token.
    pub token_id: UploadTokenId,
    /// The token's label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// The pinned version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The version to which every link leads.
    pub version_id: VersionId,
    /// Its size.
    pub size_bytes: u64,
    /// The `ETag`, without quotes. With KMS it is not an MD5 digest.
    pub etag: String,
    /// The served type: the found type, or the declared one if it is more specific.
    pub sniffed_type: ContentType,
    /// The found type, if `sniffed_type` is more specific: `application/zip` of a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_by: Option<ContentType>,
    /// Whether it is plain text under another type, such as `text/csv`: a link may show it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reads_as_text: bool,
    /// Whether it is text in an unknown encoding, such as Windows-1252.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_unknown_encoding: bool,
    /// When it was pinned.
    pub recorded_at: Timestamp,
    /// When it was found missing from the bucket although its owner did not delete it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vanished_at: Option<Timestamp>,
}

/// A rejection of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The version.
    pub version_id: VersionId,
    /// The rule that it broke.
    pub reason: RejectionReason,
    /// What was expected and what arrived, for the owner.
    pub detail: String,
    /// When it was condemned.
    pub rejected_at: Timestamp,
}

/// The rules that a version can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionReason {
    /// Fewer or more bytes than declared.
    SizeOutOfRange,
    /// The object's type is not the declared one.
    ContentTypeChanged,
    /// The object has a `Content-Encoding`: a browser would decode the bytes that the recorder looked at.
    ContentEncoded,
    /// The bytes are not of the declared type.
    ContentTypeMismatch,
    /// Not encrypted under the stack's KMS key.
    EncryptionMismatch,
    /// Other user metadata than declared.
    MetadataChanged,
    /// Another SHA-256 than declared.
    ChecksumMismatch,
    /// A SHA-256 was declared and S3 stored none.
    ChecksumMissing,
    /// A type that the stack does not allow.
    TypeNotAllowed,
    /// Another format within an image, audio or video.
    ForeignContent,
    /// A name that promises another kind of file than the bytes are.
    ExtensionMismatch,
    /// An archive that unpacks to far more bytes than it has.
    ArchiveBomb,
    /// More pixels than the stack allows.
    ImageTooLarge,
    /// A scan found a threat in it.
    ThreatFound,
    /// Removed by somebody else before the recorder looked at it.
    Vanished,
}

impl RejectionReason {
    /// All reasons.
    pub const ALL: [Self; 15] = [
        Self::SizeOutOfRange,
        Self::ContentTypeChanged,
        Self::ContentEncoded,
        Self::ContentTypeMismatch,
        Self::EncryptionMismatch,
        Self::MetadataChanged,
        Self::ChecksumMismatch,
        Self::ChecksumMissing,
        Self::TypeNotAllowed,
        Self::ForeignContent,
        Self::ExtensionMismatch,
        Self::ArchiveBomb,
        Self::ImageTooLarge,
        Self::ThreatFound,
        Self::Vanished,
    ];

    /// The reason's code, as in the API and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SizeOutOfRange => "size_out_of_range",
            Self::ContentTypeChanged => "content_type_changed",
            Self::ContentEncoded => "content_encoded",
            Self::ContentTypeMismatch => "content_type_mismatch",
            Self::EncryptionMismatch => "encryption_mismatch",
            Self::MetadataChanged => "metadata_changed",
            Self::ChecksumMismatch => "checksum_mismatch",
            Self::ChecksumMissing => "checksum_missing",
            Self::TypeNotAllowed => "type_not_allowed",
            Self::ForeignContent => "foreign_content",
            Self::ExtensionMismatch => "extension_mismatch",
            Self::ArchiveBomb => "archive_bomb",
            Self::ImageTooLarge => "image_too_large",
            Self::ThreatFound => "threat_found",
            Self::Vanished => "vanished",
        }
    }
}

/// The settled fate of a version, which never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The version is pinned.
    Pinned,
    /// Another version is pinned. The recorder removes this version.
    Surplus,
    /// The version was rejected. The recorder removes it.
    Condemned,
    /// The owner deleted the upload. The recorder removes the version.
    Removed,
}

/// A settlement, which is written on condition that the version's fate is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// The version is pinned.
    Pin(Recorded),
    /// The version is rejected.
    Condemn(Rejection),
}

impl Settlement {
    /// The version.
    pub fn version_id(&self) -> &VersionId {
        match self {
            Self::Pin(recorded) => &recorded.version_id,
            Self::Condemn(rejection) => &rejection.version_id,
        }
    }

    /// The upload's state after it.
    pub fn state(&self) -> UploadState {
        match self {
            Self::Pin(_) => UploadState::Available,
            Self::Condemn(_) => UploadState::Rejected,
        }
    }

    /// The event for the app, if any.
    pub fn event(&self) -> AppEvent {
        match self {
            Self::Pin(_) => AppEvent::UploadAvailable,
            Self::Condemn(_) => AppEvent::UploadRejected,
        }
    }

    /// The same, with the id of this change of `upload_id`.
    pub fn announcement(&self, upload_id: UploadId) -> Announcement {
        Announcement { event: self.event(), id: self.transition_id(upload_id) }
    }

    /// The transition id of this change of `upload_id`.
    pub fn transition_id(&self, upload_id: UploadId) -> TransitionId {
        transition_id(upload_id, self.state(), self.version_id().as_str())
    }
}

/// The transition id of an upload's change to `state`.
pub fn transition_id(upload_id: UploadId, state: UploadState, cause: &str) -> TransitionId {
    TransitionId::of(&upload_id.to_string(), state.as_str(), cause)
}

/// The transition id of a failed scan of a version of an upload.
pub fn scan_failure_id(upload_id: UploadId, failure: &ScanFailure) -> TransitionId {
    let cause = format!("{} {}", failure.status.as_str(), failure.version_id.as_str());
    TransitionId::of(&upload_id.to_string(), "scan_failed", &cause)
}

impl Upload {
    /// The key of the upload's object.
    pub fn object_key(&self) -> ObjectKey {
        ObjectKey::of(self.upload_id)
    }

    /// The fate of `version`; `None` if it may still be pinned or condemned.
    pub fn fate_of(&self, version: &VersionId) -> Option<Fate> {
        let pinned = self.recorded.as_ref().map(|recorded| &recorded.version_id);
        match self.state {
            UploadState::Deleting | UploadState::Deleted => Some(Fate::Removed),
            UploadState::Available if pinned == Some(version) => Some(Fate::Pinned),
            UploadState::Available if self.condemned.contains(version) => Some(Fate::Condemned),
            UploadState::Available => Some(Fate::Surplus),
            _ if self.condemned.contains(version) || self.condemned.len() >= MAX_CONDEMNED => {
                Some(Fate::Condemned)
            }
            UploadState::Pending | UploadState::Rejected | UploadState::Expired => None,
        }
    }

    /// The record after `settlement`; `None` if the version's fate is settled already.
    #[must_use]
    pub fn settled(&self, settlement: &Settlement) -> Option<Self> {
        if self.fate_of(settlement.version_id()).is_some() {
            return None;
        }
        let mut after = self.clone();
        after.state = settlement.state();
        after.transition_id = settlement.transition_id(self.upload_id);
        after.announces = Some(settlement.announcement(self.upload_id));
        match settlement {
            Settlement::Pin(recorded) => {
                after.recorded = Some(recorded.clone());
                after.rejection = None;
                after.scan_failed = None;
                after.ttl = None;
            }
            Settlement::Condemn(rejection) => {
                after.condemned.insert(rejection.version_id.clone());
                after.rejection = Some(rejection.clone());
            }
        }
        Some(after)
    }

    /// When the pinned version was found missing, if it was.
    pub fn vanished_at(&self) -> Option<Timestamp> {
        self.recorded.as_ref().and_then(|recorded| recorded.vanished_at)
    }

    /// The record after `version` was found missing at `now`; `None` unless it is the pinned one
    /// and was not found missing before.
    #[must_use]
    pub fn vanished(&self, version: &VersionId, now: Timestamp) -> Option<Self> {
        if self.fate_of(version) != Some(Fate::Pinned) || self.vanished_at().is_some() {
            return None;
        }
        let recorded = self.recorded.clone().map(|recorded| Recorded { vanished_at: Some(now), ..recorded });
        Some(Self { recorded, ..self.clone() })
    }

    /// The record after a scan of a version failed; `None` if the version's fate is settled, or this failure
    /// was written before.
    #[must_use]
    pub fn scan_failed(&self, failure: &ScanFailure) -> Option<Self> {
        let is_noted = self
            .scan_failed
            .as_ref()
            .is_some_and(|noted| noted.version_id == failure.version_id && noted.status == failure.status);
        let is_open = self.fate_of(&failure.version_id).is_none();
        let id = scan_failure_id(self.upload_id, failure);
        (is_open && !is_noted).then(|| Self {
            scan_failed: Some(failure.clone()),
            transition_id: id,
            announces: Some(Announcement { event: AppEvent::UploadScanFailed, id }),
            ..self.clone()
        })
    }

    /// The failed scan that the upload waits for: that of a version whose fate is open.
    pub fn open_scan_failure(&self) -> Option<&ScanFailure> {
        self.scan_failed.as_ref().filter(|failure| self.fate_of(&failure.version_id).is_none())
    }

    /// The record a day after its form expired without a valid file; `None` if it is not pending, or that day
    /// is not over at `now`.
    #[must_use]
    pub fn expired(&self, now: Timestamp) -> Option<Self> {
        let is_due = self.state == UploadState::Pending && now >= expiry(self.policy_expires_at);
        is_due.then(|| self.moved_to(UploadState::Expired))
    }

    /// The record after its parts were given up before they became an object; `None` if it is not pending. A
    /// completion that was running may still bring a valid version.
    #[must_use]
    pub fn given_up(&self) -> Option<Self> {
        (self.state == UploadState::Pending).then(|| self.moved_to(UploadState::Expired))
    }

    /// The record after its owner deleted it; `None` if it was deleted before.
    #[must_use]
    pub fn deleting(&self) -> Option<Self> {
        match self.state {
            UploadState::Deleting | UploadState::Deleted => None,
            _ => Some(self.moved_to(UploadState::Deleting)),
        }
    }

    /// The tombstone at `now`, after everything was removed; `None` unless the owner deleted the upload.
    #[must_use]
    pub fn deleted(&self, now: Timestamp) -> Option<Self> {
        match self.state {
            UploadState::Deleting => Some(Self {
                ttl: Some(tombstone_ttl(now.max(self.policy_expires_at))),
                announces: Some(deletion(self.upload_id)),
                links_walked: None,
                ..self.moved_to(UploadState::Deleted)
            }),
            _ => None,
        }
    }

    /// The record after a run that read it as `before` has read its links up to `to`; `None` if it has
    /// changed meanwhile.
    #[must_use]
    pub fn links_walked(&self, before: &Self, to: &PageStart) -> Option<Self> {
        let is_going = matches!(self.state, UploadState::Deleting | UploadState::Deleted);
        let is_as_read = self.state == before.state && self.links_walked == before.links_walked;
        (is_going && is_as_read).then(|| Self { links_walked: Some(to.clone()), ..self.clone() })
    }

    fn moved_to(&self, state: UploadState) -> Self {
        Self {
            state,
            transition_id: transition_id(self.upload_id, state, ""),
            announces: None,
            ..self.clone()
        }
    }
}

/// What the tombstone of an upload announces.
pub fn deletion(upload_id: UploadId) -> Announcement {
    let id = transition_id(upload_id, UploadState::Deleted, "");
    Announcement { event: AppEvent::UploadDeleted, id }
}

/// When an upload whose form expired at `policy_expires_at` becomes `expired`: a day later.
pub fn expiry(policy_expires_at: Timestamp) -> Timestamp {
    policy_expires_at + EXPIRES_AFTER
}

/// The TTL of a record whose last form, or whose deletion, ends at `end`.
pub fn tombstone_ttl(end: Timestamp) -> u64 {
    (end + TOMBSTONE).epoch_s()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::samples::{at, condemn, pending, pin, version};
    use crate::upload::scan::ScanStatus;

    #[test]
    fn the_first_valid_version_is_pinned_and_stays_so() {
        let available = pending().settled(&pin("a")).unwrap();
        assert_eq!(available.state, UploadState::Available);
        assert_eq!(available.ttl, None, "a pinned upload is never forgotten");
        assert_eq!(available.fate_of(&version("a")), Some(Fate::Pinned));
        assert_eq!(available.fate_of(&version("b")), Some(Fate::Surplus));
        for settlement in [pin("a"), pin("b"), condemn("a"), condemn("b")] {
            assert_eq!(available.settled(&settlement), None);
        }
    }

    #[test]
    fn a_condemned_version_is_never_pinned_but_another_may_be() {
        let rejected = pending().settled(&condemn("a")).unwrap();
        assert_eq!(rejected.fate_of(&version("a")), Some(Fate::Condemned));
        assert_eq!(rejected.settled(&pin("a")), None);
        let available = rejected.settled(&pin("b")).unwrap();
        assert_eq!((available.state, available.rejection), (UploadState::Available, None));
    }

    #[test]
    fn after_twenty_condemned_versions_rejected_is_final() {
        let condemned =
            |n| (0..n).fold(pending(), |upload, i| upload.settled(&condemn(&i.to_string())).unwrap());
        assert!(condemned(MAX_CONDEMNED - 1).settled(&pin("good")).is_some());
        let last = condemned(MAX_CONDEMNED);
        assert_eq!(last.settled(&pin("good")), None);
        assert_eq!(last.fate_of(&version("good")), Some(Fate::Condemned));
    }

    #[test]
    fn a_removed_upload_stays_removed_whatever_arrives() {
        let deleting = pending().settled(&pin("a")).unwrap().deleting().unwrap();
        assert_eq!(deleting.deleting(), None);
        let now = at("2026-11-24T12:00:00Z");
        let deleted = deleting.deleted(now).unwrap();
        assert_eq!(deleted.ttl, Some(tombstone_ttl(now)));
        for upload in [deleting, deleted] {
            assert_eq!(upload.fate_of(&version("a")), Some(Fate::Removed));
            assert_eq!(upload.settled(&pin("b")), None);
        }
        assert_eq!(pending().deleted(now), None, "a tombstone needs an owner's wish");
    }

    #[test]
    fn a_late_valid_version_brings_an_expired_upload_back() {
        let expired = Upload { state: UploadState::Expired, ..pending() };
        assert_eq!(expired.settled(&pin("a")).unwrap().state, UploadState::Available);
    }

    #[test]
    fn what_is_pending_expires_a_day_after_its_form_and_nothing_else_does() {
        let due = at("2026-11-25T10:15:00Z");
        assert_eq!(pending().expired(at("2026-11-25T10:14:59Z")), None);
        let expired = pending().expired(due).unwrap();
        assert_eq!((expired.state, expired.ttl), (UploadState::Expired, pending().ttl));
        for settled in [pending().settled(&pin("a")), pending().settled(&condemn("a")), Some(expired)] {
            assert_eq!(settled.unwrap().expired(due), None);
        }
    }

    #[test]
    fn only_the_pinned_version_can_vanish_and_only_once() {
        let now = at("2026-11-24T12:00:00Z");
        assert_eq!(pending().vanished(&version("a"), now), None);
        let available = pending().settled(&pin("a")).unwrap();
        assert_eq!(available.vanished(&version("b"), now), None);
        let vanished = available.vanished(&version("a"), now).unwrap();
        assert_eq!((vanished.state, vanished.vanished_at()), (UploadState::Available, Some(now)));
        assert_eq!(vanished.vanished(&version("a"), now), None);
        assert_eq!(available.deleting().unwrap().vanished(&version("a"), now), None, "its owner removed it");
    }

    #[test]
    fn a_failed_scan_is_noted_once_and_only_while_the_version_waits() {
        let failure = |name: &str, status| ScanFailure {
            version_id: version(name),
            status,
            at: at("2026-11-24T10:01:00Z"),
        };
        let unsupported = failure("a", ScanStatus::Unsupported);
        let noted = pending().scan_failed(&unsupported).unwrap();
        assert_eq!((noted.state, noted.open_scan_failure()), (UploadState::Pending, Some(&unsupported)));
        let later = ScanFailure { at: at("2026-11-24T11:00:00Z"), ..unsupported.clone() };
        assert_eq!(noted.scan_failed(&later), None);
        let another = noted.scan_failed(&failure("a", ScanStatus::Failed)).unwrap();
        assert_eq!(noted.announces.map(|news| news.event), Some(AppEvent::UploadScanFailed));
        let of_another_version = pending().scan_failed(&failure("b", ScanStatus::Unsupported)).unwrap();
        let ids = [&pending(), &noted, &another, &of_another_version].map(|upload| upload.transition_id);
        assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), 4, "each is told for itself");
        assert_eq!(noted.settled(&pin("a")).unwrap().scan_failed, None);
        let condemned = noted.settled(&condemn("a")).unwrap();
        assert_eq!(condemned.open_scan_failure(), None);
        for settled in [condemned, noted.settled(&pin("b")).unwrap(), noted.deleting().unwrap()] {
            assert_eq!(settled.scan_failed(&unsupported), None);
        }
    }

    /// A message may wait in the queue, then in its dead-letter queue, and be redriven to the queue.
    #[test]
    fn a_record_outlives_every_message_that_can_tell_of_it() {
        let description: serde_json::Value =
            serde_json::from_str(include_str!("../../../../terraform/description.json")).unwrap();
        let queue = description["events"]["queue"]["retention_s"].as_u64().unwrap();
        let queues = include_str!("../../../../terraform/queue.tf");
        let dead = queues.split("resource \"aws_sqs_queue\" \"dead_uploads\"").nth(1).unwrap();
        let dead = dead.split("message_retention_seconds = ").nth(1).unwrap().lines().next().unwrap();
        let dead: u64 = dead.trim().parse().unwrap();
        // A redriven message starts anew in the queue. A week to notice and to repair the cause.
        let travels = Duration::from_secs(queue.max(dead) + queue) + Duration::from_hours(7 * 24);
        assert!(TOMBSTONE >= travels, "{TOMBSTONE:?} {travels:?}");
    }

    #[test]
    fn every_change_has_an_id_of_its_own() {
        let first = pending();
        let available = first.settled(&pin("a")).unwrap();
        let deleting = available.deleting().unwrap();
        let ids = [first.transition_id, available.transition_id, deleting.transition_id];
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), 3);
        assert_eq!(available.transition_id, pending().settled(&pin("a")).unwrap().transition_id);
    }

    #[test]
    fn a_tombstone_stays_from_the_removal_or_the_end_of_the_form_whichever_is_later() {
        let removed = pending().deleting().unwrap();
        let form_ends = removed.policy_expires_at;
        for (now, from) in [
            (at("2026-11-24T10:00:01Z"), form_ends),
            (at("2026-11-25T00:00:00Z"), at("2026-11-25T00:00:00Z")),
        ] {
            let days_left = Duration::from_secs(removed.deleted(now).unwrap().ttl.unwrap() - from.epoch_s());
            assert_eq!(days_left, Duration::from_hours(35 * 24), "{now}");
        }
    }

    #[test]
    fn a_reason_has_the_same_code_in_logs_and_in_the_api() {
        for reason in RejectionReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
