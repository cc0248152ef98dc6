//! The corpus: inputs with their origin, the expected cause, and the program's whole answer as a snapshot. It also makes
//! `docs/troubleshooting.md`.
//!
//! `UPDATE_CORPUS=1 cargo test -p postern-cli --no-default-features --test corpus` writes the snapshots and the page
//! anew. The expected causes are written by hand.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a panic is a failed test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use postern_cli::explain::{Explanation, Outcome, Secret, Settings, cause, explain};

mod troubleshooting;

/// The secret access key of AWS's published examples.
const EXAMPLE_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// A file of the corpus.
pub struct Case {
    path: PathBuf,
    head: BTreeMap<String, String>,
    input: String,
    output: String,
}

impl Case {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap();
        let (head, rest) = text.split_once("--- input\n").unwrap();
        let (input, output) = rest.split_once("--- output\n").unwrap();
        let head = head.lines().map(|line| line.split_once(": ").unwrap());
        let head = head.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { head, input: input.to_owned(), output: output.to_owned(), path }
    }

    /// A line of the head.
    pub fn get(&self, name: &str) -> &str {
        self.head.get(name).unwrap_or_else(|| panic!("{} has no {name}", self.path.display()))
    }

    fn settings(&self) -> Settings {
        let mut settings = Settings::at(self.get("now").parse::<s3_presigned::Timestamp>().unwrap());
        for (name, value) in &self.head {
            match name.as_str() {
                "title" | "origin" | "cause" | "now" => {}
                "size" => settings.size_bytes = Some(value.parse().unwrap()),
                "filename" => settings.filename = Some(value.clone()),
                "key" => settings.key = Some(value.clone()),
                "method" => settings.method = Some(value.clone()),
                "secret" => settings.secret = Some(Secret::new(EXAMPLE_SECRET)),
                other => panic!("{}: {other}", self.path.display()),
            }
        }
        settings
    }

    fn explain(&self) -> Explanation {
        explain(&self.input, &self.settings())
    }
}

fn corpus() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "case")).collect();
    paths.sort();
    paths.into_iter().map(Case::read).collect()
}

fn is_update() -> bool {
    std::env::var_os("UPDATE_CORPUS").is_some()
}

#[test]
fn every_case_is_explained_as_expected() {
    let mut wrong = String::new();
    for case in corpus() {
        let explanation = case.explain();
        let found = match explanation.outcome {
            Outcome::NoFaultSeen => "none",
            Outcome::NotRecognized => "unrecognized",
            _ => explanation.diagnoses[0].cause,
        };
        let name = case.path.file_stem().unwrap().display();
        if found != case.get("cause") {
            writeln!(wrong, "{name}: {found}, expected {}", case.get("cause")).unwrap();
        }
        let output = explanation.to_string();
        if is_update() {
            let text = fs::read_to_string(&case.path).unwrap();
            let (before, _) = text.split_once("--- output\n").unwrap();
            fs::write(&case.path, format!("{before}--- output\n{output}")).unwrap();
        } else if output != case.output {
            writeln!(wrong, "{name}: another answer:\n{output}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn there_are_many_cases_each_with_an_origin_and_one_for_every_cause() {
    let cases = corpus();
    assert!(cases.len() >= 80, "{}", cases.len());
    for case in &cases {
        let origin = case.get("origin");
        let known = [
            "documented by ",
            "recorded from AWS ",
            "made after the answers and log lines of the local stack",
        ];
        assert!(known.iter().any(|kind| origin.starts_with(kind)), "{}: {origin}", case.path.display());
    }
    let shown: BTreeSet<_> =
        cases.iter().flat_map(|case| case.explain().diagnoses.into_iter().map(|one| one.cause)).collect();
    for cause in cause::all() {
        assert!(shown.contains(cause.code), "no case leads to {}", cause.code);
    }
}

#[test]
fn no_answer_has_a_secret_of_its_input() {
    for case in corpus() {
        let explanation = case.explain();
        let json = serde_json::to_string(&explanation).unwrap();
        let said = format!("{explanation}{json}{explanation:?}");
        for secret in secrets(&case.input) {
            assert!(!said.contains(secret), "{} says {secret}", case.path.display());
        }
        assert!(!said.contains(&EXAMPLE_SECRET[..12]), "{}", case.path.display());
        // A signature has 64 hexadecimal digits.
        let hex = said.split(|c: char| !c.is_ascii_hexdigit()).find(|run| run.len() >= 60);
        assert_eq!(hex, None, "{}", case.path.display());
    }
}

/// What follows the names of secrets in an input, found in another way than the program does.
fn secrets(input: &str) -> Vec<&str> {
    let marks = [
        "X-Amz-Signature=",
        "X-Amz-Security-Token=",
        "&Signature=",
        "Bearer ",
        "<Token-0>",
        "\"policy\": \"",
        "\"x-amz-signature\": \"",
        "\"x-amz-security-token\": \"",
        "/l/1.",
    ];
    let after = marks.iter().flat_map(|mark| input.split(mark).skip(1));
    let is_challenge = |rest: &&str| rest.starts_with("scope") || rest.starts_with("error");
    after.filter(|rest| !is_challenge(rest)).filter_map(|rest| rest.get(..16)).collect()
}

#[test]
fn the_page_is_what_the_corpus_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/troubleshooting.md");
    let page = troubleshooting::page(&corpus());
    if is_update() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/troubleshooting.md is out of date: run with UPDATE_CORPUS=1");
}
