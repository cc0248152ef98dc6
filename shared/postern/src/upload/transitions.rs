//! The changes that a record allows. Each returns the record after the change, or `None`.

use std::time::Duration;

use super::record::{Recorded, Upload};
use super::scan::ScanFailure;
use super::settlement::{Fate, Settlement, scan_failure_id, transition_id};
use super::state::{MAX_CONDEMNED, UploadState};
use crate::paging::PageStart;
use crate::value::app_event::{Announcement, AppEvent};
use crate::value::id::{ObjectKey, UploadId, VersionId};
use s3_presigned::Timestamp;

/// How long a record without a pinned version, and a tombstone, are kept after the form's expiry: longer than
/// a message can wait in the queue (14 days), in its dead-letter queue (14 days) and after a redrive.
pub const TOMBSTONE: Duration = Duration::from_hours(35 * 24);

/// How long after its form's expiry a pending upload becomes `expired`.
pub const EXPIRES_AFTER: Duration = Duration::from_hours(24);

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

    /// The record after the upload was given up before a file had a verdict; `None` if it is not pending. Its
    /// form, or a completion that was running, may still bring a valid version.
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
