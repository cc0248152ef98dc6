//! The failure of a step: what was expected, what happened, and the logs that may explain it.

use std::{error::Error, fmt, process::ExitCode};

/// A step that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    step: String,
    expected: String,
    came: String,
    look: String,
    exit_code: u8,
}

impl Failure {
    pub(crate) fn new(step: &str, expected: &str, came: impl Into<String>) -> Self {
        Self {
            step: step.to_owned(),
            expected: expected.to_owned(),
            came: came.into(),
            look: String::new(),
            exit_code: 1,
        }
    }

    /// Returns a failure that shows an error and all its causes.
    pub(crate) fn from_error(step: &str, error: &dyn Error) -> Self {
        let mut came = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            came = format!("{came}\ncaused by: {error}");
            cause = error.source();
        }
        Self::new(step, "no error", came)
    }

    /// Sets the exit code, which is 1 by default.
    pub(crate) fn with_exit_code(self, exit_code: u8) -> Self {
        Self { exit_code, ..self }
    }

    /// The exit code of the program.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit_code)
    }

    /// Adds what a function logged.
    pub(crate) fn with_logs_of(mut self, function: &str, lines: &[String]) -> Self {
        const LAST_LINES: usize = 20;
        let last = lines.split_at(lines.len().saturating_sub(LAST_LINES)).1;
        self.look.push_str(&block(&format!("the log of {function}"), &last.join("\n")));
        self
    }

    /// Adds what the emulator logged.
    pub(crate) fn with_log(mut self, log: &str) -> Self {
        self.look.push_str(&block("the emulator's log", log));
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, expected, came, look, exit_code: _ } = self;
        write!(
            formatter,
            "\nFailed to {step}\n  expected: {}\n  came:     {}{look}",
            indent(expected),
            indent(came)
        )
    }
}

fn block(title: &str, text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        format!("\n  {title} is empty")
    } else {
        format!("\n  {title} ends:\n    {}", text.replace('\n', "\n    "))
    }
}

fn indent(text: &str) -> String {
    text.trim().replace('\n', "\n            ")
}
