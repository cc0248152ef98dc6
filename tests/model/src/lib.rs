//! A model check of the recorder: every order of events, repetitions, crashes and races, over the
//! transitions that run in production.
//!
//! ```text
//! production   the recorder's own steps and the record's own transitions, each asked once
//! model        who may do what next: clients, queue, recorders, owner, sweeper, time, chance
//! properties   what must hold in every state that can be reached
//! ```
//!
//! A state holds small numbers that stand for production values (`Upload`, `Step`), so that
//! millions of states fit. Nothing here decides anything about a version: what a step does and
//! what comes after it is asked of [`postern::record::run`], [`postern::record::removal`] and
//! [`postern::upload::Upload`].
//!
//! The event of a version may be delivered at any time after the version came, any number of
//! times, whatever was done with it before. That one rule covers duplicates, reordering, late
//! events, a redrive after expiry, and the reconciler's pass, which looks at a version without any
//! event. A run may stop for ever after each effect, before it or in place of its acknowledgement.
//!
//! Where a stack asks for scans, a version's scan may end at any time after the version came, with
//! either result or by failing, and one that failed may be made again; each end is told by an event.
//! An event that comes before its tag is a run that stops: it comes back.
//!
//! Links are not in the model. What must hold of them does not depend on any order that it could
//! try: a link is written in a transaction that demands an `available` upload, so the table puts it
//! either before the write of `deleting` or nowhere; from then on the set of an upload's links only
//! shrinks, and ending one twice changes nothing. What is left is the index that shows a link late,
//! and that is a matter of time and not of order: the sweeper lists an upload's links once more an
//! hour after its tombstone (`postern::record::removal`).
//!
//! Nor is the sweeper's listing: it names versions and uploads, and what is done about each is the
//! very step that [`Action::Deliver`], [`Action::TakeUpRemoval`] and [`Action::Sweep`] begin at any
//! time. A listing that leaves something out is one of those that does not happen.
//!
//! Two uploads share nothing but the recorders. Two with two versions each are enumerated jointly
//! (3,681,357 states); three versions each would be a hundred times as many. So one upload is checked
//! with three versions, and a property says that no step of the one touches the other: with it, what
//! holds for one upload holds for any number.

mod model;
mod production;
pub mod properties;

pub use model::{Action, Actor, Model, Phase, Scope, State, Subject};
pub use production::{Fault, Scan};
