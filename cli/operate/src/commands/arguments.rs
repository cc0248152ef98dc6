//! Arguments that many commands have.

use clap::Args;

use crate::stack::StackArguments;

/// The stack, and the form of the answer.
#[derive(Debug, Clone, Args)]
pub struct Common {
    #[command(flatten)]
    pub(super) stack: StackArguments,

    /// Write JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// The arguments of a command that changes something.
#[derive(Debug, Clone, Args)]
pub struct Change {
    /// Show what would be changed, and change nothing.
    #[arg(long)]
    pub(super) dry_run: bool,

    #[command(flatten)]
    pub(super) common: Common,
}
