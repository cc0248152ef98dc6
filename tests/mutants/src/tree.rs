//! The copy of the repository in which the mutants are built.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use crate::sites::{Insertion, Mutant, Sites};

/// The crates that are mutated, with the file that is the root of each.
const CRATES: &[&str] = &["shared/presign/src", "shared/postern/src"];

/// Reads which mutant runs from `MUTANT`, and writes the number of each one that is reached to the file
/// that `MUTANTS_REACHED` names.
const SWITCH: &str = include_str!("switch.rs.txt");

/// A source file with all of its mutants.
pub struct Source {
    /// The file, from the repository's root.
    pub file: String,
    text: String,
}

/// The files whose mutants are made, as they are in `tree`: the repository may change during a run.
///
/// # Errors
/// If git or the disk fails.
pub fn sources(root: &Path, tree: &Path) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    let mut tests = Vec::new();
    for file in listed(root, CRATES)?.into_iter().filter(|file| is_examined(file)) {
        let text = fs::read_to_string(tree.join(&file))?;
        let none = |_: &Mutant| false;
        let sites = Sites::find(&file, &text, 0, &none)
            .map_err(|error| io::Error::other(format!("{file}: {error}")))?;
        let folder = Path::new(&file).with_file_name("");
        tests.extend(sites.test_modules.iter().map(|module| folder.join(format!("{module}.rs"))));
        sources.push(Source { file, text });
    }
    sources.retain(|source| !tests.iter().any(|test| test == Path::new(&source.file)));
    Ok(sources)
}

fn is_examined(file: &str) -> bool {
    let is_test = ["/tests/", "/testing/", "/scenarios/"].iter().any(|part| file.contains(part));
    let is_rust = Path::new(file).extension().is_some_and(|ending| ending == "rs");
    is_rust && !is_test && !file.ends_with("tests.rs")
}

/// Every file that git tracks or would track.
fn listed(root: &Path, below: &[&str]) -> io::Result<Vec<String>> {
    let listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"];
    let output = Command::new("git").current_dir(root).args(listing).args(below).output()?;
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    let names = names.split('\0').filter(|name| !name.is_empty() && root.join(name).is_file());
    Ok(names.map(str::to_owned).collect())
}

/// Copies the repository to `tree`, in place of what is there.
///
/// # Errors
/// If git or the disk fails.
pub fn copy(root: &Path, tree: &Path) -> io::Result<()> {
    if tree.exists() {
        fs::remove_dir_all(tree)?;
    }
    for name in listed(root, &["."])? {
        let target = tree.join(&name);
        fs::create_dir_all(target.parent().unwrap_or(tree))?;
        fs::copy(root.join(&name), target)?;
    }
    Ok(())
}

/// Finds the mutants of `sources` that are `wanted`. Where a `tree` is given, writes them there.
///
/// # Errors
/// If a file is no Rust, or the disk fails.
pub fn mutate(
    sources: &[Source],
    wanted: &dyn Fn(&Mutant) -> bool,
    tree: Option<&Path>,
) -> io::Result<Vec<Mutant>> {
    let mut mutants = Vec::new();
    let mut next_id = 1;
    for source in sources {
        let sites = Sites::find(&source.file, &source.text, next_id, wanted).map_err(io::Error::other)?;
        next_id = sites.next_id();
        mutants.extend(sites.mutants.iter().cloned());
        if let Some(tree) = tree {
            let mut text = inserted(&source.text, sites.opening, sites.closing);
            if CRATES.iter().any(|of| Path::new(of).join("lib.rs") == Path::new(&source.file)) {
                text += SWITCH;
            }
            write_if_changed(&tree.join(&source.file), &text)?;
        }
    }
    Ok(mutants)
}

