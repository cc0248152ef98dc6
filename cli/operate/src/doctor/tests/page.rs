//! `docs/doctor.md` lists the checks of the program: its table is made from the catalog.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::doctor::catalog::{CHECKS, Local};

const BEGIN: &str = "<!-- checks: made by UPDATE_DOCTOR=1 cargo test --lib doctor::tests::page -->\n";
const END: &str = "<!-- end of checks -->\n";

/// The part of the page that is made.
fn made() -> String {
    let mut made =
        String::from("| check | looks at | a failure means | fix | risk |\n|---|---|---|---|---|\n");
    for check in CHECKS {
        let risk = check.risk.unwrap_or_default();
        // `|` would end a cell.
        assert!(![check.looks_at, check.means, check.fix].concat().contains('|'), "{}", check.id);
        writeln!(
            made,
            "| `{}` | {} | {} | {} | {risk} |",
            check.id,
            check.looks_at,
            check.means,
            linked(check.fix)
        )
        .unwrap();
    }
    made.push_str("\nOn a local AWS, also on one that Terraform applied to:\n\n| check | there | because |\n|---|---|---|\n");
    for check in CHECKS {
        let (there, why) = match check.local {
            Local::Shown => continue,
            Local::Without(why) => ("a failure counts as could not look", why),
            Local::CannotShow(why) => ("could not look", why),
        };
        writeln!(made, "| `{}` | {there} | {why} |", check.id).unwrap();
    }
    made
}

/// Names of pages as links of the page.
fn linked(fix: &str) -> String {
    let words: Vec<String> = fix
        .split(' ')
        .map(|word| {
            let path = word.trim_end_matches([',', ':', '.']);
            let end = &word[path.len()..];
            match path.strip_prefix("docs/") {
                Some(page) if page.contains(".md") => {
                    format!("[{path}]({}){end}", page.trim_start_matches("doctor.md"))
                }
                _ if path == "SECURITY.md" => format!("[{path}](../{path}){end}"),
                _ => word.to_owned(),
            }
        })
        .collect();
    words.join(" ")
}

#[test]
fn the_page_and_the_program_list_the_same_checks() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/doctor.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (listed, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_DOCTOR").is_some() {
        fs::write(&path, [before, BEGIN, &made(), END, after].concat()).unwrap();
        return;
    }
    assert_eq!(listed, made(), "UPDATE_DOCTOR=1 cargo test --lib doctor::tests::page makes the table anew");
}

#[test]
fn every_anchor_that_a_fix_names_is_a_heading() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for fix in CHECKS.iter().map(|check| check.fix) {
        for word in
            fix.split(' ').filter_map(|word| word.trim_end_matches([',', ':', '.']).strip_prefix("docs/"))
        {
            let (page, anchor) = word.split_once('#').unwrap_or((word, ""));
            let text = fs::read_to_string(docs.join(page)).unwrap_or_else(|error| panic!("{fix}: {error}"));
            let is_there =
                text.lines().filter(|line| line.starts_with('#')).any(|heading| slug(heading) == anchor);
            assert!(anchor.is_empty() || is_there, "{fix}: {anchor}");
        }
    }
}

fn slug(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    heading.chars().filter(|character| character.is_alphanumeric() || *character == '-').collect()
}

/// The actions of the page's policy are the calls that the readers make, each by the name that IAM has for it.
#[test]
fn the_policy_of_the_page_has_the_action_of_each_call() {
    let page = include_str!("../../../../../docs/doctor.md");
    let sources = [
        include_str!("../read/api.rs"),
        include_str!("../read/bucket.rs"),
        include_str!("../read/functions.rs"),
        include_str!("../read/storage.rs"),
        include_str!("../read/watch.rs"),
    ];
    let code = sources.concat().split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(");
    let mut checked = 0;
    for before in ["unseen(\"", "unset(\"", "action: \""] {
        for call in code.split(before).skip(1) {
            let action = call.split(['"', ' ']).next().unwrap();
            // For an object, which only the canary reads.
            assert!(page.contains(&format!("\"{action}\"")) || action == "s3:GetObject", "{action}");
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked}");
}
