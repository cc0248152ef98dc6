//! Builds the test binaries, and leaves out the mutants that the compiler refuses.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use serde_json::Value;

use crate::sites::Mutant;
use crate::tree::{self, Source};

/// What is built: the unit tests of both crates, and the files of the corpus.
const BUILD: &[&str] = &[
    "test",
    "--no-run",
    "--message-format=json",
    "--quiet",
    "--lib",
    "--test",
    "corpus",
    "--package",
    "postern",
    "--package",
    "s3-presigned",
    "--features",
    "postern/testing,s3-presigned/aws-credentials,s3-presigned/cloudfront,s3-presigned/scenarios,s3-presigned/serde",
];

/// What the tests of the corpus spend their time in: optimized, a survivor takes a third of the time.
const OPTIMIZED: &[&str] = &["postern", "s3-presigned", "file-format"];

/// The mutants that compile, and the programs that test them.
pub struct Built {
    /// Those that compile.
    pub mutants: Vec<Mutant>,
    /// Those that do not.
    pub refused: Vec<Mutant>,
    /// The test programs, each with the folder in which it runs.
    pub programs: Vec<(PathBuf, PathBuf)>,
}

/// Writes the mutants into `tree` and builds, until what is left compiles.
///
/// # Errors
/// If an error of the compiler belongs to no mutant.
pub fn build(
    sources: &[Source],
    wanted: &dyn Fn(&Mutant) -> bool,
    tree: &Path,
    target: &Path,
) -> io::Result<Built> {
    let mut refused = Vec::new();
    loop {
        let ids: BTreeSet<_> = refused.iter().map(|mutant: &Mutant| mutant.id).collect();
        let compiles = |mutant: &Mutant| !ids.contains(&mutant.id) && wanted(mutant);
        let mutants = tree::mutate(sources, &compiles, Some(tree))?;
        eprintln!("building {} mutants", mutants.len());
        let output = Command::new("cargo")
            .args(BUILD)
            .args(OPTIMIZED.iter().map(|of| format!("--config=profile.dev.package.{of}.opt-level=1")))
            .current_dir(tree)
            .env("CARGO_TARGET_DIR", target)
            .env("RUSTFLAGS", "--cap-lints=allow")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .output()?;
        let messages: Vec<Value> = output
            .stdout
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        if output.status.success() {
            let programs = messages.iter().filter_map(program).collect();
            return Ok(Built { mutants, refused, programs });
        }
        let errors: Vec<_> =
            messages.iter().map(|message| &message["message"]).filter(|m| m["level"] == "error").collect();
        let found: BTreeSet<_> = errors.iter().flat_map(|error| blamed(error, &mutants, tree)).collect();
        if found.is_empty() {
            let shown: String = errors.iter().filter_map(|error| error["rendered"].as_str()).collect();
            return Err(io::Error::other(format!(
                "no mutant is to blame for\n{shown}{}",
                String::from_utf8_lossy(&output.stderr)
            )));
        }
        refused.extend(mutants.into_iter().filter(|mutant| found.contains(&mutant.id)));
    }
}

fn program(message: &Value) -> Option<(PathBuf, PathBuf)> {
    let is_test = message["profile"]["test"] == true;
    let program = message["executable"].as_str().filter(|_| is_test)?;
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?;
    Some((program.into(), folder.to_owned()))
}

/// The mutants in whose text the error lies, first of all where the compiler says that it is; otherwise
/// those on its lines.
fn blamed(error: &Value, mutants: &[Mutant], tree: &Path) -> Vec<usize> {
    let mut spans: Vec<&Value> =
        error["spans"].as_array().map_or_else(Vec::new, |spans| spans.iter().collect());
    spans.sort_by_key(|span| span["is_primary"] != true);
    let within = spans.iter().map(|span| around(span, mutants, tree, false));
    let beside = spans.iter().map(|span| around(span, mutants, tree, true));
    within.chain(beside).find(|found| !found.is_empty()).unwrap_or_default()
}

fn around(span: &Value, mutants: &[Mutant], tree: &Path, whole_lines: bool) -> Vec<usize> {
    let file = span["file_name"].as_str().unwrap_or_default();
    let text = fs::read_to_string(tree.join(file)).unwrap_or_default();
    let byte = |name: &str| usize::try_from(span[name].as_u64().unwrap_or(0)).unwrap_or(0).min(text.len());
    let (start, end) = (byte("byte_start"), byte("byte_end"));
    let line_start = text[..start].rfind('\n').unwrap_or(0);
    let line_end = text[end..].find('\n').map_or(text.len(), |length| end + length);
    let is_blamed = |mutant: &&Mutant| {
        let opens = text.find(&format!("/*{}<*/", mutant.id));
        let closes = text.find(&format!("/*>{}*/", mutant.id));
        opens.zip(closes).is_some_and(|(opens, closes)| match whole_lines {
            false => opens <= start && end <= closes,
            true => opens < line_end && line_start < closes,
        })
    };
    mutants.iter().filter(|mutant| mutant.file == file).filter(is_blamed).map(|mutant| mutant.id).collect()
}
