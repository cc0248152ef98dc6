//! Makes the stack as an operator does: `terraform apply` of the module with the real provider, on the local
//! AWS. Then plans again, and destroys the stack.
//!
//! ```text
//! clients, functions, terraform ─▶ proxy (counts as TLS) ─▶ the local AWS
//! ```
//!
//! This module does not know which resources the Terraform module makes. It reads the coordinates from the
//! module's outputs.

mod applied;
mod cli;
mod command;
mod plan;
mod provider;
mod remains;

use std::io;

use crate::skip;

pub use self::{applied::Applied, provider::find_provider};

/// The module cannot be applied, or a check of it fails.
#[derive(Debug, thiserror::Error)]
pub enum TerraformError {
    /// `terraform` is not in the path.
    #[error("run terraform, which is not installed here")]
    Missing(#[source] io::Error),
    /// The provider is not available here.
    #[error("find terraform's provider; terraform init says:\n{0}")]
    NoProvider(String),
    /// The module cannot be copied.
    #[error("prepare a folder for terraform")]
    Copy(#[source] io::Error),
    /// Terraform cannot be run.
    #[error("run terraform")]
    Run(#[source] io::Error),
    /// Terraform ran and failed.
    #[error("run terraform {step}, which says:\n{log}")]
    Failed {
        /// The command.
        step: String,
        /// The end of its output.
        log: String,
    },
    /// The output of Terraform cannot be parsed.
    #[error("read terraform's answer")]
    Answer(#[source] serde_json::Error),
    /// An output that the coordinates need is missing.
    #[error("find the output {0} of terraform/tests/local")]
    Output(String),
    /// A second plan would change what the first apply has made.
    #[error("get an empty second plan; it has:\n{0}")]
    Drift(String),
    /// Something remains after `terraform destroy`.
    #[error("destroy everything; after terraform destroy these exist:\n{0}")]
    Remains(String),
}

impl TerraformError {
    /// Reports that `what` is skipped if this machine lacks Terraform or its provider. In a strict run, a
    /// missing Terraform fails the test.
    ///
    /// # Panics
    /// For every other error.
    #[expect(clippy::panic, reason = "the test of a broken module fails")]
    pub fn skip(&self, what: &str) {
        match self {
            Self::NoProvider(_) => skip::skipped_without_provider(what, &self.to_string()),
            Self::Missing(_) => skip::skipped(what, &self.to_string()),
            _ => panic!("{what}: {self}"),
        }
    }

    /// Whether this machine lacks Terraform or its provider.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Missing(_) | Self::NoProvider(_))
    }
}
