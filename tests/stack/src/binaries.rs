//! Builds the functions with cargo, and packs them for Lambda.
//!
//! The functions are built in the same target folder and profile as everything else, so nothing is compiled
//! twice. Only the copy in the archive is stripped, because most of a debug binary is symbols.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Cursor, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
};

use zip::{CompressionMethod, DateTime, ZipWriter, result::ZipError, write::SimpleFileOptions};

use crate::{
    cargo::{self, CargoError},
    steps::Building,
};

/// The archive of a function cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BinariesError {
    /// Cargo has built nothing.
    #[error(transparent)]
    Cargo(#[from] CargoError),
    /// Cargo named no executable for a function.
    #[error("build the functions: cargo built no binary named {0}")]
    NotBuilt(String),
    /// The binary cannot be read.
    #[error("read {path}")]
    Read {
        /// The binary.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A package cannot be written.
    #[error("write {path}")]
    Write {
        /// The package.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The archive cannot be written.
    #[error("pack {name}")]
    Pack {
        /// The function.
        name: String,
        /// The archiver's error.
        source: ZipError,
    },
}

/// The compressor's best level.
const SMALLEST: i64 = 9;

/// The archives, by the name of the function.
pub(crate) type Archives = BTreeMap<String, Vec<u8>>;

/// Builds the functions and packs each one. It does so once per process. Further stacks of the same process
/// get the same archives.
///
/// # Errors
/// When cargo fails, or when a binary cannot be read or packed.
pub(crate) fn archives(
    names: &[String],
    scratch: &Path,
    building: &Building,
) -> Result<Archives, BinariesError> {
    static PACKED: Mutex<Option<Archives>> = Mutex::new(None);
    let mut packed = PACKED.lock().unwrap_or_else(PoisonError::into_inner);
    if packed.is_none() {
        *packed = Some(build_and_pack(names, scratch, building)?);
    }
    Ok(packed.clone().unwrap_or_default())
}

fn build_and_pack(names: &[String], scratch: &Path, building: &Building) -> Result<Archives, BinariesError> {
    let executables = built(names, building)?;
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

/// Builds the functions as debug builds, like the tests, and returns the paths of their executables.
///
/// # Errors
/// When cargo fails.
pub fn function_executables(names: &[String]) -> Result<BTreeMap<String, PathBuf>, BinariesError> {
    built(names, &Building::quiet())
}

fn built(names: &[String], building: &Building) -> Result<BTreeMap<String, PathBuf>, BinariesError> {
    let bins = names.iter().flat_map(|name| ["--bin", name.as_str()]);
    Ok(cargo::executables(cargo::command("build").args(bins), building)?)
}

/// Returns the path of the executable of a test of the workspace, and builds it if it is missing.
///
/// # Errors
/// When cargo fails, or when there is no such test.
pub fn test_executable(name: &str) -> Result<PathBuf, BinariesError> {
    // The whole workspace is built, so that features are resolved as for `cargo test`.
    let mut cargo = cargo::command("test");
    cargo.args(["--no-run", "--workspace", "--test", name]);
    let mut built = cargo::executables(&mut cargo, &Building::quiet())?;
    built.remove(name).ok_or_else(|| BinariesError::NotBuilt(name.to_owned()))
}

/// Returns the binary without its symbols, or the whole binary if `strip` is not installed.
fn stripped(binary: &Path, copy: &Path) -> Result<Vec<u8>, BinariesError> {
    let done = Command::new("strip").arg("-o").arg(copy).arg(binary).stderr(Stdio::null()).status();
    let path = if done.is_ok_and(|status| status.success()) { copy } else { binary };
    fs::read(path).map_err(|source| BinariesError::Read { path: path.to_owned(), source })
}

/// Makes an archive for a stack on this machine. Compression would take longer than it saves.
pub(crate) fn stored(binary: &[u8]) -> Result<Vec<u8>, ZipError> {
    pack(binary, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))
}

/// Makes an archive for an AWS account. It is compressed, so that Lambda loads fewer bytes at a cold start.
pub(crate) fn deflated(binary: &[u8]) -> Result<Vec<u8>, ZipError> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    pack(binary, options.compression_level(Some(SMALLEST)))
}

/// Makes an archive with one executable file, `bootstrap`. The file's time is fixed, so the bytes of the
/// archive depend only on the binary and on the version of the compressor. The lock file pins that version.
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
