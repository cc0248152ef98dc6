//! Decides after an attempt at a webhook: delivered, tried again later, or given up.
//!
//! The delays are [those of the specification](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability)
//! up to what SQS allows: a message may be hidden for
//! [12 hours](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html)
//! from its receipt on. Twelve attempts span three days.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use s3_presigned::Timestamp;

/// The number of attempts before a webhook goes to the dead-letter queue. `max_receive_count` of the queue in
/// `terraform/description.json` is the same number.
pub const WEBHOOK_ATTEMPTS: u32 = 12;

/// The delay after each attempt except the last, in seconds.
const DELAYS_S: [u64; WEBHOOK_ATTEMPTS as usize - 1] =
    [5, 300, 1_800, 7_200, 18_000, 36_000, 41_400, 41_400, 41_400, 41_400, 41_400];

/// The longest delay. It is half an hour shorter than SQS's twelve hours, which count from the receipt, so
/// that the attempt itself has time.
pub const LONGEST_DELAY: Duration = Duration::from_secs(41_400);

/// The shortest delay after 429, 502, 503 or 504.
const RESPITE: Duration = Duration::from_secs(60);

/// The result of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The receiver answered.
    Status {
        /// With this status.
        status: u16,
        /// The value of `Retry-After`, if the answer has one.
        retry_after: Option<Duration>,
    },
    /// The receiver did not answer in time.
    Nothing,
    /// No request was sent, because the secrets could not be read.
    NotSent,
}

/// The decision after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Delivered: the receiver accepted the webhook.
    Delivered,
    /// Try again after this delay.
    Again(Duration),
    /// Move the event to the dead-letter queue.
    GivenUp(GivenUp),
}

/// Why no attempt follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenUp {
    /// The receiver answered `410 Gone`: it wants no more webhooks.
    Gone,
    /// All attempts failed.
    Exhausted,
    /// The message is not an event of the app's bus.
    NoEvent,
}

impl GivenUp {
    /// The reason as the log and the dead-letter queue have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Exhausted => "exhausted",
            Self::NoEvent => "no_event",
        }
    }
}

/// Decides after attempt number `attempt`, counted from 1. `random` shortens the delay by up to a tenth, so
/// that webhooks that failed together are not tried again together.
pub fn decide(answer: Answer, attempt: u32, random: u32) -> Decision {
    match answer {
        Answer::Status { status: 200..=299, .. } => return Decision::Delivered,
        Answer::Status { status: 410, .. } => return Decision::GivenUp(GivenUp::Gone),
        _ => {}
    }
    let place = usize::try_from(attempt.max(1) - 1).unwrap_or(usize::MAX);
    let Some(delay_s) = DELAYS_S.get(place) else { return Decision::GivenUp(GivenUp::Exhausted) };
    let delay = jittered(Duration::from_secs(*delay_s), random);
    Decision::Again(delay.max(wish(answer)).min(LONGEST_DELAY))
}

/// The shortest delay that the receiver asks for.
fn wish(answer: Answer) -> Duration {
    match answer {
        Answer::Status { status, retry_after } => {
            let respite = if matches!(status, 429 | 502 | 503 | 504) { RESPITE } else { Duration::ZERO };
            retry_after.unwrap_or_default().max(respite)
        }
        Answer::Nothing | Answer::NotSent => Duration::ZERO,
    }
}

fn jittered(delay: Duration, random: u32) -> Duration {
    delay * (10_000 - random % 1001) / 10_000
}

