//! Fetches the packages of `packages.tsv` into `target/corpus`, by name, version and SHA-256, with the
//! registries' ordinary clients: `pip download`, `npm pack` and `cargo info`. No code of a package of
//! npm or crates.io runs. pip asks the `setup.py` of a package for its metadata; the build tools for
//! that stand in `build-tools.txt`.
//!
//! A package that is unpacked stays: the second run needs no network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

const PACKAGES: &str = include_str!("packages.tsv");
const BUILD_TOOLS: &str = include_str!("build-tools.txt");

pub struct Package {
    registry: &'static str,
    pub name: &'static str,
    version: &'static str,
    sha256: &'static str,
}

impl Package {
    fn all() -> Vec<Self> {
        let rows = PACKAGES.lines().filter(|line| !line.starts_with('#'));
        let parts = rows.map(|line| line.split('\t').collect::<Vec<_>>());
        parts
            .map(|row| match row[..] {
                [registry, name, version, sha256] => Self { registry, name, version, sha256 },
                _ => panic!("packages.tsv: {row:?}"),
            })
            .collect()
    }

    /// The folder into which it is unpacked.
    pub fn folder(&self) -> PathBuf {
        root().join("files").join(format!("{}-{}", self.name.replace('/', "-"), self.version))
    }
}

/// `target/corpus` of the workspace.
pub fn root() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target")).join("corpus")
}

/// Every package, unpacked.
pub fn packages() -> Vec<Package> {
    let packages = Package::all();
    let missing: Vec<_> = packages.iter().filter(|package| !package.folder().exists()).collect();
    if !missing.is_empty() {
        let archives = root().join("archives");
        fs::create_dir_all(&archives).unwrap();
        from_pypi(&missing, &archives);
        from_npm(&missing, &archives);
        from_crates_io(&missing, &archives);
        for package in missing {
            unpack(package, &archives);
        }
    }
    packages
}

fn of<'a>(packages: &[&'a Package], registry: &str) -> Vec<&'a Package> {
    packages.iter().filter(|package| package.registry == registry).copied().collect()
}

fn from_pypi(missing: &[&Package], archives: &Path) {
    let wanted = of(missing, "pypi");
    if wanted.is_empty() {
        return;
    }
    let lines = wanted.iter().map(|p| format!("{}=={} --hash=sha256:{}\n", p.name, p.version, p.sha256));
    let (wanted, tools) = (root().join("sources.txt"), root().join("build-tools.txt"));
    fs::write(&wanted, lines.collect::<String>()).unwrap();
    fs::write(&tools, BUILD_TOOLS).unwrap();
    let environment = root().join("python");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment));
    let pip = || {
        let mut pip = Command::new(environment.join("bin/python"));
        pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]);
        pip
    };
    run(pip().args(["install", "--require-hashes", "--no-deps", "-r"]).arg(&tools));
    run(pip()
        .args(["download", "--require-hashes", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"])
        .arg("-d")
        .arg(archives)
        .arg("-r")
        .arg(&wanted));
}

fn from_npm(missing: &[&Package], archives: &Path) {
    for package in of(missing, "npm") {
        let spec = format!("{}@{}", package.name, package.version);
        run(Command::new("npm")
            .args(["pack", "--silent", "--ignore-scripts", "--pack-destination"])
            .arg(archives)
            .arg(spec));
    }
}

/// `cargo info` brings a package into the registry's cache, and resolves nothing.
fn from_crates_io(missing: &[&Package], archives: &Path) {
    for package in of(missing, "crates") {
        let spec = format!("{}@{}", package.name, package.version);
        run(Command::new("cargo").args(["info", "--quiet", "--registry", "crates-io"]).arg(spec));
        let name = format!("{}-{}.crate", package.name, package.version);
        let caches = fs::read_dir(cargo_home().join("registry/cache")).unwrap();
        let found = caches.map(|cache| cache.unwrap().path().join(&name)).find(|path| path.exists());
        fs::copy(found.unwrap_or_else(|| panic!("cargo brought no {name}")), archives.join(&name)).unwrap();
    }
}

fn cargo_home() -> PathBuf {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    home.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"))
}

/// The archive is known by its hash: each registry names it in another way.
fn unpack(package: &Package, archives: &Path) {
    let files = fs::read_dir(archives).unwrap().map(|entry| entry.unwrap().path());
    let is_it = |path: &PathBuf| {
        let hash = Sha256::digest(fs::read(path).unwrap());
        let digits = |text: &str| u8::from_str_radix(text, 16).ok();
        hash.iter()
            .enumerate()
            .all(|(n, byte)| package.sha256.get(2 * n..2 * n + 2).and_then(digits) == Some(*byte))
    };
    let archive = { files }.find(is_it).unwrap_or_else(|| {
        panic!("no archive of {} {} has the hash of packages.tsv", package.name, package.version)
    });
    let (folder, partial) = (package.folder(), package.folder().with_extension("partial"));
    let _ = fs::remove_dir_all(&partial);
    fs::create_dir_all(&partial).unwrap();
    match archive.extension().and_then(|extension| extension.to_str()) {
        Some("zip") => run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&archive).arg(&partial)),
        _ => run(Command::new("tar").args(["--no-same-owner", "-xzf"]).arg(&archive).arg("-C").arg(&partial)),
    }
    fs::rename(partial, folder).unwrap();
}

fn run(command: &mut Command) {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}
