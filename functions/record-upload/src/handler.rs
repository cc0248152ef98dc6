//! Handles the function's events: batches of SQS messages and of the table's stream, the schedule's task, and what an
//! operator asks. Each becomes calls of [`postern::record`] or [`postern::operate`]; at most sixteen of a batch run at
//! once, which bounds the memory.
//!
//! The answer to a batch names the messages that must be redelivered
//! ([partial batch responses](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html)).

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use aws_lambda_events::event::dynamodb::EventRecord;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsMessage};
use lambda_runtime::LambdaEvent;
use postern::concurrency::{results, try_each};
use postern::config::RecordConfig;
use postern::log;
use postern::operate::{Action, OperatorEvent, Order, revoke};
use postern::ports::Unavailable;
use postern::record::event::{Arrival, Ignored, Notice, read};
use postern::record::listing::compare_slice;
use postern::record::removal::{Removal, remove_upload};
use postern::record::report::{Report, Tidied};
use postern::record::tidy::tidy;
use postern::record::{Ports, Verdict, record_version};
use postern::value::id::{UploadId, VersionId};
use postern_aws::lambda::{Metrics, causes, metrics};
use postern_aws::{Bucket, Table, TimeLimits, upload_of_key};
use s3_presigned::Timestamp;

use crate::payload::{Answer, Batch, BatchRecord, Done, Payload, Scheduled, Task};

/// How long an hourly run lasts. Lambda ends the function after a minute, and a call may take some seconds.
const TIDY_FOR: Duration = Duration::from_secs(45);

/// The recorder with its clients.
pub struct Recorder {
    pub ports: Ports<Table, Bucket>,
    pub config: RecordConfig,
    pub metrics: Metrics,
}

impl Recorder {
    /// Handles one event.
    ///
    /// # Errors
    /// If the hourly run failed; Lambda calls it again. If the table failed while links were revoked for an operator;
    /// the operator asks again.
    pub async fn take(&self, event: LambdaEvent<Payload>) -> Result<Answer, Unavailable> {
        let (now, deadline) = (clock(), event.context.deadline());
        match event.payload {
            Payload::Batch(batch) => Ok(Answer::Batch(self.take_batch(now, deadline, batch).await)),
            Payload::Task(Scheduled { task: Task::Tidy }) => {
                self.tidy(now).await.map(|_| Answer::Batch(SqsBatchResponse::default()))
            }
            Payload::Operator(OperatorEvent { operator: order }) => {
                let invocation_id = event.context.request_id;
                let done = log::of_request(self.obey(now, deadline, &invocation_id, &order)).await?;
                Ok(Answer::Operator { invocation_id, done })
            }
        }
    }

    async fn tidy(&self, now: Timestamp) -> Result<Tidied, Unavailable> {
        let time_is_up = tokio::time::sleep(TIDY_FOR);
        let counts = Counts { metrics: self.metrics, sum: RefCell::default() };
        let result = tidy(&self.ports, &self.config.settings, now, time_is_up, &counts).await;
        if result.is_ok() {
            Metrics::count(metrics::TIDY_RUNS);
        }
        counts.pause();
        let done = counts.sum.take();
        log_run(&done, result.is_ok());
        result.map(|()| done)
    }

    async fn compare(&self, now: Timestamp, slice: u8, since: Timestamp) -> Result<Tidied, Unavailable> {
        let counts = Counts { metrics: self.metrics, sum: RefCell::default() };
        let result = compare_slice(&self.ports, &self.config.settings, now, slice, since, &counts).await;
        counts.pause();
        result.map(|()| counts.sum.take())
    }

