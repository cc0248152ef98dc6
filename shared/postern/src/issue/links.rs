//! Links of an owner: make, list, change, rotate.

use http::StatusCode;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::http::{NotAvailable, Problem, Reply};
use crate::link::token::LinkId;
use crate::link::{Link, LinkStatus, Revoked, RevokedBecause};
use crate::ports::{Found, LinkStore, Linked, LinksOf, Replaced, UploadStore};
use s3_presigned::Timestamp;

use super::link_change::LinkChange;
use super::link_view::LinkView;
use super::owned::{checked_beside, owned_link, owned_upload};
use super::paging::{PageRequest, PageView};
use super::request::no_fields;
use super::{Caller, Owned, Ports, Settings, idempotent};

/// How often a change is tried again if another change was written meanwhile.
pub(super) const TRIES: u32 = 3;

/// A new link. Only this answer shows the token.
#[derive(Serialize)]
struct NewLinkView {
    #[serde(flatten)]
    link: LinkView,
    token: String,
    url: String,
}

/// `POST /uploads/{id}/links`: makes a link to the pinned version.
///
/// # Errors
/// [`Problem::UploadNotFound`] also for another owner's upload, [`Problem::UploadNotAvailable`] if no version
/// is pinned.
pub async fn create<S: UploadStore + LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    upload_id: &str,
    body: &[u8],
) -> Result<Reply, Problem> {
    let change = LinkChange::parse(body)?;
    change.check_url_life(settings.url_life)?;
    let id = upload_id.parse().map_err(|_| Problem::UploadNotFound)?;
    let secret = idempotent::of_link(ports, caller, id);
    let (upload, secret) = checked_beside(owned_upload(ports, caller, upload_id), secret).await?;
    let secret = secret?;
    let expires_at = change.expires_at(None, caller.now);
    let link_id = ports.keys.links.make(secret.bytes).link_id();
    let Some(mut link) = Link::to(&upload, link_id.clone(), caller.now, expires_at) else {
        return Err(no_link(ports, caller, &link_id, NotAvailable::of(&upload, caller.now)).await?);
    };
    link.terms.track = settings.track_links;
    link.terms = change.apply(&link, salt(caller))?;
    link.told_recipient = link.terms.told_recipient();
    link.token_counts = Some(link.terms.counts());
    link.request_hash = caller.idempotency_key.as_ref().map(|_| change.hash(&link.terms, secret.keys));
    let link = match ports.store.create_link(&link).await? {
        Linked::New => Owned::admit(link, caller)?,
        Linked::Exists(existing) => repeated(&link, *existing, caller)?,
        // The upload was available a moment ago, so its owner has deleted it meanwhile.
        Linked::NotAvailable => return Err(no_link(ports, caller, &link_id, NotAvailable::REMOVED).await?),
    };
    Ok(with_token(ports, settings, caller, link, secret.bytes))
}

/// Why an upload that is not available gets no link: either the request's key made a link, which ended with
/// the upload, or no link can be made.
async fn no_link<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    link_id: &LinkId,
    why: NotAvailable,
) -> Result<Problem, Problem> {
    let made = match caller.idempotency_key {
        Some(_) => ports.store.link(link_id).await?,
        None => None,
    };
    Ok(made.map_or(Problem::UploadNotAvailable(why), |_| Problem::IdempotencyKeySpent))
}

/// `GET /uploads/{id}/links`, newest first.
///
/// # Errors
/// [`Problem::UploadNotFound`] also for another owner's upload.
pub async fn list<S: UploadStore + LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    upload_id: &str,
    limit: Option<&str>,
    cursor: Option<&str>,
) -> Result<Reply, Problem> {
    let PageRequest { start, limit } = PageRequest::parse(limit, cursor)?;
    let id = upload_id.parse().map_err(|_| Problem::UploadNotFound)?;
    let page = ports.store.links(LinksOf::Upload(id), start.as_ref(), limit);
    let (_, page) = checked_beside(owned_upload(ports, caller, upload_id), page).await?;
    Ok(Reply::json(
        StatusCode::OK,
        &PageView::of(Owned::page(page?, caller), |link| LinkView::of(link, settings, caller.now)),
    ))
}

