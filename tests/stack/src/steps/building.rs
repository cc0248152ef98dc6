//! A running build: how many crates of how many cargo has compiled.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use super::output::{Output, human};

/// How often a build prints a line where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// A running build. Dropping it clears its bar.
#[derive(Debug)]
pub struct Building {
    output: Output,
    title: String,
    bar: Option<ProgressBar>,
    begun: Instant,
    /// When the next line is due, since the beginning.
    next_line: Mutex<Duration>,
}

impl Building {
    pub(super) fn new(output: &Output, title: &str) -> Self {
        let bar = output.spinner(title);
        let next_line = Mutex::new(LINE_EVERY);
        Self { output: output.clone(), title: title.to_owned(), bar, begun: Instant::now(), next_line }
    }

    /// Prints nothing but what the compiler says, for tests.
    pub fn quiet() -> Self {
        Self::new(&Output::quiet(), "")
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
        } else if let Some(line) = self.line(self.begun.elapsed(), compiled, all) {
            self.output.say(&line);
        }
    }

    /// Returns the line for a build that has taken so long, if one is due.
    fn line(&self, took: Duration, compiled: u64, all: u64) -> Option<String> {
        let mut next_line = self.next_line.lock().ok()?;
        if took < *next_line {
            return None;
        }
        *next_line = took + LINE_EVERY;
        Some(format!("    {:>8}  {}: {compiled} of {all} crates", human(took), self.title))
    }

    /// Prints what cargo waits for.
    pub(crate) fn waits(&self, text: &str) {
        self.output.say(&format!("    {text}"));
    }

    /// Prints a line of the compiler's, also where steps are quiet.
    pub(crate) fn compiler_says(&self, line: &str) {
        self.output.complain(line);
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_is_no_terminal_a_build_prints_a_line_every_few_seconds() {
        let building = Building::new(&Output::quiet(), "build");
        let line = |ms, compiled| building.line(Duration::from_millis(ms), compiled, 285);
        assert_eq!(line(4900, 10), None, "a short build prints none");
        assert_eq!(line(5100, 12).as_deref(), Some("      5.10 s  build: 12 of 285 crates"));
        assert_eq!(line(5200, 13), None);
        assert_eq!(line(10_090, 20), None);
        assert_eq!(line(90_000, 120).as_deref(), Some("     90.00 s  build: 120 of 285 crates"));
        assert_eq!(line(90_100, 121), None);
    }
}
