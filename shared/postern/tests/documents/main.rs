//! The documents name files, tests, statements and versions that exist.

use std::fs;
use std::path::{Path, PathBuf};

mod real_tests;
mod threat_model;

/// The top of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_path_in_the_documents_for_developers_exists() {
    let mut checked = 0;
    for document in ["docs/architecture.md", "docs/performance.md", "docs/security.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        for name in text.split('`').skip(1).step_by(2).filter(|name| is_path(name)) {
            let places = ["", "shared/postern/src"];
            assert!(places.iter().any(|place| root().join(place).join(name).exists()), "{document}: {name}");
            checked += 1;
        }
    }
    assert!(checked > 60, "{checked}");
}

/// Whether a text in backticks names a file or a folder of the repository.
fn is_path(name: &str) -> bool {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    let first = name.split('/').next().unwrap_or_default();
    let is_in_folder = ["docs", "shared", "terraform", "tests", "functions"].contains(&first);
    let has_extension =
        [".rs", ".tf", ".md", ".json", ".hcl", ".py", ".sh"].iter().any(|end| name.ends_with(end));
    is_plain && name.contains('/') && (is_in_folder || has_extension)
}
