//! Makes `docs/troubleshooting.md`: a table of symptoms, and a section for each cause with its cases.

use std::fmt::Write as _;

use postern_cli::explain::cause::{self, Cause};

use super::Case;

/// The whole page.
pub fn page(cases: &[Case]) -> String {
    let mut page = include_str!("introduction.md").to_owned();
    page.push_str("| what you see | cause |\n|---|---|\n");
    for cause in cause::all() {
        writeln!(page, "| {symptom} | [{code}](#{code}) |", symptom = symptom(cause), code = cause.code)
            .unwrap();
    }
    page.push('\n');
    page.push_str(include_str!("hidden.md"));
    cause::all().for_each(|cause| section(&mut page, cause, cases));
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// Elements and placeholders are no HTML.
fn symptom(cause: &Cause) -> String {
    cause.symptom.replace('|', "\\|").replace('<', "&lt;").replace('>', "&gt;")
}

fn section(page: &mut String, cause: &Cause, cases: &[Case]) {
    let (code, part) = (cause.code, cause.part.name());
    writeln!(page, "## {code}\n\n**You see:** {}\n\n{}", symptom(cause), cause.happened).unwrap();
    writeln!(page, "To blame: the {part}.\n\nChange:\n").unwrap();
    list(page, cause.change.iter().map(|line| (*line).to_owned()));
    if !cause.unknown.is_empty() {
        page.push_str("Find out:\n\n");
        list(page, cause.unknown.iter().map(|line| (*line).to_owned()));
    }
    let own = cases.iter().filter(|case| case.get("cause") == code);
    let own: Vec<_> =
        own.map(|case| format!("{} ({})", case.get("title"), linked(case.get("origin")))).collect();
    if !own.is_empty() {
        page.push_str("Cases:\n\n");
        list(page, own.into_iter());
    }
}

fn list(page: &mut String, lines: impl Iterator<Item = String>) {
    lines.for_each(|line| writeln!(page, "- {line}").unwrap());
    page.push('\n');
}

fn linked(origin: &str) -> String {
    match origin.split_once("https://") {
        Some((what, url)) => format!("{what}<https://{url}>"),
        None => origin.to_owned(),
    }
}
