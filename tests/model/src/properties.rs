//! What must hold in every state that can be reached: the invariants 1, 2, 3 and 5 of the design.

use postern::upload::UploadState;
use stateright::Property;

use crate::model::{Actor, Model, State, Subject, bit};
use crate::production::Scan;

/// One pinned version, for ever.
pub const ONE_PINNED: &str = "never two versions pinned";
/// Only the owner takes it away.
pub const NOT_REMOVED: &str = "never a pinned version removed but by its owner";
/// Nothing is served that was not looked at.
pub const VALIDATED: &str = "never an unvalidated version available";
/// What the table forgot stays forgotten.
pub const NO_GHOST: &str = "never a record after it was forgotten";
/// What is available is never forgotten.
pub const REMEMBERED: &str = "never an available record with an end";
/// Nothing is lost.
pub const QUIET: &str = "once all is quiet, a permitted state";
/// Nothing is served that a scan has not cleared, where the stack asks for scans.
pub const CLEARED: &str = "never an available version that its scan has not cleared";
/// Uploads are independent.
pub const APART: &str = "never a step that touches another upload";

/// The invariants, and that the check came by where it should.
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
        Property::always(NO_GHOST, |_, state| {
            each(state, |subject| !subject.is_forgotten || subject.record == 0)
        }),
        Property::always(REMEMBERED, |model, state| {
            each(state, |subject| !is(model, subject, UploadState::Available) || has_no_end(model, subject))
        }),
        Property::always(QUIET, |model, state: &State<N>| {
            state.actors != [Actor::Idle; 2]
                || each(state, |subject| !is_settled(subject) || is_permitted(model, subject))
        }),
        Property::always(APART, |_, state: &State<N>| !state.crossed),
        Property::sometimes("a version is pinned", |model, state| {
            any(state, |subject| is(model, subject, UploadState::Available))
        }),
        Property::sometimes("a version is rejected", |model, state| {
            any(state, |subject| is(model, subject, UploadState::Rejected))
        }),
    ]
}

/// Every event has been acknowledged.
fn is_settled(subject: &Subject) -> bool {
    subject.acknowledged == subject.posted && !subject.removal_is_due
}

/// Nothing is in the bucket that is neither pinned nor reported nor waiting for its scan, and what is pinned is there or
/// known to be missing.
fn is_permitted<const N: usize>(model: &Model<N>, subject: &Subject) -> bool {
    let record = model.record(subject);
    let kept = record.map_or(0, |record| record.pinned);
    let is_missing = kept & !subject.present != 0;
    let is_known = record.is_some_and(|record| record.is_vanished);
    let waiting = of(subject, |scan| scan == Scan::Open);
    subject.present & !kept & !subject.reported & !waiting == 0 && (!is_missing || is_known)
}

/// The versions of whose scan something holds, a bit each.
fn of(subject: &Subject, holds: impl Fn(Scan) -> bool) -> u8 {
    (0..3).filter(|version| holds(subject.scan(*version))).fold(0, |bits, version| bits | bit(version))
}

fn is<const N: usize>(model: &Model<N>, subject: &Subject, wanted: UploadState) -> bool {
    model.record(subject).is_some_and(|record| record.state == wanted)
}

fn has_no_end<const N: usize>(model: &Model<N>, subject: &Subject) -> bool {
    model.record(subject).is_none_or(|record| !record.has_end)
}

fn each<const N: usize>(state: &State<N>, holds: impl Fn(&Subject) -> bool) -> bool {
    state.uploads.iter().all(holds)
}

fn any<const N: usize>(state: &State<N>, holds: impl Fn(&Subject) -> bool) -> bool {
    state.uploads.iter().any(holds)
}
