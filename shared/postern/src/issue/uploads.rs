//! Uploads of an owner: issue, show, list, delete.

use http::StatusCode;

use crate::http::{Problem, Reply};
use crate::ports::{Created, Found, LinkStore, PartStore, QuotaStore, Signer, UploadStore};
use crate::upload::{Upload, UsedToken};
use s3_presigned::{SigningCredentials, Timestamp};

use super::form::{IssuedForm, sign_form};
use super::owned::owned_upload;
use super::paging::{PageRequest, PageView};
use super::put::issue_put;
use super::request::{NewUpload, SizeLimit};
use super::reserve::{self, pending, repeated};
use super::tokens::Holder;
use super::upload_view::UploadView;
use super::{Caller, Owned, Ports, Settings, give_up, revocation};

/// `POST /uploads`: a pending record by one conditional put, and its form.
///
/// # Errors
/// See [`Problem`]; nothing is written then.
pub async fn create<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    body: &[u8],
) -> Result<Reply, Problem> {
    let limit = SizeLimit::of_one_request(settings.max_size_bytes);
    let new = NewUpload::parse(body, limit, Some(&settings.redirect_origins))?;
    let form = issue(ports, settings, caller, None, new).await?;
    let location = format!("/uploads/{}", form.upload_id);
    Ok(Reply::json(StatusCode::CREATED, &form).with("location", location))
}

/// A pending record and its form, counted against `token` if there is one.
///
/// # Errors
/// See [`Problem`]; nothing is written then.
pub(super) async fn issue<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    token: Option<&UsedToken>,
    new: NewUpload,
) -> Result<IssuedForm, Problem> {
    let (credentials, expires_at) = ports.form_credentials(settings, caller.now).await?;
    let redirect = new.redirect.clone();
    let upload = pending(new, caller, token, expires_at)?;
    let sign = |credentials: &SigningCredentials, upload: &Owned<Upload>| {
        sign_form(settings, credentials, caller.now, upload, redirect.as_ref()).map_err(Problem::internal)
    };
    let form = sign(&credentials, &upload)?;
    match reserve::write(&ports.store, settings, &upload, caller.now).await? {
        Created::New => Ok(form),
        Created::Exists(existing) => {
            let existing = repeated(&upload, *existing, caller)?;
            let (credentials, existing) = ports.repeated_form_credentials(caller.now, existing).await?;
            sign(&credentials, &existing)
        }
    }
}

/// `POST /t/{token}/uploads`: as `POST /uploads`, within what the token allows.
///
/// # Errors
/// See [`Problem`]; nothing is written then.
pub async fn create_with_token<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    holder: &Holder,
    body: &[u8],
) -> Result<Reply, Problem> {
    let new = NewUpload::parse(body, holder.one_request_limit(settings), Some(&settings.redirect_origins))?;
    holder.admit(&new)?;
    let form = issue(ports, settings, &holder.caller, Some(&holder.token), new).await?;
    Ok(Reply::json(StatusCode::CREATED, &form))
}

/// `GET /t/{token}/uploads/{id}`: an upload that this token made.
///
/// # Errors
/// [`Problem::UploadNotFound`] for every other upload.
pub async fn show_to_holder<S: UploadStore + QuotaStore, G, P>(
    ports: &Ports<S, G, P>,
    holder: &Holder,
    id: &str,
) -> Result<Reply, Problem> {
    let upload = holder.upload(ports, id).await?;
    Ok(Reply::json(StatusCode::OK, &UploadView::of(upload)))
}

/// `POST /uploads/put` `{filename, content_type, size_bytes, …}`: a presigned PUT.
///
/// # Errors
/// See [`Problem`]; `size_bytes` is needed. Nothing is written then.
pub async fn create_put<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    body: &[u8],
) -> Result<Reply, Problem> {
    let new = NewUpload::parse(body, SizeLimit::of_one_request(settings.max_size_bytes), None)?;
    if new.min_size_bytes != new.max_size_bytes {
        return Err(Problem::field("size_bytes", "a PUT needs the exact size, which is signed"));
    }
    let (put, _) = issue_put(ports, settings, caller, None, new, &[]).await?;
    let location = format!("/uploads/{}", put.upload_id);
    Ok(Reply::json(StatusCode::CREATED, &put).with("location", location))
}

/// `GET /uploads/{id}`.
///
/// # Errors
/// [`Problem::UploadNotFound`] also for another owner's upload.
pub async fn show<S: UploadStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    id: &str,
) -> Result<Reply, Problem> {
    let upload = owned_upload(ports, caller, id).await?;
    Ok(Reply::json(StatusCode::OK, &UploadView::of(upload)))
}

/// `GET /uploads`, newest first.
///
/// # Errors
/// If `limit` or `cursor` break a rule.
pub async fn list<S: UploadStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    limit: Option<&str>,
    cursor: Option<&str>,
) -> Result<Reply, Problem> {
    let PageRequest { start, limit } = PageRequest::parse(limit, cursor)?;
    let page = ports.store.uploads_of(&caller.owner, start.as_ref(), limit).await?;
    Ok(Reply::json(StatusCode::OK, &PageView::of(Owned::page(page, caller), UploadView::of)))
}

/// `DELETE /uploads/{id}/parts`: gives up an upload whose file has not arrived, in parts or by a form.
///
/// # Errors
/// [`Problem::UploadHasFile`] if a file has a verdict.
pub async fn give_up<S: UploadStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    now: Timestamp,
    upload: &Owned<Upload>,
) -> Result<Reply, Problem> {
    give_up::give_up(ports, now, upload).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `DELETE /uploads/{id}`: begins the deletion. After the answer no link to the upload can be made, and the
/// links that the index has shown are revoked. The recorder removes the versions, and the remaining links,
/// soon after.
///
/// # Errors
/// [`Problem::UploadNotFound`] also for another owner's upload. [`Problem::Unavailable`] if the table fails
/// while links are revoked: the upload is deleted nevertheless, and a repetition revokes its links.
pub async fn remove<S: UploadStore + LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    id: &str,
) -> Result<Reply, Problem> {
    let id = id.parse().map_err(|_| Problem::UploadNotFound)?;
    match ports.store.begin_deletion(id, &caller.owner).await? {
        Found::Yes => {
            revocation::end_links_of_removed(ports, caller, id).await?;
            Ok(Reply::empty(StatusCode::ACCEPTED))
        }
        Found::No => Err(Problem::UploadNotFound),
    }
}
