//! The hourly run, for the work that no event starts: uploads whose form expired unused, deletions that were
//! given up, and versions whose event was lost.
//!
//! A schedule starts it. It uses the same conditional writes as events do, so both may run at the same time:
//! [`super::sweep`] expires uploads and deletes as the table's stream does, [`super::listing`] looks at
//! versions as the queue does.
//!
//! One owner's uploads must not delay another's. So both run side by side. Failures are counted and left to
//! the next hour, and both end when their time is up.

use std::pin::pin;

use futures::future::{Either, join, select};

use crate::ports::{ObjectStore, RecordStore, Unavailable};
use s3_presigned::Timestamp;

use super::listing::list_bucket;
use super::report::Report;
use super::sweep::sweep;
use super::{Ports, Settings};

/// Does the work that is due at `now`, until `time_is_up`. Unfinished work is then dropped, as after a crash.
///
/// # Errors
/// If the index or the bucket could not be listed; the other part was done nevertheless. Single failures are
/// counted and left to the next run.
pub async fn tidy<S: RecordStore, O: ObjectStore>(
    ports: &Ports<S, O>,
    settings: &Settings,
    now: Timestamp,
    time_is_up: impl Future<Output = ()>,
    report: &impl Report,
) -> Result<(), Unavailable> {
    let work = join(sweep(ports, now, report), list_bucket(ports, settings, now, report));
    match select(pin!(time_is_up), pin!(work)).await {
        Either::Left(_) => Ok(()),
        Either::Right(((swept, listed), _)) => swept.and(listed),
    }
}
