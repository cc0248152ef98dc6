//! Skipped tests.
//!
//! A skip is written directly to standard error, because the test harness hides the output of tests that
//! pass. If `POSTERN_SKIPS` names a file, as in CI, the run is strict: each skip is appended to that file,
//! and a skip that this machine could have avoided fails its test.

use std::{env, fs::OpenOptions, io, io::Write};

use crate::coordinates::PREFIX;

/// Names the file that lists the skips of a strict run.
const SKIPS: &str = "POSTERN_SKIPS";

/// What a skipped test needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// A program that a package installs, or a local stack.
    Program,
    /// Terraform's provider, which no package registry offers.
    Provider,
}

/// Skips `what` because this machine lacks a program, or because the environment names a stack that
/// is not local.
///
/// # Panics
/// In a strict run, unless the environment names a stack.
pub fn skipped(what: &str, why: &str) {
    skip(Needs::Program, what, why);
}

/// Skips `what` because Terraform cannot get its provider here. A strict run lists it too.
pub(crate) fn skipped_without_provider(what: &str, why: &str) {
    skip(Needs::Provider, what, why);
}

#[expect(clippy::panic, reason = "a test that must not be skipped fails")]
fn skip(needs: Needs, what: &str, why: &str) {
    let why = why.lines().next().unwrap_or_default();
    assert!(!why.is_empty(), "{what} is skipped without a reason");
    let _ = writeln!(io::stderr(), "SKIPPED: {what}: {why}");
    let Some(list) = env::var_os(SKIPS) else { return };
    let names_a_stack = env::var_os(format!("{PREFIX}API_URL")).is_some();
    assert!(!fails(needs, names_a_stack), "{what} must run here, and cannot: {why}");
    let written = OpenOptions::new().create(true).append(true).open(&list);
    if let Err(error) = written.and_then(|mut list| writeln!(list, "{what}: {why}")) {
        panic!("cannot write to {SKIPS}={}: {error}", list.display());
    }
}

/// Whether a strict run fails because of the skip.
fn fails(needs: Needs, names_a_stack: bool) -> bool {
    needs == Needs::Program && !names_a_stack
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "skipped without a reason")]
    fn a_skip_says_why() {
        skipped("a test", "");
    }

    #[test]
    fn a_strict_run_refuses_what_this_machine_could_have_run() {
        assert!(fails(Needs::Program, false));
        assert!(!fails(Needs::Program, true), "the journeys of a named stack skip what only a local one has");
        assert!(!fails(Needs::Provider, false), "no registry offers the provider");
    }
}
