//! The queue between the bucket and the recorder, and the dead-letter queues.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;

use super::{NAME, ProvisionError, Step};
use crate::{clients::Clients, description::QueueEvents, policies::Policies};

pub(super) struct Queues {
    pub(super) url: String,
    pub(super) arn: String,
    pub(super) dead_letter_url: String,
    pub(super) dead_letter_arn: String,
    /// The queue for records of the table's stream that failed too often.
    pub(super) dead_removals_arn: String,
}

pub(super) type Attributes = HashMap<QueueAttributeName, String>;

pub(super) async fn create(
    clients: &Clients,
    policies: &Policies,
    events: &QueueEvents,
    visibility_timeout_s: u32,
) -> Result<Queues, ProvisionError> {
    const STEP: &str = "let the bucket send to the queue";
    let common = Attributes::from([
        (QueueAttributeName::MessageRetentionPeriod, events.retention_s.to_string()),
        (QueueAttributeName::SqsManagedSseEnabled, "true".to_owned()),
    ]);
    let (dead_letter_url, dead_letter_arn) =
        queue(clients, &format!("{NAME}-uploads-dead"), common.clone()).await?;
    let (_, dead_removals_arn) = queue(clients, &format!("{NAME}-removals-dead"), common.clone()).await?;

    let mut attributes = common;
    let redrive =
        json!({ "deadLetterTargetArn": dead_letter_arn, "maxReceiveCount": events.max_receive_count });
    attributes.insert(QueueAttributeName::RedrivePolicy, redrive.to_string());
    attributes.insert(QueueAttributeName::VisibilityTimeout, visibility_timeout_s.to_string());
    let (url, arn) = queue(clients, &format!("{NAME}-uploads"), attributes).await?;

    let policy = policies.queue("aws_sqs_queue_policy.uploads").step(STEP)?;
    clients
        .sqs
        .set_queue_attributes()
        .queue_url(&url)
        .attributes(QueueAttributeName::Policy, policy.to_string())
        .send()
        .await
        .step(STEP)?;
    Ok(Queues { url, arn, dead_letter_url, dead_letter_arn, dead_removals_arn })
}

pub(super) async fn queue(
    clients: &Clients,
    name: &str,
    attributes: Attributes,
) -> Result<(String, String), ProvisionError> {
    let step = format!("create the queue {name}");
    let request = clients.sqs.create_queue().queue_name(name).set_attributes(Some(attributes));
    let url = request.send().await.step(&step)?.queue_url.step(&step)?;
    let arn = QueueAttributeName::QueueArn;
    let answer = clients.sqs.get_queue_attributes().queue_url(&url).attribute_names(arn.clone());
    let arn =
        answer.send().await.step(&step)?.attributes.and_then(|mut found| found.remove(&arn)).step(&step)?;
    Ok((url, arn))
}
