//! Runs cargo, and reads how far its build is.
//!
//! Cargo writes its progress bar and the compiler's messages to standard error, and the paths of what it has
//! built to standard output, as JSON.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    io::{self, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
};

use serde::Deserialize;

use crate::steps::Building;

/// Cargo has built nothing.
#[derive(Debug, thiserror::Error)]
pub enum CargoError {
    /// Cargo could not be run.
    #[error("build the functions: run cargo")]
    Run(#[source] io::Error),
    /// Cargo ran and failed. Its output says why.
    #[error("build the functions: cargo ended with {0}")]
    Build(ExitStatus),
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

/// Returns a cargo command that behaves as if a person had typed it at the root of the workspace.
pub(crate) fn command(name: &str) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (variable, _) in env::vars_os().filter(|(variable, _)| is_about_one_package(variable)) {
        cargo.env_remove(variable);
    }
    cargo.arg(name).current_dir(crate::workspace());
    cargo
}

/// Whether cargo sets this variable for each package whose programs and tests it runs. Some build scripts
/// watch these variables. If they stayed set, cargo would build those crates again here, and once more in the
/// next call by hand.
fn is_about_one_package(variable: &OsStr) -> bool {
    let variable = variable.as_encoded_bytes();
    variable.starts_with(b"CARGO_PKG_") || variable.starts_with(b"CARGO_MANIFEST_")
}

/// Runs cargo, and reads the paths of the executables from its messages.
///
/// # Errors
/// When cargo cannot be run, or fails.
pub(crate) fn executables(
    cargo: &mut Command,
    building: &Building,
) -> Result<BTreeMap<String, PathBuf>, CargoError> {
    let mut child = cargo
        .arg("--message-format=json-render-diagnostics")
        // Without a terminal, cargo draws its bar only if it is told to, and how wide.
        .envs([("CARGO_TERM_PROGRESS_WHEN", "always"), ("CARGO_TERM_PROGRESS_WIDTH", "100")])
        .env("CARGO_TERM_QUIET", "false")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(CargoError::Run)?;
    let messages = read(&mut child, building).map_err(CargoError::Run)?;
    let status = child.wait().map_err(CargoError::Run)?;
    if !status.success() {
        return Err(CargoError::Build(status));
    }
    Ok(messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter_map(|message| Some((message.target?.name, message.executable?)))
        .collect())
}

/// Returns all of the child's standard output, and shows its standard error meanwhile.
fn read(child: &mut Child, building: &Building) -> io::Result<String> {
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        scope.spawn(move || errors.map(|errors| show(errors, building)));
        let mut text = String::new();
        output.map_or(Ok(0), |mut output| output.read_to_string(&mut text))?;
        Ok(text)
    })
}

/// Shows what cargo writes until it ends.
fn show(errors: impl Read, building: &Building) {
    let mut line = Vec::new();
    for byte in BufReader::new(errors).bytes().map_while(Result::ok) {
        if !matches!(byte, b'\r' | b'\n') {
            line.push(byte);
            continue;
        }
        let text = String::from_utf8_lossy(&line);
        match Line::parse(&text, byte == b'\r') {
            Line::Progress { compiled, all, compiling } => building.reached(compiled, all, compiling),
            Line::Waiting(text) => building.waits(text),
            Line::Compiler(text) => building.compiler_says(text),
            Line::Other => {}
        }
        line.clear();
    }
}

