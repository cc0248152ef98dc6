//! What must hold in every state that can be reached: the invariants 1, 2, 3 and 5 of the design.
//!
//! Each is about one upload.

use postern::upload::UploadState;
use stateright::Property;

use crate::model::{Model, State};
use crate::production::Scan;
use crate::upload::{MAX_VERSIONS, Subject, World, bit};

/// At most one version is ever pinned.
pub const ONE_PINNED: &str = "never two versions pinned";
/// Only the owner removes a pinned version.
pub const NOT_REMOVED: &str = "never a pinned version removed but by its owner";
/// Only accepted versions are available.
pub const VALIDATED: &str = "never an unvalidated version available";
/// A record never comes back after its TTL.
pub const STAYS_EXPIRED: &str = "never a record after its TTL";
/// An available upload has no TTL.
pub const REMEMBERED: &str = "never an available record with an end";
/// No version is lost.
pub const SETTLED: &str = "once no action is left, a permitted state";
/// If the stack asks for scans, only versions without a threat are available.
pub const CLEARED: &str = "never an available version that its scan has not cleared";
/// Uploads are independent.
pub const SEPARATE: &str = "never an upload in a state that the model of one does not reach";

/// The invariants, and states that the check must reach.
pub fn all<const N: usize>() -> Vec<Property<Model<N>>> {
    vec![
        Property::always(ONE_PINNED, |_, state| each(state, |subject| subject.pinned.count_ones() <= 1)),
        Property::always(NOT_REMOVED, |_, state| each(state, |subject| !subject.pinned_was_removed)),
        Property::always(VALIDATED, |_, state| {
            each(state, |subject| subject.pinned & !subject.approved == 0)
        }),
        Property::always(CLEARED, |_, state| {
            each(state, |subject| {
                of(subject, |scan| !matches!(scan, Scan::NotAsked | Scan::Clean)) & subject.pinned == 0
            })
        }),
        Property::always(STAYS_EXPIRED, |_, state| {
            each(state, |subject| !subject.is_forgotten || subject.record == 0)
        }),
        Property::always(REMEMBERED, |model, state| {
            each(state, |subject| {
                !is(&model.world, subject, UploadState::Available) || has_no_end(&model.world, subject)
            })
        }),
        Property::always(SETTLED, |model, state| {
            each(state, |subject| !is_quiet(subject) || is_permitted(&model.world, subject))
        }),
        Property::always(SEPARATE, |model, state| {
            let states = model.states_of_one.as_ref();
            states.is_none_or(|states| each(state, |subject| states.contains(subject)))
        }),
        Property::sometimes("a version is pinned", |model, state| {
            any(state, |subject| is(&model.world, subject, UploadState::Available))
        }),
        Property::sometimes("a version is rejected", |model, state| {
            any(state, |subject| is(&model.world, subject, UploadState::Rejected))
        }),
    ]
}

/// No recorder is at it and every event has been acknowledged.
fn is_quiet(subject: &Subject) -> bool {
    subject.busy() == 0 && subject.acknowledged == subject.posted && !subject.removal_is_due
}

/// Nothing is in the bucket that is neither pinned nor reported nor waiting for its scan, and what is pinned is there or
/// known to be missing.
fn is_permitted(world: &World, subject: &Subject) -> bool {
    let record = world.record(subject);
    let kept = record.map_or(0, |record| record.pinned);
    let is_missing = kept & !subject.present != 0;
    let is_known = record.is_some_and(|record| record.is_vanished);
    let waiting = of(subject, |scan| scan == Scan::Open);
    subject.present & !kept & !subject.reported & !waiting == 0 && (!is_missing || is_known)
}

/// The versions of whose scan something holds, a bit each.
fn of(subject: &Subject, holds: impl Fn(Scan) -> bool) -> u8 {
    let versions = (0..MAX_VERSIONS).filter(|version| holds(subject.scan(*version)));
    versions.fold(0, |bits, version| bits | bit(version))
}

fn is(world: &World, subject: &Subject, wanted: UploadState) -> bool {
    world.record(subject).is_some_and(|record| record.state == wanted)
}

fn has_no_end(world: &World, subject: &Subject) -> bool {
    world.record(subject).is_none_or(|record| !record.has_end)
}

fn each<const N: usize>(state: &State<N>, holds: impl Fn(&Subject) -> bool) -> bool {
    state.iter().all(holds)
}

fn any<const N: usize>(state: &State<N>, holds: impl Fn(&Subject) -> bool) -> bool {
    state.iter().any(holds)
}
