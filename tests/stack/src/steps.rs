//! Prints steps while they run, with their durations.
//!
//! On a terminal, a running step has a spinner or a bar. Elsewhere each finished step prints a line, and a
//! long transfer prints a line for each quarter.

use std::{
    io::{self, IsTerminal, Write},
    sync::Mutex,
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// Prints steps, or prints nothing.
#[derive(Debug, Clone)]
pub struct Steps {
    bars: Option<MultiProgress>,
    loud: bool,
}

impl Steps {
    /// Prints to standard output.
    pub fn loud() -> Self {
        Self { bars: io::stdout().is_terminal().then(MultiProgress::new), loud: true }
    }

    /// Prints nothing, for tests.
    pub fn quiet() -> Self {
        Self { bars: None, loud: false }
    }

    /// Does one step, and prints its outcome.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn run<T, E>(&self, title: &str, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let spinner = self.bars.as_ref().map(|bars| {
            let spinner = bars.add(ProgressBar::new_spinner().with_message(title.to_owned()));
            spinner.enable_steady_tick(Duration::from_millis(100));
            spinner
        });
        let begun = Instant::now();
        let result = work.await;
        if let Some(spinner) = spinner {
            spinner.finish_and_clear();
        }
        self.finished(title, result.is_ok(), begun.elapsed());
        result
    }

    /// Does one step without a spinner, because the step prints lines itself.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn run_talking<T, E>(
        &self,
        title: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let begun = Instant::now();
        let result = work.await;
        self.finished(title, result.is_ok(), begun.elapsed());
        result
    }

    /// Does one step that transfers bytes. `work` reports each piece to the [`Transfer`].
    ///
    /// # Errors
    /// Those of the work.
    pub async fn transfer<T, E, W>(
        &self,
        title: &str,
        total_bytes: u64,
        work: impl FnOnce(Transfer) -> W,
    ) -> Result<T, E>
    where
        W: Future<Output = Result<T, E>>,
    {
        let transfer = Transfer::new(self, title, total_bytes);
        let bar = transfer.bar.clone();
        let begun = Instant::now();
        let result = work(transfer).await;
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        self.finished(title, result.is_ok(), begun.elapsed());
        result
    }

    /// Prints one line of text.
    pub fn say(&self, text: &str) {
        if self.loud {
            match &self.bars {
                Some(bars) => drop(bars.println(text)),
                None => drop(writeln!(io::stdout(), "{text}")),
            }
        }
    }

    fn finished(&self, title: &str, well: bool, took: Duration) {
        let mark = if well { '✓' } else { '✗' };
        self.say(&format!("  {mark} {:>8}  {title}", human(took)));
    }
}

/// A running transfer.
#[derive(Debug)]
pub struct Transfer {
    steps: Steps,
    title: String,
    total_bytes: u64,
    bar: Option<ProgressBar>,
    state: Mutex<(u64, u64)>,
}

impl Transfer {
    fn new(steps: &Steps, title: &str, total_bytes: u64) -> Self {
        let bar = steps.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new(total_bytes).with_message(title.to_owned()));
            let style = ProgressStyle::with_template("    {bytes:>10} of {total_bytes} {wide_bar} {msg}");
            style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
        });
        Self { steps: steps.clone(), title: title.to_owned(), total_bytes, bar, state: Mutex::new((0, 0)) }
    }

    /// Reports that so many more bytes were transferred.
    pub fn advance(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
            return;
        }
        let Ok(mut state) = self.state.lock() else { return };
        let (moved, told) = &mut *state;
        *moved += bytes;
        let quarter = if self.total_bytes < QUARTERS_FROM_BYTES { 0 } else { *moved * 4 / self.total_bytes };
        if quarter > *told && quarter < 4 {
            self.steps.say(&format!("    {:>7} %  {}", quarter * 25, self.title));
            *told = quarter;
        }
    }
}

/// The size from which a transfer prints a line for each quarter.
const QUARTERS_FROM_BYTES: u64 = 8 * 1024 * 1024;

fn human(took: Duration) -> String {
    if took < Duration::from_secs(1) {
        format!("{} ms", took.as_millis())
    } else {
        format!("{:.2} s", took.as_secs_f64())
    }
}
