//! Writes the bill of materials of each function beside its package, as `bootstrap.cdx.json`: which crates it is
//! built from, with their versions, checksums and licenses.
//!
//! [cargo-cyclonedx](https://crates.io/crates/cargo-cyclonedx) makes it, in the format of
//! [CycloneDX](https://cyclonedx.org). The tool writes a file into the folder of every crate of the workspace. So
//! this moves the functions' files, and removes the others.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use serde::Deserialize;

use crate::{
    cargo,
    packages::{Package, Processor},
};

/// The name of the file, without the `.json` that the tool adds.
const NAME: &str = "bootstrap.cdx";

/// The time in each file, as in the packages: the first that a ZIP archive can store, in seconds since 1970.
const TIME_S: &str = "315532800";

/// The bills of materials cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SbomError {
    /// The tool is not installed, or cargo cannot be run.
    #[error(
        "list what the packages are built from: install the tool (cargo install cargo-cyclonedx --locked)"
    )]
    Missing,
    /// The tool failed. Its output says why.
    #[error("list what the packages are built from: cargo cyclonedx ended with {0}")]
    Failed(ExitStatus),
    /// Cargo cannot be run.
    #[error("list the crates of the workspace")]
    Cargo(#[source] io::Error),
    /// What cargo says of the workspace cannot be read.
    #[error("read the crates of the workspace")]
    Metadata(#[source] serde_json::Error),
    /// A file cannot be moved or removed.
    #[error("write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Crate>,
}

#[derive(Deserialize)]
struct Crate {
    name: String,
    manifest_path: PathBuf,
}

/// Writes the bill of materials of each package beside it, and returns the paths. Blocks for seconds.
///
/// # Errors
/// If cargo-cyclonedx is not installed or fails, or a file cannot be written.
pub fn sbom(processor: &Processor, packages: &[Package]) -> Result<Vec<PathBuf>, SbomError> {
    let installed = cargo::command("cyclonedx").arg("--version").stderr(Stdio::null()).output();
    if !installed.is_ok_and(|output| output.status.success()) {
        return Err(SbomError::Missing);
    }
    let mut cargo = cargo::command("cyclonedx");
    cargo.args(["-qq", "--format", "json", "--spec-version", "1.5", "--override-filename", NAME]);
    if let Processor::Target(target) = processor {
        cargo.args(["--target", target]);
    }
    let crates = crates()?;
    let status = cargo.env("SOURCE_DATE_EPOCH", TIME_S).status().map_err(SbomError::Cargo)?;
    let moved = crates.iter().map(|one| take(one, packages)).collect::<Result<Vec<_>, _>>();
    if !status.success() {
        return Err(SbomError::Failed(status));
    }
    Ok(moved?.into_iter().flatten().collect())
}

fn crates() -> Result<Vec<Crate>, SbomError> {
    let mut cargo: Command = cargo::command("metadata");
    let output = cargo.args(["--no-deps", "--locked", "--format-version", "1"]).output();
    let output = output.map_err(SbomError::Cargo)?;
    let metadata: Metadata = serde_json::from_slice(&output.stdout).map_err(SbomError::Metadata)?;
    Ok(metadata.packages)
}

/// Moves the file of a function beside its package, and removes the file of another crate.
fn take(one: &Crate, packages: &[Package]) -> Result<Option<PathBuf>, SbomError> {
    let written = one.manifest_path.with_file_name(format!("{NAME}.json"));
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| SbomError::Write { path, source }
    };
    let mut kept = None;
    if let Some(package) = packages.iter().find(|package| package.name == one.name) {
        let path = package.path.with_file_name(format!("{NAME}.json"));
        let text = fs::read_to_string(&written).map_err(failed(&written))?;
        fs::write(&path, without_paths(&text)).map_err(failed(&path))?;
        kept = Some(path);
    }
    match fs::remove_file(&written) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(failed(&written)(source)),
        _ => Ok(kept),
    }
}

/// The same text on every machine: the workspace has the name that it has in the binaries.
fn without_paths(text: &str) -> String {
    text.replace(&crate::workspace().display().to_string(), "/postern")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_of_materials_is_moved_beside_its_package_without_local_paths_and_others_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let package = Package {
            name: "serve-link".to_owned(),
            path: folder.path().join("out/bootstrap.zip"),
            sha256: String::new(),
            size_bytes: 0,
        };
        let crates = ["serve-link", "stack"].map(|name| Crate {
            name: name.to_owned(),
            manifest_path: folder.path().join(name).join("Cargo.toml"),
        });
        let files = ["out", "serve-link", "stack"].map(|name| folder.path().join(name));
        let text = format!("path+file://{}/shared/aws#postern-aws@0.1.0", crate::workspace().display());
        for file in &files {
            fs::create_dir(file).unwrap();
            fs::write(file.join("bootstrap.cdx.json"), &text).unwrap();
        }
        let [first, second] = crates.map(|one| take(&one, std::slice::from_ref(&package)).unwrap());
        let moved = folder.path().join("out/bootstrap.cdx.json");
        assert_eq!((first, second), (Some(moved.clone()), None));
        assert_eq!(fs::read_to_string(moved).unwrap(), "path+file:///postern/shared/aws#postern-aws@0.1.0");
        assert!(
            !files[1].join("bootstrap.cdx.json").exists() && !files[2].join("bootstrap.cdx.json").exists()
        );
    }

    #[test]
    #[ignore = "needs the tool: cargo install cargo-cyclonedx --locked"]
    fn the_tool_lists_the_crates_of_a_function_in_the_same_way_twice() {
        let list = || {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("bootstrap.zip");
            let package =
                Package { name: "serve-link".to_owned(), path, sha256: String::new(), size_bytes: 0 };
            let listed = sbom(&Processor::Host, &[package]).unwrap();
            assert_eq!(listed.len(), 1, "{listed:?}");
            fs::read_to_string(&listed[0]).unwrap()
        };
        let listed = list();
        assert_eq!(listed, list());
        assert!(listed.contains("pkg:cargo/argon2@") && listed.contains("SHA-256"));
        assert!(!listed.contains(&crate::workspace().display().to_string()));
    }

    #[test]
    fn every_function_is_a_crate_of_the_workspace() {
        let names: Vec<_> = crates().unwrap().into_iter().map(|one| one.name).collect();
        let functions = crate::description::Description::load().unwrap().functions;
        assert!(functions.keys().all(|function| names.contains(function)), "{names:?}");
    }
}
