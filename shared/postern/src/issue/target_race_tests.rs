//! A link that is led to another upload, while other requests use the link or delete one of the two uploads:
//! every order of their calls to the table.

use futures::{FutureExt as _, StreamExt as _, future::LocalBoxFuture, stream::FuturesUnordered};
use serde_json::json;

use super::target_tests::{existing, lead, linked};
use super::tests::{World, caller, settings, world};
use super::*;
use crate::link::{Admission, Link, Nonce, Opening, Visitor};
use crate::ports::{OpeningStore, RecordStore, UploadReader, UploadStore};
use crate::record;
use crate::testing::memory::{MemoryWorld, for_every_order};
use crate::testing::samples::{pending, pin};
use crate::upload::{Upload, UploadState};
use crate::value::id::UploadId;

const SESSION_ENDS: &str = "2026-11-24T11:00:00Z";

/// A link to the first of three uploads.
struct Race {
    world: World,
    uploads: [String; 3],
    link: String,
}

type Request<'a> = LocalBoxFuture<'a, ()>;

impl Race {
    async fn new() -> Self {
        let world = world(SESSION_ENDS);
        let mut uploads = [const { String::new() }; 3];
        for (n, id) in (1..).zip(&mut uploads) {
            let upload_id = UploadId::random([n; 16]);
            let (owner, filename) = (ann(n).owner, format!("{n}.png").parse().unwrap());
            world.store.create(&Upload { upload_id, owner, filename, ..pending() }).await.unwrap();
            world.store.settle(upload_id, &pin(&format!("v{n}")), None).await.unwrap();
            *id = upload_id.to_string();
        }
        let link = linked(&world, &ann(4), &uploads[0], &json!({ "track": true })).await;
        Self { world, uploads, link }
    }

    fn lead(&self, to: usize) -> Request<'_> {
        Box::pin(async move {
            let ann = ann(10 + u8::try_from(to).unwrap());
            drop(lead(&self.world, &ann, &self.link, &self.uploads[to]).await);
        })
    }

    /// The recorder deletes the upload. The stream has started it once `deleting` was written, and the API's
    /// request has died then.
    fn delete_by_recorder(&self, n: usize) -> Request<'_> {
        Box::pin(async move {
            let (ann, id) = (ann(20), self.uploads[n].parse().unwrap());
            self.world.store.begin_deletion(id, &ann.owner).await.unwrap();
            let objects = MemoryWorld::default();
            let ports = record::Ports { store: self.world.store.clone(), objects };
            record::removal::remove_upload(&ports, ann.now, id).await.unwrap();
        })
    }

    /// The API's request to delete the upload.
    fn delete_by_api(&self, n: usize) -> Request<'_> {
        Box::pin(async move { drop(uploads::remove(&self.world, &ann(21), &self.uploads[n]).await.unwrap()) })
    }

    fn revoke(&self) -> Request<'_> {
        Box::pin(async { drop(revocation::revoke(&self.world, &settings(), &ann(22), &self.link).await) })
    }

    fn revoke_all_to(&self, n: usize) -> Request<'_> {
        let (world, upload) = (&self.world, &self.uploads[n]);
        Box::pin(async move {
            drop(revocation::revoke_all_to(world, &settings(), &ann(23), upload, None).await.unwrap());
        })
    }

    fn change(&self) -> Request<'_> {
        let (world, link) = (&self.world, &self.link);
        Box::pin(async move {
            let body = br#"{"label":"changed","url_ttl_s":60}"#;
            drop(links::change(world, &settings(), &ann(24), link, body).await.unwrap());
        })
    }

    fn open(&self) -> Request<'_> {
        Box::pin(async {
            let (admission, visitor) = (Admission::Request, Visitor::default());
            let nonce = Nonce::from([9; 8]);
            let opening = Opening { now: ann(25).now, nonce, admission, network: None, visitor };
            self.world.store.count_opening(&self.link.parse().unwrap(), &opening).await.unwrap();
        })
    }

    /// The link and its upload at the end. In every order, the link has the facts of this one upload.
    async fn end(&self) -> (Link, Upload) {
        let link = existing(&self.world, &self.link).await;
        let upload = self.world.store.upload(link.upload_id).await.unwrap().unwrap();
        let version_id = upload.recorded.as_ref().map(|recorded| &recorded.version_id);
        assert_eq!((Some(&link.version_id), &link.filename), (version_id, &upload.filename));
        (link, upload)
    }

    async fn check_that_the_link_lives_with_its_upload(&self) {
        let (link, upload) = self.end().await;
        assert_eq!(link.revoked.is_none(), upload.state == UploadState::Available, "{link:?}");
    }
}

fn ann(n: u8) -> Caller {
    caller("ann", None, n)
}

/// Runs the requests in every order and gives each end to `check`; says how many orders there are.
fn in_every_order(requests: impl Fn(&Race) -> Vec<Request<'_>>, check: impl AsyncFn(&Race)) -> usize {
    for_every_order(move |choose| {
        let race = Race::new().now_or_never().unwrap();
        let all: FuturesUnordered<_> = requests(&race).into_iter().collect();
        race.world.store.run_in_order(Box::pin(all.collect::<()>()), choose);
        check(&race).now_or_never().unwrap();
    })
}

#[test]
fn a_link_lives_with_its_upload_in_every_order_of_leading_it_and_deleting_either() {
    for deleted in [0, 1] {
        for delete in [Race::delete_by_api, Race::delete_by_recorder] {
            let orders = in_every_order(
                |race| vec![race.lead(1), delete(race, deleted)],
                async |race| race.check_that_the_link_lives_with_its_upload().await,
            );
            assert!(orders > 10, "{deleted}: {orders}");
        }
    }
}

#[test]
fn a_link_lives_with_its_upload_in_every_order_of_leading_it_and_deleting_both() {
    let orders = in_every_order(
        |race| vec![race.lead(1), race.delete_by_api(0), race.delete_by_api(1)],
        async |race| assert!(race.end().await.0.revoked.is_some()),
    );
    assert!(orders > 500, "{orders}");
}

#[test]
fn a_revocation_holds_in_every_order_of_leading_the_link() {
    in_every_order(
        |race| vec![race.lead(1), race.revoke()],
        async |race| assert!(race.end().await.0.revoked.is_some()),
    );
    in_every_order(
        |race| vec![race.lead(1), race.revoke_all_to(0)],
        async |race| {
            let (link, _) = race.end().await;
            let is_former = link.upload_id.to_string() == race.uploads[0];
            assert_eq!(link.revoked.is_some(), is_former, "only links to that upload end: {link:?}");
        },
    );
}

#[test]
fn no_change_and_no_opening_is_lost_in_any_order_of_leading_the_link_twice() {
    let orders = in_every_order(
        |race| vec![race.lead(1), race.lead(2), race.open()],
        async |race| {
            let (link, _) = race.end().await;
            assert_eq!((link.opens, link.targets.len()), (1, 2), "{link:?}");
        },
    );
    assert!(orders > 100, "{orders}");
    in_every_order(
        |race| vec![race.lead(1), race.change()],
        async |race| {
            let (link, _) = race.end().await;
            assert_eq!((link.targets.len(), link.terms.url_ttl_s), (1, Some(60)));
            assert!(link.terms.label.is_some());
        },
    );
}
