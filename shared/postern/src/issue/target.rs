//! Leads a link to another upload of its owner.

use http::StatusCode;
use serde::Deserialize;

use super::link_view::LinkView;
use super::links::{TRIES, cause, not_revoked};
use super::owned::{checked_beside, owned_link, owned_upload};
use super::request::parse_json;
use super::{Caller, Owned, Ports, Settings};
use crate::http::{NotAvailable, Problem, Reply};
use crate::link::{Link, retargeting_id};
use crate::ports::{LinkStore, Replaced, UploadStore};
use crate::upload::Upload;
use crate::value::id::UploadId;

/// The body.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    upload_id: String,
}

/// `PUT /links/{id}/target`: leads the link to another upload. Openings that begin after the answer get the
/// new file. Openings that read the link before end with the old bytes. A repetition changes nothing.
///
/// # Errors
/// [`Problem::LinkNotFound`] and [`Problem::UploadNotFound`] also for another owner's, [`Problem::LinkEnded`]
/// if the link is revoked, [`Problem::LinkRotated`] if it has another id now, [`Problem::UploadNotAvailable`],
/// and [`Problem::InvalidFields`] if the link's own file name does not fit the new file.
pub async fn retarget<S: UploadStore + LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    id: &str,
    body: &[u8],
) -> Result<Reply, Problem> {
    let Body { upload_id } = parse_json(body)?;
    let wanted: UploadId = upload_id.parse().map_err(|_| Problem::UploadNotFound)?;
    for _ in 0..TRIES {
        let upload = owned_upload(ports, caller, &upload_id);
        let (link, upload) = checked_beside(owned_link(ports, caller, id), upload).await?;
        let link = not_revoked(link)?;
        if was_led(&link, caller, wanted)? || link.upload_id == wanted {
            return Ok(shown(link, settings, caller));
        }
        let after = led(&link, &*upload?, caller)?.remembering_urls(&link, settings.url_life, caller.now);
        match ports.store.retarget_link(&link, &after).await? {
            Replaced::Done => return Ok(shown(Owned::admit(after, caller)?, settings, caller)),
            Replaced::Changed => {}
            Replaced::NotAvailable => return Err(Problem::UploadNotAvailable(NotAvailable::REMOVED)),
        }
    }
    Err(Problem::LinkChanging)
}

/// Whether a request with this `Idempotency-Key` has led the link before. It may lead elsewhere since.
fn was_led(link: &Link, caller: &Caller, wanted: UploadId) -> Result<bool, Problem> {
    let Some(key) = &caller.idempotency_key else { return Ok(false) };
    match link.led_by(retargeting_id(&link.link_id, key.as_str())) {
        None => Ok(false),
        Some(led) if led == wanted => Ok(true),
        Some(_) => Err(Problem::IdempotencyKeyReused),
    }
}

/// The link to the other upload, if the link's own file name fits the file.
fn led(link: &Link, upload: &Upload, caller: &Caller) -> Result<Link, Problem> {
    let cause = caller.idempotency_key.as_ref().map_or_else(|| cause(caller), |key| key.as_str().to_owned());
    let after = link
        .retargeted(upload, caller.now, &cause)
        .ok_or_else(|| Problem::UploadNotAvailable(NotAvailable::of(upload, caller.now)))?;
    match &after.terms.filename {
        Some(name) if !after.may_be_called(name) => {
            let rule = format!(
                "the file is {}, and the link's own filename promises something else: change the link's filename first, or remove it with null",
                after.sniffed_type
            );
            Err(Problem::field("upload_id", rule))
        }
        _ => Ok(after),
    }
}

fn shown(link: Owned<Link>, settings: &Settings, caller: &Caller) -> Reply {
    Reply::json(StatusCode::OK, &LinkView::of(link, settings, caller.now))
}
