//! The metrics that the functions count and measure, under the namespace `Postern` and the dimension `Function`.
//!
//! They are lines of the log in CloudWatch's
//! [embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html),
//! so counting needs no call. `docs/metrics.md` explains each metric.

use metrics::Unit;
use metrics_cloudwatch_embedded::{Builder, Collector};

/// Every metric with its unit. A function counts a metric by its constant, never by a text.
pub const METRICS: &[(&str, Unit)] = &[
    (AVAILABLE, Unit::Count),
    (BYTES, Unit::Bytes),
    (AGE, Unit::Milliseconds),
    (REJECTED, Unit::Count),
    (DUPLICATE_EVENTS, Unit::Count),
    (SURPLUS_VERSIONS, Unit::Count),
    (VANISHED_VERSIONS, Unit::Count),
    (ORPHANED_VERSIONS, Unit::Count),
    (REPAIRED_VERSIONS, Unit::Count),
    (TIDY_RUNS, Unit::Count),
    (FAILED_SCANS, Unit::Count),
    (UNSCANNED_VERSIONS, Unit::Count),
    (UNREADABLE_ITEMS, Unit::Count),
    (SKIPPED_SLICES, Unit::Count),
    (UNKNOWN_EVENT_VERSIONS, Unit::Count),
    (THREATS_IN_PINNED, Unit::Count),
    (FORGED_TOKENS, Unit::Count),
    (SECOND_READS, Unit::Count),
    (MISSING_TOKEN_KEYS, Unit::Count),
    (MISSING_FILES, Unit::Count),
    (DELIVERED_WEBHOOKS, Unit::Count),
    (FAILED_WEBHOOKS, Unit::Count),
];

/// Uploads that became available.
pub const AVAILABLE: &str = "AvailableUploads";

/// The sizes of the files that became available.
pub const BYTES: &str = "RecordedBytes";

/// The time from the arrival of a version, as S3 reports it, to its verdict.
pub const AGE: &str = "RecordingAge";

/// Versions that broke a rule: all of them, and once more by reason.
pub const REJECTED: &str = "RejectedUploads";

/// Events of versions whose fate was settled before.
pub const DUPLICATE_EVENTS: &str = "DuplicateEvents";

/// Versions that arrived beside the pinned one.
pub const SURPLUS_VERSIONS: &str = "SurplusVersions";

/// Versions that were removed from the bucket, and not by Postern.
pub const VANISHED_VERSIONS: &str = "VanishedVersions";

/// Versions without a record.
pub const ORPHANED_VERSIONS: &str = "OrphanedVersions";

/// Versions that the hourly run recorded, because no event had.
pub const REPAIRED_VERSIONS: &str = "RepairedVersions";

/// Hourly runs that succeeded.
pub const TIDY_RUNS: &str = "TidyRuns";

/// Looks at a version whose scan failed.
pub const FAILED_SCANS: &str = "FailedScans";

/// Versions that the hourly run found waiting for their scan.
pub const UNSCANNED_VERSIONS: &str = "UnscannedVersions";

/// Items in the index of due work that are not uploads.
pub const UNREADABLE_ITEMS: &str = "UnreadableItems";

/// Slices of the bucket that the hourly run did not reach for more than a day.
pub const SKIPPED_SLICES: &str = "SkippedSlices";

/// Records of messages whose event version is unknown.
pub const UNKNOWN_EVENT_VERSIONS: &str = "UnknownEventVersions";

/// Pinned versions in which a later scan found a threat.
pub const THREATS_IN_PINNED: &str = "ThreatsInPinned";

/// Link tokens that this stack has never made.
pub const FORGED_TOKENS: &str = "ForgedTokens";

/// Reads of a further part of a version.
pub const SECOND_READS: &str = "SecondReads";

/// Older token keys that KMS does not let a starting function use.
pub const MISSING_TOKEN_KEYS: &str = "MissingTokenKeys";

/// Openings that found the link's version gone from the bucket.
pub const MISSING_FILES: &str = "MissingFiles";

/// Events that the receiver of webhooks accepted.
pub const DELIVERED_WEBHOOKS: &str = "DeliveredWebhooks";

/// Attempts to deliver a webhook that failed.
pub const FAILED_WEBHOOKS: &str = "FailedWebhooks";

/// The dimension of [`REJECTED`].
const REASON: &str = "Reason";

/// The metrics of the process.
#[derive(Clone, Copy)]
pub struct Metrics(&'static Collector);

impl Metrics {
    /// Starts the metrics of the function that Lambda calls `function`.
    ///
    /// # Errors
    /// If the process has started them before.
    pub fn start(function: String) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let builder = Builder::new().cloudwatch_namespace("Postern").with_dimension("Function", function);
        let collector = builder.init()?;
        for (name, unit) in METRICS {
            metrics::describe_counter!(*name, *unit, "");
        }
        Ok(Self(collector))
    }

    /// Counts one more of `name`.
    pub fn count(name: &'static str) {
        debug_assert!(is_listed(name), "{name} is missing in METRICS");
        metrics::counter!(name).increment(1);
    }

    /// Counts one more rejection for `reason`.
    pub fn count_rejection(reason: &'static str) {
        Self::count(REJECTED);
        metrics::counter!(REJECTED, REASON => reason).increment(1);
    }

    /// Records one value of `name`; at most a hundred between two calls of [`Self::flush`].
    pub fn measure(name: &'static str, value: u64) {
        debug_assert!(is_listed(name), "{name} is missing in METRICS");
        #[expect(clippy::cast_precision_loss, reason = "a size or a time is exact up to 2^53")]
        metrics::histogram!(name).record(value as f64);
    }

    /// Writes what was counted since the last call.
    pub fn flush(self) {
        // Standard output cannot be closed while the process runs.
        let _ = self.0.flush(std::io::stdout());
    }
}

fn is_listed(name: &str) -> bool {
    METRICS.iter().any(|(listed, _)| *listed == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_every_metric_with_its_unit() {
        let page = include_str!("../../../../docs/metrics.md");
        for (name, unit) in METRICS {
            let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
            let row = row.unwrap_or_else(|| panic!("docs/metrics.md has no row for {name}"));
            assert!(row.contains(&format!("| {unit:?} |")), "{row}");
        }
    }
}
