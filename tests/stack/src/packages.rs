//! Builds the functions with `cargo build --release`, and packs them for an AWS account. Each archive is
//! `target/lambda/<function>/bootstrap.zip`, as with cargo-lambda.
//!
//! The same source, lock file and toolchain give the same bytes in every folder. The binary contains no paths
//! of the workspace or of cargo's registry, and the time in the archive is fixed.
//!
//! The functions run in Lambda's `provided.al2023`:
//! <https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html>.

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};

use crate::{
    binaries::{self, BinariesError},
    cargo,
    description::{Description, DescriptionError},
    steps::Building,
};

/// The minor version of the C library (2.x) that `provided.al2023` has.
const GLIBC_OF_LAMBDA: u32 = 34;

/// The functions cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The description cannot be read.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// Cargo or the archiver failed.
    #[error(transparent)]
    Binaries(#[from] BinariesError),
    /// `rustc` could not be asked for its targets.
    #[error("ask rustc for its targets")]
    Rustc(#[source] io::Error),
    /// The standard library of the target is not installed.
    #[error("build for {0}: its standard library is not installed (rustup target add {0})")]
    Target(String),
    /// A linker for the target is not installed.
    #[error(
        "build for {target}: {linker} is not installed (in Debian: apt install gcc-{package}); another \
         linker is named in {variable}"
    )]
    Linker {
        /// The target.
        target: String,
        /// The C compiler that links for it.
        linker: String,
        /// The processor, as Debian's packages name it.
        package: String,
        /// Cargo's variable that names another linker.
        variable: String,
    },
    /// The binary would not start in Lambda.
    #[error(
        "package {name}: it was linked with a C library newer than Lambda's (2.{needed}, where \
         provided.al2023 has 2.{GLIBC_OF_LAMBDA}); build it with cargo lambda, or with a musl target"
    )]
    TooNew {
        /// The function.
        name: String,
        /// The minor version that it needs.
        needed: u32,
    },
}

/// The target of the build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Processor {
    /// This machine.
    Host,
    /// A target of rustc's, such as `aarch64-unknown-linux-gnu`.
    Target(String),
}

/// A written package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The function.
    pub name: String,
    /// The path of the archive.
    pub path: PathBuf,
    /// The SHA-256 of the archive, in hexadecimal digits.
    pub sha256: String,
    /// The size of the archive.
    pub size_bytes: usize,
}

/// Builds the functions and writes `<out>/<function>/bootstrap.zip`. Blocks. The first call takes minutes.
///
/// # Errors
/// If the target is not installed, cargo fails, or a binary would not start in Lambda.
pub fn package(processor: &Processor, out: &Path, building: &Building) -> Result<Vec<Package>, PackageError> {
    let names: Vec<String> = Description::load()?.functions.into_keys().collect();
    let mut cargo = cargo::command("build");
    cargo.args(["--release", "--locked"]).env("CARGO_ENCODED_RUSTFLAGS", without_paths());
    // Cargo builds only the functions. With the tests, it would also enable features that only tests need.
    cargo.args(names.iter().flat_map(|name| ["--package", name.as_str()]));
    if let Processor::Target(target) = processor {
        find_target(target)?;
        cargo.args(["--target", target]);
        if let Some((variable, linker)) = linker(target, env::consts::ARCH, |name| env::var_os(name))? {
            cargo.env(variable, linker);
        }
    }
    let built = cargo::executables(&mut cargo, building).map_err(BinariesError::from)?;
    names
        .into_iter()
        .map(|name| {
            let path = built.get(&name).ok_or_else(|| BinariesError::NotBuilt(name.clone()))?;
            write(name, path, out)
        })
        .collect()
}

fn write(name: String, binary: &Path, out: &Path) -> Result<Package, PackageError> {
    let bytes = fs::read(binary).map_err(|source| BinariesError::Read { path: binary.to_owned(), source })?;
    if let Some(needed) = glibc(&bytes).filter(|needed| *needed > GLIBC_OF_LAMBDA) {
        return Err(PackageError::TooNew { name, needed });
    }
    let archive =
        binaries::deflated(&bytes).map_err(|source| BinariesError::Pack { name: name.clone(), source })?;
    let path = out.join(&name).join("bootstrap.zip");
    let written = fs::create_dir_all(out.join(&name)).and_then(|()| fs::write(&path, &archive));
    written.map_err(|source| BinariesError::Write { path: path.clone(), source })?;
    let sha256 =
        Sha256::digest(&archive).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    Ok(Package { name, path, sha256, size_bytes: archive.len() })
}

/// Returns rustc's flags that replace the paths of this machine with fixed names.
fn without_paths() -> String {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(env::home_dir()?.join(".cargo")));
    let flag = |path: &Path, name: &str| format!("--remap-path-prefix={}={name}", path.display());
    let mut flags: Vec<String> = cargo_home.iter().map(|home| flag(home, "/cargo")).collect();
    flags.push(flag(crate::workspace(), "/postern"));
    flags.join("\x1f")
}

