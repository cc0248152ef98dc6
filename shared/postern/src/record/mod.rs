//! Recording what arrived: from an event about a version to a verdict.
//!
//! ```text
//!  event ─▶ record ∥ first bytes ─▶ fate settled? ──yes──▶ follow it
//!                                     │ no
//!                                     ▼
//!                          rules ─▶ one conditional write ─▶ follow what it decided
//! ```
//!
//! The recorder uses an event only to learn which version to look at. It reads everything else from the table
//! and from S3. A verdict is not an error: every verdict acknowledges the message. Only
//! [`Unavailable`](crate::ports::Unavailable) lets SQS redeliver it. To follow a fate means to remove the
//! version unless it is the pinned one. That is safe at any time, because a settled fate never changes. The
//! steps and their order are in [`run`], without I/O, so that a model checker can perform them.

mod advice;
pub mod content;
mod driver;
pub mod event;
mod event_shapes;
pub mod evidence;
mod examined;
pub mod listing;
pub mod removal;
pub mod report;
pub mod rules;
pub mod run;
mod settings;
pub mod sniff;
pub mod sweep;
pub mod tidy;
mod verdict;

pub use driver::record_version;
pub use settings::Settings;
pub use verdict::Verdict;

/// The ports of the recorder.
#[derive(Debug)]
pub struct Ports<S, O> {
    /// The table.
    pub store: S,
    /// The bucket.
    pub objects: O,
}

#[cfg(test)]
mod event_tests;
#[cfg(test)]
mod isolation_tests;
#[cfg(test)]
mod removal_tests;
#[cfg(test)]
mod rules_tests;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod scan_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tidy_tests;