    /// Does what an operator asks, and writes into the log who asked.
    async fn obey(
        &self,
        now: Timestamp,
        deadline: SystemTime,
        invocation_id: &str,
        order: &Order,
    ) -> Result<Done, Unavailable> {
        let (operator, action) = (order.by.as_str(), order.action.as_str());
        tracing::info!(invocation_id, operator, action, "an operator's command begins");
        let work = async {
            if let Some(answer) = revoke(&self.ports.store, self.config.url_life, now, &order.action).await? {
                return Ok(Done::Revoked(answer));
            }
            let reconciled = match order.action {
                Action::ReconcileSlice { slice, since } => self.compare(now, slice, since).await?,
                _ => self.tidy(now).await?,
            };
            Ok(Done::Reconciled { reconciled })
        };
        let result = TimeLimits::RECORD_UPLOAD.in_time(now, deadline, work).await.flatten();
        match &result {
            Ok(answer) => {
                let (revoked, outcome) = answer.outcome();
                tracing::info!(
                    invocation_id,
                    operator,
                    action,
                    outcome,
                    revoked,
                    "an operator's command ended"
                );
            }
            Err(error) => {
                let cause = causes(error);
                tracing::error!(invocation_id, operator, action, cause, "an operator's command failed");
            }
        }
        result
    }

    /// Takes a batch. The answer names the records that failed, or did not end in time, and only those
    /// will be redelivered.
    async fn take_batch(&self, now: Timestamp, deadline: SystemTime, batch: Batch) -> SqsBatchResponse {
        let take = |record| self.take_one(now, deadline, record);
        let failures = results(batch.records.iter().map(take)).await;
        self.metrics.flush();
        let mut response = SqsBatchResponse::default();
        response.set_failures(failures.into_iter().flatten());
        response
    }

    async fn take_one(&self, now: Timestamp, deadline: SystemTime, record: &BatchRecord) -> Option<String> {
        let limits = TimeLimits::RECORD_UPLOAD;
        let (request_id, result) = match record {
            BatchRecord::Message(message) => {
                let work = self.take_message(now, message);
                (message.message_id.as_deref(), limits.in_time(now, deadline, work).await)
            }
            BatchRecord::Change(change) => {
                let work = self.take_change(now, change);
                (change.change.sequence_number.as_deref(), limits.in_time(now, deadline, work).await)
            }
        };
        let request_id = request_id.unwrap_or_default();
        let error = result.flatten().err()?;
        tracing::error!(request_id, cause = causes(&error), "failed, and will be redelivered");
        Some(request_id.to_owned())
    }

    /// Handles every record of a message. If one fails, the whole message is redelivered.
    async fn take_message(&self, now: Timestamp, message: &SqsMessage) -> Result<(), Unavailable> {
        let request_id = message.message_id.as_deref().unwrap_or_default();
        let notices = read(message.body.as_deref().unwrap_or_default(), &self.config.bucket);
        try_each(notices, async |notice| match notice {
            Notice::Arrived(arrival) => self.take_arrival(now, request_id, &arrival).await,
            Notice::Ignored(reason) => {
                if reason == Ignored::UnknownVersion {
                    Metrics::count(metrics::UNKNOWN_EVENT_VERSIONS);
                }
                tracing::info!(request_id, reason = reason.as_str(), "ignored");
                Ok(())
            }
        })
        .await
    }

    async fn take_arrival(
        &self,
        now: Timestamp,
        request_id: &str,
        arrival: &Arrival,
    ) -> Result<(), Unavailable> {
        let (key, version) = (arrival.key, &arrival.version);
        let announced = arrival.announced;
        let verdict =
            record_version(&self.ports, &self.config.settings, now, key, version, announced).await?;
        count(verdict, arrival.happened_at);
        let upload_id = key.upload_id().to_string();
        let (verdict, reason) = (verdict.as_str(), verdict.reason());
        tracing::info!(
            request_id,
            upload_id,
            version_id = version.as_str(),
            verdict,
            reason,
            "version recorded"
        );
        Ok(())
    }