/// `GET /links`: the caller's links to all uploads, newest first.
///
/// # Errors
/// If `limit` or `cursor` break a rule.
pub async fn list_all<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    limit: Option<&str>,
    cursor: Option<&str>,
) -> Result<Reply, Problem> {
    let PageRequest { start, limit } = PageRequest::parse(limit, cursor)?;
    let page = ports.store.links(LinksOf::Owner(&caller.owner), start.as_ref(), limit).await?;
    Ok(Reply::json(
        StatusCode::OK,
        &PageView::of(Owned::page(page, caller), |link| LinkView::of(link, settings, caller.now)),
    ))
}

/// `GET /links/{id}`.
///
/// # Errors
/// [`Problem::LinkNotFound`] also for another owner's link.
pub async fn show<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    id: &str,
) -> Result<Reply, Problem> {
    let link = owned_link(ports, caller, id).await?;
    Ok(Reply::json(StatusCode::OK, &LinkView::of(link, settings, caller.now)))
}

/// `PATCH /links/{id}`: changes the terms or the expiry. A link that has expired can get a later expiry.
///
/// # Errors
/// [`Problem::LinkNotFound`] also for another owner's link, [`Problem::LinkEnded`] if it is revoked,
/// [`Problem::LinkRotated`] if it has another id now.
pub async fn change<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    id: &str,
    body: &[u8],
) -> Result<Reply, Problem> {
    let change = LinkChange::parse(body)?;
    change.check_url_life(settings.url_life)?;
    for _ in 0..TRIES {
        let link = not_revoked(owned_link(ports, caller, id).await?)?;
        let terms = change.apply(&link, salt(caller))?;
        let expires_at = change.expires_at(link.expires_at, caller.now);
        let after = link.changed(terms, expires_at, &cause(caller));
        let after = after.remembering_urls(&link, settings.url_life, caller.now);
        if ports.store.change_link(&link, &after).await? == Found::Yes {
            let view = LinkView::of(Owned::admit(after, caller)?, settings, caller.now);
            return Ok(Reply::json(StatusCode::OK, &view));
        }
    }
    Err(Problem::LinkChanging)
}

/// `POST /links/{id}/rotate`: gives the link a new token and a new id. The old token has ended once this is
/// answered. Counted openings stay counted.
///
/// # Errors
/// As [`change`], and [`Problem::UploadNotAvailable`] if the upload is being deleted.
pub async fn rotate<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    id: &str,
    body: &[u8],
) -> Result<Reply, Problem> {
    no_fields(body)?;
    let old_id: LinkId = id.parse().map_err(|_| Problem::LinkNotFound)?;
    let secret = idempotent::of_rotation(ports, caller, &old_id);
    let (old, secret) = checked_beside(owned_link(ports, caller, id), secret).await?;
    let (mut old, secret) = (Some(old), secret?.bytes);
    let new_id = ports.keys.links.make(secret).link_id();
    for _ in 0..TRIES {
        let old = match old.take() {
            Some(old) => old,
            None => owned_link(ports, caller, id).await?,
        };
        if let Some(Revoked { because: RevokedBecause::Rotated, .. }) = old.revoked
            && let Ok(new) = Owned::admit(ports.store.link(&new_id).await?, caller)
        {
            let new = carried(ports, caller, &old, new).await?;
            // An expired or used-up link may be rotated, so a repetition shows its new link too.
            if new.revoked.is_some() {
                return Err(Problem::IdempotencyKeySpent);
            }
            return Ok(with_token(ports, settings, caller, new, secret));
        }
        let before = complete(ports, caller, not_revoked(old)?).await?;
        let new = Owned::admit(before.rotated(new_id.clone(), caller.now), caller)?;
        let revoked = Revoked { at: caller.now, because: RevokedBecause::Rotated };
        match ports.store.replace_link(&before, &new, revoked).await? {
            Replaced::Done => {
                let new = match ports.store.link(&before.link_id).await? {
                    Some(ended) => carried(ports, caller, &ended, new).await?,
                    None => new,
                };
                return Ok(with_token(ports, settings, caller, new, secret));
            }
            Replaced::Changed => {}
            Replaced::NotAvailable => return Err(Problem::UploadNotAvailable(NotAvailable::REMOVED)),
        }
    }
    Err(Problem::LinkChanging)
}

