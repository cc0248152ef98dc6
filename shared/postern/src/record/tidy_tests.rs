//! The hourly call, on the world in memory.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::listing::{compare_slice, list_bucket};
use super::report::{Report, Tidied};
use super::samples::{png, settings};
use super::sweep::sweep;
use super::tidy::tidy;
use super::*;
use crate::link::{Link, Revoked, RevokedBecause};
use crate::ports::{
    LINKS_SETTLE, LinkReader, LinkStore, ObjectStore, RecordStore, Unavailable, UploadReader, UploadStore,
};
use crate::testing::memory::MemoryWorld;
use crate::testing::samples::{at, pending, version};
use crate::upload::{Upload, UploadState, expiry};
use crate::value::id::{UploadId, VersionId};
use s3_presigned::Timestamp;

/// What a run reported.
#[derive(Default)]
struct Reported {
    done: RefCell<Tidied>,
    failed: RefCell<Vec<UploadId>>,
    looked_at: RefCell<Vec<(UploadId, String, Verdict)>>,
    pauses: Cell<usize>,
}

impl Report for Reported {
    fn done(&self, what: Tidied) {
        *self.done.borrow_mut() += what;
    }

    fn failed(&self, id: UploadId, _: &Unavailable) {
        self.failed.borrow_mut().push(id);
    }

    fn looked_at(&self, id: UploadId, version: &VersionId, verdict: Verdict) {
        self.looked_at.borrow_mut().push((id, version.as_str().to_owned(), verdict));
    }

    fn pause(&self) {
        self.pauses.set(self.pauses.get() + 1);
    }
}

async fn world() -> Ports<MemoryWorld, MemoryWorld> {
    let world = MemoryWorld::default();
    world.create(&pending()).await.unwrap();
    Ports { store: world.clone(), objects: world }
}

async fn swept(ports: &Ports<MemoryWorld, MemoryWorld>, now: Timestamp) -> Result<Tidied, Unavailable> {
    let reported = Reported::default();
    sweep(ports, now, &reported).await?;
    let done = reported.done.take();
    assert_eq!(reported.failed.take().len(), done.failed, "a failure is reported with its upload");
    Ok(done)
}

/// Lists the whole bucket, except the numbers of what was merely listed.
async fn compared(ports: &Ports<MemoryWorld, MemoryWorld>, now: Timestamp) -> Tidied {
    let reported = Reported::default();
    ports.store.note_slices_listed((now.epoch_s() / 3600 + 1) * 256 / 24 - 256).await.unwrap();
    list_bucket(ports, &settings(), now, &reported).await.unwrap();
    let done = reported.done.take();
    assert_eq!(
        reported.looked_at.take().len(),
        done.looked_at,
        "a version that is looked at is told with its verdict"
    );
    Tidied { listed: 0, ..done }
}

