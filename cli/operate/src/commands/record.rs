//! Shows one upload or one link.

use postern::link::token::LinkId;
use postern::ports::{LinkReader as _, UploadReader as _};
use postern::value::id::UploadId;
use serde_json::json;

use super::aws::{Aws, now};
use super::failure::told;
use super::report::Report;
use super::view::{LinkView, UploadView};
use crate::ended::Ended;

/// `postern upload show`.
pub(super) async fn show_upload(aws: &Aws, id: UploadId) -> Result<(Report, Ended), String> {
    let upload = aws.table()?.upload(id).await.map_err(|error| told(&error))?;
    Ok(match upload {
        Some(upload) => (Report::of_fields(&UploadView::of(&upload)), Ended::Well),
        None => no_upload(id),
    })
}

/// `postern link show`.
pub(super) async fn show_link(aws: &Aws, id: &LinkId) -> Result<(Report, Ended), String> {
    let link = aws.table()?.link(id).await.map_err(|error| told(&error))?;
    Ok(match link {
        Some(link) => (Report::of_fields(&LinkView::of(&link, now())), Ended::Well),
        None => no_link(id),
    })
}

/// The answer where the table has no such upload.
pub(super) fn no_upload(id: UploadId) -> (Report, Ended) {
    let json = json!({ "upload_id": id.to_string(), "error": "upload_not_found" });
    let text =
        format!("The table has no upload {id}. A record without a file is kept for 35 days after its form.");
    (Report::new(json, text), Ended::Problem)
}

/// The answer where the table has no such link.
pub(super) fn no_link(id: &LinkId) -> (Report, Ended) {
    let json = json!({ "link_id": id.as_str(), "error": "link_not_found" });
    let text = format!("The table has no link {id}. A token that this stack did not make has no link.");
    (Report::new(json, text), Ended::Problem)
}
