//! The steps of the provisioning, and their errors.

use std::error::Error;

/// The stack's name. The name of every resource begins with it.
pub(crate) const NAME: &str = "postern";

/// A failed step and its cause.
#[derive(Debug, thiserror::Error)]
#[error("{step}")]
pub struct ProvisionError {
    step: String,
    source: Box<dyn Error + Send + Sync>,
}

/// A result or an option whose error can name the step that failed.
pub(super) trait Step<T> {
    /// Names the step in the error. A missing value becomes an error too.
    fn step(self, step: impl Into<String>) -> Result<T, ProvisionError>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> Step<T> for Result<T, E> {
    fn step(self, step: impl Into<String>) -> Result<T, ProvisionError> {
        self.map_err(|error| ProvisionError { step: step.into(), source: error.into() })
    }
}

impl<T> Step<T> for Option<T> {
    fn step(self, step: impl Into<String>) -> Result<T, ProvisionError> {
        self.ok_or("the answer lacks what was asked for").step(step)
    }
}
