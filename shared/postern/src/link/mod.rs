//! The record of a link: the version that it leads to, which never changes, and its terms.
//!
//! `serve-link` reads only this record, so it contains everything that an answer needs.

mod attempted;
mod attempts;
mod changes;
mod network;
mod news;
mod nonce;
mod opened;
mod opening;
mod password;
mod record;
mod status;
mod terms;
pub mod token;
mod tracking;
mod url_life;
mod visitor_terms;

pub use attempts::{ATTEMPT_WINDOW_S, Attempt, Attempts, IN_FLIGHT_S, MAX_ATTEMPTS, Outcome, WRONG};
pub use changes::{revocation, revocation_id};
pub use network::{Network, ParseNetworkError};
pub use nonce::Nonce;
pub use opened::MAX_RECENT;
pub use opening::{Admission, HOUR_S, OPENING_S, Opening, Window, left_in_window_s};
pub use password::{HashPasswordError, PASSWORD_BYTES, PasswordHash};
pub use record::Link;
pub use status::{LinkStatus, Revoked, RevokedBecause};
pub use terms::{LinkTerms, MAX_NOTE_CHARS, Note, ParseNoteError};
pub use tracking::{Client, LastOpening, ParseTrackNetworkError, TrackNetwork, Visitor};
pub use url_life::UrlLife;
pub use visitor_terms::{
    MAX_VISITOR_NOTE_CHARS, PageMode, ParsePageModeError, ParseVisitorNoteError, VisitorNote,
};
