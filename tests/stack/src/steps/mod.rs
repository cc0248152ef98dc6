//! Prints steps while they run, with their durations.
//!
//! On a terminal, a running step has a spinner or a bar. Elsewhere each finished step prints a line, a long
//! transfer prints a line for each quarter, and a long build prints a line every few seconds.

mod building;
mod output;
mod transfer;

use std::time::{Duration, Instant};

use self::output::{Output, human};
pub use self::{building::Building, transfer::Transfer};

/// Prints steps, or prints nothing.
#[derive(Debug, Clone)]
pub struct Steps {
    output: Output,
}

impl Steps {
    /// Prints to standard output.
    pub fn loud() -> Self {
        Self { output: Output::loud() }
    }

    /// Prints nothing, for tests.
    pub fn quiet() -> Self {
        Self { output: Output::quiet() }
    }

    /// Does one step, and prints its outcome.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn run<T, E>(&self, title: &str, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let spinner = self.output.spinner(title);
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
        let transfer = Transfer::new(&self.output, title, total_bytes);
        let bar = transfer.bar.clone();
        let begun = Instant::now();
        let result = work(transfer).await;
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        self.finished(title, result.is_ok(), begun.elapsed());
        result
    }

    /// Does one step that builds with cargo. `work` gives the [`Building`] to cargo's caller.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn build<T, E, W>(&self, title: &str, work: impl FnOnce(Building) -> W) -> Result<T, E>
    where
        W: Future<Output = Result<T, E>>,
    {
        self.run_talking(title, work(Building::new(&self.output, title))).await
    }

    /// Prints one line of text.
    pub fn say(&self, text: &str) {
        self.output.say(text);
    }

    fn finished(&self, title: &str, well: bool, took: Duration) {
        let mark = if well { '✓' } else { '✗' };
        self.say(&format!("  {mark} {:>8}  {title}", human(took)));
    }
}
