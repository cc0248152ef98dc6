//! Where steps print: to a terminal with bars, to lines of text, or nowhere.

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar};

/// Where steps print.
#[derive(Debug, Clone)]
pub(super) struct Output {
    bars: Option<MultiProgress>,
    loud: bool,
}

impl Output {
    /// Standard output.
    pub(super) fn loud() -> Self {
        Self { bars: io::stdout().is_terminal().then(MultiProgress::new), loud: true }
    }

    pub(super) fn quiet() -> Self {
        Self { bars: None, loud: false }
    }

    /// Adds a bar, if this is a terminal.
    pub(super) fn bar(&self, bar: impl FnOnce() -> ProgressBar) -> Option<ProgressBar> {
        self.bars.as_ref().map(|bars| bars.add(bar()))
    }

    /// Adds a spinner, if this is a terminal.
    pub(super) fn spinner(&self, title: &str) -> Option<ProgressBar> {
        let spinner = self.bar(|| ProgressBar::new_spinner().with_message(title.to_owned()))?;
        spinner.enable_steady_tick(Duration::from_millis(100));
        Some(spinner)
    }

    /// Prints one line of text.
    pub(super) fn say(&self, text: &str) {
        if self.loud {
            match &self.bars {
                Some(bars) => drop(bars.println(text)),
                None => drop(writeln!(io::stdout(), "{text}")),
            }
        }
    }

    /// Prints one line about a failure, also where steps print nothing.
    pub(super) fn complain(&self, text: &str) {
        match &self.bars {
            Some(bars) => drop(bars.println(text)),
            None => drop(writeln!(io::stderr(), "{text}")),
        }
    }
}

/// A duration with its unit.
pub(super) fn human(took: Duration) -> String {
    if took < Duration::from_secs(1) {
        format!("{} ms", took.as_millis())
    } else {
        format!("{:.2} s", took.as_secs_f64())
    }
}
