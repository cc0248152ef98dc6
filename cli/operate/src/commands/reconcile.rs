//! Lets `record-upload` do the hourly work now, or compare the whole bucket after the table was restored.

use std::time::Duration;

use clap::Args;
use postern::operate::Action;
use postern::record::report::Tidied;
use s3_presigned::Timestamp;
use serde_json::{Value, json};

use super::arguments::Change;
use super::aws::{Aws, now};
use super::recorder::{AskError, Recorder};
use super::report::{Report, fields, progress};
use crate::ended::{EXIT_CODES, Ended};

/// Does the hourly work now: expires uploads, continues deletions, and compares a part of the bucket with the records.
///
/// A run takes up to 45 seconds, and compares the part that is due. The schedule does the same once an hour. A dry run
/// only names the function that would be called: it looks neither at the bucket nor at the records.
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
        if let Some(since) = self.since {
            in_the_past(since, now())?;
        }
        if self.change.dry_run {
            return Ok((would_call(function, self.since), Ended::Well));
        }
        let recorder = Recorder::open(aws)?;
        let Some(since) = self.since else {
            progress(format_args!("{function} works for up to 45 seconds"));
            return Ok(match recorder.ask(Action::Reconcile).await {
                Ok(answered) => match counts(&answered.answer) {
                    Ok(done) => report(done, &[], answered.invocation_id.as_deref()),
                    Err(error) => failed(&error),
                },
                Err(error) => failed(&error),
            });
        };
        let compare = async |slice| {
            let answered = recorder.ask(Action::ReconcileSlice { slice, since }).await?;
            counts(&answered.answer)
        };
        let (sum, failures) = all(compare, PAUSE).await;
        Ok(report(sum, &failures, None))
    }
}

/// How many slices the bucket has: the first two digits of the ids.
const SLICES: u16 = 256;

/// The wait before a slice is tried for the second time.
const PAUSE: Duration = Duration::from_secs(3);

/// After so many failures in a row the other slices would fail too.
const IN_A_ROW: usize = 5;

/// A slice that was not compared, and why.
type Failure = (u8, AskError);

fn in_the_past(since: Timestamp, now: Timestamp) -> Result<(), String> {
    match since > now {
        true => Err(format!("--since {since} is in the future: it is now {now}")),
        false => Ok(()),
    }
}

fn would_call(function: &str, since: Option<Timestamp>) -> Report {
    let json = json!({ "dry_run": true, "function": function, "since": since });
    let calls = since.map_or("once, for the hourly work".to_owned(), |since| {
        format!("for each of {SLICES} slices, to look at what came since {since}")
    });
    let text = format!(
        "Dry run: {function} would be called {calls}. Neither the bucket nor the records were looked at, and nothing was \
         changed."
    );
    Report::new(json, text)
}

/// Compares every slice. A slice that fails is tried once more, and the others are compared in any case.
async fn all(
    compare: impl AsyncFn(u8) -> Result<Tidied, AskError>,
    pause: Duration,
) -> (Tidied, Vec<Failure>) {
    let (mut sum, mut failures, mut in_a_row) = (Tidied::default(), Vec::<Failure>::new(), 0);
    for slice in 0..=u8::MAX {
        if slice % 16 == 0 {
            progress(format_args!("{slice} of {SLICES} slices are compared"));
        }
        if let (true, Some((_, error))) = (in_a_row >= IN_A_ROW, failures.last()) {
            let error = error.clone();
            failures.push((slice, error));
            continue;
        }
        let mut compared = compare(slice).await;
        if let Err(error) = &compared {
            progress(format_args!("slice {slice} failed, and is tried once more: {error}"));
            tokio::time::sleep(pause).await;
            compared = compare(slice).await;
        }
        match compared {
            Ok(done) => {
                sum += done;
                in_a_row = 0;
            }
            Err(error) => {
                failures.push((slice, error));
                in_a_row += 1;
            }
        }
    }
    (sum, failures)
}

/// The counts of an answer.
fn counts(answer: &Value) -> Result<Tidied, AskError> {
    let done = answer.get("reconciled").cloned().unwrap_or_default();
    serde_json::from_value(done).map_err(|_| {
        AskError::Failed("record-upload gave an answer that this program does not know".to_owned())
    })
}

