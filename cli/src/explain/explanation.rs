//! The answer of the program, as `--json` writes it.

use serde::Serialize;

use super::cause::Part;
use super::signed::Signed;

/// How sure a diagnosis is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Certainty {
    /// The input shows it.
    Certain,
    /// The input speaks for it.
    Likely,
    /// It is one of several that remain.
    Possible,
}

/// What came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// A cause is certain or likely.
    CauseFound,
    /// Several causes remain possible.
    CausesPossible,
    /// Nothing is wrong with what was given, as far as it shows.
    NoFaultSeen,
    /// The input has nothing that the program knows.
    NotRecognized,
}

/// The part that is to blame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Blame {
    /// The kind of the part.
    pub part: Part,
    /// Its name, such as `content-type`.
    pub name: Option<String>,
}

/// One cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The stable name of the cause.
    pub cause: &'static str,
    /// How sure it is.
    pub certainty: Certainty,
    /// The part that is to blame.
    pub blame: Blame,
    /// What happened.
    pub happened: &'static str,
    /// What the input says for it.
    pub because: Vec<String>,
    /// What to change.
    pub change: &'static [&'static str],
    /// What the input does not show, and how to find it out.
    pub unknown: Vec<String>,
}

/// The answer of the program. All texts that come from the input are masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// What came out.
    pub outcome: Outcome,
    /// What was recognized.
    pub recognized: Vec<&'static str>,
    /// The causes, the most certain first.
    pub diagnoses: Vec<Diagnosis>,
    /// Who signed each URL and form, and what it discloses.
    pub signed: Vec<Signed>,
}
