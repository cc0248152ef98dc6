//! Mutation testing of the core: every mutant is in one build, and an environment variable chooses it.
//!
//! ```text
//!  sources ─▶ sites, values ─▶ tree: a copy with all mutants ─▶ compile ─▶ tests_of ─▶ decide ─▶ report
//! ```
//!
//! `tests/mutants/run [--list] [WORD…]` takes the mutants whose file or function contains one of the words.

mod compile;
mod decide;
mod report;
mod sites;
mod syntax;
mod tests_of;
mod tree;
mod values;
mod visit;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs, io};

use decide::Outcome;
use sites::Mutant;

fn main() -> ExitCode {
    let (options, words): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|word| word.starts_with("--"));
    let result = match options.as_slice() {
        [] => run(&words),
        [list] if list == "--list" => list_mutants(&words).map(|()| true),
        _ => Err(io::Error::other("usage: tests/mutants/run [--list] [WORD…]")),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap_or(root)
}

fn is_named(mutant: &Mutant, words: &[String]) -> bool {
    let function = format!("{} {}", mutant.file, mutant.function);
    words.is_empty() || words.iter().any(|word| function.contains(word))
}

fn list_mutants(words: &[String]) -> io::Result<()> {
    let sources = tree::sources(&root(), &root())?;
    for mutant in tree::mutate(&sources, &|mutant| is_named(mutant, words), None)? {
        println!("{}:{} {}: {}", mutant.file, mutant.line, mutant.function, mutant.change);
    }
    Ok(())
}

fn run(words: &[String]) -> io::Result<bool> {
    let start = Instant::now();
    let (root, here) = (root(), root().join("target/mutants"));
    let text = fs::read_to_string(root.join("tests/mutants/equivalent.txt"))?;
    let equivalent = report::equivalent(&text);
    let tree = here.join("tree");
    tree::copy(&root, &tree)?;
    let sources = tree::sources(&root, &tree)?;
    let wanted = |mutant: &Mutant| is_named(mutant, words);
    let built = compile::build(&sources, &wanted, &tree, &here.join("build"))?;
    let refused: String = built.refused.iter().map(|mutant| report::name(mutant) + "\n").collect();
    fs::write(here.join("refused.txt"), refused)?;
    let tests = tests_of::measure(&built.programs, &here.join("reached"))?;
    eprintln!("{} tests pass without a mutant", tests.len());
    let told = |mutant: &Mutant, outcome| report::print_survivor(mutant, outcome, &equivalent);
    let outcomes = decide::decide(&built.mutants, &tests, told);
    let decided: Vec<_> = built.mutants.iter().zip(outcomes).collect();
    let survives = |entry: &str| {
        decided.iter().any(|(mutant, outcome)| *outcome != Outcome::Caught && report::name(mutant) == entry)
    };
    let all = tree::mutate(&sources, &|_| true, None)?;
    let left_out = |entry: &str| all.iter().any(|mutant| report::name(mutant) == entry && !wanted(mutant));
    let stale: Vec<_> =
        equivalent.iter().copied().filter(|entry| !survives(entry) && !left_out(entry)).collect();
    Ok(report::print(&decided, built.refused.len(), &equivalent, &stale, start.elapsed()))
}
