//! A link as the API shows it.

use serde::Serialize;

use super::{Owned, Settings};
use crate::link::token::LinkId;
use crate::link::{Link, LinkStatus, Network, PageMode};
use crate::value::filename::Disposition;
use crate::value::id::UploadId;
use s3_presigned::Timestamp;

/// A link as the API shows it to its owner.
#[derive(Debug, Serialize)]
pub(super) struct LinkView {
    link_id: LinkId,
    upload_id: UploadId,
    state: &'static str,
    filename: String,
    content_type: String,
    size_bytes: u64,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    retargeted_at: Option<Timestamp>,
    previous_targets: Vec<FormerTargetView>,
    disposition: &'static str,
    max_opens: Option<u64>,
    max_opens_per_hour: Option<u64>,
    /// `None` if openings are not counted.
    opens: Option<u64>,
    first_opened_at: Option<Timestamp>,
    last_opened_at: Option<Timestamp>,
    track: bool,
    has_password: bool,
    confirm: bool,
    allowed_network: Option<Network>,
    redirect_max_age_s: Option<u64>,
    url_ttl_s: Option<u64>,
    /// After how many seconds every URL of the link is dead, if it is revoked now or since it was.
    dead_within_s: u64,
    label: Option<String>,
    recipient: Option<String>,
    /// `None` for the stack's default.
    page: Option<PageMode>,
    note: Option<String>,
}

/// An upload to which the link led before.
#[derive(Debug, Serialize)]
struct FormerTargetView {
    upload_id: UploadId,
    until: Timestamp,
}

impl LinkView {
    pub(super) fn of(link: Owned<Link>, settings: &Settings, now: Timestamp) -> Self {
        let link = link.into_inner();
        let dead_within_s = settings.url_life.dead_within_s(&link, now);
        let state = match link.status(now) {
            LinkStatus::Open => "open",
            LinkStatus::Revoked => "revoked",
            LinkStatus::Expired => "expired",
            LinkStatus::UsedUp => "used_up",
        };
        let disposition = match link.disposition() {
            Disposition::Inline => "inline",
            Disposition::Attachment => "attachment",
        };
        let filename = link.served_filename().as_str().to_owned();
        Self {
            disposition,
            max_opens: link.terms.max_opens,
            max_opens_per_hour: link.terms.max_opens_per_hour,
            opens: link.terms.is_counted().then_some(link.opens),
            first_opened_at: link.first_opened_at.filter(|_| link.terms.is_counted()),
            last_opened_at: link.last_opening.map(|last| last.at).filter(|_| link.terms.is_counted()),
            track: link.terms.track,
            has_password: link.terms.password_hash.is_some(),
            confirm: link.terms.confirm,
            allowed_network: link.terms.allowed_network,
            redirect_max_age_s: link.terms.redirect_max_age_s,
            url_ttl_s: link.terms.url_ttl_s,
            dead_within_s,
            link_id: link.link_id,
            upload_id: link.upload_id,
            state,
            filename,
            label: link.terms.label.map(Into::into),
            recipient: link.terms.recipient.map(Into::into),
            page: link.terms.page,
            note: link.terms.note.map(Into::into),
            content_type: link.sniffed_type.into(),
            size_bytes: link.size_bytes,
            created_at: link.linked_at,
            expires_at: link.expires_at,
            revoked_at: link.revoked.map(|revoked| revoked.at),
            retargeted_at: link.retargeted_at,
            previous_targets: link
                .targets
                .into_iter()
                .map(|former| FormerTargetView { upload_id: former.upload_id, until: former.until })
                .collect(),
        }
    }
}
