//! Conflicts with transactions: DynamoDB rejects such a write at once. This module retries it.
//!
//! A
//! [conflict](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling)
//! is a certain answer: nothing was written. So a retry is a new request, and a transaction gets a new
//! `ClientRequestToken`. After a lost answer, in contrast, the SDK retries with the same token. The pauses
//! are random, so that conflicting writes do not conflict again. Retries go on for as long as an operation of
//! the function may take.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::CancellationReason;
use tokio::time::{Instant, sleep};

use super::Table;

/// The longest first pause and the longest later one, in milliseconds. The limit doubles in between.
const FIRST_PAUSE_MS: u64 = 20;
const LONGEST_PAUSE_MS: u64 = 640;

/// Reasons that are not about the items: the same transaction may succeed a moment later.
const PASSING: [&str; 3] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

/// Errors that may be conflicts.
pub(super) trait Conflict {
    /// Whether nothing was written, because of another transaction and not because of a condition.
    fn is_conflict(&self) -> bool;
}

impl Conflict for PutItemError {
    fn is_conflict(&self) -> bool {
        self.is_transaction_conflict_exception()
    }
}

impl Conflict for UpdateItemError {
    fn is_conflict(&self) -> bool {
        self.is_transaction_conflict_exception()
    }
}

impl Conflict for TransactWriteItemsError {
    fn is_conflict(&self) -> bool {
        let codes = reasons(self).iter().filter_map(CancellationReason::code).filter(|code| *code != "None");
        let codes: Vec<_> = codes.collect();
        !codes.is_empty() && codes.iter().all(|code| PASSING.contains(code))
    }
}

/// Why a transaction was not written, a reason for each of its items.
pub(super) fn reasons(error: &TransactWriteItemsError) -> &[CancellationReason] {
    match error {
        TransactWriteItemsError::TransactionCanceledException(canceled) => canceled.cancellation_reasons(),
        _ => &[],
    }
}

/// Whether this item's condition failed.
pub(super) fn condition_failed(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

impl Table {
    /// Sends a write, again and again while it conflicts with another transaction.
    ///
    /// # Errors
    /// The error of the last try.
    pub(super) async fn send<T, E: Conflict, R, F>(&self, write: impl Fn() -> F) -> Result<T, SdkError<E, R>>
    where
        F: Future<Output = Result<T, SdkError<E, R>>>,
    {
        let (begin, mut longest_ms) = (Instant::now(), FIRST_PAUSE_MS);
        loop {
            let error = match write().await {
                Err(error) if error.as_service_error().is_some_and(E::is_conflict) => error,
                done => return done,
            };
            let pause = Duration::from_millis(fastrand::u64(1..=longest_ms));
            if begin.elapsed() + pause > self.patience {
                return Err(error);
            }
            sleep(pause).await;
            longest_ms = (longest_ms * 2).min(LONGEST_PAUSE_MS);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use aws_sdk_dynamodb::types::error::TransactionConflictException;
    use futures::future::join_all;

    use super::*;
    use crate::scripted::sdk;

    /// As many links for one upload as a mail has recipients: their transactions share the upload's
    /// item, and DynamoDB refuses whichever comes while another is under way.
    #[tokio::test]
    async fn fifty_transactions_on_one_item_at_once_are_all_written() {
        const UNDER_WAY: Duration = Duration::from_millis(15);
        // The patience of `issue-upload` is nine seconds.
        let table = Table::new(&sdk("http://127.0.0.1:1", Duration::from_secs(2)), "table");
        let is_busy = AtomicBool::new(false);
        let write = || async {
            if is_busy.swap(true, Ordering::SeqCst) {
                let conflict = TransactionConflictException::builder().build();
                return Err(SdkError::service_error(
                    UpdateItemError::TransactionConflictException(conflict),
                    (),
                ));
            }
            sleep(UNDER_WAY).await;
            is_busy.store(false, Ordering::SeqCst);
            Ok(())
        };
        let written = join_all((0..50).map(|_| table.send(write))).await;
        assert_eq!(written.iter().filter(|written| written.is_ok()).count(), 50);
    }
}
