//! A running transfer of bytes.

use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use super::output::Output;

/// A running transfer.
#[derive(Debug)]
pub struct Transfer {
    output: Output,
    title: String,
    total_bytes: u64,
    pub(super) bar: Option<ProgressBar>,
    state: Mutex<(u64, u64)>,
}

impl Transfer {
    pub(super) fn new(output: &Output, title: &str, total_bytes: u64) -> Self {
        let bar = output.bar(|| {
            let bar = ProgressBar::new(total_bytes).with_message(title.to_owned());
            let style = ProgressStyle::with_template("    {bytes:>10} of {total_bytes} {wide_bar} {msg}");
            style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
        });
        Self { output: output.clone(), title: title.to_owned(), total_bytes, bar, state: Mutex::new((0, 0)) }
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
            self.output.say(&format!("    {:>7} %  {}", quarter * 25, self.title));
            *told = quarter;
        }
    }
}

/// The size from which a transfer prints a line for each quarter.
const QUARTERS_FROM_BYTES: u64 = 8 * 1024 * 1024;
