//! The one error of every port: a backing service did not answer, or refused.

use std::error::Error;

/// The world did not answer, or not in a way that decides anything: try again.
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
}
