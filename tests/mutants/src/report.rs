//! What is shown of a run: figures per module, the survivors, and whether the bounds hold.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::decide::Outcome;
use crate::sites::Mutant;

/// The mutants that equal the original for every input, each with its reason.
///
/// A mutant stands in a line as [`name`] writes it; its reason is indented below.
pub fn equivalent(text: &str) -> BTreeSet<&str> {
    let is_name = |line: &&str| !line.starts_with([' ', '#']) && !line.trim().is_empty();
    text.lines().filter(is_name).collect()
}

/// The mutant without its line, which moves.
pub fn name(mutant: &Mutant) -> String {
    format!("{} {}: {}", mutant.file, mutant.function, mutant.change)
}

/// The least share of the decided mutants that tests must catch, in percent. Other modules are shown only.
fn bound(module: &str) -> Option<usize> {
    match module {
        "issue" => Some(90),
        "presign" | "record" | "upload" | "link" | "serve" => Some(95),
        _ => None,
    }
}

/// `presign`, or the module of `postern`.
fn module(mutant: &Mutant) -> &str {
    let in_postern = mutant.file.strip_prefix("shared/postern/src/");
    in_postern.map_or("presign", |file| file.split(['/', '.']).next().unwrap_or(file))
}

/// The file below `issue` and `presign`, which have many.
fn part(mutant: &Mutant) -> Option<&str> {
    let file = mutant.file.strip_prefix("shared/postern/src/issue/");
    file.or(mutant.file.strip_prefix("shared/presign/src/"))
}

#[derive(Default, Clone, Copy)]
struct Figures {
    caught: usize,
    missed: usize,
    equivalent: usize,
}

impl Figures {
    fn line(self, of: &str) -> String {
        let Self { caught, missed, equivalent } = self;
        let share = self.share_in_tenths();
        format!("{of:<36}{caught:>7}{missed:>7}{equivalent:>11}{:>7}.{} %", share / 10, share % 10)
    }

    fn share_in_tenths(self) -> usize {
        (1000 * self.caught).checked_div(self.caught + self.missed).unwrap_or(1000)
    }
}

/// Prints the mutant where it survives and is not among the equivalent ones.
pub fn print_survivor(mutant: &Mutant, outcome: Outcome, equivalent: &BTreeSet<&str>) {
    if outcome != Outcome::Caught && !equivalent.contains(name(mutant).as_str()) {
        let unreached = if outcome == Outcome::Unreached { " (no test reaches it)" } else { "" };
        println!("{}:{} {}: {}{unreached}", mutant.file, mutant.line, mutant.function, mutant.change);
    }
}

/// Prints the figures. True if the bounds hold and every entry of the equivalent ones is a survivor.
pub fn print(
    decided: &[(&Mutant, Outcome)],
    refused: usize,
    equivalent: &BTreeSet<&str>,
    stale: &[&str],
    took: Duration,
) -> bool {
    let mut figures: BTreeMap<(&str, Option<&str>), Figures> = BTreeMap::new();
    for (mutant, outcome) in decided {
        let is_equivalent = equivalent.contains(name(mutant).as_str());
        for part in [None, part(mutant)].iter().take(1 + usize::from(part(mutant).is_some())) {
            let of = figures.entry((module(mutant), *part)).or_default();
            match outcome {
                Outcome::Caught => of.caught += 1,
                _ if is_equivalent => of.equivalent += 1,
                _ => of.missed += 1,
            }
        }
    }
    println!("\n{:<36}{:>7}{:>7}{:>11}{:>11}", "", "caught", "missed", "equivalent", "share");
    let mut holds = true;
    for ((module, part), of) in &figures {
        println!("{}", of.line(&part.map_or((*module).to_owned(), |part| format!("  {part}"))));
        let least = bound(module).filter(|least| part.is_none() && of.share_in_tenths() < 10 * least);
        if let Some(least) = least {
            holds = false;
            println!("  below {least} %");
        }
    }
    println!(
        "{refused} mutants do not compile. All took {} min {} s.",
        took.as_secs() / 60,
        took.as_secs() % 60
    );
    for entry in stale {
        println!("equivalent.txt names what is no survivor: {entry}");
    }
    holds && stale.is_empty()
}
