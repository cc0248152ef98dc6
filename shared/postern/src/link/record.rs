//! The record of a link, as the table keeps it, and what it serves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::attempts::Attempts;
use super::former_target::FormerTarget;
use super::nonce::Nonce;
use super::opening::Window;
use super::status::{LinkStatus, Revoked};
use super::terms::LinkTerms;
use super::token::LinkId;
use super::tracking::LastOpening;
use crate::media::{ContentType, Kind};
use crate::upload::{Upload, UploadState};
use crate::value::app_event::{Announcement, AppEvent};
use crate::value::checksum::ChecksumSha256;
use crate::value::filename::{Disposition, Filename};
use crate::value::id::{ObjectKey, Owner, TransitionId, UploadId, VersionId};
use s3_presigned::Timestamp;

/// One link, as the table keeps it. The token is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The hash of the token's secret.
    pub link_id: LinkId,
    /// The upload that it leads to.
    pub upload_id: UploadId,
    /// The owner.
    pub owner: Owner,
    /// The pinned version.
    pub version_id: VersionId,
    /// The found type of the bytes.
    pub sniffed_type: ContentType,
    /// The container type (for example `application/zip` for a `.docx`), if `sniffed_type` is more specific.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_by: Option<ContentType>,
    /// Whether the bytes are plain text, although their type has another name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reads_as_text: bool,
    /// Whether the bytes are text in an unknown encoding, such as Windows-1252.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_unknown_encoding: bool,
    /// The file's size.
    pub size_bytes: u64,
    /// The version's `ETag`, without quotes.
    pub etag: String,
    /// The file's name.
    pub filename: Filename,
    /// When it was made. The range key of the upload's index.
    pub linked_at: Timestamp,
    /// When the link expires and answers 410; `None` for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The link terms.
    #[serde(default)]
    pub terms: LinkTerms,
    /// Openings that were counted: all openings of a link with a maximum, a password or a confirmation.
    #[serde(default)]
    pub opens: u64,
    /// The openings of this hour.
    #[serde(default)]
    pub hour_window: Window,
    /// The openings that were counted recently, with their times in seconds since 1970.
    #[serde(default)]
    pub recent_openings: BTreeMap<Nonce, u64>,
    /// Attempts at the password.
    #[serde(default)]
    pub attempts: Attempts,
    /// After a rotation: how many openings of the old link `opens` already includes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_opens: Option<u64>,
    /// After a rotation: the old link's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_from: Option<LinkId>,
    /// Whether its token says that it counts. A repeated request must get the same token, also after the
    /// terms have changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_counts: Option<bool>,
    /// When the last URL ends that was signed under earlier terms, which let URLs live longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_urls_end_at: Option<Timestamp>,
    /// When and why it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revoked>,
    /// A digest of the request whose idempotency key made the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_hash: Option<ChecksumSha256>,
    /// The id of the last change.
    pub transition_id: TransitionId,
    /// What the last write tells the app, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announces: Option<Announcement>,
    /// The same, if the owner or the recorder announced it: `serve-link` may not write this attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<AppEvent>,
    /// When the first opening was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_opened_at: Option<Timestamp>,
    /// The last opening that was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_opening: Option<LastOpening>,
    /// The recipient as events name it ([`LinkTerms::told_recipient`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_recipient: Option<String>,
    /// The announcement that the link is used up, once it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_used_up: Option<TransitionId>,
    /// The last announcement that the link is locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_locked: Option<TransitionId>,
    /// The uploads to which it led before, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<FormerTarget>,
    /// When it was last led to another upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retargeted_at: Option<Timestamp>,
    /// And from which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_upload_id: Option<UploadId>,
}

