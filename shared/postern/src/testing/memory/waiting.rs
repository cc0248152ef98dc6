//! The calls that wait for their turn.

use std::collections::BTreeSet;

/// The calls that wait, by the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Turns {
    came: usize,
    pub(super) waiting: BTreeSet<usize>,
}

impl Turns {
    /// One more call, which waits.
    pub(super) fn come(&mut self) -> usize {
        self.came += 1;
        self.waiting.insert(self.came);
        self.came
    }
}
