//! What waits in the dead-letter queues: shows each message with its cause, and sends messages again.
//!
//! | queue | what is in it | sent again |
//! |---|---|---|
//! | `uploads` | S3's event | to the queue of uploads |
//! | `webhook` | an event of the app | to the queue of webhooks |
//! | `removals`, `tidy`, `app_events` | a report of Lambda, Scheduler or Pipes | never: the report is no event |

mod cause;
mod queue;
mod redrive;
mod redriven;
mod show;
mod stop;

use std::num::NonZeroUsize;

use clap::Subcommand;

use self::redriven::Redriven;
use super::arguments::{Change, Common};
use super::aws::Aws;
use super::report::Report;
use crate::ended::{EXIT_CODES, Ended};

/// Commands for the dead-letter queues.
#[derive(Debug, Subcommand)]
pub enum DeadLetters {
    /// Shows each message that waits, and why it failed.
    ///
    /// Messages are hidden from other readers while they are read, for at most a minute.
    #[command(after_help = EXIT_CODES)]
    Show {
        /// The most messages of each queue that are shown.
        #[arg(long, value_name = "N", default_value = "100")]
        limit: NonZeroUsize,
        #[command(flatten)]
        common: Common,
    },
    /// Sends the messages of a dead-letter queue to the queue that they came from.
    ///
    /// Remove the cause first. Each message is sent, and then removed from the dead-letter queue. A run that is
    /// interrupted may leave one message in both: the functions expect repetitions. A run that fails or is interrupted
    /// puts back what it has received, so it can be repeated at once.
    #[command(after_help = EXIT_CODES)]
    Redrive {
        /// The queue whose messages are sent again.
        #[arg(value_name = "QUEUE")]
        queue: Redriven,
        #[command(flatten)]
        change: Change,
    },
}

impl DeadLetters {
    pub(super) fn common(&self) -> &Common {
        match self {
            Self::Show { common, .. } => common,
            Self::Redrive { change, .. } => &change.common,
        }
    }

    pub(super) async fn run(&self, aws: &Aws) -> Result<(Report, Ended), String> {
        match self {
            Self::Show { limit, .. } => show::show(aws, limit.get()).await,
            Self::Redrive { queue, change } => redrive::redrive(aws, *queue, change.dry_run).await,
        }
    }
}
