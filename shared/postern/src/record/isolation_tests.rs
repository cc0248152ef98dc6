//! Two uploads beside each other, with the same names of versions, the same owner and turns that
//! alternate: each becomes what it becomes alone. The model check (`tests/model`) rests on it.

use super::removal::{end_late_links, remove_upload};
use super::samples::{png, settings};
use super::*;
use crate::link::Link;
use crate::ports::{LinkStore, LinksOf, ObjectStore, ObservedObject, RecordStore, UploadReader, UploadStore};
use crate::testing::memory::MemoryWorld;
use crate::testing::samples::{at, pending, version};
use crate::upload::Upload;
use crate::upload::scan::{ScanGate, ScanStatus};

/// What happens to an upload.
#[derive(Debug, Clone, Copy)]
enum Deed {
    /// A version comes that keeps the rules.
    Put(&'static str),
    /// One that breaks them.
    PutHtml(&'static str),
    /// One with this result of its scan.
    PutScanned(&'static str, ScanStatus),
    PutMarker(&'static str),
    /// The recorder looks at a version.
    Record(&'static str),
    /// The same behind the gate.
    RecordScanned(&'static str),
    /// The same, and the call of that name fails.
    Fail(&'static str, &'static str),
    /// Somebody else removes a version.
    Take(&'static str),
    Link(u8),
    Delete,
    Remove,
    FailToRemove(&'static str),
    EndLateLinks,
    Expire,
}

use Deed::*;

const LIVES: &[&[Deed]] = &[
    &[
        Put("a"),
        Record("a"),
        Record("a"),
        Link(1),
        Put("b"),
        Record("b"),
        Link(2),
        Delete,
        Remove,
        EndLateLinks,
    ],
    &[
        PutHtml("a"),
        Fail("a", "remove"),
        Record("a"),
        Put("b"),
        Fail("b", "settle"),
        Record("b"),
        Take("b"),
        Record("b"),
    ],
    &[Record("a"), Put("a"), Record("a"), PutMarker("m"), Record("m"), Expire, Put("c"), Record("c")],
    &[Put("a"), Record("a"), Link(1), Link(2), Put("b"), Delete, Record("b"), FailToRemove("remove"), Remove],
    &[
        Put("a"),
        Fail("a", "observe"),
        Delete,
        FailToRemove("versions"),
        Record("a"),
        FailToRemove("finish_deletion"),
    ],
    &[
        Put("a"),
        RecordScanned("a"),
        PutScanned("a", ScanStatus::Failed),
        RecordScanned("a"),
        Put("b"),
        Record("b"),
        RecordScanned("a"),
    ],
    &[
        PutScanned("a", ScanStatus::ThreatsFound),
        RecordScanned("a"),
        PutScanned("b", ScanStatus::NoThreatsFound),
        RecordScanned("b"),
    ],
    &[Expire, Put("a"), Record("a"), Link(1), Delete, Delete, Remove, Remove, Put("b"), Record("b")],
];

/// One upload in a world.
struct Side<'a> {
    ports: &'a Ports<MemoryWorld, MemoryWorld>,
    upload: Upload,
    n: u8,
}

impl<'a> Side<'a> {
    async fn new(ports: &'a Ports<MemoryWorld, MemoryWorld>, n: u8) -> Self {
        let upload = Upload { upload_id: crate::value::id::UploadId::random([n; 16]), ..pending() };
        ports.store.create(&upload).await.unwrap();
        Self { ports, upload, n }
    }

    async fn record(&self, name: &str, settings: &Settings) -> String {
        let now = at("2026-11-24T10:01:00Z");
        let key = self.upload.object_key();
        format!("{:?}", record_version(self.ports, settings, now, key, &version(name), None).await)
    }

    fn put(&self, name: &str, object: ObservedObject) -> String {
        self.ports.objects.put(self.upload.object_key(), version(name), object);
        String::new()
    }

    /// Lets it happen and gives what there is to see.
    async fn live(&self, deed: Deed) -> String {
        let Self { ports, upload, n } = self;
        let (key, id, now) = (upload.object_key(), upload.upload_id, at("2026-11-25T11:00:00Z"));
        let answer = match deed {
            Put(name) => self.put(name, png()),
            PutHtml(name) => {
                self.put(name, ObservedObject { head: b"<html>".to_vec(), size_bytes: 6, ..png() })
            }
            PutScanned(name, status) => self.put(name, ObservedObject { scan: Some(status), ..png() }),
            PutMarker(name) => {
                ports.objects.put_delete_marker(key, version(name));
                String::new()
            }
            Record(name) => self.record(name, &settings()).await,
            RecordScanned(name) => {
                self.record(name, &Settings { scan: ScanGate::Required, ..settings() }).await
            }
            Fail(name, call) => {
                ports.objects.fail_next(call);
                self.record(name, &settings()).await
            }
            Take(name) => format!("{:?}", ports.objects.remove(key, &version(name)).await),
            Link(of_upload) => {
                let link_id = crate::testing::samples::keys(&[1]).make([of_upload * 16 + n; 16]).link_id();
                let link = Link::to(&self.status().await, link_id, now, None);
                match link {
                    Some(link) => format!("{:?}", ports.store.create_link(&link).await),
                    None => "none".to_owned(),
                }
            }
            Delete => format!("{:?}", ports.store.begin_deletion(id, &upload.owner).await),
            Remove => format!("{:?}", remove_upload(ports, now, id).await),
            FailToRemove(call) => {
                ports.objects.fail_next(call);
                format!("{:?}", remove_upload(ports, now, id).await)
            }
            EndLateLinks => format!("{:?}", end_late_links(ports, now, &self.status().await).await),
            Expire => format!("{:?}", ports.store.expire(&self.status().await, now).await),
        };
        format!("{deed:?} {answer}\n{}", self.shows().await)
    }

    async fn status(&self) -> Upload {
        self.ports.store.upload(self.upload.upload_id).await.unwrap().unwrap()
    }

    async fn shows(&self) -> String {
        let key = self.upload.object_key();
        let mut versions = Vec::new();
        for version in self.ports.objects.versions(key).await.unwrap() {
            let object = self.ports.objects.observe(key, &version).await.unwrap();
            versions.push((version, object));
        }
        let links = self
            .ports
            .store
            .links(LinksOf::Upload(self.upload.upload_id), None, u8::MAX)
            .await
            .unwrap()
            .items;
        format!("{:?} {versions:?} {links:?}", self.status().await)
    }
}

fn world() -> Ports<MemoryWorld, MemoryWorld> {
    let world = MemoryWorld::default();
    Ports { store: world.clone(), objects: world }
}

async fn alone(n: u8, life: &[Deed]) -> Vec<String> {
    let world = world();
    let side = Side::new(&world, n).await;
    let mut seen = Vec::new();
    for deed in life {
        seen.push(side.live(*deed).await);
    }
    seen
}

#[tokio::test]
async fn an_upload_becomes_beside_another_what_it_becomes_alone() {
    for one in LIVES {
        for other in LIVES {
            let (alone_one, alone_other) = (alone(1, one).await, alone(2, other).await);
            // The other begins so many deeds before the one.
            for ahead in 0..=other.len() {
                let world = world();
                let sides = [Side::new(&world, 1).await, Side::new(&world, 2).await];
                let (mut seen_one, mut seen_other) = (Vec::new(), Vec::new());
                for turn in 0..other.len() + one.len() {
                    if let Some(deed) = other.get(turn) {
                        seen_other.push(sides[1].live(*deed).await);
                    }
                    if let Some(deed) = turn.checked_sub(ahead).and_then(|turn| one.get(turn)) {
                        seen_one.push(sides[0].live(*deed).await);
                    }
                }
                assert_eq!(seen_one, alone_one, "{one:?} beside {other:?}, {ahead} ahead");
                assert_eq!(seen_other, alone_other, "{other:?} beside {one:?}, {ahead} ahead");
            }
        }
    }
}
