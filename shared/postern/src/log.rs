//! The ids that each log line of a request carries, as fields of the request's span.
//!
//! A line names a link and an upload by their ids, and an owner by a keyed hash. It never has a token, a
//! file name or an address. The functions choose how lines are written; this module knows only the fields.

use tracing::field::{Empty, display};
use tracing::{Instrument, Span, info_span};

use crate::link::token::LinkId;
use crate::value::id::UploadId;

/// Runs `work` in the span of one request: each line that is written meanwhile has the ids that are known
/// by then.
pub async fn of_request<F: Future>(work: F) -> F::Output {
    let span = info_span!("request", link_id = Empty, upload_id = Empty, owner_hash = Empty);
    work.instrument(span).await
}

/// Adds the link to the current request's lines.
pub fn name_link(id: &LinkId) {
    Span::current().record("link_id", display(id));
}

/// Adds the upload to the current request's lines.
pub fn name_upload(id: UploadId) {
    Span::current().record("upload_id", display(id));
}

/// Writes a line for each upload of a batch.
pub fn issued_in_batch(ids: impl ExactSizeIterator<Item = UploadId>) {
    let batch_size = ids.len();
    for id in ids {
        tracing::info!(upload_id = %id, batch_size, "issued in a batch");
    }
}

/// Adds the owner's keyed hash to the current request's lines.
pub fn name_owner(hash: &str) {
    Span::current().record("owner_hash", hash);
}
