//! The tests of the built programs: how long each takes, and which mutants it reaches.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

/// One test of one program.
pub struct Test {
    /// The program and the folder in which it runs.
    pub program: (PathBuf, PathBuf),
    /// Its full name.
    pub name: String,
    /// How long it takes with its program's start.
    pub takes: Duration,
    /// The numbers of the mutants that it reaches.
    pub reaches: Vec<usize>,
}

/// How many programs run at once.
pub fn workers() -> usize {
    thread::available_parallelism().map_or(2, usize::from)
}

/// Does `work` for each item, some at once, and gives the results in the order of the items.
pub fn at_once<T: Sync, R: Send>(items: &[T], work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(n) else { return done };
            done.push((n, work(n, item)));
        }
    };
    let mut all: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = (0..workers()).map(|_| scope.spawn(run)).collect();
        running.into_iter().flat_map(|worker| worker.join().expect("a worker runs to its end")).collect()
    });
    all.sort_by_key(|(n, _)| *n);
    all.into_iter().map(|(_, result)| result).collect()
}

/// A program of tests with the settings that make it repeat itself. Its memory is limited: a mutant may
/// fill a list without end.
pub fn command((program, folder): &(PathBuf, PathBuf), names: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -v 4000000; exec \"$0\" \"$@\""])
        .arg(program)
        .args(["--exact", "--test-threads=1", "--quiet"])
        .args(names)
        .current_dir(folder)
        .env("CARGO_MANIFEST_DIR", folder)
        .env("INSTA_UPDATE", "no")
        .env("PROPTEST_CASES", "32")
        .env("PROPTEST_RNG_SEED", "1")
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true")
        .env_remove("MUTANT")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Runs every test of the programs by itself, without a mutant. The quickest comes first. One that fails
/// is left out, with a word on standard error.
///
/// # Errors
/// If the disk fails.
pub fn measure(programs: &[(PathBuf, PathBuf)], folder: &Path) -> io::Result<Vec<Test>> {
    fs::create_dir_all(folder)?;
    let mut listed = Vec::new();
    for program in programs {
        let output = Command::new(&program.0).args(["--list", "--format", "terse"]).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
        listed.extend(names.map(|name| (program.clone(), name.to_owned())));
    }
    let measured =
        at_once(&listed, |n, (program, name)| measure_one(program, name, &folder.join(n.to_string())));
    let mut tests: Vec<_> =
        measured.into_iter().collect::<io::Result<Vec<_>>>()?.into_iter().flatten().collect();
    tests.sort_by_key(|test| test.takes);
    Ok(tests)
}

fn measure_one(program: &(PathBuf, PathBuf), name: &str, reached: &Path) -> io::Result<Option<Test>> {
    let _ = fs::remove_file(reached);
    let start = Instant::now();
    let status = command(program, &[name]).env("MUTANTS_REACHED", reached).status()?;
    if !status.success() {
        eprintln!("left out, because it fails by itself without a mutant: {name}");
        return Ok(None);
    }
    let takes = start.elapsed();
    let listed = fs::read_to_string(reached).unwrap_or_default();
    let reaches = listed.lines().filter_map(|id| id.parse().ok()).collect();
    Ok(Some(Test { program: program.clone(), name: name.to_owned(), takes, reaches }))
}
