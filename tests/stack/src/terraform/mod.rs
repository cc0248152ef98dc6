//! The stack as a user gets it: `terraform apply` of the module, with the real provider, against
//! the local AWS; planned again, and destroyed.
//!
//! ```text
//! clients, functions, terraform ─▶ proxy (counts as TLS) ─▶ the local AWS
//! ```
//!
//! Deliberately absent: any knowledge of what the module makes. Coordinates come from its outputs.

mod applied;
mod cli;
mod command;
mod plan;
mod provider;
mod remains;

use std::io;

use crate::skip;

pub use self::{applied::Applied, provider::find_provider};

/// Why the module is not applied, or not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum TerraformError {
    /// No `terraform` in the path.
    #[error("run terraform, which is not installed here")]
    Missing(#[source] io::Error),
    /// The provider cannot be had here.
    #[error("find terraform's provider; terraform init says:\n{0}")]
    NoProvider(String),
    /// The copy of the module that Terraform works on.
    #[error("prepare a folder for terraform")]
    Copy(#[source] io::Error),
    /// The process.
    #[error("run terraform")]
    Run(#[source] io::Error),
    /// It ran and failed.
    #[error("run terraform {step}, which says:\n{log}")]
    Failed {
        /// Which command.
        step: String,
        /// The end of what it said.
        log: String,
    },
    /// It answered something else than asked for.
    #[error("read terraform's answer")]
    Answer(#[source] serde_json::Error),
    /// An output that the stack's coordinates need.
    #[error("find the output {0} of terraform/tests/local")]
    Output(String),
    /// A second plan would change what the first apply has made.
    #[error("plan nothing once all is applied; a second plan has:\n{0}")]
    Drift(String),
    /// Something outlived `terraform destroy`.
    #[error("leave nothing behind; after terraform destroy there is still:\n{0}")]
    Remains(String),
}

impl TerraformError {
    /// Skips `what` where this machine cannot do it at all. In a strict run a missing Terraform fails.
    ///
    /// # Panics
    /// If the module is wrong.
    #[expect(clippy::panic, reason = "a test of a module that is wrong fails")]
    pub fn skip(&self, what: &str) {
        match self {
            Self::NoProvider(_) => skip::skipped_without_provider(what, &self.to_string()),
            Self::Missing(_) => skip::skipped(what, &self.to_string()),
            _ => panic!("{what}: {self}"),
        }
    }

    /// Whether this machine cannot do it at all, as opposed to the module being wrong.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Missing(_) | Self::NoProvider(_))
    }
}
