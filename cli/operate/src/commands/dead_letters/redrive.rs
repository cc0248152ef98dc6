//! Sends dead messages to the queue that they came from.

use std::collections::HashSet;

use serde_json::json;

use super::super::aws::Aws;
use super::super::report::{Report, progress};
use super::queue::Queue;
use super::redriven::Redriven;
use crate::ended::Ended;

/// `postern dead-letters redrive`.
pub(super) async fn redrive(aws: &Aws, queue: Redriven, dry_run: bool) -> Result<(Report, Ended), String> {
    let (dead, source) = queue.names();
    let find = |name: &'static str| async move {
        let queue = aws.stack.queues.get(name).ok_or_else(|| format!("the stack has no queue {name}"))?;
        Queue::find(aws, queue).await?.ok_or_else(|| format!("there is no queue {queue}"))
    };
    let (dead, source) = (find(dead).await?, find(source).await?);
    if dry_run {
        return count(&dead).await;
    }
    let mut moved = 0;
    let done = all(&dead, &source, &mut moved).await;
    Ok(match done {
        Ok(()) => (
            Report::new(json!({ "redriven": moved }), format!("{moved} message(s) were sent again.")),
            Ended::Well,
        ),
        Err(error) => {
            let json = json!({ "error": "failed", "cause": error, "redriven": moved });
            let text = format!("{error}\n{moved} message(s) were sent again before. Run the command again.");
            (Report::new(json, text), Ended::Problem)
        }
    })
}

/// A message that fails again comes back to the dead-letter queue with another id, after minutes.
async fn all(dead: &Queue, source: &Queue, moved: &mut usize) -> Result<(), String> {
    loop {
        let messages = dead.receive().await?;
        if messages.is_empty() {
            return Ok(());
        }
        for message in &messages {
            source.send(message).await?;
            dead.remove(message).await?;
            *moved += 1;
        }
        progress(format_args!("{moved} message(s) sent again so far"));
    }
}

async fn count(dead: &Queue) -> Result<(Report, Ended), String> {
    let (mut seen, mut messages) = (HashSet::new(), Vec::new());
    loop {
        let received = dead.receive().await?;
        let new: Vec<_> = received.into_iter().filter(|m| seen.insert(m.message_id.clone())).collect();
        if new.is_empty() {
            break;
        }
        messages.extend(new);
    }
    for message in &messages {
        dead.put_back(message).await;
    }
    let count = messages.len();
    let json = json!({ "dry_run": true, "would_redrive": count });
    Ok((
        Report::new(json, format!("Dry run: {count} message(s) would be sent again. Nothing was changed.")),
        Ended::Well,
    ))
}
