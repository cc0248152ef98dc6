//! Ctrl-C and SIGTERM. They end a command between two calls, so that it can put back what it has received.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::report::progress;

/// Whether the command should stop.
#[derive(Debug, Clone, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Stops after a signal.
    pub(super) fn on_signal() -> Self {
        let stop = Self::default();
        let stopped = stop.clone();
        tokio::spawn(async move {
            signal().await;
            progress("stopping, and putting back the messages that were received");
            stopped.set();
        });
        stop
    }

    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// # Errors
    /// If the command should stop.
    pub(super) fn check(&self) -> Result<(), String> {
        match self.0.load(Ordering::Relaxed) {
            true => Err("the command was interrupted".to_owned()),
            false => Ok(()),
        }
    }
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};

    let terminated = signal(SignalKind::terminate());
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = async {
            match terminated {
                Ok(mut terminated) => drop(terminated.recv().await),
                Err(_) => std::future::pending().await,
            }
        } => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    // Without a handler, the signal ends the program.
    let _ = tokio::signal::ctrl_c().await;
}
