//! Lets `record-upload` do the hourly work now.

use clap::Args;
use postern::operate::Action;
use postern::record::report::Tidied;
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
    #[command(flatten)]
    pub(super) change: Change,
}

impl Reconcile {
    pub(super) async fn run(&self, aws: &Aws) -> Result<(Report, Ended), String> {
        let function = aws.function("record-upload")?;
        if self.change.dry_run {
            let json = json!({ "dry_run": true, "function": function });
            let text =
                format!("Dry run: {function} would be called with the hourly work. Nothing was changed.");
            return Ok((Report::new(json, text), Ended::Well));
        }
        let recorder = Recorder::open(aws).await?;
        progress(format_args!("{function} works for up to 45 seconds"));
        let answered = match recorder.ask(Action::Reconcile).await {
            Ok(answered) => answered,
            Err(error) => {
                let json = json!({ "error": "failed", "cause": error });
                let text = format!("The run failed: {error}\nThe next run continues. Run the command again.");
                return Ok((Report::new(json, text), Ended::Problem));
            }
        };
        let done = answered.answer.get("reconciled").cloned().unwrap_or_default();
        Ok(report(&done, answered.invocation_id.as_deref()))
    }
}

/// Failures, orphans and skipped slices are problems: the log of the run names them.
fn report(done: &Value, invocation_id: Option<&str>) -> (Report, Ended) {
    let Ok(tidied) = serde_json::from_value::<Tidied>(done.clone()) else {
        let text = "record-upload gave an answer that this program does not know";
        return (Report::new(json!({ "error": "failed", "cause": text }), text), Ended::Problem);
    };
    let problems =
        tidied.failed + tidied.orphans + tidied.vanished + tidied.unreadable + tidied.skipped_slices;
    let end = match problems {
        0 => "The run ended, and found nothing wrong.",
        _ => {
            "The run ended. The log of record-upload names what failed, what has no record and what is missing."
        }
    };
    let text = format!("{}{end}", fields(done));
    let json = json!({ "reconciled": done, "invocation_id": invocation_id });
    (Report::new(json, text), if problems == 0 { Ended::Well } else { Ended::Problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_found_something_wrong_is_a_problem() {
        let told = |tidied: Tidied| report(&serde_json::to_value(tidied).unwrap(), None).1;
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
        assert_eq!(report(&json!({ "batchItemFailures": [] }), None).1, Ended::Problem);
    }
}