fn find_target(target: &str) -> Result<(), PackageError> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", target])
        .current_dir(crate::workspace())
        .output()
        .map_err(PackageError::Rustc)?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let found = output.status.success() && Path::new(&folder).is_dir();
    found.then_some(()).ok_or_else(|| PackageError::Target(target.to_owned()))
}

/// Returns cargo's variable for the linker of another processor, and the C compiler to put into it. Returns
/// `None` if the processor is this machine's or if the variable is set. Without the variable, cargo would use
/// this machine's linker, which fails after minutes of building.
fn linker(
    target: &str,
    here: &str,
    variables: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<(String, PathBuf)>, PackageError> {
    let Some(processor) = target.strip_suffix("-unknown-linux-gnu").filter(|processor| *processor != here)
    else {
        return Ok(None);
    };
    let variable = format!("CARGO_TARGET_{}_LINKER", target.to_uppercase().replace('-', "_"));
    if variables(&variable).is_some() {
        return Ok(None);
    }
    let linker = format!("{processor}-linux-gnu-gcc");
    let folders = variables("PATH").unwrap_or_default();
    let found = env::split_paths(&folders).map(|folder| folder.join(&linker)).find(|path| path.is_file());
    found.map(|found| Some((variable.clone(), found))).ok_or_else(|| PackageError::Linker {
        target: target.to_owned(),
        linker,
        // Debian writes `x86-64` in the names of packages, not `x86_64`.
        package: format!("{}-linux-gnu", processor.replace('_', "-")),
        variable,
    })
}

/// Returns the highest minor version (2.x) of the C library that the binary's symbols need, or `None` for a
/// static binary.
fn glibc(binary: &[u8]) -> Option<u32> {
    const MARK: &[u8] = b"GLIBC_2.";
    binary
        .windows(MARK.len() + 2)
        .filter(|window| window.starts_with(MARK))
        .filter_map(|window| {
            let digits = window.get(MARK.len()..)?.iter().take_while(|byte| byte.is_ascii_digit());
            digits.map(|digit| u32::from(digit - b'0')).reduce(|number, digit| number * 10 + digit)
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_binary_gives_the_same_package_at_any_time_and_place() {
        let hash = |out: &Path| {
            let binary = out.join("built");
            fs::write(&binary, b"\x7fELF and GLIBC_2.34\0").unwrap();
            write("serve-link".to_owned(), &binary, out).unwrap()
        };
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = hash(here.path());
        assert_eq!(first.path, here.path().join("serve-link/bootstrap.zip"));
        // A ZIP archive stores times in steps of two seconds, so the second package gets a later time.
        std::thread::sleep(std::time::Duration::from_millis(2100));
        let second = hash(there.path());
        assert_eq!(fs::read(&first.path).unwrap(), fs::read(&second.path).unwrap());
        assert_eq!(first.sha256, "9169dbd5cc9523705bbe8137aab653a1862cf6620301998788b21ce7ed0d1121");
    }

    #[test]
    fn a_binary_that_needs_a_newer_c_library_than_lambdas_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let binary = folder.path().join("built");
        fs::write(&binary, b"GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.39\0").unwrap();
        let error = write("serve-link".to_owned(), &binary, folder.path()).unwrap_err();
        assert!(matches!(&error, PackageError::TooNew { needed: 39, .. }), "{error:?}");
        assert!(!folder.path().join("serve-link").exists());
    }

    #[test]
    fn versions_compare_as_numbers_and_a_static_binary_has_none() {
        assert_eq!(glibc(b"GLIBC_2.9\0GLIBC_2.14\0GLIBC_2.2.5\0"), Some(14));
        assert_eq!(glibc(b"nothing of the kind GLIBC_2."), None);
    }

    #[test]
    fn a_target_that_is_not_installed_is_named() {
        let error = find_target("no-such-target").unwrap_err();
        assert!(error.to_string().contains("rustup target add no-such-target"), "{error}");
    }

    #[test]
    fn a_build_for_another_processor_uses_the_linker_of_that_processor() {
        const ARM64: &str = "aarch64-unknown-linux-gnu";
        const VARIABLE: &str = "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER";
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| (name == "PATH").then(|| folder.path().as_os_str().to_owned());
        let error = linker(ARM64, "x86_64", path).unwrap_err().to_string();
        assert!(error.contains("apt install gcc-aarch64-linux-gnu"), "{error}");
        assert!(error.contains(VARIABLE), "{error}");
        let error = linker("x86_64-unknown-linux-gnu", "aarch64", path).unwrap_err().to_string();
        assert!(error.contains("apt install gcc-x86-64-linux-gnu"), "{error}");

        let compiler = folder.path().join("aarch64-linux-gnu-gcc");
        fs::write(&compiler, "").unwrap();
        assert_eq!(linker(ARM64, "x86_64", path).unwrap(), Some((VARIABLE.to_owned(), compiler)));
        let named = |name: &str| (name == VARIABLE).then(|| "lld".into());
        assert_eq!(linker(ARM64, "x86_64", named).unwrap(), None, "the variable has priority");
        assert_eq!(linker(ARM64, "aarch64", path).unwrap(), None);
        assert_eq!(linker("aarch64-unknown-linux-musl", "x86_64", path).unwrap(), None);
    }
}
