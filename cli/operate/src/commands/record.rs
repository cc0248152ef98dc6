//! Shows one upload or one link.

use postern::link::token::LinkId;
use postern::ports::{LinkReader as _, LinkStore, LinksOf, UploadReader as _, UploadStore};
use postern::value::id::{Owner, UploadId};
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

/// Whether an upload or a link of the owner exists, ended ones too.
pub(super) async fn is_known(store: &(impl LinkStore + UploadStore), owner: &Owner) -> Result<bool, String> {
    let uploads = store.uploads_of(owner, None, 1).await.map_err(|error| told(&error))?;
    if !uploads.items.is_empty() {
        return Ok(true);
    }
    let links = store.links(LinksOf::Owner(owner), None, 1).await.map_err(|error| told(&error))?;
    Ok(!links.items.is_empty())
}

/// The answer where the table has nothing of such an owner. A misspelled name is one.
pub(super) fn no_owner(owner: &Owner) -> (Report, Ended) {
    let json = json!({ "owner": owner.as_str(), "error": "owner_unknown" });
    let text = format!(
        "No upload or link of the owner {owner} is known. Compare the owner that `postern upload show` prints."
    );
    (Report::new(json, text), Ended::Problem)
}

#[cfg(test)]
mod tests {
    use postern::testing::memory::MemoryWorld;
    use postern::testing::samples::{pending, pin};

    use super::*;

    #[tokio::test]
    async fn an_owner_is_known_by_an_upload_and_by_a_link() {
        let world = MemoryWorld::default();
        let ann = pending().owner;
        assert!(!is_known(&world, &ann).await.unwrap());
        world.create(&pending().settled(&pin("v1")).unwrap()).await.unwrap();
        assert!(is_known(&world, &ann).await.unwrap());
        assert!(!is_known(&world, &"https://issuer.test#anm".parse().unwrap()).await.unwrap());
        let (report, ended) = no_owner(&ann);
        assert_eq!((ended, &report.json()["error"]), (Ended::Problem, &json!("owner_unknown")));
    }
}
