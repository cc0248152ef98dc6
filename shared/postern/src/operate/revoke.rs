//! Revokes links for an operator, with the writes of the API: each has the condition that the link is its owner's.

use serde::{Deserialize, Serialize};

use crate::link::token::LinkId;
use crate::link::{Revoked, RevokedBecause, UrlLife};
use crate::log;
use crate::paging::PageStart;
use crate::ports::{LinkStore, LinksOf, Revocation, Unavailable, UploadReader};
use crate::revocation::{MAX_PAGES, end_links};
use crate::value::id::{Owner, UploadId};
use s3_presigned::Timestamp;

use super::Action;

/// The result of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The link has ended.
    Link {
        /// The link.
        link_id: LinkId,
        /// The upload that it led to.
        upload_id: UploadId,
        /// When it was revoked: before this request, if an earlier one did it.
        revoked_at: Timestamp,
        /// After how many seconds every URL of the link is dead.
        dead_within_s: u64,
    },
    /// Links have ended.
    Links {
        /// Links that this request revoked.
        revoked: usize,
        /// After how many seconds every URL of these links is dead.
        dead_within_s: u64,
        /// Where the next request continues; `None` at the end.
        next: Option<PageStart>,
    },
    /// Nothing was changed.
    Refused(Refusal),
}

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The table has no such link.
    LinkNotFound,
    /// A rotation has ended the link: another link has replaced it.
    LinkRotated,
    /// The table has no such upload.
    UploadNotFound,
}

impl Answer {
    /// How many links were revoked, and why none was, as the log has it.
    pub fn outcome(&self) -> (usize, &'static str) {
        match self {
            Self::Link { .. } => (1, "done"),
            Self::Links { revoked, next: None, .. } => (*revoked, "done"),
            Self::Links { revoked, next: Some(_), .. } => (*revoked, "more"),
            Self::Refused(Refusal::LinkNotFound) => (0, "link_not_found"),
            Self::Refused(Refusal::LinkRotated) => (0, "link_rotated"),
            Self::Refused(Refusal::UploadNotFound) => (0, "upload_not_found"),
        }
    }
}

/// Performs an action that revokes links; `None` for another action. A repetition changes nothing.
///
/// # Errors
/// If the table does not answer. Links that were revoked before stay revoked.
pub async fn revoke<S: LinkStore + UploadReader>(
    store: &S,
    url_life: UrlLife,
    now: Timestamp,
    action: &Action,
) -> Result<Option<Answer>, Unavailable> {
    match action {
        Action::RevokeLink { link_id } => one(store, url_life, now, link_id).await.map(Some),
        Action::RevokeLinksOfUpload { upload_id, after } => {
            log::name_upload(*upload_id);
            let Some(upload) = store.upload(*upload_id).await? else {
                return Ok(Some(Answer::Refused(Refusal::UploadNotFound)));
            };
            let of = LinksOf::Upload(*upload_id);
            many(store, url_life, now, (&upload.owner, of), after.clone()).await.map(Some)
        }
        Action::RevokeLinksOfOwner { owner, after } => {
            let of = LinksOf::Owner(owner);
            many(store, url_life, now, (owner, of), after.clone()).await.map(Some)
        }
        Action::Reconcile | Action::ReconcileSlice { .. } => Ok(None),
    }
}

async fn one<S: LinkStore>(
    store: &S,
    url_life: UrlLife,
    now: Timestamp,
    id: &LinkId,
) -> Result<Answer, Unavailable> {
    log::name_link(id);
    let Some(link) = store.link(id).await? else { return Ok(Answer::Refused(Refusal::LinkNotFound)) };
    log::name_upload(link.upload_id);
    Ok(match store.revoke(id, &link.owner, by_wish(now)).await? {
        Revocation::Ended(link) => Answer::Link {
            upload_id: link.upload_id,
            revoked_at: link.revoked.map_or(now, |revoked| revoked.at),
            dead_within_s: url_life.dead_within_s(&link, now),
            link_id: link.link_id,
        },
        Revocation::Rotated => Answer::Refused(Refusal::LinkRotated),
        Revocation::NotFound => Answer::Refused(Refusal::LinkNotFound),
    })
}

