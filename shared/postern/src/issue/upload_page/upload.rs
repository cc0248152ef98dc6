//! The page of one upload, for a browser that runs no script: the form for its file, and then what became of it.
//!
//! S3 redirects the browser here with `bucket`, `key` and `etag` in the query. They prove nothing: the page shows what
//! the record says.

use super::request::{PageRequest, context};
use super::verdict::Shown;
use super::{file_form, verdict};
use crate::http::{Problem, Reply};
use crate::issue::form::sign_form;
use crate::issue::redirect::RedirectUrl;
use crate::issue::reserve::is_open;
use crate::issue::tokens;
use crate::issue::{Ports, Settings};
use crate::log;
use crate::ports::{QuotaStore, Signer, UploadStore};
use crate::upload::UploadState;
use crate::value::id::ObjectKey;

/// `GET /t/{token}?key=uploads/<id>`: the form for the file; with `etag` or `wait`, or when the record is settled, what
/// became of it. Upload and token are read side by side.
///
/// # Errors
/// [`Problem::UploadNotFound`] for an upload that this token has not made.
pub(super) async fn show<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    request: &PageRequest<'_>,
    key: &str,
) -> Result<Reply, Problem> {
    let holder = tokens::holder(ports, request.token, request.now, request.entropy).await?;
    log::name_owner(&ports.keys.owner_hash(&holder.caller.owner));
    let key: ObjectKey = key.parse().map_err(|_| Problem::UploadNotFound)?;
    let (upload, status) = holder.upload_and_status(ports, &key.upload_id().to_string()).await?;
    let context = context(settings, request);
    let is_awaited = upload.state == UploadState::Pending && !request.visit.is_sent();
    if !is_awaited || upload.s3_upload_id.is_some() || !is_open(&upload, request.now) {
        return Ok(verdict::page(
            &context,
            settings,
            &Shown { holder: &holder, upload: &upload, status, request },
        ));
    }
    let (credentials, upload) = ports.repeated_form_credentials(request.now, upload).await?;
    let back = RedirectUrl::of_upload_page(&settings.link_base_url, request.token);
    let form =
        sign_form(settings, &credentials, request.now, &upload, Some(&back)).map_err(Problem::internal)?;
    Ok(file_form::page(&context, settings, &upload, &form))
}
