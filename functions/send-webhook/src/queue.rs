//! What happens to a message whose webhook was not accepted: it is hidden until the next attempt, or
//! moved to the dead-letter queue.
//!
//! A message that the batch's answer names stays hidden for as long as
//! [`ChangeMessageVisibility`](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html)
//! said, and comes back then.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;
use postern::ports::Unavailable;
use postern::webhook::GivenUp;

/// The queue of the events, and the one for what is given up.
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
    /// If SQS does not; the message then comes back after the queue's own time.
    pub async fn hide(&self, receipt: &str, delay: Duration) -> Result<(), Unavailable> {
        let request = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(receipt);
        let delay_s = i32::try_from(delay.as_secs()).unwrap_or(i32::MAX);
        let hidden = request.visibility_timeout(delay_s).send().await;
        hidden.map(drop).map_err(|error| Unavailable::new("hide the message", error))
    }

    /// Lays a copy of a message into the dead-letter queue, with the reason as an attribute.
    ///
    /// # Errors
    /// If SQS does not take it; the message must then not be acknowledged.
    pub async fn give_up(&self, body: &str, reason: GivenUp) -> Result<(), Unavailable> {
        let failed = |error: aws_sdk_sqs::Error| Unavailable::new("give the message up", error);
        let reason = MessageAttributeValue::builder().data_type("String").string_value(reason.as_str());
        let reason = reason.build().map_err(|error| failed(error.into()))?;
        let request = self.client.send_message().queue_url(&self.dead_letter_url).message_body(body);
        let sent = request.message_attributes("reason", reason).send().await;
        sent.map(drop).map_err(|error| failed(error.into()))
    }
}
