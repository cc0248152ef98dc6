//! A cause, and the reasons for it.

use super::super::cause::Cause;
use super::super::explanation::Certainty;

/// A cause with what the input says for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) cause: &'static Cause,
    pub(crate) certainty: Certainty,
    /// The name of the part that is to blame, such as `content-type`.
    pub(crate) name: Option<String>,
    pub(crate) because: Vec<String>,
}

impl Found {
    pub(super) fn new(cause: &'static Cause, certainty: Certainty) -> Self {
        Self { cause, certainty, name: None, because: Vec::new() }
    }

    pub(super) fn certain(cause: &'static Cause) -> Self {
        Self::new(cause, Certainty::Certain)
    }

    pub(super) fn likely(cause: &'static Cause) -> Self {
        Self::new(cause, Certainty::Likely)
    }

    pub(super) fn possible(cause: &'static Cause) -> Self {
        Self::new(cause, Certainty::Possible)
    }

    pub(super) fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    pub(super) fn because(mut self, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        if !reason.is_empty() {
            self.because.push(reason);
        }
        self
    }
}
