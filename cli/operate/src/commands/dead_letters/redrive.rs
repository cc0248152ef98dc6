//! Sends dead messages to the queue that they came from.

use std::collections::HashSet;

use aws_sdk_sqs::types::Message;
use postern::value::checksum::ChecksumSha256;
use s3_presigned::Timestamp;
use serde_json::json;

use super::super::aws::{Aws, now};
use super::super::report::{Report, progress};
use super::cause::has_no_event;
use super::queue::{AT_ONCE, Found, Mailbox, Queue, look, sent_ms};
use super::redriven::Redriven;
use super::stop::Stop;
use crate::ended::Ended;

/// How far a redrive is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Moved {
    /// Sent again, and removed.
    sent: usize,
    /// Left in the dead-letter queue, because the function would send them back at once.
    left: usize,
    /// Sent again, and given up again while the command ran.
    returned: usize,
    /// Read by somebody else when the command ended.
    hidden: usize,
}

/// `postern dead-letters redrive`.
pub(super) async fn redrive(aws: &Aws, queue: Redriven, dry_run: bool) -> Result<(Report, Ended), String> {
    let (dead, source) = queue.names();
    let find = |role: &'static str| async move {
        let sought = aws.stack.sought_queue(role).ok_or_else(|| format!("the stack has no queue {role}"))?;
        match Queue::find(aws, &sought.name).await? {
            Found::Queue(queue) => Ok(queue),
            Found::Missing => Err(format!("there is no queue {}", sought.name)),
            Found::Denied(error) => Err(error),
        }
    };
    let (dead, source) = (find(dead).await?, find(source).await?);
    let stop = Stop::on_signal();
    if dry_run {
        return count(&dead, &stop).await;
    }
    let (done, moved) = all(&dead, &source, &stop).await;
    Ok(report(done, moved))
}

/// Moves all messages. A message that was received and not moved is put back, so that the next run finds it.
async fn all(dead: &impl Mailbox, source: &impl Mailbox, stop: &Stop) -> (Result<(), String>, Moved) {
    let mut run = Run { began_ms: epoch_ms(now()), ..Run::default() };
    let mut done = run.send_all(dead, source, stop).await;
    for message in run.held.iter().chain(&run.left) {
        dead.put_back(message).await;
    }
    let mut hidden = 0;
    if done.is_ok() {
        match dead.hidden().await {
            Ok(count) => hidden = count,
            Err(error) => done = Err(error),
        }
    }
    let (left, returned): (Vec<&Message>, Vec<_>) =
        run.left.iter().partition(|message| has_no_event(message));
    (done, Moved { sent: run.sent, left: left.len(), returned: returned.len(), hidden })
}

/// The messages of one run.
#[derive(Default)]
struct Run {
    /// When it began, by the clock of this machine: in milliseconds since 1970.
    began_ms: u128,
    /// How many messages were sent again.
    sent: usize,
    /// Their bodies.
    bodies: HashSet<ChecksumSha256>,
    /// Received, and neither sent nor left.
    held: Vec<Message>,
    /// Received, and not sent again.
    left: Vec<Message>,
}

fn epoch_ms(at: Timestamp) -> u128 {
    Timestamp::from_epoch_s(0).until(at).as_millis()
}

impl Run {
    /// A message that fails again comes back with another id and the same body, and was sent after the run began. It is
    /// sent once in a run: the sender of webhooks gives a message up within a second if its receiver answers 410. S3
    /// may report one event by two equal messages, which are both older.
    async fn send_all(
        &mut self,
        dead: &impl Mailbox,
        source: &impl Mailbox,
        stop: &Stop,
    ) -> Result<(), String> {
        loop {
            stop.check()?;
            self.held = dead.receive(AT_ONCE).await?;
            if self.held.is_empty() {
                return Ok(());
            }
            while let Some(message) = self.held.first() {
                stop.check()?;
                let body = ChecksumSha256::of(message.body.as_deref().unwrap_or_default().as_bytes());
                let is_new = sent_ms(message).is_some_and(|ms| u128::from(ms) >= self.began_ms);
                if has_no_event(message) || is_new && self.bodies.contains(&body) {
                    let message = self.held.remove(0);
                    self.left.retain(|other| other.message_id != message.message_id);
                    self.left.push(message);
                    continue;
                }
                source.send(message).await?;
                dead.remove(message).await?;
                self.held.remove(0);
                self.bodies.insert(body);
                self.sent += 1;
            }
            progress(format_args!("{} message(s) sent again so far", self.sent));
        }
    }
}

