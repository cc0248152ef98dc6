//! A private Python environment that contains the emulator. All tests share it.
//!
//! The environment is below `target/stack/`. Its name is a hash of `requirements.txt`, so other versions of
//! the packages make a new environment. A file lock prevents two test processes from making it at the same
//! time.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The Python environment cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// A file or folder below `target/stack` cannot be made.
    #[error("prepare {path}")]
    File {
        /// The path.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// `python3` is not in the path.
    #[error("run python3, which the local AWS needs (3.10 or newer)")]
    Missing(#[source] io::Error),
    /// Python is too old, or its `venv` or `pip` failed.
    #[error("{step}: python3 ended with {status}")]
    Failed {
        /// The step.
        step: &'static str,
        /// The exit status.
        status: ExitStatus,
    },
}

/// Returns the interpreter of the environment, and makes the environment if it is missing.
///
/// # Errors
/// When Python is missing or too old, or when the packages cannot be installed.
pub fn interpreter(stack_folder: &Path) -> Result<PathBuf, PythonError> {
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(REQUIREMENTS));
    let hash = hash.split_at(12).0;
    let environment = stack_folder.join(format!("venv-{hash}"));
    let python = environment.join("bin").join("python");
    let complete = environment.join("complete");
    fs::create_dir_all(stack_folder).map_err(|source| at(stack_folder, source))?;
    let lock_path = stack_folder.join(format!("venv-{hash}.lock"));
    let lock = File::create(&lock_path).map_err(|source| at(&lock_path, source))?;
    lock.lock().map_err(|source| at(&lock_path, source))?;
    if !complete.exists() {
        install(&environment, &python)?;
        fs::write(&complete, "").map_err(|source| at(&complete, source))?;
    }
    Ok(python)
}

fn install(environment: &Path, python: &Path) -> Result<(), PythonError> {
    say(&format!("installing the emulator into {} (once, well under a minute)", environment.display()));
    if environment.exists() {
        fs::remove_dir_all(environment).map_err(|source| at(environment, source))?;
    }
    let system = Path::new("python3");
    run(system, "find Python 3.10 or newer", |command| {
        command.args(["-c", "import sys; sys.exit(sys.version_info < (3, 10))"])
    })?;
    run(system, "make a virtual environment", |command| command.args(["-m", "venv"]).arg(environment))?;
    let requirements = environment.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).map_err(|source| at(&requirements, source))?;
    run(python, "install the pinned packages", |command| {
        command
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"])
            .args(["--require-hashes", "--requirement"])
            .arg(&requirements)
    })
}

fn run(
    program: &Path,
    step: &'static str,
    arguments: impl FnOnce(&mut Command) -> &mut Command,
) -> Result<(), PythonError> {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(io::stderr());
    let status = arguments(&mut command).status().map_err(PythonError::Missing)?;
    if status.success() { Ok(()) } else { Err(PythonError::Failed { step, status }) }
}

#[expect(clippy::print_stderr, reason = "half a minute of silence would look like a hang")]
fn say(text: &str) {
    eprintln!("stack: {text}");
}

fn at(path: &Path, source: io::Error) -> PythonError {
    PythonError::File { path: path.to_owned(), source }
}
