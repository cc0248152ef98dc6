//! Captures what a test logs.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing_subscriber::util::SubscriberInitExt;

use crate::lambda::log_to;

/// What was logged so far.
#[derive(Clone, Default)]
pub(crate) struct Logged(Arc<Mutex<Vec<u8>>>);

impl Logged {
    /// Captures what this thread logs, until the guard is dropped.
    pub fn capture() -> (Self, impl Drop) {
        let logged = Self::default();
        let writer = logged.clone();
        (logged, log_to(move || writer.clone()).set_default())
    }

    /// The lines, as a function writes them.
    pub fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
