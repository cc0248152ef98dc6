//! Runs the functions as in Lambda, beside the same functions in plain Rust, Go, Node and Python:
//! `cargo bench --package bench --bench functions`, and `-- quick` for two minutes.
//!
//! serve-link opens an uncounted link, issue-upload issues a form, and record-upload records an image of which it
//! reads 64 KiB. Each program is a process on one processor. All programs ask the same Runtime API for their events,
//! and the same stand-in for AWS (`functions/double.rs`). The handlers in Go, Node and Python are as fast as their
//! SDKs allow: clients made once, connections kept, no framework, bundled in Node. They do the same work, down to the
//! answer's headers and the log's line. The plain Rust function makes the same AWS calls and signatures, and nothing
//! else; the empty one makes no calls. The functions are the release builds that go to AWS.
//!
//! Processor time is compared, of all threads of a program. Other work on the machine slows all programs, so they
//! take turns of some tenths of a second, and each turn is compared with its neighbors.
//!
//! `POSTERN_BENCH_PYTHON` names a Python that has boto3 (default: the local AWS's own, else `python3`), and `ROUNDS`
//! the number of rounds. `POSTERN_BENCH_BUILT` names folders with builds of the functions, separated by commas, which
//! are measured in place of a new build, and compared with the first. `POSTERN_BENCH_ONLY` names the function to
//! measure. A missing program is reported.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "this is a measurement"
)]

#[path = "functions/double.rs"]
mod double;
#[path = "functions/programs.rs"]
mod programs;
#[path = "functions/subject.rs"]
mod subject;
#[path = "functions/table.rs"]
mod table;
#[path = "functions/work.rs"]
mod work;

use programs::{Program, programs};
use subject::Subject;
use table::Seen;
use work::{WORKS, Work};

/// How much is measured.
struct Extent {
    rounds: usize,
    /// Starts of each program in a round.
    starts: usize,
    /// Invocations before the measurement: a just-in-time compiler needs them.
    warm_up: u32,
    turns: usize,
    /// Invocations of one turn.
    invocations: u32,
}

const WHOLE: Extent = Extent { rounds: 3, starts: 7, warm_up: 1000, turns: 12, invocations: 100 };
const QUICK: Extent = Extent { rounds: 1, starts: 5, warm_up: 200, turns: 6, invocations: 40 };

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // `cargo test --benches` starts this too, without `--bench`.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let mut extent = if arguments.iter().any(|argument| argument == "quick") { QUICK } else { WHOLE };
    if let Ok(rounds) = std::env::var("ROUNDS") {
        extent.rounds = rounds.parse().unwrap();
    }
    let only = std::env::var("POSTERN_BENCH_ONLY").ok();
    let programs = programs();
    table::print_machine(&programs);
    for work in WORKS.into_iter().filter(|work| only.as_deref().is_none_or(|only| only == work.function)) {
        let mut seen: Vec<Seen> = programs.iter().map(|_| Seen::default()).collect();
        for _ in 0..extent.rounds {
            round(&work, &programs, &extent, &mut seen);
        }
        table::print(&work, &programs, &seen);
    }
}

/// Starts every program some times. Then the programs take turns, so that other work on the machine affects all of
/// them alike.
fn round(work: &Work, programs: &[Program], extent: &Extent, seen: &mut [Seen]) {
    let start = |program: &Program| Subject::start(work, program);
    let mut subjects = Vec::new();
    for _ in 0..extent.starts {
        subjects = programs.iter().map(start).collect::<Vec<_>>();
        for (subject, seen) in subjects.iter().zip(&mut *seen) {
            seen.cold_cpu_ms.push(subject.cold_cpu_ms);
            seen.cold_ms.push(subject.cold_ms);
        }
    }
    for subject in &subjects {
        subject.warm_up(extent.warm_up);
    }
    for _ in 0..extent.turns {
        for (subject, seen) in subjects.iter().zip(&mut *seen) {
            seen.warm_cpu_us.push(subject.take_turn(extent.invocations));
        }
    }
    for (subject, seen) in subjects.iter().zip(seen) {
        seen.peak_mib.push(subject.peak_mib());
    }
}
