//! The record of a link: the version that it leads to, and its terms.
//!
//! `serve-link` reads only this record, so it contains everything that an answer needs.

mod attempted;
mod attempts;
mod changes;
mod former_target;
mod network;
mod news;
mod nonce;
mod notes;
mod opened;
mod opening;
mod page_mode;
mod password;
mod record;
mod status;
mod target;
mod terms;
pub mod token;
mod tracking;
mod url_life;

pub use attempts::{ATTEMPT_WINDOW_S, Attempt, Attempts, IN_FLIGHT_S, MAX_ATTEMPTS, Outcome, WRONG};
pub use changes::{revocation, revocation_id};
pub use former_target::{FormerTarget, MAX_TARGETS};
pub use network::{Network, ParseNetworkError};
pub use nonce::Nonce;
pub use notes::{
    MAX_NOTE_CHARS, MAX_VISITOR_NOTE_CHARS, Note, ParseNoteError, ParseVisitorNoteError, VisitorNote,
};
pub use opened::MAX_RECENT;
pub use opening::{Admission, HOUR_S, OPENING_S, Opening, Window, left_in_window_s};
pub use page_mode::{PageMode, ParsePageModeError};
pub use password::{HashPasswordError, PASSWORD_BYTES, PasswordHash};
pub use record::Link;
pub use status::{LinkStatus, Revoked, RevokedBecause};
pub use target::retargeting_id;
pub use terms::LinkTerms;
pub use tracking::{Client, LastOpening, ParseTrackNetworkError, TrackNetwork, Visitor};
pub use url_life::UrlLife;