/// The text with the insertions. At one place, what closes comes before what opens.
fn inserted(source: &str, mut opening: Vec<Insertion>, mut closing: Vec<Insertion>) -> String {
    opening.sort_by_key(|insertion| insertion.at);
    closing.sort_by_key(|insertion| insertion.at);
    let mut all = closing;
    all.extend(opening);
    all.sort_by_key(|insertion| insertion.at);
    let mut text = String::new();
    let mut from = 0;
    for insertion in all {
        text += &source[from..insertion.at];
        text += &insertion.text;
        from = insertion.at;
    }
    text + &source[from..]
}

/// A file that stays as it is keeps its time, so that cargo does not compile its crate again.
fn write_if_changed(path: &PathBuf, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|existing| existing == text) {
        return Ok(());
    }
    fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(source: &str) -> (String, Vec<String>) {
        let all = |_: &Mutant| true;
        let sites = Sites::find("a.rs", source, 1, &all).unwrap();
        let changes = sites.mutants.iter().map(|mutant| format!("{}: {}", mutant.function, mutant.change));
        let changes = changes.collect();
        (inserted(source, sites.opening, sites.closing), changes)
    }

    #[test]
    fn nested_places_combine() {
        let (text, changes) = rewritten("fn f(a: u8) -> impl Sized { !(a == 1 && b) }");
        assert_eq!(changes, ["f: !(a == 1 && b) → (a == 1 && b)", "f: a == 1 && b → ||", "f: a == 1 → !="]);
        let inner = "(if crate::mutated(3) {/*3<*/(a) != (1)/*>3*/} else {a == 1})";
        let middle = format!("(if crate::mutated(2) {{/*2<*/(a == 1) || (b)/*>2*/}} else {{{inner} && b}})");
        let outer = format!("(if crate::mutated(1) {{/*1<*/(a == 1 && b)/*>1*/}} else {{!({middle})}})");
        assert_eq!(text, format!("fn f(a: u8) -> impl Sized {{ {outer} }}"));
    }

    #[test]
    fn a_body_returns_a_plain_value() {
        let (text, _) = rewritten("impl A { async fn f() -> Option<u8> { g() } }");
        assert!(text.contains("{ if crate::mutated(1) { return /*1<*/None/*>1*/; }"), "{text}");
        assert!(text.contains("if crate::mutated(3) { return /*3<*/Some(1)/*>3*/; } g() }"), "{text}");
    }

    #[test]
    fn an_arm_is_left_out_and_its_guard_replaced() {
        let (text, changes) = rewritten("fn f() { match a { 1 if b => c(), 2 => d(), _ => e() } }");
        assert!(
            text.contains("1 if !crate::mutated(2) && (crate::mutated(3) || !crate::mutated(4) && (b)) =>")
        );
        assert!(text.contains("2 if !crate::mutated(5) => d(), _ => e()"), "{text}");
        assert_eq!(changes.last().unwrap(), "f: arm 2 → deleted");
    }

    #[test]
    fn what_is_computed_at_compile_time_or_in_tests_stays() {
        let source =
            "const A: u8 = 1 + 2; const fn f() -> u8 { 1 + 2 } #[cfg(test)] mod tests { fn g() { 1 + 2; } }";
        assert_eq!(rewritten(source), (source.to_owned(), Vec::new()));
    }

    #[test]
    fn a_call_is_left_out_and_a_method_replaced() {
        let (text, changes) = rewritten("fn f() -> impl Sized { g(a)?; b.min(c) }");
        assert!(
            text.contains("{ if !crate::mutated(1) {/*1<*/g(a)?;/*>1*/} (if crate::mutated(2)"),
            "{text}"
        );
        assert_eq!(changes, ["f: g(a)? → deleted", "f: b.min(c) → max", "f: b.min(c) → without"]);
    }

    #[test]
    fn a_chain_with_let_stays_a_chain() {
        let (text, _) = rewritten("fn f() -> impl Sized { if a == b && let Some(c) = d { c } }");
        assert!(
            text.contains(
                "if (if crate::mutated(1) {/*1<*/(a) != (b)/*>1*/} else {a == b}) && let Some(c) = d"
            )
        );
    }
}