/// The link with all openings of the link that it replaced: the rotation may have ended before it carried
/// them over.
async fn complete<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    link: Owned<Link>,
) -> Result<Owned<Link>, Problem> {
    let Some(before) = &link.carried_from else { return Ok(link) };
    match ports.store.link(before).await? {
        Some(ended) => carried(ports, caller, &ended, link).await,
        None => Ok(link),
    }
}

/// `new` with the openings that were counted on `ended` between its last read and its end. No answer shows
/// the new token before they are written, so that the link allows no more openings than its terms.
async fn carried<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    ended: &Link,
    mut new: Owned<Link>,
) -> Result<Owned<Link>, Problem> {
    for _ in 0..TRIES {
        let Some(after) = new.carrying(ended) else { return Ok(new) };
        if ports.store.carry_openings(&new, &after).await? == Found::Yes {
            return Owned::admit(after, caller);
        }
        new = Owned::admit(ports.store.link(&new.link_id).await?, caller)?;
    }
    Err(Problem::LinkChanging)
}

pub(super) fn not_revoked(link: Owned<Link>) -> Result<Owned<Link>, Problem> {
    match link.revoked.map(|revoked| revoked.because) {
        None => Ok(link),
        Some(RevokedBecause::Rotated) => Err(Problem::LinkRotated),
        Some(_) => Err(Problem::LinkEnded),
    }
}

/// The answer that has the token.
fn with_token<S, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    link: Owned<Link>,
    secret: [u8; 16],
) -> Reply {
    let token = match link.token_counts.unwrap_or_else(|| link.terms.counts()) {
        true => ports.keys.links.make_counting(secret),
        false => ports.keys.links.make(secret),
    };
    let view = NewLinkView {
        url: format!("{}/l/{}", settings.link_base_url.trim_end_matches('/'), token.reveal()),
        token: token.reveal(),
        link: LinkView::of(link, settings, caller.now),
    };
    Reply::json(StatusCode::CREATED, &view)
}

/// 16 bytes that are random, and from which the token of the same random bytes cannot be derived.
fn salt(caller: &Caller) -> [u8; 16] {
    let mut digest = Sha256::new();
    digest.update(b"salt\0");
    digest.update(caller.entropy);
    let mut salt = [0; 16];
    salt.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
    salt
}

/// The fingerprint of one change of a link.
pub(super) fn cause(caller: &Caller) -> String {
    format!("{} {:?}", caller.now, caller.entropy)
}

fn repeated(asked: &Link, existing: Link, caller: &Caller) -> Result<Owned<Link>, Problem> {
    let existing = Owned::admit(existing, caller).map_err(|_| Problem::IdempotencyKeyReused)?;
    if existing.request_hash != asked.request_hash {
        return Err(Problem::IdempotencyKeyReused);
    }
    open_or_spent(existing, caller.now)
}

/// The link that an idempotency key made, if it is still open.
fn open_or_spent(link: Owned<Link>, now: Timestamp) -> Result<Owned<Link>, Problem> {
    match link.status(now) {
        LinkStatus::Open => Ok(link),
        LinkStatus::Revoked | LinkStatus::Expired | LinkStatus::UsedUp => Err(Problem::IdempotencyKeySpent),
    }
}
