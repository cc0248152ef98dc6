//! Turns an event of the app's bus into the body of a webhook.
//!
//! [The event](https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html)
//! `Upload Available` becomes the webhook `upload.available`; its detail is the data, its
//! `transition_id` the webhook's id, so that a receiver drops by it what it had before.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use s3_presigned::Timestamp;

/// The most characters of an id: far more than a `transition_id` has.
const MAX_ID_CHARS: usize = 128;

/// The id of a webhook, which is the same in each attempt: letters, digits, `-` and `_`. It has no full stop,
/// which separates the parts of the signed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookId(String);

/// A webhook without its time and signature, which differ in each attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Its type, such as `upload.available`.
    pub kind: String,
    /// The body: JSON, `{"type", "timestamp", "data"}`, with the time of the event.
    pub body: String,
}

/// The text is not an event of the app's bus. A later attempt cannot succeed either.
#[derive(Debug, thiserror::Error)]
pub enum NoWebhookError {
    /// Not the JSON of an event.
    #[error("read an event of the bus")]
    Event(#[source] serde_json::Error),
    /// Its detail has no `transition_id`.
    #[error("find a transition_id of letters, digits, - and _ in the event's detail")]
    Id,
    /// Its detail type cannot be a webhook's type.
    #[error("find a detail type of words in the event")]
    Kind,
    /// Its time is not a time.
    #[error("find the event's time")]
    Time,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "detail-type")]
    detail_type: String,
    time: String,
    detail: Map<String, Value>,
}

#[derive(Serialize)]
struct Payload<'a> {
    r#type: &'a str,
    timestamp: &'a str,
    data: &'a Map<String, Value>,
}

impl Webhook {
    /// Reads a message of the queue.
    ///
    /// # Errors
    /// If the message is not an event of the app's bus.
    pub fn read(message: &str) -> Result<Self, NoWebhookError> {
        let event: Event = serde_json::from_str(message).map_err(NoWebhookError::Event)?;
        let id = event.detail.get("transition_id").and_then(Value::as_str).and_then(WebhookId::parse);
        let id = id.ok_or(NoWebhookError::Id)?;
        let kind = kind(&event.detail_type).ok_or(NoWebhookError::Kind)?;
        event.time.parse::<Timestamp>().map_err(|_| NoWebhookError::Time)?;
        let payload = Payload { r#type: &kind, timestamp: &event.time, data: &event.detail };
        let body = serde_json::to_string(&payload).map_err(NoWebhookError::Event)?;
        Ok(Self { id, kind, body })
    }
}

impl WebhookId {
    fn parse(text: &str) -> Option<Self> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let fits = (1..=MAX_ID_CHARS).contains(&text.len()) && text.bytes().all(is_allowed);
        fits.then(|| Self(text.to_owned()))
    }

    /// As the header `webhook-id` has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebhookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `Upload Available` is `upload.available`.
fn kind(detail_type: &str) -> Option<String> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    detail_type.split(' ').all(is_word).then(|| detail_type.to_ascii_lowercase().replace(' ', "."))
}

/// Webhooks as tests of what is signed want them.
#[cfg(test)]
pub(super) mod tests_support {
    use super::*;

    pub(crate) fn webhook(id: &str, body: &str) -> Webhook {
        Webhook { id: WebhookId::parse(id).unwrap(), kind: "test".to_owned(), body: body.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(change: impl FnOnce(&mut Value)) -> String {
        let mut event = json!({
            "version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "source": "postern",
            "detail-type": "Upload Available", "time": "2026-11-24T10:00:01Z", "resources": [],
            "detail": { "transition_id": "5e9f0a52-7a07", "owner": "https://issuer.test/#\u{e5}nn", "size_bytes": "1234" },
        });
        change(&mut event);
        event.to_string()
    }

    #[test]
    fn an_event_becomes_type_timestamp_and_data() {
        let webhook = Webhook::read(&event(|_| ())).unwrap();
        assert_eq!((webhook.id.as_str(), webhook.kind.as_str()), ("5e9f0a52-7a07", "upload.available"));
        insta::assert_snapshot!(webhook.body, @r##"{"type":"upload.available","timestamp":"2026-11-24T10:00:01Z","data":{"owner":"https://issuer.test/#ånn","size_bytes":"1234","transition_id":"5e9f0a52-7a07"}}"##);
    }

    #[test]
    fn what_is_no_event_is_told_from_what_lacks_its_id() {
        for text in ["", "not json", "{}", "[]", r#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#] {
            assert!(matches!(Webhook::read(text), Err(NoWebhookError::Event(_))), "{text}");
        }
        for id in [
            json!(null),
            json!(7),
            json!(""),
            json!("a.b"),
            json!("a b"),
            json!("\u{e5}"),
            json!("x".repeat(129)),
        ] {
            let text = event(|event| event["detail"]["transition_id"] = id.clone());
            assert!(matches!(Webhook::read(&text), Err(NoWebhookError::Id)), "{id}");
        }
        for detail_type in ["", "Upload  Available", "Upload\nAvailable", "Upload.Available"] {
            let text = event(|event| event["detail-type"] = detail_type.into());
            assert!(matches!(Webhook::read(&text), Err(NoWebhookError::Kind)), "{detail_type:?}");
        }
        let text = event(|event| event["time"] = "soon".into());
        assert!(matches!(Webhook::read(&text), Err(NoWebhookError::Time)));
    }
}