impl Link {
    /// A link to what `upload` has pinned; `None` unless it is available.
    pub fn to(
        upload: &Upload,
        link_id: LinkId,
        now: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Option<Self> {
        let recorded = upload.recorded.as_ref().filter(|_| upload.state == UploadState::Available)?;
        Some(Self {
            upload_id: upload.upload_id,
            owner: upload.owner.clone(),
            version_id: recorded.version_id.clone(),
            sniffed_type: recorded.sniffed_type.clone(),
            carried_by: recorded.carried_by.clone(),
            reads_as_text: recorded.reads_as_text,
            has_unknown_encoding: recorded.has_unknown_encoding,
            size_bytes: recorded.size_bytes,
            etag: recorded.etag.clone(),
            filename: upload.filename.clone(),
            linked_at: now,
            expires_at,
            terms: LinkTerms::default(),
            opens: 0,
            hour_window: Window::default(),
            recent_openings: BTreeMap::new(),
            attempts: Attempts::default(),
            carried_opens: None,
            carried_from: None,
            token_counts: None,
            earlier_urls_end_at: None,
            revoked: None,
            request_hash: None,
            transition_id: TransitionId::of(link_id.as_str(), "linked", ""),
            announces: None,
            event: None,
            first_opened_at: None,
            last_opening: None,
            told_recipient: None,
            told_used_up: None,
            told_locked: None,
            targets: Vec::new(),
            retargeted_at: None,
            previous_upload_id: None,
            link_id,
        })
    }

    /// The key of the object.
    pub fn object_key(&self) -> ObjectKey {
        ObjectKey::of(self.upload_id)
    }

    /// The status at `now`.
    pub fn status(&self, now: Timestamp) -> LinkStatus {
        match (self.revoked, self.expires_at) {
            (Some(_), _) => LinkStatus::Revoked,
            (None, Some(end)) if end <= now => LinkStatus::Expired,
            _ if self.terms.max_opens.is_some_and(|most| most <= self.opens) => LinkStatus::UsedUp,
            _ => LinkStatus::Open,
        }
    }

    /// The name under which browsers save the file.
    pub fn served_filename(&self) -> &Filename {
        self.terms.filename.as_ref().unwrap_or(&self.filename)
    }

    /// Whether a browser shows the file. The owner may have it saved instead, but cannot make a browser show
    /// it.
    pub fn disposition(&self) -> Disposition {
        if self.terms.as_attachment { Disposition::Attachment } else { self.most_open_disposition() }
    }

    /// Whether a browser shows the file unless the owner has it saved.
    pub fn most_open_disposition(&self) -> Disposition {
        if self.reads_as_text { Disposition::Inline } else { self.sniffed_type.disposition() }
    }

    /// Whether browsers play it: audio or video that its owner does not have saved.
    pub fn is_played(&self) -> bool {
        let essence = self.sniffed_type.essence();
        let is_media = ["audio/", "video/"].iter().any(|kind| essence.starts_with(kind));
        is_media && self.disposition() == Disposition::Inline
    }

    /// Whether the file may be saved under that name, by the rule for an upload's name.
    pub fn may_be_called(&self, name: &Filename) -> bool {
        let found = self.carried_by.as_ref().unwrap_or(&self.sniffed_type).essence();
        Kind::keeps_name(name, &found, self.reads_as_text)
    }

    /// The value of `Content-Type`. Text is saved under its own type, and shown as plain text, because
    /// browsers show no other. If the encoding of a text is unknown, the browser detects it. A browser runs
    /// no script of plain text in any encoding.
    pub fn content_type(&self) -> String {
        let is_shown_as_text = self.reads_as_text && self.disposition() == Disposition::Inline;
        let served = if is_shown_as_text { ContentType::text() } else { self.sniffed_type.clone() };
        if self.has_unknown_encoding { served.into() } else { served.as_served() }
    }

    /// The value of `Content-Disposition`.
    pub fn content_disposition(&self) -> String {
        self.served_filename().content_disposition(self.disposition())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::RevokedBecause;
    use crate::testing::samples::{at, link, pending, pin};

    #[test]
    fn a_link_leads_only_to_what_is_available() {
        let link_id = link(None).link_id;
        let now = at("2026-11-24T10:00:00Z");
        let available = pending().settled(&pin("a")).unwrap();
        assert_eq!(link(None).version_id, available.recorded.clone().unwrap().version_id);
        for upload in [pending(), available.deleting().unwrap()] {
            assert_eq!(Link::to(&upload, link_id.clone(), now, None), None);
        }
    }

    /// The role of `serve-link` may not write these attributes, and each of them is needed. So an attacker who
    /// takes the function over can make no item that is a link, and lead no link to another upload.
    #[test]
    fn an_item_without_what_serve_link_may_not_write_is_no_link() {
        let item = serde_json::to_value(link(None)).unwrap();
        assert_eq!(serde_json::from_value::<Link>(item.clone()).unwrap(), link(None));
        for attribute in ["owner", "upload_id", "linked_at"] {
            let mut planted = item.clone();
            planted.as_object_mut().unwrap().remove(attribute).unwrap();
            assert!(serde_json::from_value::<Link>(planted).is_err(), "{attribute}");
        }
        let mut led = link(None);
        led.upload_id = UploadId::random([9; 16]);
        assert_ne!(led.object_key(), link(None).object_key(), "only the upload's id names the object");
    }

    #[test]
    fn text_says_that_it_is_utf_8_unless_its_encoding_is_unknown() {
        let answer = |sniffed: &str, reads_as_text, has_unknown_encoding| {
            let sniffed_type = sniffed.parse().unwrap();
            Link { sniffed_type, reads_as_text, has_unknown_encoding, ..link(None) }.content_type()
        };
        let saved = LinkTerms { as_attachment: true, ..LinkTerms::default() };
        let sniffed_type = "text/csv".parse().unwrap();
        let saved = Link { sniffed_type, reads_as_text: true, terms: saved, ..link(None) };
        assert_eq!(saved.content_type(), "text/csv", "its own type, where it is saved");
        assert_eq!(answer("text/plain", false, false), "text/plain; charset=utf-8");
        assert_eq!(answer("text/csv", true, false), "text/plain; charset=utf-8");
        assert_eq!(answer("text/plain", false, true), "text/plain");
        assert_eq!(answer("text/csv", true, true), "text/plain");
        assert_eq!(answer("text/html", false, true), "text/html");
    }

    #[test]
    fn a_link_ends_when_it_says_and_a_revocation_is_final() {
        let end = at("2026-11-24T11:00:00Z");
        let link = link(Some(end));
        assert_eq!(link.status(at("2026-11-24T10:59:59.999Z")), LinkStatus::Open);
        assert_eq!(link.status(end), LinkStatus::Expired);
        let revoked = link.revoked(Revoked { at: end, because: RevokedBecause::Revoked }).unwrap();
        assert_eq!(revoked.status(at("2026-11-24T10:00:00Z")), LinkStatus::Revoked);
        assert_eq!(revoked.revoked(Revoked { at: end, because: RevokedBecause::UploadDeleted }), None);
    }
}
