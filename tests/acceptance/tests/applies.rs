//! Tests of the Terraform module with the real provider: a refused destroy, a killed apply, a pipe whose role
//! AWS does not know yet, several stacks, an upgrade, a restored stack, and a lost answer.
//!
//! The tests themselves are `terraform/tests/applies/test_*.py`. The Python of the local AWS runs them. They
//! print SKIPPED if Terraform or its provider is missing.

#![expect(clippy::unwrap_used, reason = "a test fails if its program cannot run")]

use std::path::Path;
use std::process::{Command, Stdio};

#[test]
#[ignore = "takes minutes: cargo test --test applies -- --ignored"]
fn a_destroy_of_a_protected_stack_touches_nothing() {
    run("test_refused_destroy");
}

#[test]
#[ignore = "takes minutes: cargo test --test applies -- --ignored"]
fn a_second_apply_heals_a_killed_one_and_the_api_never_answers_before_the_bucket_is_protected() {
    run("test_killed_apply");
}

#[test]
#[ignore = "takes minutes: cargo test --test applies -- --ignored"]
fn a_second_apply_makes_a_refused_pipe() {
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
fn the_module_takes_over_a_restored_table_and_the_rest_of_a_stopped_destroy() {
    run("test_restoring");
}

#[test]
#[ignore = "takes minutes: cargo test --test applies -- --ignored"]
fn a_request_that_the_provider_sends_again_is_carried_out_once() {
    run("test_lost_answers");
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