async fn existing(ports: &Ports<MemoryWorld, MemoryWorld>) -> Upload {
    ports.store.upload(pending().upload_id).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_is_due_expires_once() {
    let ports = world().await;
    let due = expiry(pending().policy_expires_at);
    assert_eq!(swept(&ports, pending().policy_expires_at).await.unwrap(), Tidied::default());
    assert_eq!(swept(&ports, due).await.unwrap(), Tidied { expired: 1, ..Tidied::default() });
    assert_eq!(existing(&ports).await.state, UploadState::Expired);
    assert_eq!(swept(&ports, due).await.unwrap(), Tidied::default());
}

#[tokio::test]
async fn a_form_that_died_unused_gives_its_bytes_back_and_expires_a_day_later() {
    let world = MemoryWorld::default();
    world.create(&pending().reserving()).await.unwrap();
    let (ports, reported) = (Ports { store: world.clone(), objects: world }, Reported::default());
    let died = pending().policy_expires_at;
    assert!(existing(&ports).await.unused_at(died).is_some());
    sweep(&ports, died, &reported).await.unwrap();
    assert_eq!(reported.done.take(), Tidied::default());
    assert_eq!(reported.pauses.get(), 16, "what was done can be written down after each shard");
    assert_eq!(existing(&ports).await.unused_at(died), None);
    assert_eq!(existing(&ports).await.state, UploadState::Pending);
}

#[tokio::test]
async fn a_form_that_was_given_up_gives_its_bytes_back_when_it_has_died() {
    let world = MemoryWorld::default();
    let form = pending().reserving();
    world.create(&form).await.unwrap();
    world.give_up(&form, None).await.unwrap();
    let ports = Ports { store: world.clone(), objects: world };
    let died = form.policy_expires_at;
    let bytes = async || existing(&ports).await.reserved.unwrap().bytes;
    swept(&ports, died - Duration::from_millis(1)).await.unwrap();
    assert_eq!(bytes().await, form.max_size_bytes);
    swept(&ports, died).await.unwrap();
    assert_eq!((bytes().await, existing(&ports).await.state), (0, UploadState::Expired));
}

#[tokio::test]
async fn a_removal_that_the_stream_gave_up_is_brought_to_its_end() {
    let ports = world().await;
    ports.objects.put(pending().object_key(), version("a"), png());
    ports.store.begin_deletion(pending().upload_id, &pending().owner).await.unwrap();
    let now = at("2026-11-24T12:00:00Z");
    ports.objects.fail_next("remove");
    assert_eq!(swept(&ports, now).await.unwrap(), Tidied { failed: 1, ..Tidied::default() });
    assert_eq!(swept(&ports, now).await.unwrap(), Tidied { removed: 1, ..Tidied::default() });
    assert_eq!(existing(&ports).await.state, UploadState::Deleted);
}

#[tokio::test]
async fn a_link_that_the_index_showed_late_ends_all_the_same() {
    let ports = world().await;
    ports.objects.put(pending().object_key(), version("a"), png());
    let now = at("2026-11-24T12:00:00Z");
    let key = pending().object_key();
    record_version(&ports, &settings(), now, key, &version("a"), None).await.unwrap();
    let link_id = crate::testing::samples::keys(&[1]).make([1; 16]).link_id();
    let link = Link::to(&existing(&ports).await, link_id.clone(), now, None).unwrap();
    ports.store.create_link(&link).await.unwrap();
    ports.store.let_the_index_lag(true);
    ports.store.begin_deletion(pending().upload_id, &pending().owner).await.unwrap();
    assert_eq!(swept(&ports, now).await.unwrap(), Tidied { removed: 1, ..Tidied::default() });
    assert_eq!(ports.store.link(&link_id).await.unwrap().unwrap().revoked, None, "it was not listed");
    assert_eq!(swept(&ports, now).await.unwrap(), Tidied::default(), "its hour is not over");

    ports.store.let_the_index_lag(false);
    let later = now + LINKS_SETTLE;
    assert_eq!(swept(&ports, later).await.unwrap(), Tidied { late_links: 1, ..Tidied::default() });
    let revoked = ports.store.link(&link_id).await.unwrap().unwrap().revoked.unwrap();
    assert_eq!((revoked.at, revoked.because), (later, RevokedBecause::UploadDeleted));
    assert_eq!(swept(&ports, later).await.unwrap(), Tidied::default(), "and never again");
}

#[tokio::test]
async fn late_links_of_several_pages_end_in_one_run() {
    let ports = world().await;
    ports.objects.put(pending().object_key(), version("a"), png());
    let now = at("2026-11-24T12:00:00Z");
    record_version(&ports, &settings(), now, pending().object_key(), &version("a"), None).await.unwrap();
    for n in 0..3 {
        let link_id = crate::testing::samples::keys(&[1]).make([n; 16]).link_id();
        let link = Link::to(&existing(&ports).await, link_id, now, None).unwrap();
        ports.store.create_link(&link).await.unwrap();
    }
    ports.store.let_the_index_lag(true);
    ports.store.begin_deletion(pending().upload_id, &pending().owner).await.unwrap();
    swept(&ports, now).await.unwrap();
    ports.store.let_the_index_lag(false);
    ports.store.read_links_at_once(1);
    let ended = swept(&ports, now + LINKS_SETTLE).await.unwrap();
    assert_eq!(ended, Tidied { late_links: 3, ..Tidied::default() });
}

/// Uploads that wait to be removed, each with a version.
async fn removals(ports: &Ports<MemoryWorld, MemoryWorld>, n: u8) {
    for n in 0..n {
        let upload = Upload { upload_id: UploadId::random([n; 16]), ..pending() };
        ports.store.create(&upload).await.unwrap();
        ports.objects.put(upload.object_key(), version("a"), png());
        ports.store.begin_deletion(upload.upload_id, &upload.owner).await.unwrap();
    }
}

#[tokio::test]
async fn one_that_fails_keeps_the_sweeper_from_no_other() {
    let world = MemoryWorld::default();
    let ports = Ports { store: world.clone(), objects: world };
    removals(&ports, 30).await;
    ports.objects.fail_next("versions");
    let now = at("2026-11-24T12:00:00Z");
    assert_eq!(swept(&ports, now).await.unwrap(), Tidied { removed: 29, failed: 1, ..Tidied::default() });
    assert_eq!(swept(&ports, now).await.unwrap(), Tidied { removed: 1, ..Tidied::default() });
}

#[tokio::test]
async fn versions_are_looked_at_whatever_becomes_of_what_is_due() {
    let ports = world().await;
    ports.objects.put(pending().object_key(), version("a"), png());
    let now = at("2026-11-24T12:00:00Z");
    ports.store.note_slices_listed((now.epoch_s() / 3600 + 1) * 256 / 24 - 256).await.unwrap();
    ports.store.fail_next("due");
    let told = tidy(&ports, &settings(), now, std::future::pending(), &Reported::default()).await;
    assert!(told.is_err(), "it is told");
    assert_eq!(existing(&ports).await.state, UploadState::Available);
}

#[tokio::test]
async fn what_there_was_no_time_for_is_left_to_the_next_hour() {
    let world = MemoryWorld::default();
    let ports = Ports { store: world.clone(), objects: world };
    removals(&ports, 30).await;
    let now = at("2026-11-24T12:00:00Z");
    let reported = Reported::default();
    tidy(&ports, &settings(), now, std::future::ready(()), &reported).await.unwrap();
    assert_eq!(reported.done.take(), Tidied::default());
    assert_eq!(swept(&ports, now).await.unwrap(), Tidied { removed: 30, ..Tidied::default() });
}

#[tokio::test]
async fn a_version_whose_event_was_lost_is_found_and_recorded() {
    let ports = world().await;
    ports.objects.put(pending().object_key(), version("a"), png());
    let (now, tomorrow) = (at("2026-11-24T12:00:00Z"), at("2026-11-25T12:00:00Z"));
    let repaired = compared(&ports, now).await;
    assert_eq!(repaired, Tidied { looked_at: 1, repaired: 1, ..Tidied::default() });
    assert_eq!(existing(&ports).await.state, UploadState::Available);
    assert_eq!(compared(&ports, tomorrow).await, Tidied::default(), "what is settled is not read again");
}

/// The event of a younger one may still come, and an older one was compared before.
#[tokio::test]
async fn a_version_is_looked_at_from_a_quarter_of_an_hour_to_two_days_after_it_came() {
    let now = at("2026-11-24T12:00:00Z");
    for (age_s, is_looked_at) in
        [(0, false), (15 * 60, false), (15 * 60 + 1, true), (48 * 3600, true), (48 * 3600 + 1, false)]
    {
        let ports = world().await;
        let came_at = now - Duration::from_secs(age_s);
        ports.objects.put_at(pending().object_key(), version("a"), png(), came_at);
        assert_eq!(compared(&ports, now).await.looked_at, usize::from(is_looked_at), "{age_s}");
    }
}

/// It lists one hour's share, and what it has done can be written down after each slice.
#[tokio::test]
async fn the_first_run_of_a_stack_makes_nothing_up() {
    let (ports, reported) = (world().await, Reported::default());
    list_bucket(&ports, &settings(), at("2026-11-24T12:00:00Z"), &reported).await.unwrap();
    assert_eq!(reported.pauses.get(), 11);
}

#[tokio::test]
async fn a_surplus_version_whose_event_was_lost_is_found_beside_the_pinned_one() {
    let ports = world().await;
    let (now, tomorrow) = (at("2026-11-24T12:00:00Z"), at("2026-11-25T12:00:00Z"));
    ports.objects.put(pending().object_key(), version("a"), png());
    compared(&ports, now).await;
    ports.objects.put(pending().object_key(), version("b"), png());
    assert_eq!(compared(&ports, tomorrow).await, Tidied { looked_at: 1, repaired: 1, ..Tidied::default() });
    assert_eq!(ports.objects.versions(pending().object_key()).await.unwrap(), [version("a")]);
}

#[tokio::test]
async fn a_version_that_no_record_knows_is_told_and_left() {
    let world = MemoryWorld::default();
    let ports = Ports { store: world.clone(), objects: world };
    ports.objects.put(pending().object_key(), version("a"), png());
    let reported = Reported::default();
    let now = at("2026-11-24T12:00:00Z");
    ports.store.note_slices_listed((now.epoch_s() / 3600 + 1) * 256 / 24 - 256).await.unwrap();
    list_bucket(&ports, &settings(), now, &reported).await.unwrap();
    assert_eq!((reported.done.borrow().orphans, reported.done.borrow().repaired), (1, 0));
    assert_eq!(reported.looked_at.take(), [(pending().upload_id, "a".to_owned(), Verdict::Orphan)]);
    assert_eq!(ports.objects.versions(pending().object_key()).await.unwrap(), [version("a")]);
}

/// The table was restored to an earlier time beside a bucket that went on: `terraform/README.md`, "Records from
/// an earlier time".
#[tokio::test]
async fn a_restored_table_beside_a_bucket_that_went_on_is_reconciled() {
    let world = MemoryWorld::default();
    let ports = Ports { store: world.clone(), objects: world };
    let (saved_at, now) = (at("2026-11-24T12:00:00Z"), at("2026-11-28T12:00:00Z"));
    let upload = |n: u8| Upload { upload_id: UploadId::random([n; 16]), ..pending() };
    let arrive = async |upload: &Upload, came_at: Timestamp| {
        ports.objects.put_at(upload.object_key(), version(&upload.upload_id.digits(2)), png(), came_at);
    };
    let [kept, shared, deleted, awaited, unknown] = [1, 2, 3, 4, 5].map(upload);
    for before in [&kept, &shared, &deleted, &awaited] {
        ports.store.create(before).await.unwrap();
    }
    let pin = async |upload: &Upload| {
        let (key, version) = (upload.object_key(), version(&upload.upload_id.digits(2)));
        record_version(&ports, &settings(), saved_at, key, &version, None).await.unwrap()
    };
    let record = async |upload: &Upload| ports.store.upload(upload.upload_id).await.unwrap().unwrap();
    for before in [&kept, &shared, &deleted] {
        arrive(before, saved_at).await;
        pin(before).await;
    }
    let link_id = crate::testing::samples::keys(&[1]).make([1; 16]).link_id();
    let link = Link::to(&record(&shared).await, link_id.clone(), saved_at, None).unwrap();
    ports.store.create_link(&link).await.unwrap();
    let saved = ports.store.table();

    // What the restored table does not know.
    let revoked = Revoked { at: saved_at, because: RevokedBecause::Revoked };
    ports.store.end_link(&link_id, shared.upload_id, revoked).await.unwrap();
    ports.store.begin_deletion(deleted.upload_id, &deleted.owner).await.unwrap();
    swept(&ports, saved_at).await.unwrap();
    ports.store.create(&unknown).await.unwrap();
    for since in [&awaited, &unknown] {
        arrive(since, saved_at + Duration::from_mins(1)).await;
        pin(since).await;
    }
    ports.store.restore(saved);

    // The hourly run notices the file that is gone. It does not look at versions of three days ago.
    assert_eq!(compared(&ports, now).await, Tidied { looked_at: 1, vanished: 1, ..Tidied::default() });
    assert_eq!(record(&awaited).await.state, UploadState::Pending);
    let reported = Reported::default();
    for slice in 0..=u8::MAX {
        compare_slice(&ports, &settings(), now, slice, saved_at, &reported).await.unwrap();
    }
    let looked_at: Vec<_> =
        reported.looked_at.take().into_iter().map(|(id, _, verdict)| (id, verdict)).collect();
    let pinned = Verdict::Pinned { size_bytes: png().size_bytes };
    assert_eq!(looked_at, [(awaited.upload_id, pinned), (unknown.upload_id, Verdict::Orphan)]);

    assert_eq!(record(&kept).await.state, UploadState::Available);
    assert_eq!(record(&awaited).await.state, UploadState::Available);
    assert!(record(&deleted).await.vanished_at().is_some());
    assert_eq!(ports.store.upload(unknown.upload_id).await.unwrap(), None);
    assert_eq!(ports.objects.versions(unknown.object_key()).await.unwrap().len(), 1, "its file is kept");
    let link = ports.store.link(&link_id).await.unwrap().unwrap();
    assert_eq!(link.revoked, None, "the link works again, and has to be revoked again");
}

/// S3 states when a version came in whole seconds.
#[tokio::test]
async fn a_version_of_the_same_second_came_since_then() {
    for (since, is_looked_at) in
        [("2026-11-24T10:00:30.700Z", true), ("2026-11-24T10:00:30Z", true), ("2026-11-24T10:00:31Z", false)]
    {
        let (ports, reported) = (world().await, Reported::default());
        ports.objects.put_at(pending().object_key(), version("a"), png(), at("2026-11-24T10:00:30Z"));
        let (now, slice) = (at("2026-11-28T12:00:00Z"), pending().upload_id.slice());
        compare_slice(&ports, &settings(), now, slice, at(since), &reported).await.unwrap();
        assert_eq!(reported.looked_at.take().len(), usize::from(is_looked_at), "{since}");
    }
}

/// A year old, and S3's event was lost.
#[tokio::test]
async fn a_pinned_version_that_is_gone_is_noticed_whatever_its_age() {
    for is_listed in [true, false] {
        let ports = world().await;
        let (key, late) = (pending().object_key(), at("2027-11-24T12:00:00Z"));
        ports.objects.put(key, version("a"), png());
        record_version(&ports, &settings(), at("2026-11-24T12:00:00Z"), key, &version("a"), None)
            .await
            .unwrap();
        if !is_listed {
            // Pinned by a version of this software that kept no list.
            ports.store.leave_unlisted(pending().upload_id);
        }
        assert_eq!(compared(&ports, late).await, Tidied::default());
        ports.objects.remove(key, &version("a")).await.unwrap();
        let gone = compared(&ports, late + Duration::from_hours(24)).await;
        assert_eq!(gone, Tidied { looked_at: 1, vanished: 1, ..Tidied::default() }, "{is_listed}");
        assert!(existing(&ports).await.vanished_at().is_some());
        assert_eq!(compared(&ports, late + Duration::from_hours(48)).await, Tidied::default(), "told once");
    }
}

#[tokio::test]
async fn a_slice_of_many_pages_is_compared_as_one_of_few() {
    let world = MemoryWorld::default();
    let ports = Ports { store: world.clone(), objects: world };
    ports.objects.list_versions_at_once(2);
    let (now, tomorrow) = (at("2026-11-24T12:00:00Z"), at("2026-11-25T12:00:00Z"));
    for n in 0..40 {
        // One slice, all of its parts.
        let mut bytes = [7; 16];
        (bytes[1], bytes[15]) = (n * 6, n);
        let upload = Upload { upload_id: UploadId::random(bytes), ..pending() };
        ports.store.create(&upload).await.unwrap();
        ports.objects.put(upload.object_key(), version("a"), png());
    }
    let repaired = compared(&ports, now).await;
    assert_eq!(repaired, Tidied { looked_at: 40, repaired: 40, ..Tidied::default() });
    assert_eq!(compared(&ports, tomorrow).await, Tidied::default());
}

/// An hour's run has 45 seconds. It looked at each recent version by two calls, of which ten ran at a time.
#[tokio::test]
async fn versions_that_the_record_settles_cost_no_call_of_their_own() {
    let world = MemoryWorld::default();
    let ports = Ports { store: world.clone(), objects: world };
    let now = at("2026-11-24T12:00:00Z");
    let versions = 1000;
    for n in 0..versions {
        let mut bytes = [7; 16];
        bytes[1..3].copy_from_slice(&(u16::try_from(n).unwrap() * 64).to_be_bytes());
        let upload = Upload { upload_id: UploadId::random(bytes), ..pending() };
        ports.store.create(&upload).await.unwrap();
        ports.objects.put(upload.object_key(), version("a"), png());
        let key = upload.object_key();
        record_version(&ports, &settings(), now, key, &version("a"), None).await.unwrap();
    }
    let slice = u64::from(UploadId::random([7; 16]).slice());
    let due = (now.epoch_s() / 3600 + 1) * 256 / 24;
    let before = due - 256 + (slice + 256 - due % 256) % 256;
    ports.store.note_slices_listed(before).await.unwrap();
    let (reported, calls) = (Reported::default(), ports.store.calls());
    list_bucket(&ports, &settings(), now, &reported).await.unwrap();
    let slices = usize::try_from(due - before).unwrap();
    assert_eq!(reported.done.take(), Tidied { listed: versions, ..Tidied::default() });
    // For each slice: the bucket's page, sixteen pages of pinned versions, and the note. And one for
    // how far the listing has come.
    assert_eq!(ports.store.calls() - calls, slices * 18 + 1);
}

#[tokio::test]
async fn an_hour_that_was_missed_is_made_up_for_and_a_missed_pass_is_told() {
    let world = MemoryWorld::default();
    let ports = Ports { store: world.clone(), objects: world };
    let noon = at("2026-11-24T12:00:00Z");
    let slices = async |now| {
        let (reported, before) = (Reported::default(), ports.store.slices_listed().await.unwrap());
        list_bucket(&ports, &settings(), now, &reported).await.unwrap();
        let listed = ports.store.slices_listed().await.unwrap().unwrap();
        (before.map(|before| listed - before), reported.done.take().skipped_slices)
    };
    slices(noon).await;
    assert_eq!(slices(noon).await, (Some(0), 0), "again within the hour");
    assert_eq!(slices(noon + Duration::from_hours(3)).await, (Some(32), 0), "three hours at once");
    let (_, skipped) = slices(noon + Duration::from_hours(3 + 48)).await;
    assert_eq!(skipped, 256);
}

/// The index is a moment behind the table, and may be written to by others.
#[tokio::test]
async fn what_the_index_says_of_an_upload_is_not_believed() {
    for shown in [UploadState::Pending, UploadState::Deleting, UploadState::Deleted] {
        let ports = world().await;
        let (key, now) = (pending().object_key(), at("2026-11-24T12:00:00Z"));
        ports.objects.put(key, version("a"), png());
        record_version(&ports, &settings(), now, key, &version("a"), None).await.unwrap();
        let link_id = crate::testing::samples::keys(&[1]).make([1; 16]).link_id();
        let link = Link::to(&existing(&ports).await, link_id.clone(), now, None).unwrap();
        ports.store.create_link(&link).await.unwrap();
        let before = existing(&ports).await;
        ports.store.show_as_due(pending().upload_id, shown);
        assert_eq!(swept(&ports, now).await.unwrap(), Tidied::default(), "{shown:?}");
        assert_eq!(existing(&ports).await, before);
        assert_eq!(ports.store.link(&link_id).await.unwrap().unwrap().revoked, None, "{shown:?}");
        assert_eq!(ports.objects.versions(key).await.unwrap(), [version("a")]);
    }
}

/// `serve-link` can put a link's item into any index.
#[tokio::test]
async fn an_item_that_is_no_upload_is_counted_and_stops_nobody() {
    let ports = world().await;
    ports.store.put_unreadable(3);
    let due = expiry(pending().policy_expires_at);
    let done = swept(&ports, due).await.unwrap();
    assert_eq!(done, Tidied { expired: 1, unreadable: 3, ..Tidied::default() });
}
