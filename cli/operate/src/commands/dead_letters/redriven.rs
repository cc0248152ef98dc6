//! The queues whose dead messages can be sent again.

use clap::ValueEnum;

/// A queue whose dead messages can be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Redriven {
    /// S3's events.
    Uploads,
    /// Webhooks.
    Webhook,
}

impl Redriven {
    /// The names of the dead-letter queue and of the queue before it, among the stack's queues.
    pub(super) fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Uploads => ("dead_uploads", "uploads"),
            Self::Webhook => ("dead_webhook", "webhook"),
        }
    }
}
