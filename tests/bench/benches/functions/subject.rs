//! One program, run as in Lambda: from its start to its first answer, then warm, with its processor time and memory.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use rustix::thread::{CpuSet, sched_setaffinity};

use crate::double::Double;
use crate::programs::Program;
use crate::work::{Work, variables};

/// A program that waits for events. It ends when this is dropped.
pub struct Subject {
    child: Child,
    double: Double,
    check: Option<fn(&str)>,
    /// Processor time from the start of the process to the first answer, in milliseconds.
    pub cold_cpu_ms: f64,
    /// The same by the clock.
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
    pub fn start(work: &Work, program: &Program) -> Self {
        let double = Double::start((work.event)(), (work.item)());
        let command = (program.command)(work.function);
        let mut subject = Command::new(&command[0]);
        subject
            .args(&command[1..])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(variables(&double.address))
            .env("_HANDLER", work.function)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let begin = Instant::now();
        let child = on_one_processor(subject);
        let check = program.is_compared.then_some(work.check);
        let mut subject = Self { child, double, check, cold_cpu_ms: 0.0, cold_ms: 0.0 };
        subject.invoke();
        subject.cold_ms = begin.elapsed().as_secs_f64() * 1e3;
        subject.cold_cpu_ms = cpu_ns(subject.child.id()) / 1e6;
        subject
    }

    fn invoke(&self) {
        let answer = self.double.invoke();
        if let Some(check) = self.check {
            check(&answer);
        }
    }

    /// Invokes the program until it has reached its full speed.
    pub fn warm_up(&self, invocations: u32) {
        (0..invocations).for_each(|_| self.invoke());
    }

    /// Returns the processor time of one of the next invocations, in microseconds.
    pub fn take_turn(&self, invocations: u32) -> f64 {
        let before = cpu_ns(self.child.id());
        for _ in 0..invocations {
            self.double.invoke();
        }
        (cpu_ns(self.child.id()) - before) / 1e3 / f64::from(invocations)
    }

    /// The most memory that the process has used, in MiB.
    pub fn peak_mib(&self) -> f64 {
        peak_mib(self.child.id())
    }
}

/// A child stays on the processors of the thread that starts it.
fn on_one_processor(mut command: Command) -> Child {
    let start = move || {
        let mut first = CpuSet::new();
        first.set(0);
        sched_setaffinity(None, &first).unwrap();
        command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"))
    };
    thread::spawn(start).join().unwrap()
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
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap() / 1024.0
}
