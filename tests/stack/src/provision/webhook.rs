//! The app's event bus, and what leads from it to `send-webhook`: a rule and a queue with its dead-letter
//! queue. The secret has no value, as in Terraform.
//!
//! The emulator delivers events from the bus to the queue. The emulator's pipes deliver nothing, so changes
//! of the table do not become events on the bus.

use aws_sdk_eventbridge::types::{DeadLetterConfig, Target};
use aws_sdk_lambda::types::{FunctionResponseType, ScalingConfig};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;

use super::{
    NAME, ProvisionError, Step,
    queues::{Attributes, queue},
};
use crate::{clients::Clients, description::WebhookEvents, policies::Policies};

/// The concurrency of `send-webhook`: the default of the module's variable `webhook`.
const MAX_CONCURRENCY: i32 = 2;

#[derive(Debug)]
pub(super) struct Webhook {
    pub(super) queue_url: String,
    pub(super) queue_arn: String,
    pub(super) dead_letter_url: String,
    pub(super) secret_arn: String,
}

pub(super) async fn create(
    clients: &Clients,
    policies: &Policies,
    events: &WebhookEvents,
    operations_key_arn: &str,
) -> Result<Webhook, ProvisionError> {
    let ((), secret_arn) = tokio::try_join!(rule(clients), secret(clients, operations_key_arn))?;
    let common = Attributes::from([
        (QueueAttributeName::MessageRetentionPeriod, events.retention_s.to_string()),
        (QueueAttributeName::SqsManagedSseEnabled, "true".to_owned()),
    ]);
    let (dead_letter_url, dead_letter_arn) =
        queue(clients, &format!("{NAME}-webhook-dead"), common.clone()).await?;
    let redrive =
        json!({ "deadLetterTargetArn": dead_letter_arn, "maxReceiveCount": events.max_receive_count });
    let mut attributes = common;
    attributes.insert(QueueAttributeName::RedrivePolicy, redrive.to_string());
    attributes.insert(QueueAttributeName::VisibilityTimeout, events.visibility_timeout_s.to_string());
    let (queue_url, queue_arn) = queue(clients, &format!("{NAME}-webhook"), attributes).await?;
    let addresses = ["aws_sqs_queue_policy.webhook[0]", "aws_sqs_queue_policy.dead_webhook[0]"];
    for (url, address) in [&queue_url, &dead_letter_url].into_iter().zip(addresses) {
        const STEP: &str = "let the rule send to the queue of webhooks";
        let policy = policies.queue(address).step(STEP)?.to_string();
        let let_in = clients.sqs.set_queue_attributes().queue_url(url);
        let_in.attributes(QueueAttributeName::Policy, policy).send().await.step(STEP)?;
    }
    target(clients, &queue_arn, &dead_letter_arn).await?;
    Ok(Webhook { queue_url, queue_arn, dead_letter_url, secret_arn })
}

impl Webhook {
    /// Maps the queue's messages to the sender.
    pub(super) async fn map(&self, clients: &Clients, events: &WebhookEvents) -> Result<(), ProvisionError> {
        clients
            .lambda
            .create_event_source_mapping()
            .event_source_arn(&self.queue_arn)
            .function_name(format!("{NAME}-send-webhook"))
            .batch_size(events.batch_size)
            .scaling_config(ScalingConfig::builder().maximum_concurrency(MAX_CONCURRENCY).build())
            .function_response_types(FunctionResponseType::ReportBatchItemFailures)
            .send()
            .await
            .step("map the queue of webhooks to the sender")?;
        Ok(())
    }
}

/// A rule for all events of the app's bus.
async fn rule(clients: &Clients) -> Result<(), ProvisionError> {
    const STEP: &str = "make the app's bus and the rule of webhooks";
    clients.events.create_event_bus().name(NAME).send().await.step(STEP)?;
    let rule = clients.events.put_rule().name(format!("{NAME}-webhook")).event_bus_name(NAME);
    let rule = rule.event_pattern(json!({ "source": ["postern"] }).to_string()).send().await;
    rule.step(STEP)?;
    Ok(())
}

async fn target(clients: &Clients, queue_arn: &str, dead_letter_arn: &str) -> Result<(), ProvisionError> {
    const STEP: &str = "send the app's events to the queue of webhooks";
    let undelivered = DeadLetterConfig::builder().arn(dead_letter_arn).build();
    let target = Target::builder().id("webhook").arn(queue_arn).dead_letter_config(undelivered);
    let put = clients.events.put_targets().rule(format!("{NAME}-webhook")).event_bus_name(NAME);
    let put = put.targets(target.build().step(STEP)?).send().await.step(STEP)?;
    if put.failed_entry_count == 0 { Ok(()) } else { None.step(STEP) }
}

async fn secret(clients: &Clients, operations_key_arn: &str) -> Result<String, ProvisionError> {
    const STEP: &str = "make the secret of webhooks";
    let secret =
        clients.secrets.create_secret().name(format!("{NAME}/webhook")).kms_key_id(operations_key_arn);
    secret.send().await.step(STEP)?.arn.step(STEP)
}
