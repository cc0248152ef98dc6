//! Shows the messages of all dead-letter queues.

use std::collections::HashSet;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use s3_presigned::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::super::aws::Aws;
use super::super::report::Report;
use super::cause::{Causes, Contents};
use super::queue::Queue;
use crate::ended::Ended;

/// A message that waits.
#[derive(Debug, Serialize)]
struct Waiting {
    queue: String,
    message_id: String,
    sent_at: Option<Timestamp>,
    #[serde(flatten)]
    contents: Contents,
}

/// `postern dead-letters show`. A message that waits is a problem.
pub(super) async fn show(aws: &Aws, limit: usize) -> Result<(Report, Ended), String> {
    let causes = Causes::new(aws);
    let mut waiting = Vec::new();
    let mut queues = 0;
    for (queue, name) in aws.stack.dead_letter_queues() {
        // Where only the stack's name is known, the queues of an option may not exist.
        let Some(found) = Queue::find(aws, name).await? else { continue };
        queues += 1;
        let messages = some(&found, limit).await?;
        for message in &messages {
            waiting.push(waits(&causes, queue, message).await);
            found.put_back(message).await;
        }
    }
    if queues == 0 {
        return Err("no dead-letter queue of the stack is known: give --outputs FILE".to_owned());
    }
    let text = match waiting.len() {
        0 => "No message waits in a dead-letter queue.".to_owned(),
        n => {
            format!("{}{n} message(s) wait.", waiting.iter().map(Waiting::told).collect::<Vec<_>>().concat())
        }
    };
    let ended = if waiting.is_empty() { Ended::Well } else { Ended::Problem };
    Ok((Report::new(json!({ "waiting": waiting }), text), ended))
}

/// Receives messages until no new one comes.
async fn some(queue: &Queue, limit: usize) -> Result<Vec<Message>, String> {
    let (mut seen, mut messages) = (HashSet::new(), Vec::new());
    while messages.len() < limit {
        let received = queue.receive().await?;
        let new: Vec<_> = received.into_iter().filter(|m| seen.insert(m.message_id.clone())).collect();
        if new.is_empty() {
            break;
        }
        messages.extend(new);
    }
    Ok(messages)
}

async fn waits(causes: &Causes, queue: &str, message: &Message) -> Waiting {
    let sent_ms = message
        .attributes
        .as_ref()
        .and_then(|attributes| attributes.get(&MessageSystemAttributeName::SentTimestamp))
        .and_then(|text| text.parse::<u64>().ok());
    Waiting {
        queue: queue.to_owned(),
        message_id: message.message_id.clone().unwrap_or_default(),
        sent_at: sent_ms.map(|ms| Timestamp::from_epoch_s(ms / 1000)),
        contents: causes.of(queue, message, sent_ms).await,
    }
}

impl Waiting {
    fn told(&self) -> String {
        let sent_at = self.sent_at.map(|at| at.to_string()).unwrap_or_default();
        format!(
            "{}  {}  {sent_at}\n  what   {}\n  cause  {}\n  then   {}\n",
            self.queue, self.message_id, self.contents.what, self.contents.cause, self.contents.then
        )
    }
}
