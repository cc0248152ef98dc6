//! The outcome of looking at a version.

use crate::upload::RejectionReason;

/// The outcome for a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The recorder has accepted and pinned it: links lead to it from now on.
    Pinned {
        /// Its size.
        size_bytes: u64,
    },
    /// It was pinned before.
    Duplicate,
    /// Another version is pinned. This one was removed.
    Surplus,
    /// It broke a rule and was removed. Without a reason if an earlier run has rejected it.
    Rejected(Option<RejectionReason>),
    /// Its owner has deleted the upload, and the recorder has removed the version.
    Removed,
    /// There is no record. The version is left where it is, because Postern never deletes an object that it
    /// does not know.
    Orphan,
    /// The version no longer exists.
    Gone,
    /// It is a delete marker.
    DeleteMarker,
    /// It is pinned, and somebody other than the recorder removed it: links lead to an error of S3.
    Vanished,
    /// It keeps every rule and waits for its scan.
    Waiting,
    /// It keeps every rule and its scan failed. It waits for another scan or for its owner's deletion.
    ScanFailed,
    /// It is pinned, and a later scan found a threat in it. Only its owner can remove it.
    ThreatInPinned,
}

impl Verdict {
    /// The verdict as the log has it.
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

    /// Why the version was rejected, if the record says it.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Rejected(reason) => reason.map(RejectionReason::as_str),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_names_each_verdict_by_a_word_of_its_own() {
        use Verdict as V;
        let all = [
            V::Pinned { size_bytes: 1 },
            V::Duplicate,
            V::Surplus,
            V::Rejected(None),
            V::Removed,
            V::Orphan,
            V::Gone,
            V::DeleteMarker,
            V::Vanished,
            V::Waiting,
            V::ScanFailed,
            V::ThreatInPinned,
        ];
        insta::assert_snapshot!(all.map(V::as_str).join(" "), @"pinned duplicate surplus rejected removed orphan gone delete_marker vanished waiting scan_failed threat_in_pinned");
    }
}
