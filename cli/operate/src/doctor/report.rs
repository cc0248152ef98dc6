//! What `postern doctor` found.

use std::fmt;

use serde::Serialize;

use super::catalog::Check;
use crate::ended::Ended;
use crate::text::on_one_line;

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be.
    Pass {
        /// What was seen.
        seen: String,
    },
    /// Not as it should be.
    Fail {
        /// What was seen.
        seen: String,
        /// What to change.
        fix: &'static str,
    },
    /// The check could not look.
    CouldNotLook {
        /// Why.
        because: String,
    },
}

/// One check with its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The name of the check.
    pub check: &'static str,
    /// Its outcome.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The risk in docs/security.md that the check is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<&'static str>,
}

impl Finding {
    /// The outcome of a check.
    pub fn new(check: &'static Check, verdict: Verdict) -> Self {
        Self { check: check.id, verdict, risk: check.risk }
    }

    /// Whether the check failed.
    pub fn failed(&self) -> bool {
        matches!(self.verdict, Verdict::Fail { .. })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// All outcomes. `Display` is the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The outcomes in the order of the checks.
    pub findings: Vec<Finding>,
    /// Whether a signal ended the canary early.
    #[serde(skip_serializing_if = "is_false")]
    pub interrupted: bool,
    /// What the canary left behind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<String>,
}

impl Report {
    /// Keeps the checks that are about a risk of the threat model.
    #[must_use]
    pub fn of_security(mut self) -> Self {
        self.findings.retain(|finding| finding.risk.is_some());
        self
    }

    /// A problem if a check failed, or the canary was interrupted or left something behind; else whether anything was looked at.
    pub fn ended(&self) -> Ended {
        if self.findings.iter().any(Finding::failed) || self.interrupted || !self.left_behind.is_empty() {
            Ended::Problem
        } else if self.findings.iter().any(|finding| matches!(finding.verdict, Verdict::Pass { .. })) {
            Ended::Well
        } else {
            Ended::CouldNotLook
        }
    }

    /// The names of the checks that failed.
    pub fn failures(&self) -> Vec<&'static str> {
        self.findings.iter().filter(|finding| finding.failed()).map(|finding| finding.check).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.findings.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
        for Finding { check, verdict, risk } in &self.findings {
            let (outcome, seen) = match verdict {
                Verdict::Pass { seen } => ("pass", seen),
                Verdict::Fail { seen, .. } => ("FAIL", seen),
                Verdict::CouldNotLook { because } => ("could not look", because),
            };
            let risk = risk.map(|risk| format!(" [{risk}]")).unwrap_or_default();
            writeln!(formatter, "{outcome:<14}  {check:<width$}  {}{risk}", on_one_line(seen))?;
            if let Verdict::Fail { fix, .. } = verdict {
                writeln!(formatter, "{:<14}  {:<width$}  fix: {fix}", "", "")?;
            }
        }
        if self.interrupted {
            writeln!(formatter, "interrupted: the canary did not come to its end")?;
        }
        for left in &self.left_behind {
            writeln!(formatter, "left behind: {}", on_one_line(left))?;
        }
        let count = |wanted: fn(&Verdict) -> bool| {
            self.findings.iter().filter(|finding| wanted(&finding.verdict)).count()
        };
        let passed = count(|verdict| matches!(verdict, Verdict::Pass { .. }));
        let failed = count(|verdict| matches!(verdict, Verdict::Fail { .. }));
        let unseen = count(|verdict| matches!(verdict, Verdict::CouldNotLook { .. }));
        writeln!(formatter, "{passed} passed, {failed} failed, {unseen} could not be looked at")
    }
}
