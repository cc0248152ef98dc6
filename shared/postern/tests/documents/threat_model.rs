//! The threat model, `docs/security.md`: each risk names tests that exist, or says that it has none.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::real_tests::{self, Runs};
use crate::root;

/// The lines of a risk, in this order; the second one may begin otherwise.
const LINES: [&str; 3] = ["- Prevented: ", "- Tests: ", "- Residual risk: "];
const NO_TEST: &str = "- No test: ";

/// What stands behind the link to a test that `cargo test` leaves out.
const SLOW: &str = " (slow)";

#[test]
fn every_risk_of_the_threat_model_names_tests_that_exist() {
    let document = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let read = |path: &str| fs::read_to_string(root().join("docs").join(path)).ok();
    assert_eq!(findings(&document, read), [""; 0], "in docs/security.md");
}

/// A text that begins with a capital and has a second one names a statement of a policy.
#[test]
fn every_statement_in_the_threat_model_is_one_of_the_module() {
    let document = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let sources: String = fs::read_dir(root().join("terraform"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "tf"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let sids: BTreeSet<&str> = sources
        .lines()
        .filter(|line| line.trim_start().starts_with("sid "))
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .collect();
    let (mut checked, prevented) = (0, lines_that_begin(&document, LINES[0]));
    for name in
        prevented.iter().flat_map(|line| line.split('`').skip(1).step_by(2)).filter(|name| is_sid(name))
    {
        assert!(sids.contains(name), "no statement of terraform/*.tf is named {name}");
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}

/// The crates of the table of cryptography have the versions of `Cargo.lock`.
#[test]
fn every_crate_in_the_threat_model_has_the_version_of_the_lock_file() {
    let document = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let (_, table) = document.split_once("\n## Cryptography\n").unwrap();
    let rows = table.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let mut checked = 0;
    for row in rows.take_while(|line| line.starts_with('|')) {
        let crates = row.split('|').nth(1).unwrap();
        for named in crates.split(',') {
            let (name, version) = named.trim().rsplit_once(' ').unwrap();
            let entry = format!("name = \"{}\"\nversion = \"{version}\"\n", name.trim_matches('`'));
            assert!(lock.contains(&entry), "Cargo.lock has no {named}");
            checked += 1;
        }
    }
    assert!(checked > 8, "{checked}");
}

/// What is wrong with the document. `read` reads a file by its path from the document.
fn findings(document: &str, read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let risks: Vec<&str> = document.split("\n### ").skip(1).collect();
    let risks: Vec<&str> = risks.iter().map(|risk| risk.split("\n## ").next().unwrap_or_default()).collect();
    let mut found = Vec::new();
    let mut numbers: BTreeMap<char, u32> = BTreeMap::new();
    let mut untested = 0;
    for risk in &risks {
        let title = risk.lines().next().unwrap_or_default();
        let mut of_risk = Vec::new();
        of_risk.extend(misnumbered(title, &mut numbers));
        match items(risk).as_slice() {
            [prevented, second, residual] => {
                of_risk.extend(missing(prevented, LINES[0]));
                of_risk.extend(missing(residual, LINES[2]));
                if missing(second, NO_TEST).is_none() {
                    untested += 1;
                } else {
                    of_risk.extend(missing(second, LINES[1]));
                    of_risk.extend(wrong_tests(second, &read));
                }
            }
            items => of_risk.push(format!("has {} items in place of 3", items.len())),
        }
        found.extend(of_risk.into_iter().map(|what| format!("{title}: {what}")));
    }
    let counted = format!("Of the {} risks, {untested} have no test", risks.len());
    if risks.is_empty() || !document.contains(&counted) {
        found.push(format!("the document does not say \"{counted}\""));
    }
    found
}

/// The items of the list in a risk, each in one line.
fn items(risk: &str) -> Vec<String> {
    let list = risk.lines().skip(1).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    let mut items: Vec<String> = list.split("\n- ").map(|item| item.replace('\n', " ")).collect();
    items.iter_mut().skip(1).for_each(|item| item.insert_str(0, "- "));
    items
}

fn missing(item: &str, begin: &str) -> Option<String> {
    let says_something = item.strip_prefix(begin).is_some_and(|rest| !rest.trim().is_empty());
    (!says_something).then(|| format!("`{}` does not begin with `{begin}` and go on", first(item)))
}

fn first(item: &str) -> String {
    item.chars().take(30).collect()
}

/// A title is a letter, the next number and a sentence: `U1. Other bytes come`.
fn misnumbered(title: &str, numbers: &mut BTreeMap<char, u32>) -> Option<String> {
    let mut rest = title.chars();
    let letter = rest.next().filter(char::is_ascii_uppercase);
    let number = rest.as_str().split_once(". ").and_then(|(number, _)| number.parse::<u32>().ok());
    let last = numbers.entry(letter.unwrap_or_default()).or_default();
    *last += 1;
    let is_next = letter.is_some() && number == Some(*last);
    (!is_next).then(|| "is not numbered after the risk before it".to_owned())
}

/// What is wrong with an item of tests.
fn wrong_tests(item: &str, read: &impl Fn(&str) -> Option<String>) -> Vec<String> {
    let named = item.strip_prefix(LINES[1]).unwrap_or_default();
    named
        .split(',')
        .filter_map(|test| wrong_test(test.trim(), read).map(|what| format!("{test}: {what}")))
        .collect()
}

/// What is wrong with `[name](path)` or `[name](path) (slow)`.
fn wrong_test(test: &str, read: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let (link, said) = test.strip_suffix(SLOW).map_or((test, Runs::Always), |link| (link, Runs::Slow));
    let inner = link.strip_prefix('[').and_then(|link| link.strip_suffix(')'));
    let Some((name, path)) = inner.and_then(|inner| inner.split_once("](")) else {
        return Some("it is not a link to a test".to_owned());
    };
    let Some(text) = read(path) else { return Some("the file does not exist".to_owned()) };
    if !real_tests::is_in_use(path, read) {
        return Some("no module has the file".to_owned());
    }
    match real_tests::of(path, &text) {
        Err(error) => Some(error),
        Ok(tests) => match tests.get(name) {
            None => Some("the file has no test of this name".to_owned()),
            Some(runs) if *runs != said => Some(format!("the test is {runs:?}, and the page says {said:?}")),
            Some(_) => None,
        },
    }
}

fn lines_that_begin(document: &str, begin: &str) -> Vec<String> {
    let risks = document.split("\n### ").skip(1);
    risks.flat_map(items).filter(|item| item.starts_with(begin)).collect()
}

fn is_sid(name: &str) -> bool {
    let capitals = name.chars().filter(char::is_ascii_uppercase).count();
    name.chars().all(|c| c.is_ascii_alphanumeric())
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && capitals > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "Of the 2 risks, 1 have no test, because\n\n## A party\n\n### U1. Something happens\n\
        - Prevented: by code\n  and more code.\n- Tests: [a_test](../tests/a.rs),\n  [b_test](../tests/a.rs) (slow)\n\
        - Residual risk: none known.\n\n### U2. Something else\n- Prevented: not.\n- No test: nobody prevents it.\n\
        - Residual risk: all of it.\n\n## Another part\n";

    fn read(path: &str) -> Option<String> {
        let text = "#[test] fn a_test() {}\n#[test] #[ignore] fn b_test() {}\n// #[test] fn c_test() {}\nfn d_test() {}";
        ["../tests/a.rs", "../src/orphan.rs"].contains(&path).then(|| text.to_owned())
    }

    #[test]
    fn each_mistake_in_the_threat_model_is_found() {
        assert_eq!(findings(GOOD, read), [""; 0]);
        let mistakes = [
            ("a renamed test", "a_test", "another_test", "no test of this name"),
            ("a test in a comment", "a_test", "c_test", "no test of this name"),
            ("a function without the attribute", "a_test", "d_test", "no test of this name"),
            (
                "a test in another file",
                "[a_test](../tests/a.rs)",
                "[a_test](../tests/b.rs)",
                "file does not exist",
            ),
            (
                "a test that is not compiled",
                "[a_test](../tests/a.rs)",
                "[a_test](../src/orphan.rs)",
                "no module has",
            ),
            ("a name without a link", "[a_test](../tests/a.rs)", "a_test", "not a link"),
            ("a slow test as any other", " (slow)", "", "the page says Always"),
            ("any other test as a slow one", "a.rs),", "a.rs) (slow),", "the page says Slow"),
            (
                "no test at all",
                "- Tests: [a_test](../tests/a.rs),\n  [b_test](../tests/a.rs) (slow)\n",
                "",
                "2 items",
            ),
            (
                "an empty list of tests",
                "[a_test](../tests/a.rs),\n  [b_test](../tests/a.rs) (slow)",
                "",
                "does not begin",
            ),
            ("a missing test without a reason", "nobody prevents it.", "", "does not begin"),
            ("no word of what remains", "- Residual risk: none known.\n", "", "2 items"),
            ("an empty residual risk", "none known.", "", "does not begin"),
            ("no word of what prevents it", "- Prevented: not.\n", "", "2 items"),
            ("another number", "### U2", "### U3", "not numbered"),
            ("the same number twice", "### U2", "### U1", "not numbered"),
            ("another kind of heading", "### U2. Something else", "### Something else", "not numbered"),
            ("a wrong count of risks", "Of the 2", "Of the 3", "does not say"),
            ("a wrong count without a test", "1 have no", "0 have no", "does not say"),
        ];
        for (mistake, from, to, expected) in mistakes {
            let broken = GOOD.replacen(from, to, 1);
            assert_ne!(broken, GOOD, "{mistake}");
            let found = findings(&broken, read);
            assert!(found.iter().any(|finding| finding.contains(expected)), "{mistake}: {found:?}");
        }
        assert!(!findings("", read).is_empty(), "an empty document");
    }
}
