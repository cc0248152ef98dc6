//! What a dead message is about, and why it failed.
//!
//! S3's events and webhooks fail in a function, whose log has the cause beside the message's id. Lambda, Scheduler and
//! Pipes write the cause into the message.

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_sqs::types::Message;
use postern::record::event::{Notice, read};
use serde::Serialize;
use serde_json::Value;

use super::super::aws::Aws;
use super::super::failure::told;

/// How long before and after the message was sent the log is searched. SQS delivers a message five times, six minutes
/// apart.
const BEFORE_MS: i64 = 60_000;
const AFTER_MS: i64 = 2 * 3600 * 1000;

/// The most pages of the log that are read for one message.
const PAGES: usize = 10;

const UNKNOWN: &str = "unknown";

/// What a message is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Contents {
    /// The uploads, the event, or the work that failed.
    pub(super) what: String,
    /// Why it failed.
    pub(super) cause: String,
    /// What to do.
    pub(super) then: &'static str,
}

/// Where causes are found.
pub(super) struct Causes {
    logs: Client,
    bucket: String,
    recorder: Option<String>,
}

impl Causes {
    pub(super) fn new(aws: &Aws) -> Self {
        Self {
            logs: Client::new(&aws.sdk),
            bucket: aws.stack.bucket.clone().unwrap_or_default(),
            recorder: aws.stack.functions.get("record-upload").map(|name| format!("/aws/lambda/{name}")),
        }
    }

    /// What the message in `queue` is about. It was sent at `sent_ms`, in milliseconds since 1970.
    pub(super) async fn of(&self, queue: &str, message: &Message, sent_ms: Option<u64>) -> Contents {
        let body = message.body.as_deref().unwrap_or_default();
        match queue {
            "uploads" => Contents {
                what: uploads(body, &self.bucket),
                cause: self.logged(message.message_id.as_deref().unwrap_or_default(), sent_ms).await,
                then: "remove the cause, then run: postern dead-letters redrive uploads",
            },
            "webhook" => Contents {
                what: event(body),
                cause: reason(message),
                then: "repair the receiver, then run: postern dead-letters redrive webhook",
            },
            "removals" => {
                reported(body, "a deletion", "remove the cause; the next hourly run ends the deletion")
            }
            "tidy" => reported(body, "an hourly run", "remove the cause; the next hourly run does the work"),
            _ => reported(
                body,
                "an event for the app",
                "see `What waits in a dead-letter queue` in docs/architecture.md",
            ),
        }
    }

    /// The cause in the recorder's log.
    async fn logged(&self, message_id: &str, sent_ms: Option<u64>) -> String {
        let Some(group) = &self.recorder else { return UNKNOWN.to_owned() };
        let sent_ms = i64::try_from(sent_ms.unwrap_or_default()).unwrap_or_default();
        let filter = self
            .logs
            .filter_log_events()
            .log_group_name(group)
            .filter_pattern(format!("\"{message_id}\""))
            .start_time(sent_ms.saturating_sub(BEFORE_MS).max(0))
            .end_time(sent_ms.saturating_add(AFTER_MS));
        let mut pages = filter.into_paginator().send();
        for _ in 0..PAGES {
            match pages.next().await {
                Some(Ok(page)) => {
                    let lines = page.events.unwrap_or_default();
                    let found =
                        lines.iter().rev().find_map(|line| cause_in(line.message.as_deref()?, message_id));
                    if let Some(cause) = found {
                        return cause;
                    }
                }
                Some(Err(error)) => return format!("{UNKNOWN}: failed to read {group}: {}", told(&error)),
                None => break,
            }
        }
        format!("{UNKNOWN}: {group} has no line of this message")
    }
}

/// The cause in a line of the log, if the line is about the message.
fn cause_in(line: &str, message_id: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    let is_of = line.get("request_id")?.as_str()? == message_id;
    let cause = line.get("cause")?.as_str()?;
    is_of.then(|| cause.to_owned())
}

/// The uploads that S3's event names.
fn uploads(body: &str, bucket: &str) -> String {
    let arrivals = read(body, bucket).into_iter().map(|notice| match notice {
        Notice::Arrived(arrival) => format!("upload {} version {}", arrival.key.upload_id(), arrival.version),
        Notice::Ignored(reason) => format!("a message that is ignored ({})", reason.as_str()),
    });
    arrivals.collect::<Vec<_>>().join(", ")
}

/// The event that a webhook carries.
fn event(body: &str) -> String {
    let event: Value = serde_json::from_str(body).unwrap_or_default();
    let kind = event.get("detail-type").and_then(Value::as_str).unwrap_or("no event");
    let detail = |name: &str| event.pointer(&format!("/detail/{name}")).and_then(Value::as_str);
    let id = detail("upload_id").or_else(|| detail("link_id")).unwrap_or_default();
    format!("{kind} {id}").trim_end().to_owned()
}

/// The sender of webhooks writes its reason beside the message.
fn reason(message: &Message) -> String {
    let attributes = message.message_attributes.as_ref();
    let reason =
        attributes.and_then(|attributes| attributes.get("reason")).and_then(|value| value.string_value());
    reason.unwrap_or(UNKNOWN).to_owned()
}

/// A report of Lambda ([destinations](https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html)),
/// Scheduler or Pipes.
fn reported(body: &str, what: &str, then: &'static str) -> Contents {
    let report: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |pointer: &str| report.pointer(pointer).and_then(Value::as_str);
    let causes = [
        text("/requestContext/condition"),
        text("/responseContext/functionError"),
        text("/responsePayload/errorMessage"),
    ];
    let causes: Vec<_> = causes.into_iter().flatten().collect();
    let place = text("/DDBStreamBatchInfo/startSequenceNumber")
        .map(|number| format!(" at {number} of the table's stream"));
    Contents {
        what: format!("{what}{}", place.unwrap_or_default()),
        cause: if causes.is_empty() { UNKNOWN.to_owned() } else { causes.join(": ") },
        then,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_log_names_the_cause_beside_the_messages_id() {
        let line =
            json!({ "message": "failed, and will be redelivered", "request_id": "m1", "cause": "no right" });
        assert_eq!(cause_in(&line.to_string(), "m1").as_deref(), Some("no right"));
        assert_eq!(cause_in(&line.to_string(), "m2"), None);
        assert_eq!(cause_in("START RequestId: m1", "m1"), None);
    }

    #[test]
    fn lambdas_report_names_place_and_cause() {
        let report = json!({
            "requestContext": { "condition": "RetryAttemptsExhausted" },
            "responseContext": { "functionError": "Unhandled" },
            "DDBStreamBatchInfo": { "startSequenceNumber": "100" },
        });
        let told = reported(&report.to_string(), "a deletion", "then");
        assert_eq!(
            (told.what.as_str(), told.cause.as_str()),
            ("a deletion at 100 of the table's stream", "RetryAttemptsExhausted: Unhandled")
        );
        assert_eq!(reported("noise", "an hourly run", "then").cause, "unknown");
    }

    #[test]
    fn a_webhook_names_its_event() {
        let body = json!({ "detail-type": "link.revoked", "detail": { "link_id": "l1" } });
        assert_eq!(event(&body.to_string()), "link.revoked l1");
        assert_eq!(event("noise"), "no event");
    }
}
