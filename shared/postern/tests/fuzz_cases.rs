//! Replays what a fuzzer was given and what it found (`tests/fuzz/corpus`), on every run.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is a finding")]

use std::path::Path;

#[path = "../../../tests/fuzz/src/lib.rs"]
mod targets;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus").join(target);
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        run(&std::fs::read(entry.unwrap().path()).unwrap());
        cases += 1;
    }
    assert!(cases > 0, "{target} has no cases");
}

#[test]
fn request_bodies() {
    replay("request_bodies", targets::request_bodies);
}

#[test]
fn tokens() {
    replay("tokens", targets::tokens);
}

#[test]
fn policies() {
    replay("policies", targets::policies);
}

#[test]
fn evaluator() {
    replay("evaluator", targets::evaluator);
}

#[test]
fn sniffers() {
    replay("sniffers", targets::sniffers);
}
