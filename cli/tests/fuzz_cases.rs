//! Replays what a fuzzer was given and what it found (`tests/fuzz/corpus/explain`), on every run.

use std::path::Path;

#[path = "../../tests/fuzz/src/explain.rs"]
mod target;

#[test]
fn explain() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus/explain");
    let mut cases = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        target::explained(&std::fs::read(entry.unwrap().path()).unwrap());
        cases += 1;
    }
    assert!(cases > 0);
}
