//! The modules of the crate form layers: each uses only those before it.

#![expect(clippy::unwrap_used, reason = "a failing test should stop at its cause")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// In the order of `lib.rs`'s picture. `testing` may use all of them.
const LAYERS: [&str; 17] = [
    "concurrency",
    "value",
    "media",
    "keys",
    "paging",
    "upload",
    "link",
    "log",
    "ports",
    "revocation",
    "http",
    "page",
    "issue",
    "record",
    "serve",
    "webhook",
    "operate",
];

/// The four functions, and the commands of an operator, do not use each other.
const USE_CASES: [&str; 5] = ["issue", "record", "serve", "webhook", "operate"];

#[test]
fn a_module_uses_only_the_layers_before_it() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = BTreeSet::new();
    for file in rust_files(&sources) {
        let relative = file.strip_prefix(&sources).unwrap().with_extension("");
        let module = relative.iter().next().unwrap().to_str().unwrap();
        if ["lib", "config", "testing"].contains(&module) {
            continue;
        }
        let place =
            layer(module).unwrap_or_else(|| panic!("{module} is in no layer: name it here and in lib.rs"));
        seen.insert(module.to_owned());
        for used in used_modules(&std::fs::read_to_string(&file).unwrap()) {
            let before = layer(&used).is_some_and(|used| used < place);
            let both_use_cases = [module, &used].iter().all(|name| USE_CASES.contains(name));
            assert!(used == module || (before && !both_use_cases), "{} uses {used}", file.display());
        }
    }
    assert_eq!(seen, LAYERS.map(str::to_owned).into());
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|name| *name == module)
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let own = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    own.filter(|path| !path.to_str().unwrap().contains("tests"))
        .chain(folders.iter().filter(|path| !path.ends_with("tests")).flat_map(|path| rust_files(path)))
        .collect()
}

/// The modules behind `crate::` in code that is no test and no comment.
fn used_modules(source: &str) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let paths = lines.flat_map(|line| line.split("crate::").skip(1));
    let name = |path: &str| path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    paths.map(name).filter(|name: &String| name != "testing").collect()
}
