//! One program that opens links, run as Lambda runs it: from nothing to its first answer, then
//! warm, with what it costs of a processor and of memory.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::double::Double;

/// Before anything is counted: a just-in-time compiler needs them.
const WARM_UP: u32 = 1500;

/// Openings of one measurement.
pub const OPENINGS: u32 = 3000;

/// What one run has shown.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// From the start of the process to the first answer, in milliseconds.
    pub cold_ms: f64,
    /// Processor time of one opening once warm, in microseconds, over all threads.
    pub cpu_us: f64,
    /// Time of one opening once warm, one after another, in microseconds.
    pub wall_us: f64,
    /// The most memory that the process ever held, in MiB.
    pub peak_mib: f64,
}

/// Ends its process.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs the program once, on one processor.
pub fn measure(program: &[String], variables: &[(String, String)], double: &Double) -> Figures {
    let begin = Instant::now();
    let child = Command::new("taskset")
        .args(["-c", "0"])
        .args(program)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("taskset starts");
    let running = Running(child);
    check(&double.invoke());
    let cold_ms = begin.elapsed().as_secs_f64() * 1e3;
    for _ in 0..WARM_UP {
        check(&double.invoke());
    }
    let (cpu, begin) = (cpu_ns(running.0.id()), Instant::now());
    for _ in 0..OPENINGS {
        double.invoke();
    }
    let wall_us = begin.elapsed().as_secs_f64() * 1e6 / f64::from(OPENINGS);
    let cpu_us = (cpu_ns(running.0.id()) - cpu) / 1e3 / f64::from(OPENINGS);
    Figures { cold_ms, cpu_us, wall_us, peak_mib: peak_mib(running.0.id()) }
}

/// The same link, the same redirect.
fn check(answer: &str) {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let location = answer["headers"]["location"].as_str().unwrap_or_default();
    let expected = ["versionId=", "response-content-disposition=", "X-Amz-Signature=", "X-Amz-Expires=60"];
    assert!(answer["statusCode"] == 302 && expected.iter().all(|part| location.contains(part)), "{answer}");
}

/// On a processor so far, all threads together
/// ([schedstat](https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat)).
fn cpu_ns(process: u32) -> f64 {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap().flatten();
    let times = tasks.filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok());
    times.filter_map(|text| text.split(' ').next()?.parse::<f64>().ok()).sum()
}

fn peak_mib(process: u32) -> f64 {
    let status = fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}
