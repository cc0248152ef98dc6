//! A model check of the recorder: every order of events, repetitions, crashes and races, over the
//! transitions that run in production.
//!
//! ```text
//! production   the recorder's own steps and the record's own transitions, each asked once
//! upload       one upload and what may happen to it: client, queue, owner, sweeper, time, chance
//! model        several uploads, and the recorders that they share
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
//! hour after its tombstone (`postern::record::removal`). A removal whose links fail removes the versions
//! and stops: that is a removal which stops after those steps, under a record that is `deleting`.
//! Parts of a multipart upload are no versions, and are dropped before these are listed.
//!
//! Nor is the sweeper's listing: it names versions and uploads, and what is done about each is the
//! very step that [`Action::Deliver`], [`Action::TakeUpRemoval`] and [`Action::Sweep`] begin at any
//! time. A listing that leaves something out is one of those that does not happen.
//!
//! # Two uploads with three versions each
//!
//! Their product is far too large to be walked, and need not be. Uploads share nothing but the
//! recorders, and that is how the model is written: what happens is a function of one upload to one
//! upload (`upload`, where no other is in reach), and another upload's only influence is that a
//! recorder may be busy there, which takes possibilities away and adds none. So each upload of a
//! state of many stands as it may stand alone; each property is asked of every upload by itself;
//! hence what is checked of one upload with three versions (7,449,462 states; 26,823,473 with somebody
//! else who removes versions) holds for two of them, and for a thousand.
//!
//! That the production code is like this is seen in two places: a step and a transition are given one
//! record and one version, and `postern::record`'s tests run the recorder beside another upload in
//! each of its states, of which nothing may change and by which nothing may be changed. That the
//! argument is right is checked where the product can be walked ([`properties::APART`]).

mod model;
mod production;
pub mod properties;
mod upload;

pub use model::{Model, State};
pub use production::{Fault, Scan};
pub use upload::{Action, Phase, Recorder, Scope, Subject};
