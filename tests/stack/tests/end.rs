//! Tests that nothing of a stack remains after its program ends or is killed.

#![expect(clippy::unwrap_used, reason = "a failing test should stop at its cause")]

use std::{
    fs,
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use stack::{Options, Stack, TerraformError};

/// How long a test waits for a start, before which cargo may build the functions.
const PATIENCE_AT_START: Duration = Duration::from_secs(20 * 60);
const PATIENCE_AT_END: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_stopped_stack_leaves_no_port_and_no_folder() {
    let stack = Stack::start(Options::default()).await.unwrap();
    let (log, address) = (stack.server().log_path(), address(&stack.coordinates().endpoint.clone().unwrap()));
    assert!(log.exists() && TcpStream::connect(&address).is_ok());
    stack.stop();
    assert!(!log.parent().unwrap().exists());
    assert!(TcpStream::connect(&address).is_err());
}

#[test]
fn the_stack_of_a_killed_program_ends() {
    ends_with_a_program_that_gets("-KILL");
}

#[test]
#[ignore = "takes half a minute: cargo test --test end -- --ignored"]
fn the_stack_of_a_stopped_program_ends() {
    for signal in ["-TERM", "-INT"] {
        ends_with_a_program_that_gets(signal);
    }
}

fn ends_with_a_program_that_gets(signal: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("env");
    let mut command = Command::new(env!("CARGO_BIN_EXE_dev"));
    command.arg("--env-file").arg(&file).stdout(Stdio::null());
    let mut program = Program(command.spawn().unwrap());
    wait_for(PATIENCE_AT_START, || {
        assert_eq!(program.0.try_wait().unwrap(), None, "the program ended before it was killed");
        fs::read_to_string(&file).is_ok_and(|text| text.contains("OUTSIDER_SECRET"))
    });
    let address = endpoint(&file);
    let run_folder = run_folder(&program.0);
    assert!(TcpStream::connect(&address).is_ok() && run_folder.exists());

    assert!(Command::new("kill").arg(signal).arg(program.0.id().to_string()).status().unwrap().success());
    program.0.wait().unwrap();
    wait_for(PATIENCE_AT_END, || TcpStream::connect(&address).is_err() && !run_folder.exists());
}

#[test]
fn without_terraform_or_its_provider_dev_says_so_and_exits_with_2() {
    stack::python().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let no_provider = folder.path().join("terraformrc");
    let mirror = format!("provider_installation {{ filesystem_mirror {{ path = {:?} }} }}", folder.path());
    fs::write(&no_provider, mirror).unwrap();

    let mut without_terraform = Command::new(env!("CARGO_BIN_EXE_dev"));
    without_terraform.env("PATH", folder.path());
    assert_cannot(without_terraform, "not installed");

    if let Err(error @ TerraformError::Missing(_)) = stack::find_provider() {
        return error.skip("terraform without its provider");
    }
    let mut without_provider = Command::new(env!("CARGO_BIN_EXE_dev"));
    without_provider.env("TF_CLI_CONFIG_FILE", &no_provider);
    assert_cannot(without_provider, "hashicorp/aws");
}

/// Without `end_with_caller.py`, a killed Terraform would leave its provider running. Terraform itself would not notice
/// the end of its parent.
#[test]
#[ignore = "applies the module for half a minute: cargo test --test end -- --ignored"]
fn terraform_and_the_provider_of_a_killed_program_end() {
    if let Err(error) = stack::find_provider() {
        return error.skip("the end of terraform");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_dev"));
    command.args(["--terraform", "--once"]).stdout(Stdio::null());
    let mut program = Program(command.spawn().unwrap());
    let run_folder = run_folder(&program.0);
    let is_applying = || running_in(&run_folder).iter().any(|name| name.starts_with("terraform-provi"));
    let deadline = Instant::now() + PATIENCE_AT_START;
    while !is_applying() {
        assert_eq!(program.0.try_wait().unwrap(), None, "the program ended before it was killed");
        assert!(Instant::now() < deadline, "Terraform did not begin to apply in time");
        thread::sleep(Duration::from_millis(50));
    }
    program.0.kill().unwrap();
    program.0.wait().unwrap();
    wait_for(PATIENCE_AT_END, || running_in(&run_folder).is_empty() && !run_folder.exists());
}

/// The names of the processes whose working directory is this folder, even if it was removed.
fn running_in(folder: &Path) -> Vec<String> {
    let is_there =
        |process: &Path| fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let there = processes.filter(|process| is_there(process));
    there.filter_map(|process| fs::read_to_string(process.join("comm")).ok()).collect()
}

fn assert_cannot(mut dev: Command, why: &str) {
    let output = dev.args(["--terraform", "--once"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("this machine cannot") && said.contains(why), "{said}");
}

/// A program that is killed at the end of its test, also if the test fails.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn endpoint(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("export POSTERN_TEST_ENDPOINT='")).unwrap();
    address(line.trim_end_matches('\''))
}

fn address(endpoint: &str) -> String {
    endpoint.strip_prefix("http://").unwrap().to_owned()
}

/// Returns the folder of the program's only stack, which has the number 0.
fn run_folder(program: &Child) -> std::path::PathBuf {
    let target = Path::new(env!("CARGO_BIN_EXE_dev")).ancestors().nth(2).unwrap();
    target.join("stack").join(format!("run-{}-0", program.id()))
}

fn wait_for(patience: Duration, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !condition() {
        assert!(Instant::now() < deadline, "the condition did not hold in time");
        thread::sleep(Duration::from_millis(50));
    }
}