fn failed(error: &AskError) -> (Report, Ended) {
    let json = json!({ "error": error.code(), "cause": error.to_string(), "reconciled": Tidied::default() });
    (Report::new(json, format!("The run failed: {error}.{}", error.advice())), Ended::Problem)
}

/// Failures, orphans and skipped slices are problems: the log of the run names them.
fn report(tidied: Tidied, failures: &[Failure], invocation_id: Option<&str>) -> (Report, Ended) {
    let problems =
        tidied.failed + tidied.orphans + tidied.vanished + tidied.unreadable + tidied.skipped_slices;
    let end = match problems {
        0 => "The run ended, and found nothing wrong.",
        _ => {
            "The run ended. The log of record-upload names what failed, what has no record and what is missing."
        }
    };
    let counts = json!(tidied);
    let text = fields(&counts);
    let Some((_, error)) = failures.last() else {
        let json = json!({ "reconciled": counts, "invocation_id": invocation_id });
        let ended = if problems == 0 { Ended::Well } else { Ended::Problem };
        return (Report::new(json, format!("{text}{end}")), ended);
    };
    let slices: Vec<_> = failures.iter().map(|(slice, _)| *slice).collect();
    let named: Vec<_> = slices.iter().map(ToString::to_string).collect();
    let json = json!({ "error": error.code(), "cause": error.to_string(), "reconciled": counts,
        "failed_slices": slices });
    let text = format!(
        "{text}{} of {SLICES} slices were not compared: {}.\nThe last cause: {error}.{}",
        slices.len(),
        named.join(", "),
        error.advice()
    );
    (Report::new(json, text), Ended::Problem)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use postern::testing::samples::at;

    use super::*;

    #[test]
    fn a_run_that_found_something_wrong_is_a_problem() {
        let told = |tidied: Tidied| report(tidied, &[], None).1;
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
        assert!(counts(&json!({ "batchItemFailures": [] })).is_err());
    }

    /// Compares with failures, and returns the sum, the failed slices, and the slices that were asked for.
    async fn compared(fails: impl Fn(u8, bool) -> bool) -> (Tidied, Vec<Failure>, Vec<u8>) {
        let asked = RefCell::new(Vec::new());
        let compare = async |slice| {
            let is_second = asked.borrow().contains(&slice);
            asked.borrow_mut().push(slice);
            match fails(slice, is_second) {
                true => Err(AskError::Failed("a timeout".to_owned())),
                false => Ok(Tidied { repaired: 1, ..Tidied::default() }),
            }
        };
        let (sum, failures) = all(compare, Duration::ZERO).await;
        (sum, failures, asked.into_inner())
    }

    #[tokio::test]
    async fn a_slice_that_failed_is_tried_again_and_the_others_are_compared() {
        let (sum, failures, _) = compared(|slice, is_second| slice == 7 && !is_second).await;
        assert_eq!((sum.repaired, failures.len()), (256, 0), "a second try succeeds");

        let (sum, failures, _) = compared(|slice, _| [3, 200].contains(&slice)).await;
        assert_eq!(sum.repaired, 254, "the slices after a failed one are compared");
        let (told, ended) = report(sum, &failures, None);
        assert_eq!((ended, &told.json()["failed_slices"]), (Ended::Problem, &json!([3, 200])));
        let text = told.to_string();
        assert!(
            text.contains("2 of 256 slices were not compared: 3, 200.") && text.contains("a timeout"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn where_every_slice_fails_the_run_ends_soon_and_names_all() {
        let (_, failures, asked) = compared(|slice, _| slice >= 10).await;
        assert_eq!((failures.len(), asked.len()), (246, 10 + 2 * IN_A_ROW));
    }

    #[test]
    fn a_time_in_the_future_is_refused() {
        let now = at("2026-11-24T10:00:00Z");
        assert!(in_the_past(now, now).is_ok());
        let error = in_the_past(at("2026-11-24T10:00:01Z"), now).unwrap_err();
        assert!(error.contains("in the future"), "{error}");
    }

    #[test]
    fn a_dry_run_says_that_it_looked_at_nothing() {
        for since in [None, Some(at("2026-11-24T10:00:00Z"))] {
            let text = would_call("postern-record-upload", since).to_string();
            assert!(text.contains("Neither the bucket nor the records were looked at"), "{text}");
        }
    }
}
