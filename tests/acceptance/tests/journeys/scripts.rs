//! Parses every script of the repository, because some scripts run only in long tests or by hand.

use std::path::{Path, PathBuf};
use std::process::Command;

use acceptance::skipped;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The folders that have scripts.
const FOLDERS: [&str; 6] = [".ci", "client", "docs", "shared", "terraform", "tests"];

/// Generated folders, which are not searched.
const MADE: [&str; 3] = ["node_modules", "target", ".terraform"];

/// Prints the syntax errors of Python files.
const PARSE: &str = "
import ast, sys
for path in sys.argv[1:]:
    try:
        ast.parse(open(path, encoding='utf-8').read(), path)
    except SyntaxError as error:
        print(path, error)
";

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true if MADE.iter().any(|made| entry.file_name() == *made) => {}
            true => files_below(&entry.path(), found),
            false => found.push(entry.path()),
        }
    }
}

/// Returns the files with one of these extensions, or with this word in their first line.
fn scripts(endings: &[&str], word: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        files_below(&Path::new(ROOT).join(folder), &mut files);
    }
    let has_word = |path: &Path| {
        let text = std::fs::read(path).unwrap_or_default();
        let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        first.starts_with(b"#!") && String::from_utf8_lossy(first).contains(word)
    };
    let is_one = |path: &PathBuf| match path.extension() {
        Some(ending) => endings.iter().any(|wanted| ending == *wanted),
        None => has_word(path),
    };
    files.into_iter().filter(is_one).collect()
}

/// Returns the parser's error for a file, or `None` if the file is valid.
fn refusal(parser: &[&str], file: &Path) -> std::io::Result<Option<String>> {
    let output = Command::new(parser[0]).args(&parser[1..]).arg(file).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((!output.status.success()).then(|| format!("{}: {said}", file.display())))
}

#[test]
fn every_script_for_node_and_for_a_browser_parses() {
    let scripts = scripts(&["js", "mjs"], "node");
    assert!(scripts.len() >= 9, "{scripts:?}");
    match scripts.iter().map(|file| refusal(&["node", "--check"], file)).collect::<Result<Vec<_>, _>>() {
        Ok(said) => assert_eq!(said.into_iter().flatten().collect::<Vec<_>>(), [""; 0]),
        Err(_) => skipped("scripts for Node", "there is no Node"),
    }
}

#[test]
fn every_shell_script_parses() {
    let scripts = scripts(&["sh"], "bash");
    assert!(scripts.len() >= 5, "{scripts:?}");
    let said = scripts.iter().filter_map(|file| refusal(&["bash", "-n"], file).unwrap());
    assert_eq!(said.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_python_script_parses() {
    let scripts = scripts(&["py"], "python");
    assert!(scripts.len() >= 20, "{scripts:?}");
    let output = Command::new(stack::python().unwrap()).args(["-c", PARSE]).args(&scripts).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}
