//! Shows the messages of all dead-letter queues.

use aws_sdk_sqs::types::Message;
use s3_presigned::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::super::aws::Aws;
use super::super::report::{Report, clean};
use super::cause::{Causes, Contents};
use super::queue::{Found, Mailbox as _, Queue, look, sent_ms};
use super::redrive::hidden_text;
use super::stop::Stop;
use crate::ended::Ended;
use crate::stack::SoughtQueue;

/// A message that waits.
#[derive(Debug, Serialize)]
struct Waiting {
    queue: String,
    message_id: String,
    sent_at: Option<Timestamp>,
    #[serde(flatten)]
    contents: Contents,
}

/// The queues that were looked at, or not.
#[derive(Debug, Default, Serialize)]
struct Looked {
    waiting: Vec<Waiting>,
    /// The names of the queues that were looked at.
    queues: Vec<String>,
    /// Queues that the caller may not look at.
    not_looked_at: Vec<NotLookedAt>,
    hidden: Vec<Hidden>,
}

/// A queue that the stack may lack.
#[derive(Debug, Serialize)]
struct NotLookedAt {
    queue: String,
    cause: String,
}

/// Messages that somebody else reads.
#[derive(Debug, Serialize)]
struct Hidden {
    queue: String,
    messages: usize,
}

/// `postern dead-letters show`. A message that waits is a problem.
pub(super) async fn show(aws: &Aws, limit: usize) -> Result<(Report, Ended), String> {
    let (causes, stop) = (Causes::new(aws), Stop::on_signal());
    let mut looked = Looked::default();
    for SoughtQueue { role, name, is_certain } in aws.stack.sought_dead_letter_queues() {
        let queue = match (Queue::find(aws, &name).await?, is_certain) {
            (Found::Queue(queue), _) => queue,
            (Found::Missing, true) => return Err(format!("there is no queue {name}")),
            (Found::Denied(cause), true) => return Err(cause),
            // Where only the stack's name is known, the queues of an option may not exist.
            (Found::Missing, false) => continue,
            (Found::Denied(cause), false) => {
                looked.not_looked_at.push(NotLookedAt { queue: name, cause });
                continue;
            }
        };
        let hidden = queue.hidden().await?;
        for message in &look(&queue, limit, &stop).await? {
            let failed = role.strip_prefix("dead_").unwrap_or(&role);
            looked.waiting.push(waits(&causes, failed, queue.url(), message).await);
        }
        if hidden > 0 {
            looked.hidden.push(Hidden { queue: name.clone(), messages: hidden });
        }
        looked.queues.push(name);
    }
    if looked.queues.is_empty() {
        let causes: Vec<_> = looked.not_looked_at.iter().map(|queue| queue.cause.as_str()).collect();
        return Err(format!(
            "no dead-letter queue of the stack was found: give --outputs FILE. {}",
            causes.join(". ")
        ));
    }
    Ok(looked.report())
}

impl Looked {
    fn report(&self) -> (Report, Ended) {
        let mut lines: Vec<_> = self.waiting.iter().map(Waiting::told).collect();
        lines.push(match self.waiting.len() {
            0 => "No message waits in a dead-letter queue.".to_owned(),
            n => format!("{n} message(s) wait."),
        });
        lines.extend(self.hidden.iter().map(|hidden| hidden_text(hidden.messages, &hidden.queue)));
        lines.push(format!("Looked at: {}.", self.queues.join(", ")));
        let not_looked_at = self.not_looked_at.iter();
        lines.extend(not_looked_at.map(|NotLookedAt { queue, cause }| {
            format!("Not looked at: {queue}, if the stack has it: {}", clean(cause))
        }));
        let is_well = self.waiting.is_empty() && self.hidden.is_empty();
        let ended = if is_well { Ended::Well } else { Ended::Problem };
        (Report::new(json!(self), lines.join("\n")), ended)
    }
}

async fn waits(causes: &Causes, queue: &str, url: &str, message: &Message) -> Waiting {
    let sent_ms = sent_ms(message);
    Waiting {
        queue: queue.to_owned(),
        message_id: message.message_id.clone().unwrap_or_default(),
        sent_at: sent_ms.map(|ms| Timestamp::from_epoch_s(ms / 1000)),
        contents: causes.of(queue, url, message, sent_ms).await,
    }
}

impl Waiting {
    fn told(&self) -> String {
        let sent_at = self.sent_at.map(|at| at.to_string()).unwrap_or_default();
        format!(
            "{}  {}  {sent_at}\n  what   {}\n  cause  {}\n  then   {}",
            self.queue,
            self.message_id,
            clean(&self.contents.what),
            clean(&self.contents.cause),
            self.contents.then
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queues_that_were_looked_at_are_named_and_hidden_messages_are_a_problem() {
        let mut looked = Looked { queues: vec!["p-tidy-dead".to_owned()], ..Looked::default() };
        let (report, ended) = looked.report();
        assert_eq!((ended, &report.json()["queues"]), (Ended::Well, &json!(["p-tidy-dead"])));
        assert!(report.to_string().ends_with("Looked at: p-tidy-dead."), "{report}");
        looked.hidden.push(Hidden { queue: "p-tidy-dead".to_owned(), messages: 2 });
        let (report, ended) = looked.report();
        assert_eq!((ended, &report.json()["hidden"][0]["messages"]), (Ended::Problem, &json!(2)));
        assert!(report.to_string().contains("2 message(s) of p-tidy-dead are being read"), "{report}");
    }

    #[test]
    fn what_a_message_says_stays_in_its_line() {
        let contents = Contents {
            what: "link.revoked l1\n0 message(s) wait.".to_owned(),
            cause: "a\u{202e}b\u{2028}c".to_owned(),
            then: String::new(),
        };
        let waiting =
            Waiting { queue: "webhook".to_owned(), message_id: "m".to_owned(), sent_at: None, contents };
        assert_eq!(waiting.told().lines().count(), 4, "{}", waiting.told());
        assert!(!waiting.told().contains(['\u{202e}', '\u{2028}']));
    }
}
