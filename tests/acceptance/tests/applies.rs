//! Tests of the Terraform module with the real provider: a refused destroy, a killed apply, a pipe whose role
//! AWS does not know yet, several stacks, an upgrade, and a restored stack.
//!
//! The tests themselves are `terraform/tests/applies/test_*.py`. The Python of the local AWS runs them. They
//! print SKIPPED if Terraform or its provider is missing.

#![expect(clippy::unwrap_used, reason = "a test ends where its program does not run")]

use std::path::Path;
use std::process::{Command, Stdio};

#[test]
#[ignore = "takes minutes: cargo test --test applies -- --ignored"]
fn a_destroy_of_a_protected_stack_touches_nothing() {
    run("test_refused_destroy");
}

#[test]
#[ignore = "takes minutes: cargo test --test applies -- --ignored"]
fn a_killed_apply_heals_and_never_answered_unprotected() {
    run("test_killed_apply");
}

#[test]
#[ignore = "takes minutes: cargo test --test applies -- --ignored"]
fn a_refused_pipe_heals() {
    run("test_refused_pipe");
}

#[test]
#[ignore = "takes minutes: cargo test --test applies -- --ignored"]
fn stacks_stand_side_by_side_and_a_pending_change_touches_none() {
    run("test_many_stacks");
}

#[test]
#[ignore = "takes minutes: cargo test --test applies -- --ignored"]
fn an_upgrade_replaces_nothing_that_holds_something() {
    run("test_upgrade");
}

#[test]
#[ignore = "takes minutes: cargo test --test applies -- --ignored"]
fn a_restored_table_and_a_mended_destroy_come_back_under_the_module() {
    run("test_restoring");
}

fn run(module: &str) {
    let terraform = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../terraform/tests");
    if let Err(error) = stack::find_provider() {
        return error.skip(module);
    }
    let mut test = Command::new(stack::python().unwrap());
    test.args(["-W", "ignore", "-m", "unittest", "--verbose", module]).stdin(Stdio::null());
    assert!(test.current_dir(terraform.join("applies")).status().unwrap().success(), "{module}");
}
