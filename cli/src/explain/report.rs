//! The explanation as text for people.

use std::fmt;

use super::explanation::{Certainty, Diagnosis, Explanation, Outcome};
use super::signed::Signed;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outcome {
            Outcome::NotRecognized => return f.write_str(NOT_RECOGNIZED),
            _ => writeln!(f, "Recognized: {}.", self.recognized.join(", "))?,
        }
        match self.outcome {
            Outcome::NoFaultSeen => f.write_str(NO_FAULT)?,
            Outcome::CausesPossible if self.diagnoses.len() > 1 => f.write_str(SEVERAL)?,
            _ => {}
        }
        // Beside a likely cause the others are named, and docs/troubleshooting.md explains them.
        let is_guess = |diagnosis: &&Diagnosis| {
            self.outcome == Outcome::CauseFound && diagnosis.certainty == Certainty::Possible
        };
        let (guesses, shown): (Vec<_>, Vec<_>) = self.diagnoses.iter().partition(is_guess);
        shown.iter().try_for_each(|diagnosis| write!(f, "\n{diagnosis}"))?;
        if !guesses.is_empty() {
            let codes: Vec<_> = guesses.iter().map(|guess| guess.cause).collect();
            writeln!(f, "\nAlso possible (see docs/troubleshooting.md): {}", codes.join(", "))?;
        }
        for signed in &self.signed {
            write!(f, "\n{signed}")?;
        }
        Ok(())
    }
}

const NOT_RECOGNIZED: &str = "\
Nothing was recognized. Give one or more of these, in one text:
  an error body of S3 or CloudFront (XML), or an error that an SDK printed
  a presigned URL of S3, or a signed URL of CloudFront
  a form, as JSON: {\"url\": …, \"fields\": {…}}
  the output of `curl -v`, with the URL, the headers and the body
  an answer of the API (JSON, or its www-authenticate header), a line of a function's log
  a message of a browser's console or download bar
";

const NO_FAULT: &str = "\nNo fault is seen in it. If a request was refused, give the answer as well: the error body, or the output of `curl -v`.\n";

const SEVERAL: &str = "\nThe service does not say why. These causes remain, the likelier first:\n";

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certainty = match self.certainty {
            Certainty::Certain => "Cause",
            Certainty::Likely => "Likely cause",
            Certainty::Possible => "Possible cause",
        };
        writeln!(f, "{certainty}: {}", self.cause)?;
        writeln!(f, "  {}", self.happened)?;
        self.because.iter().try_for_each(|because| writeln!(f, "  {because}"))?;
        match &self.blame.name {
            Some(name) => writeln!(f, "  To blame: {name} ({})", self.blame.part.name())?,
            None => writeln!(f, "  To blame: the {}", self.blame.part.name())?,
        }
        section(f, "Change", self.change)?;
        section(f, "Not known from this", &self.unknown)
    }
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, lines: &[impl fmt::Display]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(f, "  {title}:")?;
    lines.iter().try_for_each(|line| writeln!(f, "  - {line}"))
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |name: &str, value: Option<&str>| match value.filter(|value| !value.is_empty()) {
            Some(value) => writeln!(f, "  {name:<16}{value}"),
            None => Ok(()),
        };
        row_title(&mut row, self)?;
        row("signed by", self.key_id.as_deref())?;
        row("credentials", Some(&self.credentials))?;
        row("account", self.account.as_deref())?;
        row("signed with", Some(&self.signed_with))?;
        row("signed at", self.signed_at.as_deref())?;
        row("expires at", self.expires_at.as_deref())?;
        row("works until", Some(&self.works_until))?;
        row("discloses", Some(&self.discloses.join("; ")))
    }
}

fn row_title(row: &mut impl FnMut(&str, Option<&str>) -> fmt::Result, signed: &Signed) -> fmt::Result {
    row(signed.what, Some(&signed.leads_to))
}
