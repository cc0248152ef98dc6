//! The model check, and that it finds each mistake that is made on purpose.

#![expect(clippy::panic, reason = "a check that finds nothing where it must fails the test")]

use model::properties::{CLEARED, NOT_REMOVED, ONE_PINNED, SETTLED, STAYS_EXPIRED};
use model::{Fault, Model, Scope};
use stateright::{Checker, HasDiscoveries, Model as _};

const ALL: Scope = Scope { versions: 3, removal: true, outsider: true, time: true, scan: false };

/// Checks every state, and prints how many there are.
fn holds<const UPLOADS: usize>(scope: Scope) {
    walk(Model::<UPLOADS>::new(scope, Fault::None), scope);
}

/// The same for several uploads. Also, each of them is always in a state that the model of one upload reaches.
fn holds_jointly<const UPLOADS: usize>(scope: Scope) {
    walk(Model::<UPLOADS>::new(scope, Fault::None).compared_with_one_upload(), scope);
}

fn walk<const UPLOADS: usize>(model: Model<UPLOADS>, scope: Scope) {
    let checker = model.checker().threads(2).spawn_bfs().join();
    eprintln!("{UPLOADS} upload(s), {scope:?}: {} states", checker.unique_state_count());
    assert!(checker.is_done());
    checker.assert_properties();
}

/// Stops at the first state that breaks `property`.
fn finds(fault: Fault, property: &'static str) {
    finds_in(ALL, fault, property);
}

fn finds_in(scope: Scope, fault: Fault, property: &'static str) {
    let checker = Model::<1>::new(scope, fault).checker();
    let checker = checker.finish_when(HasDiscoveries::AnyOf([property].into())).spawn_bfs().join();
    let path = checker.discovery(property).unwrap_or_else(|| panic!("{fault:?} was not found"));
    eprintln!("{fault:?}: {:?}", path.into_actions());
}

#[test]
fn one_upload_with_two_versions_keeps_every_invariant() {
    holds::<1>(Scope { versions: 2, ..ALL });
}

#[test]
#[ignore = "takes a minute or two: cargo test --test check -- --ignored"]
fn one_upload_with_three_versions_keeps_every_invariant() {
    holds::<1>(Scope { outsider: false, ..ALL });
}

#[test]
#[ignore = "27 million states take minutes and 4 GiB: cargo test --test check -- --ignored"]
fn one_upload_with_three_versions_and_an_outsider_keeps_every_invariant() {
    holds::<1>(ALL);
}

#[test]
fn two_uploads_keep_every_invariant_and_each_is_in_a_state_of_the_model_of_one() {
    holds_jointly::<2>(Scope { versions: 1, outsider: false, time: false, ..ALL });
}

#[test]
#[ignore = "takes ten seconds: cargo test --test check -- --ignored"]
fn two_uploads_that_age_keep_every_invariant_and_each_is_in_a_state_of_the_model_of_one() {
    holds_jointly::<2>(Scope { versions: 1, outsider: false, ..ALL });
}

#[test]
#[ignore = "takes ten seconds: cargo test --test check -- --ignored"]
fn two_uploads_with_two_versions_keep_every_invariant_and_each_is_in_a_state_of_the_model_of_one() {
    holds_jointly::<2>(Scope { versions: 2, outsider: false, time: false, removal: false, ..ALL });
}

/// Two versions behind the gate.
const SCANNED: Scope = Scope { versions: 2, outsider: false, time: false, scan: true, ..ALL };

#[test]
fn two_versions_that_must_be_scanned_keep_every_invariant() {
    holds::<1>(SCANNED);
}

#[test]
fn a_version_that_must_be_scanned_and_whose_upload_ages_keeps_every_invariant() {
    holds::<1>(Scope { versions: 1, scan: true, ..ALL });
}

#[test]
fn a_gate_that_is_passed_without_a_scan_is_found() {
    finds_in(SCANNED, Fault::PassTheGate, CLEARED);
}

#[test]
fn a_failed_scan_that_counts_as_a_clean_one_is_found() {
    finds_in(SCANNED, Fault::AcceptFailedScan, CLEARED);
}

#[test]
fn a_failed_scan_whose_refused_mark_is_not_followed_is_found() {
    finds_in(SCANNED, Fault::DoNotFollowTheMark, SETTLED);
}

#[test]
fn a_dropped_condition_is_found() {
    finds(Fault::DropCondition, ONE_PINNED);
}

#[test]
fn a_delete_before_the_write_is_found() {
    finds(Fault::DeleteBeforeWrite, NOT_REMOVED);
}

#[test]
fn an_acknowledged_failure_is_found() {
    finds(Fault::AcknowledgeFailure, SETTLED);
}

#[test]
fn a_forgotten_condemnation_is_found() {
    finds(Fault::ForgetCondemned, NOT_REMOVED);
}

#[test]
fn a_record_that_comes_back_is_found() {
    finds(Fault::RecreateExpired, STAYS_EXPIRED);
}
