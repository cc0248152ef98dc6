//! The outcome of looking at a version.

use crate::upload::RejectionReason;

/// What became of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was found valid and links lead to it from now on.
    Pinned {
        /// Its size.
        size_bytes: u64,
    },
    /// It had been pinned before.
    Duplicate,
    /// Another version is pinned; this one was removed.
    Surplus,
    /// It broke a rule and was removed. No reason if that was decided in an earlier run.
    Rejected(Option<RejectionReason>),
    /// Its upload was removed by the owner, and so was it.
    Removed,
    /// No record knows it. It is left where it is: nothing is deleted unseen.
    Orphan,
    /// There is no such version any more.
    Gone,
    /// It is a delete marker.
    DeleteMarker,
    /// It is pinned and somebody else than the recorder removed it: links lead to S3's refusal.
    Vanished,
    /// It keeps every rule and waits for its scan.
    Waiting,
    /// It keeps every rule and its scan failed: it waits for another one, or for its owner.
    ScanFailed,
    /// It is pinned and a later scan found a threat in it. Only its owner removes it.
    ThreatInPinned,
}

impl Verdict {
    /// The verdict as logs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pinned { .. } => "pinned",
            Self::Duplicate => "duplicate",
            Self::Surplus => "surplus",
            Self::Rejected(_) => "rejected",
            Self::Removed => "removed",
            Self::Orphan => "orphan",
            Self::Gone => "gone",
            Self::DeleteMarker => "delete_marker",
            Self::Vanished => "vanished",
            Self::Waiting => "waiting",
            Self::ScanFailed => "scan_failed",
            Self::ThreatInPinned => "threat_in_pinned",
        }
    }
}
