//! The upload to which a link leads, and those to which it led before.
//!
//! A link keeps its address, its terms and its counts when its owner leads it to another upload. One
//! transaction changes everything that the link copies of an upload. `serve-link` reads one item, so an
//! answer has the facts of one upload. An opening that read the link before the change ends with the old
//! bytes.

use super::former_target::{FormerTarget, MAX_TARGETS};
use super::record::Link;
use super::token::LinkId;
use crate::upload::Upload;
use crate::value::app_event::{Announcement, AppEvent};
use crate::value::id::{TransitionId, UploadId};
use s3_presigned::Timestamp;

/// The id of a change of a link's target; `cause` distinguishes this change from others.
pub fn retargeting_id(link_id: &LinkId, cause: &str) -> TransitionId {
    TransitionId::of(link_id.as_str(), "retargeted", cause)
}

impl Link {
    /// The link after it was led to what `upload` has pinned; `None` unless the upload is available. Terms,
    /// counts and expiry stay. Of more than [`MAX_TARGETS`] former targets, the oldest is forgotten.
    #[must_use]
    pub fn retargeted(&self, upload: &Upload, now: Timestamp, cause: &str) -> Option<Self> {
        let new = Self::to(upload, self.link_id.clone(), now, None)?;
        let id = retargeting_id(&self.link_id, cause);
        let former = FormerTarget { upload_id: self.upload_id, until: now, by: id };
        let forgotten = (self.targets.len() + 1).saturating_sub(MAX_TARGETS);
        let targets = self.targets.iter().skip(forgotten).cloned().chain([former]).collect();
        Some(Self {
            upload_id: new.upload_id,
            version_id: new.version_id,
            sniffed_type: new.sniffed_type,
            carried_by: new.carried_by,
            reads_as_text: new.reads_as_text,
            has_unknown_encoding: new.has_unknown_encoding,
            size_bytes: new.size_bytes,
            etag: new.etag,
            filename: new.filename,
            targets,
            retargeted_at: Some(now),
            previous_upload_id: Some(self.upload_id),
            transition_id: id,
            announces: Some(Announcement { event: AppEvent::LinkRetargeted, id }),
            event: Some(AppEvent::LinkRetargeted),
            ..self.clone()
        })
    }

    /// The upload to which the change of this id led the link, if the link remembers the change.
    pub fn led_by(&self, id: TransitionId) -> Option<UploadId> {
        let place = self.targets.iter().position(|former| former.by == id)?;
        Some(self.targets.get(place + 1).map_or(self.upload_id, |next| next.upload_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{LinkTerms, UrlLife};
    use crate::testing::samples::{at, link, pending, pin};

    const NOW: &str = "2026-11-24T11:00:00Z";

    /// The upload of this number, with a version pinned.
    fn upload(n: u8) -> Upload {
        let pending = Upload { upload_id: UploadId::random([n; 16]), ..pending() };
        pending.settled(&pin(&format!("v{n}"))).unwrap()
    }

    #[test]
    fn a_link_has_all_facts_of_its_new_upload_and_its_own_terms_and_counts() {
        let now = at(NOW);
        let terms = LinkTerms { max_opens: Some(3), ..LinkTerms::default() };
        let before = Link { terms, opens: 2, ..link(Some(at("2026-11-25T10:00:00Z"))) };
        let mut new = upload(9);
        new.filename = "new.txt".parse().unwrap();
        let recorded = new.recorded.as_mut().unwrap();
        (recorded.size_bytes, recorded.reads_as_text, recorded.has_unknown_encoding) = (7, true, true);
        (recorded.sniffed_type, recorded.etag) = ("text/csv".parse().unwrap(), "new".to_owned());
        recorded.carried_by = "text/plain".parse().ok();
        let after = before.retargeted(&new, now, "1").unwrap();
        let fresh = Link::to(&new, before.link_id.clone(), now, None).unwrap();
        let expected = Link {
            linked_at: before.linked_at,
            expires_at: before.expires_at,
            terms: before.terms.clone(),
            opens: 2,
            targets: after.targets.clone(),
            retargeted_at: Some(now),
            previous_upload_id: Some(before.upload_id),
            transition_id: retargeting_id(&before.link_id, "1"),
            announces: Some(Announcement { event: AppEvent::LinkRetargeted, id: after.transition_id }),
            event: Some(AppEvent::LinkRetargeted),
            ..fresh
        };
        assert_eq!(after, expected);
        assert_eq!(before.retargeted(&new.deleting().unwrap(), now, "1"), None);
    }

    #[test]
    fn a_link_remembers_its_last_twenty_targets_and_what_led_it_to_each() {
        let walked = (1..=30).fold(link(None), |link, n| {
            let (now, cause) = (at(NOW), n.to_string());
            link.retargeted(&upload(n), now, &cause).unwrap()
        });
        let former: Vec<_> = walked.targets.iter().map(|former| former.upload_id).collect();
        assert_eq!(former, (10..30).map(|n| upload(n).upload_id).collect::<Vec<_>>());
        for n in 11..=30 {
            let id = retargeting_id(&walked.link_id, &n.to_string());
            assert_eq!(walked.led_by(id), Some(upload(n).upload_id), "{n}");
        }
        assert_eq!(walked.led_by(retargeting_id(&walked.link_id, "10")), None);
    }

    /// The bound on a revocation holds for URLs of the old file too.
    #[test]
    fn a_link_remembers_how_long_urls_of_the_old_file_live() {
        let (now, life) = (at(NOW), UrlLife::new(60, 900).unwrap());
        let before = Link { size_bytes: 1 << 30, ..link(None) };
        let after = before.retargeted(&upload(9), now, "1").unwrap().remembering_urls(&before, life, now);
        assert_eq!(life.dead_within_s(&after, now), 960, "15 minutes, and a slow write");
    }
}