fn report(done: Result<(), String>, moved: Moved) -> (Report, Ended) {
    let Moved { sent, left, returned, hidden } = moved;
    if let Err(error) = done {
        let text = format!(
            "{error}\n{sent} message(s) were sent again before. The others were put back. Run the command again."
        );
        let json = json!({ "error": "failed", "cause": error, "redriven": sent, "left": left,
            "returned": returned, "hidden": hidden });
        return (Report::new(json, text), Ended::Problem);
    }
    let mut lines = vec![format!("{sent} message(s) were sent again.")];
    if left > 0 {
        lines.push(format!(
            "{left} message(s) without an event were left: `postern dead-letters show` says what to do."
        ));
    }
    if returned > 0 {
        lines.push(format!(
            "{returned} message(s) failed again and came back while the command ran: the cause is still there. `postern \
             dead-letters show` names it."
        ));
    }
    if hidden > 0 {
        lines.push(hidden_text(hidden, "this queue"));
    }
    let error = match (hidden, left + returned) {
        (0, 0) => None,
        (0, _) => Some("messages_left"),
        _ => Some("messages_hidden"),
    };
    let json =
        json!({ "redriven": sent, "left": left, "returned": returned, "hidden": hidden, "error": error });
    (Report::new(json, lines.join("\n")), if error.is_some() { Ended::Problem } else { Ended::Well })
}

/// What is said of messages that somebody reads.
pub(super) fn hidden_text(hidden: usize, queue: &str) -> String {
    format!("{hidden} message(s) of {queue} are being read by somebody: run the command again in a minute.")
}

