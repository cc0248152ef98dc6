//! Handles a batch of SQS messages: makes one attempt for each, side by side. The answer names the messages that
//! SQS must redeliver ([partial batch responses](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html)).
//!
//! A line of the log names the webhook's id, its type and how the attempt ended, never a body, an
//! address or a secret.

use std::time::SystemTime;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use lambda_runtime::LambdaEvent;
use postern::webhook::{Answer, Decision, GivenUp, Webhook, decide};
use postern_aws::TimeLimits;
use postern_aws::lambda::{Metrics, causes, metrics};
use s3_presigned::Timestamp;

use crate::endpoint::Endpoint;
use crate::kept_secrets::KeptSecrets;
use crate::queue::Queue;

/// The function with its clients.
pub struct Sender {
    pub endpoint: Endpoint,
    pub secrets: KeptSecrets,
    pub queue: Queue,
    pub metrics: Metrics,
}

/// What happens to a message of the batch.
enum Handling {
    Done,
    Redeliver,
}

impl Sender {
    /// Makes an attempt for each message.
    pub async fn take(&self, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
        let (batch, deadline) = (event.payload, event.context.deadline());
        let now = clock();
        let take = |message| async move {
            let work = self.take_one(message);
            TimeLimits::SEND_WEBHOOK.in_time(now, deadline, work).await.unwrap_or(Handling::Redeliver)
        };
        let outcomes = join_all(batch.records.iter().map(take)).await;
        self.metrics.flush();
        let mut response = SqsBatchResponse::default();
        for (message, outcome) in batch.records.iter().zip(outcomes) {
            if let Handling::Redeliver = outcome {
                response.add_failure(message.message_id.as_deref().unwrap_or_default());
            }
        }
        response
    }

    async fn take_one(&self, message: &SqsMessage) -> Handling {
        let request_id = message.message_id.as_deref().unwrap_or_default();
        let body = message.body.as_deref().unwrap_or_default();
        let webhook = match Webhook::read(body) {
            Ok(webhook) => webhook,
            Err(error) => {
                tracing::error!(request_id, cause = causes(&error), "the message is not an event");
                return self.give_up(request_id, body, GivenUp::NoEvent).await;
            }
        };
        let attempt = attempt(message);
        let answer = self.attempt(&webhook).await;
        let decision = decide(answer, attempt, fastrand::u32(..));
        log(request_id, &webhook, attempt, answer, decision);
        match decision {
            Decision::Delivered => {
                Metrics::count(metrics::DELIVERED_WEBHOOKS);
                Handling::Done
            }
            Decision::Again(delay) => {
                Metrics::count(metrics::FAILED_WEBHOOKS);
                let receipt = message.receipt_handle.as_deref().unwrap_or_default();
                if let Err(error) = self.queue.hide(receipt, delay).await {
                    tracing::warn!(
                        request_id,
                        cause = causes(&error),
                        "failed, and will be redelivered after the queue's visibility timeout"
                    );
                }
                Handling::Redeliver
            }
            Decision::GivenUp(reason) => {
                Metrics::count(metrics::FAILED_WEBHOOKS);
                self.give_up(request_id, body, reason).await
            }
        }
    }

    async fn attempt(&self, webhook: &Webhook) -> Answer {
        let now = clock();
        let Ok(secrets) = self.secrets.get(now).await else { return Answer::NotSent };
        match self.endpoint.post(now, webhook, &secrets.sign(webhook, now)).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(
                    webhook_id = webhook.id.as_str(),
                    cause = causes(&error),
                    "the receiver did not answer"
                );
                Answer::Nothing
            }
        }
    }

    /// Sends the message to the dead-letter queue and acknowledges it. If that fails, SQS redelivers the message, and
    /// moves it there itself after the last attempt.
    async fn give_up(&self, request_id: &str, body: &str, reason: GivenUp) -> Handling {
        match self.queue.give_up(body, reason).await {
            Ok(()) => {
                tracing::error!(
                    request_id,
                    reason = reason.as_str(),
                    "the event goes to the dead-letter queue"
                );
                Handling::Done
            }
            Err(error) => {
                tracing::error!(request_id, cause = causes(&error), "failed, and will be redelivered");
                Handling::Redeliver
            }
        }
    }
}

/// How often the message was received, this time included.
fn attempt(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

fn log(request_id: &str, webhook: &Webhook, attempt: u32, answer: Answer, decision: Decision) {
    let (webhook_id, kind) = (webhook.id.as_str(), webhook.kind.as_str());
    let status = match answer {
        Answer::Status { status, .. } => Some(status),
        Answer::Nothing | Answer::NotSent => None,
    };
    let again_in_s = match decision {
        Decision::Again(delay) => Some(delay.as_secs()),
        Decision::Delivered | Decision::GivenUp(_) => None,
    };
    let delivered = matches!(decision, Decision::Delivered);
    tracing::info!(request_id, webhook_id, kind, attempt, status, delivered, again_in_s, "webhook attempt");
}

#[expect(clippy::disallowed_methods, reason = "the only place that reads the clock")]
fn clock() -> Timestamp {
    SystemTime::now().into()
}
