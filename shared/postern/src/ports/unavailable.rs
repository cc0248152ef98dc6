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
        let (mut text, mut next) = (self.to_string(), Error::source(self));
        while let Some(cause) = next {
            text = format!("{text}: {cause}");
            next = cause.source();
        }
        text
    }
}
