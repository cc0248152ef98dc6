//! Lets `record-upload` do the hourly work now, or compare the whole bucket after the table was restored.

use clap::Args;
use postern::operate::Action;
use postern::record::report::Tidied;
use s3_presigned::Timestamp;
use serde_json::{Value, json};

use super::arguments::Change;
use super::aws::Aws;
use super::recorder::Recorder;
use super::report::{Report, fields, progress};
use crate::ended::{EXIT_CODES, Ended};

/// Does the hourly work now: expires uploads, continues deletions, and compares a part of the bucket with the records.
///
/// A run takes up to 45 seconds, and compares the part that is due. The schedule does the same once an hour.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Reconcile {
    /// Compare the whole bucket instead, and look at every file that came since then: for a table that was restored to
    /// this time, such as 2026-05-04T12:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<Timestamp>,

    #[command(flatten)]
    pub(super) change: Change,
}

impl Reconcile {
    pub(super) async fn run(&self, aws: &Aws) -> Result<(Report, Ended), String> {
        let function = aws.function("record-upload")?;
        if self.change.dry_run {
            let json = json!({ "dry_run": true, "function": function, "since": self.since });
            let calls = self.since.map_or("once, for the hourly work".to_owned(), |since| {
                format!("for each of {SLICES} slices, to look at what came since {since}")
            });
            let text = format!("Dry run: {function} would be called {calls}. Nothing was changed.");
            return Ok((Report::new(json, text), Ended::Well));
        }
        let recorder = Recorder::open(aws).await?;
        let Some(since) = self.since else {
            progress(format_args!("{function} works for up to 45 seconds"));
            return Ok(match recorder.ask(Action::Reconcile).await {
                Ok(answered) => report(counts(&answered.answer), answered.invocation_id.as_deref()),
                Err(error) => failed(&error, &Tidied::default()),
            });
        };
        let mut sum = Tidied::default();
        for slice in 0..=u8::MAX {
            if slice % 16 == 0 {
                progress(format_args!("{slice} of {SLICES} slices are compared"));
            }
            match recorder.ask(Action::ReconcileSlice { slice, since }).await {
                Ok(answered) => match counts(&answered.answer) {
                    Ok(done) => sum += done,
                    Err(error) => return Ok(failed(error, &sum)),
                },
                Err(error) => return Ok(failed(&error, &sum)),
            }
        }
        Ok(report(Ok(sum), None))
    }
}

/// How many slices the bucket has: the first two digits of the ids.
const SLICES: u16 = 256;

/// The counts of an answer.
fn counts(answer: &Value) -> Result<Tidied, &'static str> {
    let done = answer.get("reconciled").cloned().unwrap_or_default();
    serde_json::from_value(done).map_err(|_| "record-upload gave an answer that this program does not know")
}

fn failed(error: &str, before: &Tidied) -> (Report, Ended) {
    let json = json!({ "error": "failed", "cause": error, "reconciled": before });
    let text = format!("The run failed: {error}\nRun the command again: what was done stays done.");
    (Report::new(json, text), Ended::Problem)
}

/// Failures, orphans and skipped slices are problems: the log of the run names them.
fn report(done: Result<Tidied, &str>, invocation_id: Option<&str>) -> (Report, Ended) {
    let tidied = match done {
        Ok(tidied) => tidied,
        Err(error) => return failed(error, &Tidied::default()),
    };
    let problems =
        tidied.failed + tidied.orphans + tidied.vanished + tidied.unreadable + tidied.skipped_slices;
    let end = match problems {
        0 => "The run ended, and found nothing wrong.",
        _ => {
            "The run ended. The log of record-upload names what failed, what has no record and what is missing."
        }
    };
    let counts = json!(tidied);
    let text = format!("{}{end}", fields(&counts));
    let json = json!({ "reconciled": counts, "invocation_id": invocation_id });
    (Report::new(json, text), if problems == 0 { Ended::Well } else { Ended::Problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_found_something_wrong_is_a_problem() {
        let told = |tidied: Tidied| report(Ok(tidied), None).1;
        assert_eq!(told(Tidied { expired: 3, repaired: 1, ..Tidied::default() }), Ended::Well);
        for wrong in [
            Tidied { failed: 1, ..Tidied::default() },
            Tidied { orphans: 1, ..Tidied::default() },
            Tidied { vanished: 1, ..Tidied::default() },
            Tidied { unreadable: 1, ..Tidied::default() },
            Tidied { skipped_slices: 1, ..Tidied::default() },
        ] {
            assert_eq!(told(wrong), Ended::Problem, "{wrong:?}");
        }
        assert_eq!(report(counts(&json!({ "batchItemFailures": [] })), None).1, Ended::Problem);
    }
}
