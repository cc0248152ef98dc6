//! Tests of the packages for an AWS account: their sizes, which decide how long Lambda loads a function.

use stack::{Processor, package};

/// The most bytes of each package.
const MOST: usize = 3_000_000;

/// The most bytes of the recorder's package, which knows the formats of files.
const MOST_OF_RECORDER: usize = 3_300_000;

#[test]
#[ignore = "builds the functions for minutes: cargo test --test packages -- --ignored --nocapture"]
fn the_packages_are_small() {
    let folder = tempfile::tempdir().unwrap();
    let packages = package(&Processor::Host, folder.path()).unwrap();
    for package in &packages {
        eprintln!("{}: {} bytes, sha256 {}", package.name, package.size_bytes, package.sha256);
    }
    for package in packages {
        let most = if package.name == "record-upload" { MOST_OF_RECORDER } else { MOST };
        assert!(package.size_bytes < most, "{}: {} bytes", package.name, package.size_bytes);
    }
}
