//! Our functions, built by cargo and packed as Lambda wants them.
//!
//! The same target folder and profile as everything else, so that nothing is compiled twice;
//! only the copy in the archive is stripped, because symbols are most of a debug binary.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    fs,
    io::{self, Cursor, Write},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{Mutex, PoisonError},
};

use serde::Deserialize;
use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipError, write::SimpleFileOptions};

/// Why there is no archive of a function.
#[derive(Debug, thiserror::Error)]
pub enum BinariesError {
    /// Cargo could not be run.
    #[error("build the functions: run cargo")]
    Cargo(#[source] io::Error),
    /// Cargo ran and failed; it has said why.
    #[error("build the functions: cargo ended with {0}")]
    Build(ExitStatus),
    /// Cargo named no executable for a function.
    #[error("build the functions: cargo built no binary named {0}")]
    NotBuilt(String),
    /// The binary cannot be read.
    #[error("read {path}")]
    Read {
        /// Which binary.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A package cannot be written.
    #[error("write {path}")]
    Write {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The archive cannot be written.
    #[error("pack {name}")]
    Pack {
        /// Which function.
        name: String,
        /// What the archiver says.
        source: ZipError,
    },
}

#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// The compressor's best level.
const SMALLEST: i64 = 9;

/// The archives by the functions' names.
pub(crate) type Archives = BTreeMap<String, Vec<u8>>;

/// Builds the functions and packs each one, once per process: another stack of the same process
/// gets the same archives.
///
/// # Errors
/// When cargo fails, or when a binary cannot be read or packed.
pub(crate) fn archives(names: &[String], scratch: &Path) -> Result<Archives, BinariesError> {
    static PACKED: Mutex<Option<Archives>> = Mutex::new(None);
    let mut packed = PACKED.lock().unwrap_or_else(PoisonError::into_inner);
    if packed.is_none() {
        *packed = Some(build_and_pack(names, scratch)?);
    }
    Ok(packed.clone().unwrap_or_default())
}

fn build_and_pack(names: &[String], scratch: &Path) -> Result<Archives, BinariesError> {
    let executables = build(names)?;
    let scratch = tempfile::tempdir_in(scratch)
        .map_err(|source| BinariesError::Read { path: scratch.to_owned(), source })?;
    names
        .iter()
        .map(|name| {
            let path = executables.get(name).ok_or_else(|| BinariesError::NotBuilt(name.clone()))?;
            let bytes = stripped(path, &scratch.path().join(name))?;
            let archive =
                stored(&bytes).map_err(|source| BinariesError::Pack { name: name.clone(), source })?;
            Ok((name.clone(), archive))
        })
        .collect()
}

/// Debug builds, as everything else here.
fn build(names: &[String]) -> Result<BTreeMap<String, PathBuf>, BinariesError> {
    let bins = names.iter().flat_map(|name| ["--bin", name.as_str()]);
    executables(cargo("build").args(bins))
}

/// Where the executable of a test of the workspace lies, which is built first if need be.
///
/// # Errors
/// When cargo fails, or when there is no such test.
pub fn test_executable(name: &str) -> Result<PathBuf, BinariesError> {
    // The whole workspace, so that features are resolved as for a plain `cargo test`.
    let mut built = executables(cargo("test").args(["--no-run", "--workspace", "--test", name]))?;
    built.remove(name).ok_or_else(|| BinariesError::NotBuilt(name.to_owned()))
}

/// A cargo that works as if it had been called by hand at the top of the workspace.
pub(crate) fn cargo(command: &str) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (variable, _) in env::vars_os().filter(|(variable, _)| is_about_one_package(variable)) {
        cargo.env_remove(variable);
    }
    cargo.arg(command).current_dir(crate::workspace());
    cargo
}

/// Runs cargo, whose messages say where what it has built lies, whatever the target folder is.
pub(crate) fn executables(cargo: &mut Command) -> Result<BTreeMap<String, PathBuf>, BinariesError> {
    let output = cargo
        .args(["--quiet", "--message-format=json-render-diagnostics"])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(BinariesError::Cargo)?;
    if !output.status.success() {
        return Err(BinariesError::Build(output.status));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    Ok(messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter_map(|message| Some((message.target?.name, message.executable?)))
        .collect())
}

/// What cargo tells the programs and tests that it runs. Some build scripts watch these variables,
/// and their crates would be built again here, and once more after us.
fn is_about_one_package(variable: &OsStr) -> bool {
    let variable = variable.as_encoded_bytes();
    variable.starts_with(b"CARGO_PKG_") || variable.starts_with(b"CARGO_MANIFEST_")
}

/// The binary without its symbols; with them where there is no `strip`.
fn stripped(binary: &Path, copy: &Path) -> Result<Vec<u8>, BinariesError> {
    let done = Command::new("strip").arg("-o").arg(copy).arg(binary).stderr(Stdio::null()).status();
    let path = if done.is_ok_and(|status| status.success()) { copy } else { binary };
    fs::read(path).map_err(|source| BinariesError::Read { path: path.to_owned(), source })
}

/// An archive for a stack on this machine, which would wait longer for a compressor than for the bytes.
pub(crate) fn stored(binary: &[u8]) -> Result<Vec<u8>, ZipError> {
    pack(binary, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))
}

/// An archive for an account: Lambda loads fewer bytes at a cold start of a new environment.
pub(crate) fn deflated(binary: &[u8]) -> Result<Vec<u8>, ZipError> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    pack(binary, options.compression_level(Some(SMALLEST)))
}

/// An archive with one executable file, `bootstrap`. Its bytes depend only on the binary and, where it is
/// compressed, on the compressor's version, which the lock file pins: the time is fixed.
fn pack(binary: &[u8], options: SimpleFileOptions) -> Result<Vec<u8>, ZipError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::with_capacity(binary.len() + 1024)));
    let options = options.last_modified_time(DateTime::default()).unix_permissions(0o755);
    archive.start_file("bootstrap", options)?;
    archive.write_all(binary)?;
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn an_archive_holds_one_executable_named_bootstrap() {
        let binary = b"\x7fELF and more".repeat(1000);
        for archive in [stored(&binary).unwrap(), deflated(&binary).unwrap()] {
            let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
            assert_eq!(archive.len(), 1);
            let mut file = archive.by_index(0).unwrap();
            assert_eq!(file.name().unwrap(), "bootstrap");
            assert_eq!(file.unix_mode().unwrap() & 0o777, 0o755);
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            assert_eq!(content, binary);
        }
        assert!(deflated(&binary).unwrap().len() * 10 < binary.len());
    }
}
