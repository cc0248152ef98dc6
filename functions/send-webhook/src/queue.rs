//! Messages whose webhook was not accepted: they stay hidden until the next attempt, or move to the
//! dead-letter queue.
//!
//! [`ChangeMessageVisibility`](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html)
//! sets how long a message stays hidden that the batch's answer names. Then SQS redelivers it.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;
use postern::ports::Unavailable;
use postern::webhook::GivenUp;

/// The queue of the events, and its dead-letter queue.
pub struct Queue {
    client: Client,
    url: String,
    dead_letter_url: String,
}

impl Queue {
    pub fn new(sdk: &SdkConfig, url: String, dead_letter_url: String) -> Self {
        Self { client: Client::new(sdk), url, dead_letter_url }
    }

    /// Hides a message for `delay`.
    ///
    /// # Errors
    /// If SQS does not answer or refuses; the message is then redelivered after the queue's own timeout.
    pub async fn hide(&self, receipt: &str, delay: Duration) -> Result<(), Unavailable> {
        let request = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        let delay_s = i32::try_from(delay.as_secs()).unwrap_or(i32::MAX);
        let hidden = request.visibility_timeout(delay_s).send().await;
        hidden.map(drop).map_err(|error| Unavailable::new("hide the message", error))
    }

    /// Puts a copy of a message into the dead-letter queue, with the reason as an attribute.
    ///
    /// # Errors
    /// If SQS does not answer or refuses; the message must then not be acknowledged.
    pub async fn give_up(&self, body: &str, reason: GivenUp) -> Result<(), Unavailable> {
        let failed = |error: aws_sdk_sqs::Error| Unavailable::new("give the message up", error);
        let reason = MessageAttributeValue::builder().data_type("String").string_value(reason.as_str());
        let reason = reason.build().map_err(|error| failed(error.into()))?;
        let request = self.client.send_message().queue_url(&self.dead_letter_url).message_body(body);
        let sent = request.message_attributes("reason", reason).send().await;
        sent.map(drop).map_err(|error| failed(error.into()))
    }
}
