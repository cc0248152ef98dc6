//! A running build: how many crates of how many cargo has compiled.

use std::{
    io::{self, Write},
    sync::Mutex,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use super::{Steps, human};

/// How often a build prints a line where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// A running build. Dropping it clears its bar.
#[derive(Debug)]
pub struct Building {
    steps: Steps,
    title: String,
    bar: Option<ProgressBar>,
    begun: Instant,
    last_line: Mutex<Instant>,
}

impl Building {
    pub(super) fn new(steps: &Steps, title: &str) -> Self {
        let bar = steps.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner().with_message(title.to_owned()));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        let begun = Instant::now();
        Self { steps: steps.clone(), title: title.to_owned(), bar, begun, last_line: Mutex::new(begun) }
    }

    /// Prints nothing but what the compiler says, for tests.
    pub fn quiet() -> Self {
        Self::new(&Steps::quiet(), "")
    }

    /// Reports that cargo has compiled so many crates of `all`, and which ones it compiles now.
    pub(crate) fn reached(&self, compiled: u64, all: u64, compiling: &str) {
        if let Some(bar) = &self.bar {
            if bar.length().is_none() {
                let style = "  {spinner} {elapsed:>8}  {bar:24} {pos} of {len} crates  {wide_msg}";
                bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| bar.style()));
            }
            bar.set_length(all);
            bar.set_position(compiled);
            bar.set_message(compiling.to_owned());
            return;
        }
        let Ok(mut last_line) = self.last_line.lock() else { return };
        if last_line.elapsed() >= LINE_EVERY {
            let (took, title) = (human(self.begun.elapsed()), &self.title);
            self.steps.say(&format!("    {took:>8}  {title}: {compiled} of {all} crates"));
            *last_line = Instant::now();
        }
    }

    /// Prints what cargo waits for.
    pub(crate) fn waits(&self, text: &str) {
        self.steps.say(&format!("    {text}"));
    }

    /// Prints a line of the compiler's, also where steps are quiet.
    pub(crate) fn compiler_says(&self, line: &str) {
        match &self.steps.bars {
            Some(bars) => drop(bars.println(line)),
            None => drop(writeln!(io::stderr(), "{line}")),
        }
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
