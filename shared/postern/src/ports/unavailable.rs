//! The error of every port: a backing service did not answer, or refused.

use std::error::Error;

/// A transient failure: a backing service failed, refused or timed out. The caller may retry.
#[derive(Debug, thiserror::Error)]
#[error("failed to {operation}")]
pub struct Unavailable {
    operation: &'static str,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl Unavailable {
    /// `operation` completes the sentence "failed to …".
    pub fn new(operation: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { operation, source: source.into() }
    }

    /// The error with its causes, in one line for the log.
    pub fn causes(&self) -> String {
        let chain = std::iter::successors(Some(self as &dyn Error), |error| error.source());
        chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }
}
