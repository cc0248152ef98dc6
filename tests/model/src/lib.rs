//! A model check of the recorder: every order of events, repetitions, crashes and races, over the
//! transitions that run in production.
//!
//! ```text
//! production   the recorder's own steps and the record's own transitions, each asked once
//! upload       one upload and what may happen to it: client, queue, owner, sweeper, time, chance
//! model        several uploads, and the recorders that they share
//! actions      the states and actions that the checker walks
//! properties   what must hold in every state that can be reached
//! ```
//!
//! A state holds small numbers that stand for production values (`Upload`, `Step`), so that
//! millions of states fit. Nothing here decides anything about a version: what a step does and
//! what comes after it is asked of [`postern::record::run`], [`postern::record::removal`] and
//! [`postern::upload::Upload`].
//!
//! The event of a version may be delivered at any time after the version arrived, any number of times,
//! whatever was done with the version before. This one rule covers duplicates, reordering, late events, a
//! redrive after expiry, and the hourly run, which looks at a version without an event. A run may stop for
//! ever after each effect, before its acknowledgement or in place of it.
//!
//! If a stack asks for scans, a version's scan may end at any time after the version arrived, with either
//! result or by failing, and a failed scan may be repeated. Each end sends an event. If an event arrives
//! before its tag, the run ends with an error and the event is redelivered.
//!
//! Links are not in the model. Their invariants do not depend on any order that this model could try. A
//! link is made, or led to another upload, in a transaction that demands an `available` upload, so it leads
//! to the upload either before `deleting` or never. From then on the set of an upload's links only shrinks,
//! and revoking a link twice changes nothing. The orders of leading a link and of deleting either upload
//! are tried by the unit tests of `postern` (`issue/target_race_tests.rs`). One thing remains: the index
//! shows a link late. This is a matter of time and not of order, so the hourly run lists an upload's links
//! once more an hour after its tombstone (`postern::record::removal`). A deletion whose links fail removes
//! the versions and stops. In the model this is a deletion that stops after those steps, under a record
//! that is `deleting`. Parts of a multipart upload are not versions, and are dropped before the versions
//! are listed.
//!
//! The hourly run's listing is not in the model either. It names versions and uploads, and what follows for
//! each is the step that [`Action::Deliver`], [`Action::TakeUpRemoval`] and [`Action::Sweep`] begin at any
//! time. A version that a listing leaves out is one for which this step does not happen.
//!
//! Their product has too many states to be walked, and it need not be walked. Uploads share only the
//! recorders, and the model is written like this: each action is a function from one upload to one upload
//! (`upload`, which cannot reach another one). The only influence of another upload is that a recorder may be
//! busy with it, which removes possible actions and adds none. So the projection of a joint state on one
//! upload is always a state that the model of one upload reaches. Each property is about one upload. So what
//! is checked of one upload with three versions (7,449,462 states; 26,823,473 with somebody else who removes
//! versions) holds for any number of uploads.
//!
//! Two checks show that the production code has this form. A step and a transition get one record and one
//! version. And the tests of `postern::record` run the recorder beside another upload in each of its states,
//! which must neither change nor cause a change. The argument itself is checked where the product is small
//! enough to be walked ([`properties::SEPARATE`]).

mod actions;
mod model;
mod production;
pub mod properties;
mod upload;

pub use model::{Model, State};
pub use production::{Fault, Scan};
pub use upload::{Action, Phase, Recorder, Scope, Subject};
