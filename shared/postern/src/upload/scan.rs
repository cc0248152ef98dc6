//! The result of a scan for malware, if the stack asks for scans.
//!
//! [GuardDuty Malware Protection for
//! S3](https://docs.aws.amazon.com/guardduty/latest/ug/gdu-malware-protection-s3.html) scans each new
//! version, writes its result as a tag and sends an event. The event is only a hint: the tag decides. The
//! bucket's policy lets only the scanner write that tag, so no other principal can let a version pass.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::value::id::VersionId;
use s3_presigned::Timestamp;

/// The key of the tag that [carries the result](https://docs.aws.amazon.com/guardduty/latest/ug/monitor-enable-s3-object-tagging-malware-protection.html).
pub const SCAN_TAG: &str = "GuardDutyMalwareScanStatus";

/// Whether a version must have passed a scan before it becomes available.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanGate {
    /// No scan is needed.
    Off,
    /// A scan must have found nothing.
    Required,
}

/// The text is not a setting of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write off or required")]
pub struct ParseScanGateError;

impl FromStr for ScanGate {
    type Err = ParseScanGateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self::Off),
            "required" => Ok(Self::Required),
            _ => Err(ParseScanGateError),
        }
    }
}

/// The [documented
/// results](https://docs.aws.amazon.com/guardduty/latest/ug/monitoring-malware-protection-s3-scans-gdu.html).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ScanStatus {
    /// The scan found no threat.
    NoThreatsFound,
    /// The scan found a threat.
    ThreatsFound,
    /// The scanner skipped the version: it is encrypted, too large, or beyond another limit.
    Unsupported,
    /// The scanner may not read the version.
    AccessDenied,
    /// The scanner failed, or its result is unknown.
    #[serde(other)]
    Failed,
}

impl ScanStatus {
    /// The status in a tag or an event. An unknown status accepts nothing.
    pub fn read(text: &str) -> Self {
        match text {
            "NO_THREATS_FOUND" => Self::NoThreatsFound,
            "THREATS_FOUND" => Self::ThreatsFound,
            "UNSUPPORTED" => Self::Unsupported,
            "ACCESS_DENIED" => Self::AccessDenied,
            _ => Self::Failed,
        }
    }

    /// As the scanner writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoThreatsFound => "NO_THREATS_FOUND",
            Self::ThreatsFound => "THREATS_FOUND",
            Self::Unsupported => "UNSUPPORTED",
            Self::AccessDenied => "ACCESS_DENIED",
            Self::Failed => "FAILED",
        }
    }

    /// Whether the result is about the bytes.
    pub fn is_a_result(self) -> bool {
        matches!(self, Self::NoThreatsFound | Self::ThreatsFound)
    }
}

/// A scan without a result about the bytes: the version waits for another scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanFailure {
    /// The version.
    pub version_id: VersionId,
    /// How the scan ended.
    pub status: ScanStatus,
    /// When that was written.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_word_opens_the_gate() {
        for text in ["", "no_threats_found", "NO_THREATS_FOUND ", "CLEAN", "COMPLETED"] {
            assert_eq!(ScanStatus::read(text), ScanStatus::Failed, "{text:?}");
        }
        for status in ["NO_THREATS_FOUND", "THREATS_FOUND", "UNSUPPORTED", "ACCESS_DENIED", "FAILED"] {
            assert_eq!(serde_json::to_value(ScanStatus::read(status)).unwrap(), status);
            assert_eq!(ScanStatus::read(status).as_str(), status);
        }
        assert!(ScanStatus::read("NO_THREATS_FOUND").is_a_result());
    }
}
