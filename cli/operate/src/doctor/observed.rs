//! What was read of a stack, or why it could not be read.

use std::collections::BTreeMap;

use super::catalog::{Check, Local, check};
use super::report::{Finding, Verdict};

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unseen {
    /// It could not be looked at, for this reason.
    Because(String),
    /// AWS says that what the stack names does not exist.
    Missing(String),
}

/// What was read, or why it could not be read.
pub type Observed<T> = Result<T, Unseen>;

/// `Ok`: what is as it should be. `Err`: what is not.
pub type Judged = Result<String, String>;

impl Unseen {
    /// No source of the stack names what has to be read.
    pub fn unknown(what: &str) -> Self {
        Self::Because(format!("no source names the stack's {what}: give --outputs"))
    }
}

/// Collects the outcomes.
#[derive(Debug)]
pub struct Findings {
    is_local: bool,
    found: Vec<Finding>,
}

impl Findings {
    /// No outcomes yet. On a local AWS some checks cannot show what they show in an account.
    pub fn new(is_local: bool) -> Self {
        Self { is_local, found: Vec::new() }
    }

    /// Judges one value.
    pub fn judge<T>(&mut self, id: &str, seen: &Observed<T>, judge: impl FnOnce(&T) -> Judged) {
        let check = check(id);
        let verdict = match seen {
            Ok(value) => verdict(check, judge(value)),
            Err(Unseen::Because(because)) => Verdict::CouldNotLook { because: because.clone() },
            Err(Unseen::Missing(what)) => verdict(check, Err(what.clone())),
        };
        self.add(check, verdict);
    }

    /// Judges each value of a map, as one check: it fails if one of them is not as it should be.
    pub fn judge_each<T>(
        &mut self,
        id: &str,
        all: &BTreeMap<String, Observed<T>>,
        judge: impl Fn(&str, &T) -> Judged,
    ) {
        let check = check(id);
        let (mut good, mut bad, mut unseen) = (Vec::new(), Vec::new(), Vec::new());
        for (name, seen) in all {
            match seen.as_ref().map(|value| judge(name, value)) {
                Ok(Ok(seen)) if seen.is_empty() => good.push(name.clone()),
                Ok(Ok(seen)) => good.push(format!("{name}: {seen}")),
                Ok(Err(seen)) => bad.push(format!("{name}: {seen}")),
                Err(Unseen::Because(because)) => unseen.push(format!("{name}: {because}")),
                Err(Unseen::Missing(what)) => bad.push(format!("{name}: {what}")),
            }
        }
        let verdict = if !bad.is_empty() {
            verdict(check, Err(bad.join("; ")))
        } else if !unseen.is_empty() {
            Verdict::CouldNotLook { because: unseen.join("; ") }
        } else if good.is_empty() {
            Verdict::CouldNotLook { because: "no source of the stack names one: give --outputs".to_owned() }
        } else {
            verdict(check, Ok(good.join(", ")))
        };
        self.add(check, verdict);
    }

    fn add(&mut self, check: &'static Check, verdict: Verdict) {
        let verdict = match (self.is_local, check.local, verdict) {
            (true, Local::CannotShow(why), _) | (true, Local::Without(why), Verdict::Fail { .. }) => {
                Verdict::CouldNotLook { because: format!("local AWS: {why}") }
            }
            (true, Local::Without(why), Verdict::CouldNotLook { because }) => {
                Verdict::CouldNotLook { because: format!("local AWS: {why} ({because})") }
            }
            (.., verdict) => verdict,
        };
        self.found.push(Finding::new(check, verdict));
    }

    /// The outcomes, in the order in which they came.
    pub fn into_vec(self) -> Vec<Finding> {
        self.found
    }
}

fn verdict(check: &Check, judged: Judged) -> Verdict {
    match judged {
        Ok(seen) => Verdict::Pass { seen },
        Err(seen) => Verdict::Fail { seen, fix: check.fix },
    }
}

/// `Ok` if the value is the wanted one.
pub fn is(what: &str, value: Option<&str>, wanted: &str) -> Judged {
    match value {
        Some(value) if value == wanted => Ok(format!("{what} {value}")),
        Some(value) => Err(format!("{what} is {value}, not {wanted}")),
        None => Err(format!("no {what}")),
    }
}
