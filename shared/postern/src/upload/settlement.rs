//! The settlement of a version: its fate, and the ids of the changes of state.

use super::record::Recorded;
use super::rejection::Rejection;
use super::scan::ScanFailure;
use super::state::UploadState;
use crate::value::app_event::{Announcement, AppEvent};
use crate::value::id::{TransitionId, UploadId, VersionId};

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
