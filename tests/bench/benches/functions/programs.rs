//! The programs, and how they are built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::work::WORKS;

/// Returns the command that runs a function.
type CommandOf = Box<dyn Fn(&str) -> Vec<String>>;

/// A program in one language.
pub struct Program {
    pub name: String,
    pub command: CommandOf,
    /// The command that prints its version; none for Rust.
    pub version: Vec<String>,
    /// Whether its answers are checked.
    pub is_compared: bool,
}

impl Program {
    fn new(name: impl Into<String>, command: impl Fn(&str) -> Vec<String> + 'static) -> Self {
        Self { name: name.into(), command: Box::new(command), version: Vec::new(), is_compared: true }
    }

    fn with_version(self, command: &[&str]) -> Self {
        Self { version: command.iter().map(|part| (*part).to_owned()).collect(), ..self }
    }
}

/// Builds what is missing. Our functions come first.
pub fn programs() -> Vec<Program> {
    let mut programs = ours();
    programs.extend(go());
    programs.extend(node());
    programs.extend(python());
    programs
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where the programs in other languages are built.
fn folder() -> PathBuf {
    let folder = here().join("../../target/bench-others");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn done(command: &mut Command) -> bool {
    command.status().is_ok_and(|status: ExitStatus| status.success())
}

/// The functions, the plain one and the empty one.
fn ours() -> Vec<Program> {
    let built = std::env::var("POSTERN_BENCH_BUILT").unwrap_or_else(|_| text(&build()));
    let folders: Vec<PathBuf> = built.split(',').map(PathBuf::from).collect();
    let mut programs: Vec<Program> = folders
        .iter()
        .map(|folder| {
            let (name, folder) = (text(Path::new(folder.file_name().unwrap())), folder.clone());
            let name = if name == "release" { "Postern".to_owned() } else { name };
            Program::new(name, move |function| vec![text(&folder.join(function))])
        })
        .collect();
    for (name, file) in [("Rust, plain SDK", "plain"), ("Rust, empty", "empty")] {
        match folders.iter().map(|folder| text(&folder.join(file))).find(|path| Path::new(path).exists()) {
            Some(path) => {
                let program = Program::new(name, move |_| vec![path.clone()]);
                programs.push(Program { is_compared: file == "plain", ..program });
            }
            None => println!("SKIPPED: {name}: it is not built"),
        }
    }
    programs
}

fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    // The functions as `cargo dev package` builds them, without features that only other packages need.
    for packages in [&WORKS.map(|work| work.function)[..], &["floor"]] {
        let packages = packages.iter().flat_map(|package| ["--package", package]);
        let mut build = Command::new(&cargo);
        build.args(["build", "--release", "--locked", "--quiet"]).args(packages);
        assert!(done(build.stderr(Stdio::inherit())), "cargo builds the functions");
    }
    target.unwrap_or_else(|| here().join("../../target")).join("release")
}

fn go() -> Option<Program> {
    let built = folder().join("functions-go");
    let mut build = Command::new("go");
    build.args(["build", "-trimpath", "-ldflags", "-s -w", "-o"]).arg(&built).arg(".");
    if !done(build.current_dir(here().join("others/go"))) {
        println!("SKIPPED: Go: it is not here, or does not build");
        return None;
    }
    Some(Program::new("Go", move |_| vec![text(&built)]).with_version(&["go", "version"]))
}

fn node() -> Option<Program> {
    let folder = folder();
    let others = here().join("others");
    let lock = others.join("package-lock.json");
    let is_installed = fs::read(folder.join("package-lock.json")).ok() == fs::read(&lock).ok()
        && folder.join("node_modules").exists();
    let modules = WORKS.map(|work| format!("{}.mjs", work.function));
    let files = ["package.json", "package-lock.json", "runtime.mjs"].map(str::to_owned);
    for name in files.iter().chain(&modules) {
        fs::copy(others.join(name), folder.join(name)).unwrap();
    }
    let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    if !is_installed && !done(Command::new("npm").args(install).current_dir(&folder)) {
        println!("SKIPPED: Node: npm is not here, or cannot install the packages");
        return None;
    }
    // As CDK and SAM bundle. Some packages are CommonJS, and ask for Node's own modules by `require`.
    let mut bundle = Command::new("node_modules/.bin/esbuild");
    bundle
        .args(["--bundle", "--minify", "--platform=node", "--target=node20", "--format=esm", "--log-level=error"])
        .args(["--out-extension:.js=.mjs", "--outdir=bundled"])
        .arg("--banner:js=import{createRequire}from'node:module';const require=createRequire(import.meta.url);")
        .args(&modules);
    if !done(bundle.current_dir(&folder)) {
        println!("SKIPPED: Node: esbuild does not bundle");
        return None;
    }
    let program = Program::new("Node, bundled", move |function| {
        vec!["node".to_owned(), text(&folder.join("bundled").join(format!("{function}.mjs")))]
    });
    Some(program.with_version(&["node", "--print", "`Node ${process.version}`"]))
}

fn python() -> Option<Program> {
    let python = std::env::var("POSTERN_BENCH_PYTHON").ok().or_else(stack_python);
    let python = python.unwrap_or_else(|| "python3".to_owned());
    let version =
        "import sys, boto3; print('Python', sys.version.split()[0], 'with boto3', boto3.__version__)";
    if !done(Command::new(&python).args(["-c", version]).stdout(Stdio::null())) {
        println!("SKIPPED: Python: {python} has no boto3");
        return None;
    }
    let named = [python.as_str(), "-c", version].map(str::to_owned).to_vec();
    let program = Program::new("Python", move |function| {
        let file = here().join("others").join(format!("{}.py", function.replace('-', "_")));
        vec![python.clone(), text(&file)]
    });
    Some(Program { version: named, ..program })
}

/// The Python that the local AWS runs on, where it was installed.
fn stack_python() -> Option<String> {
    let folders = fs::read_dir(here().join("../../target/stack")).ok()?.flatten();
    let pythons = folders.map(|folder| folder.path().join("bin/python"));
    pythons.into_iter().find(|python| python.exists()).map(|python| text(&python))
}
