//! One queue of SQS. A message that was received is hidden from every reader until it is put back or a minute is over.

use std::collections::HashSet;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_sqs::operation::get_queue_url::GetQueueUrlError;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};

use super::super::aws::Aws;
use super::super::failure::told;
use super::stop::Stop;

/// How long messages that were received are hidden from other readers, in seconds.
const HIDDEN_S: i32 = 60;

/// The most messages that one call returns.
pub(super) const AT_ONCE: usize = 10;

/// How often an empty answer is asked for again: SQS answers for some of its servers.
const EMPTY_ANSWERS: usize = 3;

/// How often, and after which pause, hidden messages are counted: the count lags behind removals.
const COUNTS: usize = 3;
const PAUSE: Duration = Duration::from_secs(1);

/// What the commands do with a queue.
pub(super) trait Mailbox {
    /// Receives at most `most` messages; none if the queue is empty. They are hidden for a minute.
    async fn receive(&self, most: usize) -> Result<Vec<Message>, String>;
    /// Lets others see a message again. If that fails, it is visible after a minute.
    async fn put_back(&self, message: &Message);
    /// Sends a copy of a message.
    async fn send(&self, message: &Message) -> Result<(), String>;
    /// Removes a message.
    async fn remove(&self, message: &Message) -> Result<(), String>;
    /// How many messages somebody else reads now: nobody else receives them for a time.
    async fn hidden(&self) -> Result<usize, String>;
}

/// Receives the messages of a queue, at most `limit`, and puts them back, also after an error or a signal.
pub(super) async fn look(queue: &impl Mailbox, limit: usize, stop: &Stop) -> Result<Vec<Message>, String> {
    let (mut seen, mut messages) = (HashSet::new(), Vec::new());
    let received = receive_new(queue, limit, stop, &mut seen, &mut messages).await;
    for message in &messages {
        queue.put_back(message).await;
    }
    received.map(|()| messages)
}

async fn receive_new(
    queue: &impl Mailbox,
    limit: usize,
    stop: &Stop,
    seen: &mut HashSet<Option<String>>,
    messages: &mut Vec<Message>,
) -> Result<(), String> {
    while messages.len() < limit {
        stop.check()?;
        let received = queue.receive(limit - messages.len()).await?;
        let (new, again): (Vec<_>, Vec<_>) =
            received.into_iter().partition(|message| seen.insert(message.message_id.clone()));
        let is_end = new.is_empty();
        // The newer receipt is the one that puts a message back.
        messages.retain(|message| again.iter().all(|other| other.message_id != message.message_id));
        messages.extend(new.into_iter().chain(again));
        if is_end {
            break;
        }
    }
    Ok(())
}

/// When a message was sent to its first queue or, as a copy, to the dead-letter queue: in milliseconds since 1970.
pub(super) fn sent_ms(message: &Message) -> Option<u64> {
    message.attributes.as_ref()?.get(&MessageSystemAttributeName::SentTimestamp)?.parse().ok()
}

/// A queue of SQS.
pub(super) struct Queue {
    client: Client,
    url: String,
}

/// What a search for a queue found.
pub(super) enum Found {
    Queue(Queue),
    /// AWS has no such queue.
    Missing,
    /// The caller has no right to look. AWS may not say whether there is such a queue.
    Denied(String),
}

impl Queue {
    /// Finds the queue `name` in AWS.
    pub(super) async fn find(aws: &Aws, name: &str) -> Result<Found, String> {
        let client = Client::new(&aws.sdk);
        let found = client.get_queue_url().queue_name(name).send().await;
        let error = found.as_ref().err().and_then(SdkError::as_service_error);
        if error.is_some_and(GetQueueUrlError::is_queue_does_not_exist) {
            return Ok(Found::Missing);
        }
        let is_denied =
            error.and_then(|error| error.code()).is_some_and(|code| code.contains("AccessDenied"));
        let failed = |error: &SdkError<_>| format!("failed to find the queue {name}: {}", told(error));
        match found {
            Ok(found) => Ok(Found::Queue(Self { client, url: found.queue_url.unwrap_or_default() })),
            Err(error) if is_denied => Ok(Found::Denied(failed(&error))),
            Err(error) => Err(failed(&error)),
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    async fn hidden_now(&self) -> Result<usize, String> {
        let name = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let get = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(name.clone());
        let got = get.send().await;
        let got = got.map_err(|error| format!("failed to count hidden messages: {}", told(&error)))?;
        let count = got.attributes.as_ref().and_then(|attributes| attributes.get(&name)?.parse().ok());
        count.ok_or_else(|| "failed to count hidden messages: the answer has no count".to_owned())
    }
}

impl Mailbox for Queue {
    async fn receive(&self, most: usize) -> Result<Vec<Message>, String> {
        for _ in 0..EMPTY_ANSWERS {
            let receive = self
                .client
                .receive_message()
                .queue_url(&self.url)
                .max_number_of_messages(i32::try_from(most.min(AT_ONCE)).unwrap_or(1))
                .visibility_timeout(HIDDEN_S)
                .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
                .message_attribute_names("All");
            let received =
                receive.send().await.map_err(|error| format!("failed to read a queue: {}", told(&error)))?;
            let messages = received.messages.unwrap_or_default();
            if !messages.is_empty() {
                return Ok(messages);
            }
        }
        Ok(Vec::new())
    }

    async fn put_back(&self, message: &Message) {
        let receipt = message.receipt_handle.as_deref().unwrap_or_default();
        let visible = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        let _ = visible.visibility_timeout(0).send().await;
    }

    async fn send(&self, message: &Message) -> Result<(), String> {
        let body = message.body.as_deref().unwrap_or_default();
        let sent = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        sent.map(drop).map_err(|error| format!("failed to send a message: {}", told(&error)))
    }

    async fn remove(&self, message: &Message) -> Result<(), String> {
        let receipt = message.receipt_handle.as_deref().unwrap_or_default();
        let removed = self.client.delete_message().queue_url(&self.url).receipt_handle(receipt).send().await;
        removed.map(drop).map_err(|error| format!("failed to remove a message: {}", told(&error)))
    }

    async fn hidden(&self) -> Result<usize, String> {
        let mut hidden = 0;
        for count in 0..COUNTS {
            if count > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            hidden = self.hidden_now().await?;
            if hidden == 0 {
                break;
            }
        }
        Ok(hidden)
    }
}
