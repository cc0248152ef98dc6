//! Reads keys, table and queues.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::QueueAttributeName;
use futures::future::join_all;
use serde_json::Value;

use super::{known, unseen};
use crate::clients::Clients;
use crate::doctor::observed::{Observed, Unseen};
use crate::doctor::storage::{Described, Expiry, Key, Queue, Redrive, Table};
use crate::stack::Stack;

/// Reads the keys that the stack names, by what they are for.
pub async fn keys(clients: &Clients, stack: &Stack) -> BTreeMap<String, Observed<Key>> {
    let one = |purpose: &str, arn: &Option<String>| arn.clone().map(|arn| (purpose.to_owned(), arn));
    let many = |purpose: &str, keys: &BTreeMap<String, String>| -> Vec<(String, String)> {
        keys.iter().map(|(version, arn)| (format!("{purpose} {version}"), arn.clone())).collect()
    };
    let mut arns: Vec<(String, String)> =
        [one("files", &stack.files_key_arn), one("operations", &stack.operations_key_arn)]
            .into_iter()
            .flatten()
            .collect();
    arns.extend(many("links", &stack.link_keys));
    arns.extend(many("upload tokens", &stack.upload_token_keys));
    join_all(arns.into_iter().map(|(purpose, arn)| async move { (purpose, key(clients, &arn).await) }))
        .await
        .into_iter()
        .collect()
}

async fn key(clients: &Clients, arn: &str) -> Observed<Key> {
    let answer = clients.kms.describe_key().key_id(arn).send().await;
    let key = answer.map_err(|error| unseen("kms:DescribeKey", &error))?.key_metadata;
    let key = key.ok_or_else(|| Unseen::Because("kms:DescribeKey answers nothing".to_owned()))?;
    Ok(Key {
        state: key.key_state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
        usage: key.key_usage.map(|usage| usage.as_str().to_owned()).unwrap_or_default(),
        spec: key.key_spec.map(|spec| spec.as_str().to_owned()).unwrap_or_default(),
    })
}

/// Reads the table.
pub async fn table(clients: &Clients, stack: &Stack) -> Table {
    let table = match known(stack.table.as_ref(), "table") {
        Ok(table) => table,
        Err(why) => {
            return Table { recovery: Err(why.clone()), expiry: Err(why.clone()), described: Err(why) };
        }
    };
    let (recovery, expiry, described) =
        tokio::join!(recovery(clients, table), expiry(clients, table), described(clients, table));
    Table { recovery, expiry, described }
}

async fn recovery(clients: &Clients, table: &str) -> Observed<Option<String>> {
    let answer = clients.dynamodb.describe_continuous_backups().table_name(table).send().await;
    let answer = answer.map_err(|error| unseen("dynamodb:DescribeContinuousBackups", &error))?;
    let recovery =
        answer.continuous_backups_description.and_then(|backups| backups.point_in_time_recovery_description);
    Ok(recovery
        .and_then(|recovery| recovery.point_in_time_recovery_status)
        .map(|status| status.as_str().to_owned()))
}

async fn expiry(clients: &Clients, table: &str) -> Observed<Expiry> {
    let answer = clients.dynamodb.describe_time_to_live().table_name(table).send().await;
    let answer = answer.map_err(|error| unseen("dynamodb:DescribeTimeToLive", &error))?;
    let expiry = answer.time_to_live_description;
    Ok(Expiry {
        status: expiry
            .as_ref()
            .and_then(|expiry| expiry.time_to_live_status.as_ref())
            .map(|status| status.as_str().to_owned()),
        attribute: expiry.and_then(|expiry| expiry.attribute_name),
    })
}

async fn described(clients: &Clients, table: &str) -> Observed<Described> {
    let answer = clients.dynamodb.describe_table().table_name(table).send().await;
    let table = answer.map_err(|error| unseen("dynamodb:DescribeTable", &error))?.table;
    let table = table.ok_or_else(|| Unseen::Because("dynamodb:DescribeTable answers nothing".to_owned()))?;
    let stream = table.stream_specification.filter(|stream| stream.stream_enabled);
    Ok(Described {
        arn: table.table_arn,
        deletion_protection: table.deletion_protection_enabled.unwrap_or_default(),
        stream_view: stream.and_then(|stream| stream.stream_view_type).map(|view| view.as_str().to_owned()),
        indexes: table
            .global_secondary_indexes
            .unwrap_or_default()
            .into_iter()
            .filter_map(|index| {
                Some((index.index_name?, index.index_status.map(|status| status.as_str().to_owned())))
            })
            .collect(),
        key: table.sse_description.and_then(|encryption| encryption.kms_master_key_arn),
    })
}

/// Reads the queues that the stack names.
pub async fn queues(clients: &Clients, stack: &Stack) -> BTreeMap<String, Observed<Queue>> {
    let reads = stack
        .queues
        .iter()
        .map(|(name, queue)| async move { (name.clone(), self::queue(clients, queue).await) });
    join_all(reads).await.into_iter().collect()
}

async fn queue(clients: &Clients, name: &str) -> Observed<Queue> {
    let url = clients.sqs.get_queue_url().queue_name(name).send().await;
    let url = url.map_err(|error| unseen("sqs:GetQueueUrl", &error))?.queue_url;
    let request =
        clients.sqs.get_queue_attributes().set_queue_url(url).attribute_names(QueueAttributeName::All);
    let answer = request.send().await.map_err(|error| unseen("sqs:GetQueueAttributes", &error))?;
    let attributes = answer.attributes.unwrap_or_default();
    let number =
        |name: QueueAttributeName| attributes.get(&name).and_then(|number| number.parse::<u64>().ok());
    let json =
        |name: QueueAttributeName| -> Option<Value> { serde_json::from_str(attributes.get(&name)?).ok() };
    let waiting = number(QueueAttributeName::ApproximateNumberOfMessages);
    let held = number(QueueAttributeName::ApproximateNumberOfMessagesNotVisible).unwrap_or_default();
    Ok(Queue {
        waiting: waiting
            .ok_or_else(|| Unseen::Because("sqs:GetQueueAttributes answers no number".to_owned()))?
            + held,
        redrive: json(QueueAttributeName::RedrivePolicy).and_then(|policy| {
            let after = policy.get("maxReceiveCount")?;
            Some(Redrive {
                to_arn: policy.get("deadLetterTargetArn")?.as_str()?.to_owned(),
                after: after.to_string().trim_matches('"').parse().ok()?,
            })
        }),
        policy: json(QueueAttributeName::Policy),
    })
}
