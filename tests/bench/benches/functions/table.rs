//! The results as tables in Markdown, with the machine and the date.

use std::fs;
use std::process::Command;
use std::time::SystemTime;

use s3_presigned::Timestamp;

use crate::programs::Program;
use crate::work::Work;

/// The results of one program.
#[derive(Default)]
pub struct Seen {
    /// Processor time from the start of the process to its first answer.
    pub cold_cpu_ms: Vec<f64>,
    /// The same, by the clock.
    pub cold_ms: Vec<f64>,
    /// Processor time of one invocation.
    pub warm_cpu_us: Vec<f64>,
    /// The most memory.
    pub peak_mib: Vec<f64>,
}

/// Prints when and where this is measured, and by which versions.
pub fn print_machine(programs: &[Program]) {
    #[expect(clippy::disallowed_methods, reason = "the date of a measurement")]
    let now = Timestamp::from(SystemTime::now()).to_string();
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<&str> = cpuinfo.lines().filter_map(|line| line.strip_prefix("model name")).collect();
    let model = models.first().map_or("unknown", |model| model.trim_start_matches(['\t', ' ', ':']));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let (date, kernel) = (now.get(..10).unwrap_or_default(), kernel.trim());
    println!(
        "Measured on {date}: {} processors {model} ({}), Linux {kernel}, load {load}.",
        models.len(),
        std::env::consts::ARCH
    );
    let versions: Vec<String> = programs.iter().filter_map(|program| version(&program.version)).collect();
    println!("{}. Medians (least to most).", versions.join(", "));
}

fn version(command: &[String]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let output = Command::new(program).args(arguments).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Prints the results of all programs for one function, each in pairs with the first program's.
pub fn print(work: &Work, programs: &[Program], seen: &[Seen]) {
    println!(
        "\n{}\n\n| | cold start, CPU | times | cold start | an invocation, CPU | times | memory |",
        work.title
    );
    println!("|---|---|---|---|---|---|---|");
    let first = &seen[0];
    for (program, seen) in programs.iter().zip(seen) {
        println!(
            "| {} | {} ms | {} | {} ms | {} µs | {} | {} MiB |",
            program.name,
            range(&seen.cold_cpu_ms, 1),
            range(&ratios(&seen.cold_cpu_ms, &first.cold_cpu_ms), 2),
            range(&seen.cold_ms, 1),
            range(&seen.warm_cpu_us, 0),
            range(&ratios(&seen.warm_cpu_us, &first.warm_cpu_us), 2),
            range(&seen.peak_mib, 1),
        );
    }
}

fn ratios(above: &[f64], below: &[f64]) -> Vec<f64> {
    above.iter().zip(below).map(|(above, below)| above / below).collect()
}

fn range(figures: &[f64], digits: usize) -> String {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    let (least, median, most) = (figures[0], figures[figures.len() / 2], figures[figures.len() - 1]);
    format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
}
