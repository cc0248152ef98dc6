//! One program that opens links, run as in Lambda: from its start to its first answer, then warm, with its
//! processor time and memory.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::double::Double;

/// Openings before the measurement: a just-in-time compiler needs them.
const WARM_UP: u32 = 1500;

/// How often the subjects take turns in a round.
pub const TURNS: u32 = 20;

/// Openings of one turn.
pub const OPENINGS: u32 = 150;

/// The result of one turn.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// Processor time of one opening, in microseconds, over all threads.
    pub cpu_us: f64,
    /// Time of one opening, one after another, in microseconds.
    pub wall_us: f64,
}

/// A program that waits for events. It ends when this is dropped.
pub struct Subject {
    child: Child,
    double: Double,
    /// From the start of the process to the first answer, in milliseconds.
    pub cold_ms: f64,
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Subject {
    /// Starts the program on one processor and waits for its first answer.
    pub fn start(program: &[String], variables: &[(String, String)], double: Double) -> Self {
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
        let mut subject = Self { child, double, cold_ms: 0.0 };
        check(&subject.double.invoke());
        subject.cold_ms = begin.elapsed().as_secs_f64() * 1e3;
        subject
    }

    /// Opens links until the program has reached its full speed.
    pub fn warm_up(&self) {
        for _ in 0..WARM_UP {
            check(&self.double.invoke());
        }
    }

    /// Measures the next openings.
    pub fn take_turn(&self) -> Turn {
        let (cpu, begin) = (cpu_ns(self.child.id()), Instant::now());
        for _ in 0..OPENINGS {
            self.double.invoke();
        }
        let wall_us = begin.elapsed().as_secs_f64() * 1e6 / f64::from(OPENINGS);
        Turn { cpu_us: (cpu_ns(self.child.id()) - cpu) / 1e3 / f64::from(OPENINGS), wall_us }
    }

    /// The most memory that the process has used, in MiB.
    pub fn peak_mib(&self) -> f64 {
        peak_mib(self.child.id())
    }
}

/// Checks the redirect and the headers, which are the same for every program.
fn check(answer: &str) {
    let mut answer: Value = serde_json::from_str(answer).unwrap();
    let headers = answer["headers"].as_object_mut().unwrap();
    let location = headers.remove("location").unwrap();
    let location = location.as_str().unwrap();
    let expected = [
        "versionId=3%2FL4kqtJlcpXroDTDmJ%2BrmSpXd3dIbrHY",
        "response-content-type=image%2Fpng",
        "response-content-disposition=inline%3B%20filename%3D%22photo.png%22",
        "response-cache-control=private%2C%20no-store",
        "X-Amz-Security-Token=ttt",
        "X-Amz-Signature=",
        "X-Amz-Expires=60",
    ];
    assert!(expected.iter().all(|part| location.contains(part)), "{location}");
    let guards = json!({
        "cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex",
    });
    assert_eq!((&answer["statusCode"], &answer["headers"]), (&json!(302), &guards));
}

/// The processor time so far, of all threads together
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
