//! How a command ended.

use std::future::Future;
use std::process::ExitCode;

/// How a command ended, as its exit code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All is well, or the change was made: 0.
    Well,
    /// A problem was found, or the change failed: 1.
    Problem,
    /// The program could not look, or was used wrongly: 2.
    CouldNotLook,
}

impl Ended {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Problem => 1,
            Self::CouldNotLook => 2,
        }
    }
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        Self::from(ended.code())
    }
}

/// The text about exit codes in the help of a command.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  all is well
  1  a problem was found, or a change failed
  2  wrong usage, or the program could not look";

/// Runs a command to its end on a runtime of its own.
///
/// # Errors
/// If the operating system gives no runtime.
pub fn run<T>(command: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("failed to start: {error}"))?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_background();
    outcome
}
