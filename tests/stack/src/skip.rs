//! Skipped tests.
//!
//! A skipped test passes. The test harness hides the output of tests that pass, so a skip is written directly
//! to standard error. CI makes a strict run: `POSTERN_SKIPS` names a file, to which each skip is appended. In
//! a strict run, a skip fails its test if the machine could have met the test's needs.

use std::{env, fs::OpenOptions, io, io::Write};

use crate::coordinates::PREFIX;

/// The variable that names the file with the skips of a strict run.
const SKIPS: &str = "POSTERN_SKIPS";

/// What a skipped test needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// A program that a package installs, or a local stack.
    Program,
    /// Terraform's provider, which no package registry offers.
    Provider,
}

/// Reports that `what` is skipped because this machine lacks a program, or because the environment names a
/// stack that is not local.
///
/// # Panics
/// In a strict run, unless the environment names a stack.
pub fn skipped(what: &str, why: &str) {
    skip(Needs::Program, what, why);
}

/// Reports that `what` is skipped because Terraform cannot get its provider here. A strict run accepts this
/// skip.
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
    // One write, so that lines of processes that run side by side do not mix.
    let line = format!("{what}: {why}\n");
    if let Err(error) = written.and_then(|mut list| list.write_all(line.as_bytes())) {
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
    fn a_strict_run_fails_a_skip_that_the_machine_could_have_avoided() {
        assert!(fails(Needs::Program, false));
        assert!(!fails(Needs::Program, true), "the journeys of a named stack skip what only a local one has");
        assert!(!fails(Needs::Provider, false), "no registry offers the provider");
    }
}
