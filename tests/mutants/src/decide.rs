//! Decides each mutant by the tests that reach it.

use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::sites::Mutant;
use crate::tests_of::{Test, at_once, command};

/// What the tests say of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A test fails, or does not end.
    Caught,
    /// Every test that reaches it passes.
    Survived,
    /// No test reaches it.
    Unreached,
}

/// A program may take so long beyond what its tests take without a mutant.
const GRACE: Duration = Duration::from_secs(10);

/// The outcome of each mutant. It is `told` at once.
pub fn decide(mutants: &[Mutant], tests: &[Test], told: impl Fn(&Mutant, Outcome) + Sync) -> Vec<Outcome> {
    at_once(mutants, |n, mutant| {
        if n % 100 == 0 {
            eprintln!("{n} of {} mutants", mutants.len());
        }
        let outcome = outcome(mutant, tests);
        told(mutant, outcome);
        outcome
    })
}

fn outcome(mutant: &Mutant, tests: &[Test]) -> Outcome {
    let of_mutant: Vec<_> = tests.iter().filter(|test| test.reaches.contains(&mutant.id)).collect();
    if of_mutant.is_empty() {
        return Outcome::Unreached;
    }
    let is_caught = chunks(&of_mutant).iter().any(|chunk| !passes(chunk, mutant.id));
    if is_caught { Outcome::Caught } else { Outcome::Survived }
}

/// The tests in groups of one program each, the first ones small: most mutants are caught by any test.
fn chunks<'a>(tests: &[&'a Test]) -> Vec<Vec<&'a Test>> {
    let mut chunks: Vec<Vec<&Test>> = Vec::new();
    let mut rest = tests;
    let mut bound = Duration::from_millis(200);
    while !rest.is_empty() {
        let mut takes = Duration::ZERO;
        let within = rest.iter().take_while(|test| {
            let fits = takes < bound;
            takes += test.takes;
            fits
        });
        let (chunk, later) = rest.split_at(within.count());
        let mut programs: Vec<&(PathBuf, PathBuf)> = chunk.iter().map(|test| &test.program).collect();
        programs.sort_unstable();
        programs.dedup();
        chunks.extend(
            programs
                .iter()
                .map(|program| chunk.iter().copied().filter(|test| test.program == **program).collect()),
        );
        rest = later;
        bound *= 3;
    }
    chunks
}

fn passes(tests: &[&Test], id: usize) -> bool {
    let Some(first) = tests.first() else { return true };
    let names: Vec<_> = tests.iter().map(|test| test.name.as_str()).collect();
    let takes: Duration = tests.iter().map(|test| test.takes).sum();
    let mut command = command(&first.program, &names);
    ends_well(command.env("MUTANT", id.to_string()), takes * 10 + GRACE)
}

fn ends_well(command: &mut Command, limit: Duration) -> bool {
    let Ok(mut child) = command.spawn() else { return false };
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if start.elapsed() < limit => thread::sleep(Duration::from_millis(5)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}