/// What cargo has written.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    /// The bar.
    Progress { compiled: u64, all: u64, compiling: &'a str },
    /// Cargo waits for another cargo.
    Waiting(&'a str),
    /// A line of the compiler's, or an error of cargo's.
    Compiler(&'a str),
    /// A crate that cargo compiles or downloads, and the like.
    Other,
}

impl<'a> Line<'a> {
    /// Parses a line. Cargo ends a bar with a carriage return, and draws over it.
    fn parse(text: &'a str, is_bar: bool) -> Self {
        if is_bar {
            return Self::bar(text).unwrap_or(Self::Other);
        }
        match status(text) {
            Some("Blocking") => Self::Waiting(text.trim_start()),
            Some(_) => Self::Other,
            None => Self::Compiler(text),
        }
    }

    /// Parses `Building [===>   ] 12/34: some-crate, another`.
    fn bar(text: &'a str) -> Option<Self> {
        let (_, rest) = text.trim().strip_prefix("Building [")?.split_once("] ")?;
        let (counts, compiling) = rest.split_once(": ").unwrap_or((rest, ""));
        let (compiled, all) = counts.split_once('/')?;
        Some(Self::Progress { compiled: compiled.parse().ok()?, all: all.parse().ok()?, compiling })
    }
}

/// Returns the verb with which a line of cargo's begins. Verbs end in the twelfth column.
fn status(text: &str) -> Option<&str> {
    const COLUMN: usize = 12;
    let (verb, rest) = text.split_at_checked(COLUMN)?;
    let verb = verb.trim_start();
    let is_verb = verb.starts_with(|first: char| first.is_ascii_uppercase())
        && verb.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_verb && rest.starts_with(' ')).then_some(verb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_says_how_many_crates_of_how_many_are_compiled() {
        let bar = "    Building [=======>      ] 281/285: postern-aws, postern          ";
        let progress = Line::Progress { compiled: 281, all: 285, compiling: "postern-aws, postern" };
        assert_eq!(Line::parse(bar, true), progress);
        let last = Line::Progress { compiled: 285, all: 285, compiling: "" };
        assert_eq!(Line::parse("    Building [=======>] 285/285", true), last);
        for other in ["", "  Downloading [==>   ] 3/10, remaining bytes: 1.2MB", "    Building [=>"] {
            assert_eq!(Line::parse(other, true), Line::Other, "{other}");
        }
    }

    #[test]
    fn only_what_the_compiler_says_and_a_wait_are_shown() {
        for status in [
            "   Compiling postern v0.1.0 (/postern/shared/postern)",
            "    Finished `dev` profile [unoptimized + debuginfo] target(s) in 8.13s",
            "  Downloaded serde v1.0.228",
        ] {
            assert_eq!(Line::parse(status, false), Line::Other, "{status}");
        }
        let wait = "    Blocking waiting for file lock on build directory";
        assert_eq!(Line::parse(wait, false), Line::Waiting(wait.trim_start()));
        for said in [
            "error[E0308]: mismatched types",
            "  --> shared/postern/src/lib.rs:1:1",
            "   |",
            "12 | fn main() {}",
            "",
            "error: could not compile `postern` (lib) due to 1 previous error",
        ] {
            assert_eq!(Line::parse(said, false), Line::Compiler(said), "{said}");
        }
    }

    /// Runs a shell in cargo's place.
    fn run(script: &str) -> Result<BTreeMap<String, PathBuf>, CargoError> {
        executables(Command::new("sh").args(["-c", script]), &Building::quiet())
    }

    #[test]
    fn the_executables_are_read_however_much_cargo_writes() {
        let script = r#"for i in $(seq 3000); do
            printf '    Building [=>   ] %s/3000: a-crate-with-a-long-name-to-fill-the-pipe\r' $i >&2
            echo '{"reason":"compiler-artifact","target":{"name":"a-library"},"executable":null}'
        done
        echo '{"reason":"compiler-artifact","target":{"name":"serve-link"},"executable":"/target/serve-link"}'
        echo "no JSON""#;
        assert_eq!(
            run(script).unwrap(),
            [("serve-link".to_owned(), PathBuf::from("/target/serve-link"))].into()
        );
    }

    #[test]
    fn a_build_that_fails_is_an_error() {
        let failed = run("exit 101").unwrap_err();
        assert_eq!(failed.to_string(), "build the functions: cargo ended with exit status: 101");
    }
}
