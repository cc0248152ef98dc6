//! What `postern doctor` found.

use std::fmt;

use serde::Serialize;

use crate::ended::Ended;

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "said", rename_all = "kebab-case")]
pub enum Verdict {
    /// As it should be, and what was seen.
    Pass(String),
    /// Not as it should be.
    Fail {
        /// What was seen.
        found: String,
        /// What to change.
        fix: String,
    },
    /// Why the check could not look.
    CouldNotLook(String),
}

/// One check with its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The name of the check.
    pub check: &'static str,
    /// Its outcome.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// All outcomes. `Display` is the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The outcomes in the order of the checks.
    pub findings: Vec<Finding>,
}

impl Report {
    /// A problem if a check failed; else whether something could be looked at.
    pub fn ended(&self) -> Ended {
        let any = |wanted: fn(&Verdict) -> bool| self.findings.iter().any(|finding| wanted(&finding.verdict));
        if any(|verdict| matches!(verdict, Verdict::Fail { .. })) {
            Ended::Problem
        } else if any(|verdict| matches!(verdict, Verdict::Pass(_))) {
            Ended::Well
        } else {
            Ended::CouldNotLook
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { check, verdict } in &self.findings {
            match verdict {
                Verdict::Pass(seen) => writeln!(formatter, "pass            {check}  {seen}")?,
                Verdict::Fail { found, fix } => {
                    writeln!(formatter, "FAIL            {check}  {found}\n  fix: {fix}")?;
                }
                Verdict::CouldNotLook(why) => writeln!(formatter, "could not look  {check}  {why}")?,
            }
        }
        Ok(())
    }
}
