//! What the functions count and measure, under the namespace `Postern` and the dimension `Function`,
//! in CloudWatch's
//! [embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html):
//! lines of the log, so that counting costs no call. `docs/metrics.md` tells what each is for.

use metrics::Unit;
use metrics_cloudwatch_embedded::{Builder, Collector};

/// Every metric with its unit.
pub const METRICS: &[(&str, Unit)] = &[
    (AVAILABLE, Unit::Count),
    (BYTES, Unit::Bytes),
    (AGE, Unit::Milliseconds),
    (REJECTED, Unit::Count),
    ("DuplicateEvents", Unit::Count),
    ("SurplusVersions", Unit::Count),
    ("VanishedVersions", Unit::Count),
    ("OrphanedVersions", Unit::Count),
    ("RepairedVersions", Unit::Count),
    ("TidyRuns", Unit::Count),
    ("FailedScans", Unit::Count),
    ("UnscannedVersions", Unit::Count),
    ("UnreadableItems", Unit::Count),
    ("SkippedSlices", Unit::Count),
    ("UnknownEventVersions", Unit::Count),
    ("ThreatsInPinned", Unit::Count),
    ("ForgedTokens", Unit::Count),
    (SECOND_READS, Unit::Count),
    (MISSING_TOKEN_KEYS, Unit::Count),
    ("MissingFiles", Unit::Count),
    ("DeliveredWebhooks", Unit::Count),
    ("FailedWebhooks", Unit::Count),
];

/// Uploads that became available.
pub const AVAILABLE: &str = "AvailableUploads";

/// How large they are.
pub const BYTES: &str = "RecordedBytes";

/// How long after S3 says that a version came its verdict was written.
pub const AGE: &str = "RecordingAge";

/// Versions that broke a rule: all of them, and once more by reason.
pub const REJECTED: &str = "RejectedUploads";

/// Reads of a further part of a version.
pub const SECOND_READS: &str = "SecondReads";

/// Older token keys that KMS does not let a starting function use.
pub const MISSING_TOKEN_KEYS: &str = "MissingTokenKeys";

/// The dimension of [`REJECTED`].
const REASON: &str = "Reason";

/// The process's counters.
#[derive(Clone, Copy)]
pub struct Metrics(&'static Collector);

impl Metrics {
    /// Starts counting for `function`, as Lambda calls it. Once a process.
    ///
    /// # Errors
    /// If it was started before.
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
        metrics::counter!(name).increment(1);
    }

    /// Counts one more rejection for `reason`.
    pub fn count_rejection(reason: &'static str) {
        Self::count(REJECTED);
        metrics::counter!(REJECTED, REASON => reason).increment(1);
    }

    /// Notes one value of `name`; at most a hundred between two [`Self::flush`]es.
    pub fn measure(name: &'static str, value: u64) {
        #[expect(clippy::cast_precision_loss, reason = "a size or a time is exact up to 2^53")]
        metrics::histogram!(name).record(value as f64);
    }

    /// Writes what was counted since the last time, if anything was.
    pub fn flush(self) {
        // Standard output is gone only when the process is.
        let _ = self.0.flush(std::io::stdout());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_told_of_with_its_unit() {
        let page = include_str!("../../../../docs/metrics.md");
        for (name, unit) in METRICS {
            let row = page.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
            let row = row.unwrap_or_else(|| panic!("docs/metrics.md has no row for {name}"));
            assert!(row.contains(&format!("| {unit:?} |")), "{row}");
        }
    }
}