async fn count(dead: &impl Mailbox, stop: &Stop) -> Result<(Report, Ended), String> {
    let hidden = dead.hidden().await?;
    let messages = look(dead, usize::MAX, stop).await?;
    let left = messages.iter().filter(|message| has_no_event(message)).count();
    let count = messages.len() - left;
    let error = (hidden > 0).then_some("messages_hidden");
    let json = json!({ "dry_run": true, "would_redrive": count, "would_leave": left, "hidden": hidden,
        "error": error });
    let mut text = format!("Dry run: {count} message(s) would be sent again. Nothing was changed.");
    if left > 0 {
        text = format!("{text}\n{left} message(s) without an event would be left.");
    }
    if hidden > 0 {
        text = format!("{text}\n{}", hidden_text(hidden, "this queue"));
    }
    let ended = if hidden > 0 { Ended::Problem } else { Ended::Well };
    Ok((Report::new(json, text), ended))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use aws_sdk_sqs::types::{MessageAttributeValue, MessageSystemAttributeName};

    use super::*;

    /// A queue in memory. Received messages are hidden until they are put back.
    #[derive(Default)]
    struct Memory {
        visible: RefCell<Vec<Message>>,
        hidden: RefCell<Vec<Message>>,
        /// Sending fails from this message on.
        fails_at: Option<usize>,
        /// Signals after so many messages.
        stops: Option<(usize, Stop)>,
    }

    impl Memory {
        fn of(ids: &[&str]) -> Self {
            let messages = ids.iter().map(|id| Message::builder().message_id(*id).body(*id).build());
            Self { visible: RefCell::new(messages.collect()), ..Self::default() }
        }

        fn ids(&self) -> Vec<String> {
            self.visible.borrow().iter().map(|message| message.body.clone().unwrap()).collect()
        }
    }

    impl Mailbox for Memory {
        async fn receive(&self, most: usize) -> Result<Vec<Message>, String> {
            let mut visible = self.visible.borrow_mut();
            let most = most.min(visible.len());
            let received: Vec<_> = visible.drain(..most).collect();
            self.hidden.borrow_mut().extend(received.clone());
            Ok(received)
        }

        async fn put_back(&self, message: &Message) {
            self.hidden.borrow_mut().retain(|other| other != message);
            self.visible.borrow_mut().push(message.clone());
        }

        async fn send(&self, message: &Message) -> Result<(), String> {
            let sent = self.visible.borrow().len();
            if self.fails_at == Some(sent) {
                return Err("throttled".to_owned());
            }
            self.visible.borrow_mut().push(message.clone());
            if let Some((_, stop)) = self.stops.as_ref().filter(|(after, _)| *after == sent + 1) {
                stop.set();
            }
            Ok(())
        }

        async fn remove(&self, message: &Message) -> Result<(), String> {
            self.hidden.borrow_mut().retain(|other| other != message);
            Ok(())
        }

        async fn hidden(&self) -> Result<usize, String> {
            Ok(self.hidden.borrow().len())
        }
    }

    #[tokio::test]
    async fn a_redrive_that_failed_or_was_stopped_can_be_repeated_at_once() {
        let stop = Stop::default();
        for source in [
            Memory { fails_at: Some(1), ..Memory::default() },
            Memory { stops: Some((1, stop.clone())), ..Memory::default() },
        ] {
            let dead = Memory::of(&["1", "2", "3"]);
            let (done, moved) = all(&dead, &source, &stop).await;
            assert_eq!((done.is_err(), moved.sent), (true, 1), "{done:?}");
            assert_eq!(dead.ids(), ["2", "3"], "the rest is visible again");
            assert_eq!(report(done, moved).1, Ended::Problem);
            let (done, moved) = all(&dead, &Memory::default(), &Stop::default()).await;
            assert_eq!((done, moved), (Ok(()), Moved { sent: 2, ..Moved::default() }));
        }
    }

    #[tokio::test]
    async fn messages_that_somebody_reads_are_a_problem() {
        let dead = Memory::of(&["1", "2"]);
        dead.receive(1).await.unwrap();
        let (counted, ended) = count(&dead, &Stop::default()).await.unwrap();
        assert_eq!((ended, &counted.json()["hidden"]), (Ended::Problem, &json!(1)));
        assert_eq!(dead.ids(), ["2"], "a dry run puts back what it received");
        let (done, moved) = all(&dead, &Memory::default(), &Stop::default()).await;
        assert_eq!(moved, Moved { sent: 1, hidden: 1, ..Moved::default() });
        let (told, ended) = report(done, moved);
        assert_eq!((ended, &told.json()["error"]), (Ended::Problem, &json!("messages_hidden")));
        assert!(told.to_string().contains("run the command again in a minute"), "{told}");
    }

    #[tokio::test]
    async fn a_message_without_an_event_is_left() {
        let dead = Memory::of(&["1"]);
        let reason = MessageAttributeValue::builder().data_type("String").string_value("no_event").build();
        let foreign =
            Message::builder().message_id("2").body("2").message_attributes("reason", reason.unwrap());
        dead.visible.borrow_mut().push(foreign.build());
        let source = Memory::default();
        let (done, moved) = all(&dead, &source, &Stop::default()).await;
        assert_eq!((&done, moved), (&Ok(()), Moved { sent: 1, left: 1, ..Moved::default() }));
        assert_eq!((source.ids(), dead.ids()), (vec!["1".to_owned()], vec!["2".to_owned()]));
        assert_eq!(report(done, moved).1, Ended::Problem);
    }

    /// The sender of webhooks gives a message up at once if its receiver answers 410.
    #[tokio::test]
    async fn a_message_that_comes_back_at_once_is_sent_once_in_a_run() {
        struct Gone<'a>(&'a Memory);
        impl Mailbox for Gone<'_> {
            async fn receive(&self, _: usize) -> Result<Vec<Message>, String> {
                Ok(Vec::new())
            }
            async fn put_back(&self, _: &Message) {}
            async fn send(&self, message: &Message) -> Result<(), String> {
                let (id, body) = (message.message_id.clone().unwrap(), message.body.clone());
                let sent_ms = epoch_ms(now()).to_string();
                let again = Message::builder().message_id(format!("{id} again")).set_body(body);
                let again = again.attributes(MessageSystemAttributeName::SentTimestamp, sent_ms).build();
                self.0.visible.borrow_mut().push(again);
                Ok(())
            }
            async fn remove(&self, _: &Message) -> Result<(), String> {
                Ok(())
            }
            async fn hidden(&self) -> Result<usize, String> {
                Ok(0)
            }
        }
        let dead = Memory::of(&["1", "2"]);
        let (done, moved) = all(&dead, &Gone(&dead), &Stop::default()).await;
        assert_eq!((&done, moved), (&Ok(()), Moved { sent: 2, returned: 2, ..Moved::default() }));
        assert_eq!(dead.ids(), ["1", "2"], "they wait for the next run");
        let (told, ended) = report(done, moved);
        assert_eq!((ended, &told.json()["error"]), (Ended::Problem, &json!("messages_left")));
        assert!(told.to_string().contains("came back"), "{told}");
    }

    #[tokio::test]
    async fn equal_messages_are_all_sent() {
        let (dead, source) = (Memory::of(&["1", "1", "2"]), Memory::default());
        let (done, moved) = all(&dead, &source, &Stop::default()).await;
        assert_eq!((&done, moved), (&Ok(()), Moved { sent: 3, ..Moved::default() }));
        assert_eq!(source.ids(), ["1", "1", "2"]);
    }

    #[tokio::test]
    async fn no_more_messages_than_asked_for_are_looked_at() {
        let dead = Memory::of(&["1", "2", "3"]);
        assert_eq!(look(&dead, 1, &Stop::default()).await.unwrap().len(), 1);
        assert_eq!(dead.ids().len(), 3);
    }
}
