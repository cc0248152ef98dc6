//! Uploads and links as the commands show them: chosen fields. A link's password, its hash and its note are not among
//! them.

use postern::link::{Link, LinkStatus, RevokedBecause};
use postern::upload::{Upload, UploadState};
use postern::value::id::ObjectKey;
use s3_presigned::Timestamp;
use serde::Serialize;

use super::report::clean;

/// An upload.
#[derive(Debug, Serialize)]
pub(super) struct UploadView {
    upload_id: String,
    pub(super) state: UploadState,
    owner: String,
    object_key: String,
    filename: String,
    path: Option<String>,
    content_type: String,
    max_size_bytes: u64,
    pub(super) created_at: Timestamp,
    form_expires_at: Timestamp,
    recorded: Option<RecordedView>,
    rejection: Option<RejectionView>,
    rejected_versions: usize,
    surplus_versions: usize,
}

#[derive(Debug, Serialize)]
struct RecordedView {
    version_id: String,
    size_bytes: u64,
    found_type: String,
    recorded_at: Timestamp,
    vanished_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct RejectionView {
    reason: &'static str,
    detail: String,
    rejected_at: Timestamp,
}

/// A link.
#[derive(Debug, Serialize)]
pub(super) struct LinkView {
    link_id: String,
    state: &'static str,
    upload_id: String,
    owner: String,
    version_id: String,
    filename: String,
    found_type: String,
    size_bytes: u64,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked: Option<RevokedView>,
    opens: Option<u64>,
    max_opens: Option<u64>,
    last_opened_at: Option<Timestamp>,
    has_password: bool,
    label: Option<String>,
}

#[derive(Debug, Serialize)]
struct RevokedView {
    at: Timestamp,
    because: RevokedBecause,
}

impl UploadView {
    pub(super) fn of(upload: &Upload) -> Self {
        Self {
            upload_id: upload.upload_id.to_string(),
            state: upload.state,
            owner: upload.owner.to_string(),
            object_key: ObjectKey::of(upload.upload_id).to_string(),
            filename: upload.filename.as_str().to_owned(),
            path: upload.path.as_ref().map(|path| path.as_str().to_owned()),
            content_type: upload.content_type.clone().into(),
            max_size_bytes: upload.max_size_bytes,
            created_at: upload.uploaded_at,
            form_expires_at: upload.policy_expires_at,
            recorded: upload.recorded.as_ref().map(|recorded| RecordedView {
                version_id: recorded.version_id.to_string(),
                size_bytes: recorded.size_bytes,
                found_type: recorded.sniffed_type.clone().into(),
                recorded_at: recorded.recorded_at,
                vanished_at: recorded.vanished_at,
            }),
            rejection: upload.rejection.as_ref().map(|rejection| RejectionView {
                reason: rejection.reason.as_str(),
                detail: rejection.detail.clone(),
                rejected_at: rejection.rejected_at,
            }),
            rejected_versions: upload.condemned.len(),
            surplus_versions: upload.surplus.len(),
        }
    }

    /// One line of a list.
    pub(super) fn line(&self) -> String {
        format!(
            "{}  {:9}  {}  {}",
            self.upload_id,
            self.state.as_str(),
            self.created_at,
            clean(&self.filename)
        )
    }
}

impl LinkView {
    pub(super) fn of(link: &Link, now: Timestamp) -> Self {
        let is_counted = link.terms.is_counted();
        Self {
            link_id: link.link_id.to_string(),
            state: match link.status(now) {
                LinkStatus::Open => "open",
                LinkStatus::Revoked => "revoked",
                LinkStatus::Expired => "expired",
                LinkStatus::UsedUp => "used_up",
            },
            upload_id: link.upload_id.to_string(),
            owner: link.owner.to_string(),
            version_id: link.version_id.to_string(),
            filename: link.served_filename().as_str().to_owned(),
            found_type: link.sniffed_type.clone().into(),
            size_bytes: link.size_bytes,
            created_at: link.linked_at,
            expires_at: link.expires_at,
            revoked: link.revoked.map(|revoked| RevokedView { at: revoked.at, because: revoked.because }),
            opens: is_counted.then_some(link.opens),
            max_opens: link.terms.max_opens,
            last_opened_at: link.last_opening.as_ref().map(|last| last.at).filter(|_| is_counted),
            has_password: link.terms.password_hash.is_some(),
            label: link.terms.label.clone().map(Into::into),
        }
    }

    /// One line of a list.
    pub(super) fn line(&self) -> String {
        format!(
            "{}  {:7}  {}  {}  {}",
            self.link_id,
            self.state,
            self.created_at,
            self.upload_id,
            clean(&self.filename)
        )
    }
}

#[cfg(test)]
mod tests {
    use postern::testing::samples::{at, link, pending, pin};
    use serde_json::to_value;

    use super::*;

    #[test]
    fn a_file_name_cannot_forge_a_row_of_a_list() {
        let mut upload = UploadView::of(&pending());
        upload.filename = "a\nb\u{202e}c\u{2028}d".to_owned();
        let mut shown = LinkView::of(&link(None), at("2026-11-24T10:00:00Z"));
        shown.filename.clone_from(&upload.filename);
        for line in [upload.line(), shown.line()] {
            assert!(line.ends_with("a\u{fffd}b\u{fffd}c\u{fffd}d"), "{line:?}");
        }
    }

    #[test]
    fn an_upload_names_its_object_and_its_version() {
        let view = to_value(UploadView::of(&pending().settled(&pin("v1")).unwrap())).unwrap();
        assert_eq!(view["object_key"], format!("uploads/{}", pending().upload_id));
        assert_eq!((&view["state"], &view["recorded"]["version_id"]), (&"available".into(), &"v1".into()));
    }

    #[test]
    fn a_link_shows_that_it_has_a_password_and_not_which() {
        let mut link = link(None);
        let item = serde_json::json!({ "password_hash": "$argon2id$v=19$m=16,t=1,p=1$c2FsdHNhbHQ$aGFzaA" });
        link.terms = serde_json::from_value(item).unwrap();
        let view = to_value(LinkView::of(&link, at("2026-11-24T10:00:00Z"))).unwrap();
        assert_eq!((&view["has_password"], &view["state"]), (&true.into(), &"open".into()));
        assert!(!view.to_string().contains("argon2"), "{view}");
    }
}