async fn many<S: LinkStore>(
    store: &S,
    url_life: UrlLife,
    now: Timestamp,
    (owner, of): (&Owner, LinksOf<'_>),
    start: Option<PageStart>,
) -> Result<Answer, Unavailable> {
    let (revoked, next) = end_links(store, owner, of, start, by_wish(now), MAX_PAGES).await?;
    // A repeated request finds the links revoked, and must not say less than the first one.
    Ok(Answer::Links { revoked, dead_within_s: url_life.ceiling_s(), next })
}

fn by_wish(now: Timestamp) -> Revoked {
    Revoked { at: now, because: RevokedBecause::Revoked }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{LinkReader, RecordStore, UploadStore};
    use crate::testing::memory::MemoryWorld;
    use crate::testing::samples::{at, keys, pending, pin};

    const LIFE: UrlLife = UrlLife::new(60, 900).unwrap();
    const NOW: &str = "2026-11-24T10:00:00Z";

    /// A table with an available upload and these links to it, by the byte of their secret.
    async fn world(links: &[u8]) -> (MemoryWorld, Vec<LinkId>) {
        let world = MemoryWorld::default();
        world.create(&pending()).await.unwrap();
        world.settle(pending().upload_id, &pin("v1"), None).await.unwrap();
        let upload = world.upload(pending().upload_id).await.unwrap().unwrap();
        let mut ids = Vec::new();
        for secret in links {
            let id = keys(&[1]).make([*secret; 16]).link_id();
            let made = crate::link::Link::to(&upload, id.clone(), at(NOW), None).unwrap();
            world.create_link(&made).await.unwrap();
            ids.push(id);
        }
        (world, ids)
    }

    async fn ended(world: &MemoryWorld, id: &LinkId) -> Option<Timestamp> {
        world.link(id).await.unwrap().unwrap().revoked.map(|revoked| revoked.at)
    }

    async fn done(world: &MemoryWorld, now: &str, action: &Action) -> Answer {
        revoke(world, LIFE, at(now), action).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_link_of_any_owner_ends_once_and_the_answer_says_when() {
        let (world, ids) = world(&[1, 2]).await;
        let action = Action::RevokeLink { link_id: ids[0].clone() };
        for (now, dead_within_s) in [(NOW, 60), ("2026-11-24T10:01:30Z", 30)] {
            let Answer::Link { revoked_at, dead_within_s: told, link_id, upload_id } =
                done(&world, now, &action).await
            else {
                panic!("refused")
            };
            assert_eq!((revoked_at, told), (at(NOW), dead_within_s), "a repetition changes nothing");
            assert_eq!((link_id, upload_id), (ids[0].clone(), pending().upload_id));
        }
        assert_eq!((ended(&world, &ids[0]).await, ended(&world, &ids[1]).await), (Some(at(NOW)), None));
    }

    #[tokio::test]
    async fn every_link_of_an_upload_or_an_owner_ends() {
        let owner = pending().owner;
        let upload_id = pending().upload_id;
        for action in [
            Action::RevokeLinksOfUpload { upload_id, after: None },
            Action::RevokeLinksOfOwner { owner, after: None },
        ] {
            let (world, ids) = world(&[1, 2, 3]).await;
            for revoked in [3, 0] {
                let answer = done(&world, NOW, &action).await;
                assert_eq!(answer, Answer::Links { revoked, dead_within_s: 900, next: None }, "{action:?}");
            }
            for id in &ids {
                assert_eq!(ended(&world, id).await, Some(at(NOW)), "{action:?}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_not_in_the_table_is_refused_and_nothing_is_written() {
        let (world, ids) = world(&[1]).await;
        let unknown = keys(&[1]).make([9; 16]).link_id();
        let other = UploadId::random([9; 16]);
        for (action, refusal) in [
            (Action::RevokeLink { link_id: unknown }, Refusal::LinkNotFound),
            (Action::RevokeLinksOfUpload { upload_id: other, after: None }, Refusal::UploadNotFound),
        ] {
            assert_eq!(done(&world, NOW, &action).await, Answer::Refused(refusal));
        }
        let stranger = Action::RevokeLinksOfOwner { owner: "i#bob".parse().unwrap(), after: None };
        assert_eq!(done(&world, NOW, &stranger).await.outcome(), (0, "done"));
        assert_eq!(ended(&world, &ids[0]).await, None);
        assert_eq!(revoke(&world, LIFE, at(NOW), &Action::Reconcile).await.unwrap(), None);
    }

    #[tokio::test]
    async fn very_many_links_end_over_several_requests() {
        let secrets: Vec<u8> = (0..130).collect();
        let (world, ids) = world(&secrets).await;
        world.read_links_at_once(1);
        let (mut after, mut revoked) = (None, Vec::new());
        loop {
            let owner = pending().owner;
            let answer = done(&world, NOW, &Action::RevokeLinksOfOwner { owner, after }).await;
            let Answer::Links { revoked: some, next, .. } = answer else { panic!("{answer:?}") };
            revoked.push(some);
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(revoked.iter().sum::<usize>(), ids.len());
        assert_eq!(revoked.first(), Some(&MAX_PAGES), "one request reads a bounded number of pages");
    }

    /// The journeys show a rotation itself.
    #[tokio::test]
    async fn a_link_that_was_rotated_names_its_successor_nowhere_and_is_refused() {
        let (world, ids) = world(&[1]).await;
        let rotated = Revoked { at: at(NOW), because: RevokedBecause::Rotated };
        world.revoke(&ids[0], &pending().owner, rotated).await.unwrap();
        let action = Action::RevokeLink { link_id: ids[0].clone() };
        assert_eq!(done(&world, NOW, &action).await, Answer::Refused(Refusal::LinkRotated));
    }
}