    async fn take_change(&self, now: Timestamp, change: &EventRecord) -> Result<(), Unavailable> {
        let request_id = change.change.sequence_number.as_deref().unwrap_or_default();
        let Some(id) = upload_of_key(&change.change.keys) else {
            tracing::info!(request_id, reason = "not_an_upload", "ignored");
            return Ok(());
        };
        let removal = remove_upload(&self.ports, now, id).await?;
        let upload_id = id.to_string();
        match removal {
            Removal::Done { versions, links } => {
                tracing::info!(request_id, upload_id, versions, links, "upload deleted");
            }
            Removal::Partly { versions, links } => {
                tracing::info!(
                    request_id,
                    upload_id,
                    versions,
                    links,
                    "the deletion continues in the next run"
                );
            }
            Removal::NotAsked => tracing::info!(request_id, upload_id, reason = "not_deleting", "ignored"),
        }
        Ok(())
    }
}

/// Counts what an hourly run does, as it does it.
struct Counts {
    metrics: Metrics,
    sum: RefCell<Tidied>,
}

impl Report for Counts {
    fn done(&self, what: Tidied) {
        for (name, times) in [
            (metrics::REPAIRED_VERSIONS, what.repaired),
            (metrics::VANISHED_VERSIONS, what.vanished),
            (metrics::ORPHANED_VERSIONS, what.orphans),
            (metrics::UNSCANNED_VERSIONS, what.unscanned),
            (metrics::UNREADABLE_ITEMS, what.unreadable),
            (metrics::SKIPPED_SLICES, what.skipped_slices),
        ] {
            (0..times).for_each(|_| Metrics::count(name));
        }
        *self.sum.borrow_mut() += what;
    }

    fn failed(&self, id: UploadId, cause: &Unavailable) {
        let upload_id = id.to_string();
        tracing::warn!(
            upload_id,
            cause = causes(cause),
            "the hourly run failed for an upload; the next run tries again"
        );
    }

    fn looked_at(&self, id: UploadId, version: &VersionId, verdict: Verdict) {
        let upload_id = id.to_string();
        let version_id = version.as_str();
        let (verdict, reason) = (verdict.as_str(), verdict.reason());
        tracing::info!(upload_id, version_id, verdict, reason, "the hourly run looked at a version");
    }

    fn pause(&self) {
        self.metrics.flush();
    }
}

fn log_run(done: &Tidied, succeeded: bool) {
    tracing::info!(
        succeeded,
        expired = done.expired,
        removed = done.removed,
        late_links = done.late_links,
        listed = done.listed,
        looked_at = done.looked_at,
        repaired = done.repaired,
        vanished = done.vanished,
        orphans = done.orphans,
        unscanned = done.unscanned,
        unreadable = done.unreadable,
        skipped_slices = done.skipped_slices,
        failed = done.failed,
        "the hourly run ended"
    );
}

/// Counts a verdict. An earlier run has counted a rejection without a reason.
fn count(verdict: Verdict, happened_at: Option<Timestamp>) {
    match verdict {
        Verdict::Pinned { size_bytes } => {
            Metrics::count(metrics::AVAILABLE);
            Metrics::measure(metrics::BYTES, size_bytes);
        }
        Verdict::Rejected(Some(reason)) => Metrics::count_rejection(reason.as_str()),
        Verdict::Duplicate => Metrics::count(metrics::DUPLICATE_EVENTS),
        Verdict::Surplus => Metrics::count(metrics::SURPLUS_VERSIONS),
        Verdict::Vanished => Metrics::count(metrics::VANISHED_VERSIONS),
        Verdict::Orphan => Metrics::count(metrics::ORPHANED_VERSIONS),
        Verdict::ScanFailed => Metrics::count(metrics::FAILED_SCANS),
        Verdict::ThreatInPinned => Metrics::count(metrics::THREATS_IN_PINNED),
        _ => {}
    }
    if let (Verdict::Pinned { .. } | Verdict::Rejected(Some(_)), Some(happened_at)) = (verdict, happened_at) {
        let age = happened_at.until(clock());
        Metrics::measure(metrics::AGE, u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
    }
}

#[expect(clippy::disallowed_methods, reason = "the only place that reads the clock")]
fn clock() -> Timestamp {
    SystemTime::now().into()
}
