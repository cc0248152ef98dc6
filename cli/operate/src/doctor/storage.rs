//! Judges keys, table and queues.

use std::collections::BTreeMap;

use serde_json::Value;

use super::observed::{Findings, Judged, Observed, Unseen, is};
use super::settings::Description;
use crate::stack::Stack;

/// What was read of a KMS key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub state: String,
    pub usage: String,
    pub spec: String,
}

/// What was read of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub recovery: Observed<Option<String>>,
    pub expiry: Observed<Expiry>,
    pub described: Observed<Described>,
}

/// Time to live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    pub status: Option<String>,
    pub attribute: Option<String>,
}

/// What `DescribeTable` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    pub arn: Option<String>,
    pub deletion_protection: bool,
    pub stream_view: Option<String>,
    /// The status of each index.
    pub indexes: BTreeMap<String, Option<String>>,
    pub key: Option<String>,
}

/// What was read of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    pub waiting: u64,
    pub redrive: Option<Redrive>,
    pub policy: Option<Value>,
}

/// Where messages go that failed too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    pub to_arn: String,
    pub after: u32,
}

/// Judges the keys by what they are for: `files`, `operations`, `links 1`, `upload tokens 1`.
pub fn judge_keys(keys: &BTreeMap<String, Observed<Key>>, findings: &mut Findings) {
    findings.judge_each("keys", keys, |purpose, key| {
        let is_cipher = matches!(purpose, "files" | "operations");
        is("state", Some(&key.state), "Enabled")?;
        is("usage", Some(&key.usage), if is_cipher { "ENCRYPT_DECRYPT" } else { "GENERATE_VERIFY_MAC" })?;
        is("spec", Some(&key.spec), if is_cipher { "SYMMETRIC_DEFAULT" } else { "HMAC_256" })?;
        Ok(String::new())
    });
}

/// Judges the table.
pub fn judge_table(stack: &Stack, description: &Description, table: &Table, findings: &mut Findings) {
    let wanted = &description.table;
    findings.judge("table-recovery", &table.recovery, |status| {
        is("point-in-time recovery", status.as_deref(), "ENABLED")
    });
    findings.judge("table-deletion-protection", &table.described, |table| match table.deletion_protection {
        true => Ok("on".to_owned()),
        false => Err("off".to_owned()),
    });
    findings.judge("table-expiry", &table.expiry, |expiry| {
        is("attribute", expiry.attribute.as_deref(), &wanted.ttl_attribute)?;
        match expiry.status.as_deref() {
            Some("ENABLED" | "ENABLING") => Ok(format!("on {}", wanted.ttl_attribute)),
            status => Err(format!("time to live is {}", status.unwrap_or("off"))),
        }
    });
    findings.judge("table-stream", &table.described, |table| {
        is("stream of", table.stream_view.as_deref(), &wanted.stream_view)
    });
    findings.judge("table-indexes", &table.described, |table| {
        for name in wanted.indexes.keys() {
            let status = table.indexes.get(name).ok_or_else(|| format!("no index {name}"))?;
            is(&format!("status of {name}"), status.as_deref(), "ACTIVE")?;
        }
        Ok(format!("{} indexes", wanted.indexes.len()))
    });
    findings.judge("table-encryption", &table.described, |table| match &stack.operations_key_arn {
        Some(wanted) => is("key", table.key.as_deref(), wanted),
        None => {
            table.key.clone().map(|key| format!("with {key}")).ok_or_else(|| "with a key of AWS".to_owned())
        }
    });
}

