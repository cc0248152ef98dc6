//! Tests of the packages for an AWS account: their sizes, which decide how long Lambda loads a function.

use stack::{Building, Processor, package};

/// The most bytes of each package: the goal, or a twentieth more than a build for `x86_64` had when this was written.
const MOST: [(&str, usize); 4] = [
    ("issue-upload", 3_000_000),
    ("record-upload", 3_300_000),
    ("send-webhook", 2_100_000),
    ("serve-link", 2_700_000),
];

#[test]
#[ignore = "builds the functions for minutes: cargo test --test packages -- --ignored --nocapture"]
fn the_packages_are_small() {
    let folder = tempfile::tempdir().unwrap();
    let packages = package(&Processor::Host, folder.path(), &Building::quiet()).unwrap();
    for package in &packages {
        eprintln!("{}: {} bytes, sha256 {}", package.name, package.size_bytes, package.sha256);
    }
    assert_eq!(packages.len(), MOST.len());
    for (package, (name, most)) in packages.iter().zip(MOST) {
        assert_eq!(package.name, name);
        assert!(package.size_bytes < most, "{name}: {} bytes", package.size_bytes);
    }
}
