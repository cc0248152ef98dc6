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

/// The reason of a message that the recorder would acknowledge without work.
const IGNORED: &str = "ignored";

/// The reason of a message in the queue of webhooks that is no event.
const NO_EVENT: &str = "no_event";

/// What a message is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Contents {
    /// The uploads, the event, or the work that failed.
    pub(super) what: String,
    /// Why it failed.
    pub(super) cause: String,
    /// What to do.
    pub(super) then: String,
}

/// Where causes are found.
pub(super) struct Causes {
    logs: Client,
    bucket: Option<String>,
    recorder: Option<String>,
}

impl Causes {
    pub(super) fn new(aws: &Aws) -> Self {
        Self {
            logs: Client::new(&aws.sdk),
            bucket: aws.stack.bucket.clone(),
            recorder: aws.stack.functions.get("record-upload").map(|name| format!("/aws/lambda/{name}")),
        }
    }

    /// What the message in `queue`, which has this URL, is about. It was sent at `sent_ms`, in milliseconds since 1970.
    pub(super) async fn of(
        &self,
        queue: &str,
        url: &str,
        message: &Message,
        sent_ms: Option<u64>,
    ) -> Contents {
        let body = message.body.as_deref().unwrap_or_default();
        match queue {
            "uploads" => {
                let (what, is_ignored) = uploads(body, self.bucket.as_deref());
                let cause = self.logged(message.message_id.as_deref().unwrap_or_default(), sent_ms).await;
                Contents { what, cause, then: advice(queue, is_ignored.then_some(IGNORED), url) }
            }
            "webhook" => {
                let reason = reason(message);
                let then = advice(queue, Some(&reason), url);
                Contents { what: event(body), cause: reason, then }
            }
            "removals" => reported(body, "a deletion", advice(queue, None, url)),
            "tidy" => reported(body, "an hourly run", advice(queue, None, url)),
            _ => reported(body, "an event for the app", advice(queue, None, url)),
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

/// What to do about a message of a queue, whose reason may be known.
fn advice(queue: &str, reason: Option<&str>, url: &str) -> String {
    let purge = format!("aws sqs purge-queue --queue-url {url}");
    match (queue, reason) {
        ("uploads", Some(IGNORED)) => format!(
            "nothing is lost without it, and no redrive is needed. Send the other messages again (postern dead-letters \
             redrive uploads), look who may send to the queues, and delete what is left: {purge}"
        ),
        ("uploads", _) => "remove the cause, then run: postern dead-letters redrive uploads".to_owned(),
        ("webhook", Some(NO_EVENT)) => format!(
            "a redrive does not help, and leaves it here: it is no event of the app. Look who may send to the queues, send \
             the other messages again (postern dead-letters redrive webhook), then delete what is left: {purge}"
        ),
        ("webhook", Some("gone")) => "the receiver answered 410, so it wants no more events. Let it accept them, then run: \
             postern dead-letters redrive webhook. If it should get none: remove `webhook` from the module, which deletes \
             the queue"
            .to_owned(),
        ("webhook", _) => "repair the receiver, then run: postern dead-letters redrive webhook".to_owned(),
        ("removals", _) => format!(
            "remove the cause; the next hourly run ends the deletion. The message and its alarm stay until you purge the \
             queue: {purge}"
        ),
        ("tidy", _) => format!(
            "remove the cause; the next hourly run does the work. The message and its alarm stay until you purge the \
             queue: {purge}"
        ),
        _ => format!(
            "remove the cause, and let the app catch up (docs/runbook.md#dead-app-events). The message and its alarm stay \
             until you purge the queue: {purge}"
        ),
    }
}

/// The uploads that S3's event names, and whether the recorder ignores the whole message.
fn uploads(body: &str, bucket: Option<&str>) -> (String, bool) {
    let notices = read(body, bucket.unwrap_or(&bucket_in(body)));
    let is_ignored = notices.iter().all(|notice| matches!(notice, Notice::Ignored(_)));
    let arrivals = notices.into_iter().map(|notice| match notice {
        Notice::Arrived(arrival) => format!("upload {} version {}", arrival.key.upload_id(), arrival.version),
        Notice::Ignored(reason) => format!("a message that is ignored ({})", reason.as_str()),
    });
    (arrivals.collect::<Vec<_>>().join(", "), is_ignored)
}

/// The bucket that an event names, for a stack whose bucket is not known.
fn bucket_in(body: &str) -> String {
    let event: Value = serde_json::from_str(body).unwrap_or_default();
    let bucket = ["/Records/0/s3/bucket/name", "/detail/s3ObjectDetails/bucketName"]
        .iter()
        .find_map(|pointer| event.pointer(pointer)?.as_str());
    bucket.unwrap_or_default().to_owned()
}

/// Whether the sender of webhooks would give a message up again at once: it is no event.
pub(super) fn has_no_event(message: &Message) -> bool {
    reason(message) == NO_EVENT
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
fn reported(body: &str, what: &str, then: String) -> Contents {
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
        let told = reported(&report.to_string(), "a deletion", "then".to_owned());
        assert_eq!(
            (told.what.as_str(), told.cause.as_str()),
            ("a deletion at 100 of the table's stream", "RetryAttemptsExhausted: Unhandled")
        );
        assert_eq!(reported("noise", "an hourly run", "then".to_owned()).cause, "unknown");
    }

    #[test]
    fn a_webhook_names_its_event() {
        let body = json!({ "detail-type": "link.revoked", "detail": { "link_id": "l1" } });
        assert_eq!(event(&body.to_string()), "link.revoked l1");
        assert_eq!(event("noise"), "no event");
    }

    #[test]
    fn the_advice_follows_the_cause() {
        let purge = "aws sqs purge-queue --queue-url https://sqs/dead";
        let of = |queue, reason| advice(queue, reason, "https://sqs/dead");
        for (queue, reason, begins, is_purged) in [
            ("uploads", None, "remove the cause, then run: postern dead-letters redrive uploads", false),
            ("uploads", Some(IGNORED), "nothing is lost without it", true),
            ("webhook", Some("exhausted"), "repair the receiver", false),
            ("webhook", Some("unknown"), "repair the receiver", false),
            ("webhook", Some("gone"), "the receiver answered 410", false),
            ("webhook", Some("no_event"), "a redrive does not help", true),
            ("removals", None, "remove the cause", true),
            ("tidy", None, "remove the cause", true),
            ("app_events", None, "remove the cause, and let the app catch up", true),
        ] {
            let advice = of(queue, reason);
            assert!(advice.starts_with(begins), "{queue} {reason:?}: {advice}");
            assert_eq!(advice.contains(purge), is_purged, "{queue} {reason:?}: {advice}");
        }
    }

    #[test]
    fn a_message_is_ignored_only_if_all_of_it_is() {
        let record = |bucket: &str| {
            json!({ "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Post",
                "eventTime": "2026-11-24T10:00:00.000Z",
                "s3": { "bucket": { "name": bucket }, "object": {
                    "key": "uploads/0a1b2c3d-0000-4000-8000-000000000000", "versionId": "v", "size": 1 } } })
        };
        let body = |buckets: &[&str]| {
            json!({ "Records": buckets.iter().map(|bucket| record(bucket)).collect::<Vec<_>>() }).to_string()
        };
        assert!(!uploads(&body(&["files", "other"]), Some("files")).1);
        assert!(uploads(&body(&["other"]), Some("files")).1);
        assert!(!uploads(&body(&["other"]), None).1, "the stack's bucket is not known");
        assert!(uploads("noise", Some("files")).1);
    }
}
