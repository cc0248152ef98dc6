//! How long a function may wait for AWS, derived from the time after which Lambda ends it.
//!
//! ```text
//!  0 ──attempt──┤ retry ──attempt──┤ retry ──attempt──┤ operation ── … ── answer ┤ Lambda's end
//! ```
//!
//! A silent attempt is retried while the operation has time. A request with several calls is ended a second
//! before Lambda would end the function, and is answered with `unavailable`. Calls that were running then are
//! lost answers (see "Lost answers" in docs/architecture.md): a repetition of the request finds out what they
//! did.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;

use postern::ports::Unavailable;
use s3_presigned::Timestamp;

/// The timeout for a connection, which the connector (`https.rs`) applies.
pub(super) const CONNECT: Duration = Duration::from_secs(1);

/// The time that is kept for the answer before Lambda ends the function.
const ANSWER: Duration = Duration::from_secs(1);

/// The longest attempt and the longest operation. No call takes longer, except the completion of a multipart
/// upload, which is never retried blindly.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(5);
const LONGEST_OPERATION: Duration = Duration::from_secs(20);

/// How often a call is sent.
const ATTEMPTS_PER_CALL: u32 = 3;

/// The time limits of one function's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimits {
    function: Duration,
}

impl TimeLimits {
    /// Of `issue-upload`.
    pub const ISSUE_UPLOAD: Self = Self::of_s(15);
    /// Of `record-upload`.
    pub const RECORD_UPLOAD: Self = Self::of_s(60);
    /// Of `send-webhook`.
    pub const SEND_WEBHOOK: Self = Self::of_s(60);
    /// Of `serve-link`.
    pub const SERVE_LINK: Self = Self::of_s(10);

    /// The limits of a function that Lambda ends after so many seconds: `timeout_s` of
    /// `terraform/description.json`.
    const fn of_s(function_s: u64) -> Self {
        Self { function: Duration::from_secs(function_s) }
    }

    /// How long one attempt of a call may take: three fit into an operation.
    pub fn attempt(self) -> Duration {
        (self.function / 5).min(LONGEST_ATTEMPT)
    }

    /// How long a call may take with its retries.
    pub fn operation(self) -> Duration {
        (self.function * 3 / 5).min(LONGEST_OPERATION)
    }

    pub(super) fn timeouts(self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .operation_attempt_timeout(self.attempt())
            .operation_timeout(self.operation())
            .build()
    }

    pub(super) fn retries() -> RetryConfig {
        RetryConfig::standard()
            .with_max_attempts(ATTEMPTS_PER_CALL)
            .with_initial_backoff(Duration::from_millis(100))
            .with_max_backoff(Duration::from_secs(1))
    }

    /// Waits for `work` until a second before Lambda ends this invocation.
    ///
    /// # Errors
    /// If the time is over. The calls of `work` that were running may have taken effect.
    pub async fn in_time<T>(
        self,
        now: Timestamp,
        deadline: SystemTime,
        work: impl Future<Output = T>,
    ) -> Result<T, Unavailable> {
        let time = self.left(now, deadline);
        tokio::time::timeout(time, work).await.map_err(|late| Unavailable::new("answer in time", late))
    }

    /// A deadline that is over, or farther away than the function's own limit, is not a deadline of this
    /// invocation.
    fn left(self, now: Timestamp, deadline: SystemTime) -> Duration {
        let left = now.until(deadline.into());
        let whole = if left.is_zero() { self.function } else { left.min(self.function) };
        whole.saturating_sub(ANSWER)
    }
}

/// How long an operation of these clients may take; the longest of all where nothing is said.
pub(super) fn operation_timeout(sdk: &SdkConfig) -> Duration {
    sdk.timeout_config().and_then(TimeoutConfig::operation_timeout).unwrap_or(LONGEST_OPERATION)
}

/// The same for one attempt.
pub(super) fn attempt_timeout(sdk: &SdkConfig) -> Duration {
    sdk.timeout_config().and_then(TimeoutConfig::operation_attempt_timeout).unwrap_or(LONGEST_ATTEMPT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use postern::testing::samples::at;

    const ALL: [(&str, TimeLimits); 4] = [
        ("issue-upload", TimeLimits::ISSUE_UPLOAD),
        ("record-upload", TimeLimits::RECORD_UPLOAD),
        ("send-webhook", TimeLimits::SEND_WEBHOOK),
        ("serve-link", TimeLimits::SERVE_LINK),
    ];

    #[test]
    fn limits_are_those_after_which_lambda_ends_the_function() {
        let description = include_str!("../../../terraform/description.json");
        let description: serde_json::Value = serde_json::from_str(description).unwrap();
        let described = description["functions"].as_object().unwrap();
        assert_eq!(described.len(), ALL.len());
        for (name, limits) in ALL {
            assert_eq!(described[name]["timeout_s"], limits.function.as_secs(), "{name}");
        }
    }

    #[test]
    fn three_silent_attempts_and_the_answer_fit_into_a_function() {
        for (name, limits) in ALL {
            assert!(limits.attempt() * ATTEMPTS_PER_CALL <= limits.operation() + CONNECT, "{name}");
            // The read that every link begins with is first sent once without the SDK.
            assert!(limits.attempt() + limits.operation() + ANSWER < limits.function, "{name}");
        }
    }

    #[test]
    fn a_request_ends_a_second_before_its_function() {
        let (limits, now) = (TimeLimits::ISSUE_UPLOAD, at("2026-11-24T10:00:00Z"));
        for (deadline, left_s) in [
            ("2026-11-24T10:00:15Z", 14),
            ("2026-11-24T10:00:04Z", 3),
            ("2026-11-24T10:00:00.5Z", 0),
            ("2026-11-24T10:01:00Z", 14),
            ("1970-01-01T00:00:00Z", 14),
        ] {
            assert_eq!(limits.left(now, at(deadline).system_time()).as_secs(), left_s, "{deadline}");
        }
    }

    #[tokio::test]
    async fn work_that_does_not_end_is_given_up_in_time() {
        let (limits, now) = (TimeLimits::SERVE_LINK, at("2026-11-24T10:00:00Z"));
        let deadline = at("2026-11-24T10:00:01.01Z").system_time();
        assert!(limits.in_time(now, deadline, std::future::pending::<()>()).await.is_err());
        assert_eq!(limits.in_time(now, deadline, async { 7 }).await.unwrap(), 7);
    }
}
