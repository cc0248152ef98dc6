//! One queue of SQS.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::operation::get_queue_url::GetQueueUrlError;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};

use super::super::aws::Aws;
use super::super::failure::told;

/// How long messages that were received are hidden from other readers, in seconds.
const HIDDEN_S: i32 = 60;

/// The most messages that one call returns.
const AT_ONCE: i32 = 10;

/// How often an empty answer is asked for again: SQS answers for some of its servers.
const EMPTY_ANSWERS: usize = 3;

/// A queue.
pub(super) struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// Finds the queue `name` in AWS; `None` if there is no such queue.
    pub(super) async fn find(aws: &Aws, name: &str) -> Result<Option<Self>, String> {
        let client = Client::new(&aws.sdk);
        let found = client.get_queue_url().queue_name(name).send().await;
        let error = found.as_ref().err().and_then(SdkError::as_service_error);
        if error.is_some_and(GetQueueUrlError::is_queue_does_not_exist) {
            return Ok(None);
        }
        let url =
            found.map_err(|error| format!("failed to find the queue {name}: {}", told(&error)))?.queue_url;
        Ok(Some(Self { client, url: url.unwrap_or_default() }))
    }

    /// Receives a few messages; none if the queue is empty. They are hidden for a minute.
    pub(super) async fn receive(&self) -> Result<Vec<Message>, String> {
        for _ in 0..EMPTY_ANSWERS {
            let receive = self
                .client
                .receive_message()
                .queue_url(&self.url)
                .max_number_of_messages(AT_ONCE)
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

    /// Lets others see a message again. If that fails, it is visible after a minute.
    pub(super) async fn put_back(&self, message: &Message) {
        let receipt = message.receipt_handle.as_deref().unwrap_or_default();
        let visible = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        let _ = visible.visibility_timeout(0).send().await;
    }

    /// Sends a copy of a message.
    pub(super) async fn send(&self, message: &Message) -> Result<(), String> {
        let body = message.body.as_deref().unwrap_or_default();
        let sent = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        sent.map(drop).map_err(|error| format!("failed to send a message: {}", told(&error)))
    }

    /// Removes a message.
    pub(super) async fn remove(&self, message: &Message) -> Result<(), String> {
        let receipt = message.receipt_handle.as_deref().unwrap_or_default();
        let removed = self.client.delete_message().queue_url(&self.url).receipt_handle(receipt).send().await;
        removed.map(drop).map_err(|error| format!("failed to remove a message: {}", told(&error)))
    }
}