/// Reads `Retry-After`: seconds, or a date ([RFC
/// 9110](https://www.rfc-editor.org/rfc/rfc9110.html#field.retry-after)). Another value is ignored.
pub fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = header.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = OffsetDateTime::parse(header.trim(), &Rfc2822).ok()?.unix_timestamp();
    Some(now.until(Timestamp::from_epoch_s(u64::try_from(at).unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FAILED: Answer = Answer::Status { status: 500, retry_after: None };

    fn again_after_s(answer: Answer, attempt: u32) -> u64 {
        match decide(answer, attempt, 0) {
            Decision::Again(delay) => delay.as_secs(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn attempts_span_three_days_and_end_in_the_dead_letter_queue() {
        let delays: Vec<u64> = (1..WEBHOOK_ATTEMPTS).map(|attempt| again_after_s(FAILED, attempt)).collect();
        assert_eq!(delays, [5, 300, 1_800, 7_200, 18_000, 36_000, 41_400, 41_400, 41_400, 41_400, 41_400]);
        assert!((72 * 3600..=96 * 3600).contains(&delays.iter().sum::<u64>()));
        assert_eq!(again_after_s(FAILED, 0), 5, "a message without a count is a first attempt");
        for attempt in [WEBHOOK_ATTEMPTS, WEBHOOK_ATTEMPTS + 1, u32::MAX] {
            assert_eq!(decide(FAILED, attempt, 7), Decision::GivenUp(GivenUp::Exhausted));
        }
    }

    #[test]
    fn the_queue_counts_as_many_attempts_and_keeps_a_message_until_the_last() {
        let description: serde_json::Value =
            serde_json::from_str(include_str!("../../../../terraform/description.json")).unwrap();
        let queue = &description["events"]["webhook"];
        assert_eq!(queue["max_receive_count"], WEBHOOK_ATTEMPTS);
        assert!(queue["retention_s"].as_u64().unwrap() > 2 * DELAYS_S.iter().sum::<u64>());
    }

    #[test]
    fn every_2xx_is_a_success_at_any_attempt_and_nothing_else_is() {
        for status in 100..=599 {
            let answer = Answer::Status { status, retry_after: None };
            for attempt in [1, WEBHOOK_ATTEMPTS, WEBHOOK_ATTEMPTS + 5] {
                let decision = decide(answer, attempt, 3);
                assert_eq!(decision == Decision::Delivered, (200..300).contains(&status), "{status}");
                assert_eq!(decision == Decision::GivenUp(GivenUp::Gone), status == 410, "{status}");
            }
        }
        for answer in [Answer::Nothing, Answer::NotSent] {
            assert_eq!(again_after_s(answer, 1), 5);
            assert_eq!(decide(answer, WEBHOOK_ATTEMPTS, 0), Decision::GivenUp(GivenUp::Exhausted));
        }
    }

    #[test]
    fn a_receiver_that_is_asked_too_much_has_a_minute_and_what_it_asks_for() {
        let after = |status, retry_after_s: Option<u64>, attempt| {
            let retry_after = retry_after_s.map(Duration::from_secs);
            again_after_s(Answer::Status { status, retry_after }, attempt)
        };
        for status in [429, 502, 503, 504] {
            assert_eq!(after(status, None, 1), 60, "{status}");
            assert_eq!(after(status, Some(120), 1), 120, "{status}");
        }
        assert_eq!(after(500, Some(120), 1), 120);
        assert_eq!(after(503, Some(120), 3), 1_800, "never sooner than the schedule");
        assert_eq!(after(503, Some(1_000_000), 1), 41_400, "never longer than SQS can hide it");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2015-10-21T07:27:00Z".parse().unwrap();
        assert_eq!(retry_after(" 120 ", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", now), Some(Duration::from_secs(60)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:26:00 GMT", now), Some(Duration::ZERO));
        for text in ["", "-1", "1.5", "soon", "2015-10-21T07:28:00Z", "99999999999999999999999"] {
            assert_eq!(retry_after(text, now), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn jitter_takes_at_most_a_tenth_off(attempt in 1..WEBHOOK_ATTEMPTS, random: u32) {
            let whole = again_after_s(FAILED, attempt) * 1000;
            let Decision::Again(delay) = decide(FAILED, attempt, random) else { panic!() };
            let delay = u64::try_from(delay.as_millis()).unwrap();
            prop_assert!(delay <= whole && delay * 10 >= whole * 9);
        }

        #[test]
        fn no_answer_makes_a_delay_that_sqs_refuses(
            status in 100_u16..600, retry_after: Option<u32>, attempt: u32, random: u32,
        ) {
            let retry_after = retry_after.map(|seconds| Duration::from_secs(seconds.into()));
            if let Decision::Again(delay) = decide(Answer::Status { status, retry_after }, attempt, random) {
                prop_assert!(delay <= LONGEST_DELAY && delay >= Duration::from_millis(4_500));
            }
        }
    }
}