/// Judges the queues by the names that Terraform's outputs give them.
pub fn judge_queues(
    stack: &Stack,
    description: &Description,
    queues: &BTreeMap<String, Observed<Queue>>,
    findings: &mut Findings,
) {
    let (mut dead, live): (BTreeMap<_, _>, BTreeMap<_, _>) =
        queues.clone().into_iter().partition(|(name, _)| name.starts_with("dead_"));
    findings.judge_each("queue-redrive", &live, |name, queue| {
        let events = &description.events;
        let wanted = if name == "webhook" { &events.webhook } else { &events.queue }.max_receive_count;
        let Some(redrive) = &queue.redrive else { return Err("no dead-letter queue".to_owned()) };
        let target = stack.queues.get(&format!("dead_{name}"));
        match target {
            Some(target) if !redrive.to_arn.ends_with(&format!(":{target}")) => {
                Err(format!("given up to {}, not {target}", redrive.to_arn))
            }
            _ if redrive.after != wanted => {
                Err(format!("given up after {} tries, not {wanted}", redrive.after))
            }
            _ => Ok(format!("after {wanted} tries")),
        }
    });
    let uploads = live.get("uploads").cloned().unwrap_or_else(|| Err(Unseen::unknown("queue uploads")));
    findings.judge("queue-policy", &uploads, |queue| queue_policy(stack, queue));
    // The outputs name every queue, and this one is in every stack. A local stack has no such queue.
    if !stack.is_local() && !dead.contains_key("dead_tidy") {
        dead.insert(
            "other queues".to_owned(),
            Err(Unseen::Because("no source names them: give --outputs".to_owned())),
        );
    }
    findings.judge_each("dead-letters", &dead, |name, queue| match queue.waiting {
        0 => Ok("empty".to_owned()),
        waiting => Err(format!("{waiting} messages (docs/runbook.md#{})", name.replace('_', "-"))),
    });
}

fn queue_policy(stack: &Stack, queue: &Queue) -> Judged {
    let statements =
        queue.policy.as_ref().and_then(|policy| policy.get("Statement")).and_then(Value::as_array);
    let statements = statements.map(Vec::as_slice).unwrap_or_default();
    let allows = statements
        .iter()
        .filter(|statement| statement.get("Effect").and_then(Value::as_str) == Some("Allow"));
    let account = queue.redrive.as_ref().and_then(|redrive| redrive.to_arn.split(':').nth(4));
    let (mut of_s3, mut open) = (false, Vec::new());
    for statement in allows {
        let sid = statement.get("Sid").and_then(Value::as_str).unwrap_or("a statement without a name");
        let service = statement.pointer("/Principal/Service").and_then(Value::as_str);
        if is_narrow(stack, statement, service, account) {
            of_s3 |= service == Some("s3.amazonaws.com");
        } else {
            open.push(sid);
        }
    }
    match (of_s3, open.as_slice()) {
        (true, []) if stack.bucket.is_none() => {
            Ok("a bucket of the account may send (no source names the stack's)".to_owned())
        }
        (true, []) => Ok("the bucket may send".to_owned()),
        (false, []) => Err("S3 may not send".to_owned()),
        (_, open) => Err(format!("open to others: {}", open.join(", "))),
    }
}

/// Whether a statement lets the stack's bucket send, or a rule of the same account, and nothing else.
fn is_narrow(stack: &Stack, statement: &Value, service: Option<&str>, account: Option<&str>) -> bool {
    let condition = |operators: &[&str], key: &str| {
        let conditions = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
        let of = conditions.filter(|(operator, _)| operators.contains(&operator.as_str()));
        let keys = of.flat_map(|(_, keys)| keys.as_object().into_iter().flatten());
        keys.filter(|(name, _)| name.eq_ignore_ascii_case(key)).find_map(|(_, value)| only(value))
    };
    let source = condition(&["ArnEquals", "ArnLike", "StringEquals"], "aws:SourceArn");
    let of = condition(&["StringEquals"], "aws:SourceAccount");
    let is_source = source.is_some_and(|source| match (service, &stack.bucket) {
        _ if source.contains('*') => false,
        (Some("s3.amazonaws.com"), Some(bucket)) => source.ends_with(&format!(":s3:::{bucket}")),
        (Some("s3.amazonaws.com"), None) => source.contains(":s3:::"),
        (Some("events.amazonaws.com"), _) => source.contains(":rule/"),
        _ => false,
    });
    let action = statement.get("Action").and_then(only);
    let is_send = action.is_some_and(|action| action.eq_ignore_ascii_case("sqs:SendMessage"));
    is_source && is_send && of.is_some_and(|of| account.is_none_or(|account| account == of))
}

/// A text, or the only text of a list.
fn only(value: &Value) -> Option<&str> {
    match value.as_array().map(Vec::as_slice) {
        Some([value]) => value.as_str(),
        Some(_) => None,
        None => value.as_str(),
    }
}
