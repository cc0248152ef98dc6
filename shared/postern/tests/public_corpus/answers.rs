//! The way of a file from its declared type to what a link to it answers, in memory: the recorder's use
//! case, a link, and the link's use case with either way of signing.

use std::time::Duration;

use futures::FutureExt;
use postern::link::Link;
use postern::media::AllowedTypes;
use postern::ports::{LinkStore, ObservedObject, Unavailable, UploadReader as _, UploadStore, VersionCheck};
use postern::record::{self, Verdict, record_version};
use postern::serve;
use postern::serve::distribution::Distribution;
use postern::serve::request::{Headers, LinkRequest, Method, Query};
use postern::testing::memory::{FixedSigner, MemoryWorld};
use postern::testing::samples::{example_credentials, keys, pending};
use postern::upload::scan::ScanGate;
use postern::upload::{Upload, tombstone_ttl};
use postern::value::id::{ObjectKey, VersionId};
use s3_presigned::cloudfront::CloudFrontKey;
use s3_presigned::{BucketEndpoint, Timestamp};

use crate::files::CorpusFile;

const KEY_ARN: &str = "arn:aws:kms:eu-central-1:111122223333:key/files";

#[derive(Clone, Copy)]
pub enum Signing {
    S3,
    CloudFront,
}

pub enum Answer {
    Rejected(String),
    Opened { content_type: String, disposition: String },
}

pub struct World {
    record: record::Settings,
    serve: serve::Settings,
}

impl World {
    pub fn new(signing: Signing, max_image_pixels: Option<u64>) -> Self {
        let pem = include_str!("../../../presign/src/cloudfront/rsa.test.pem");
        let distribution = || Distribution {
            url: "https://d111111abcdef8.cloudfront.net/".to_owned(),
            key: CloudFrontKey::from_pem("K2JCJMDEHXQW5F", pem).unwrap(),
            window: Duration::from_secs(30),
        };
        let serve = serve::Settings {
            endpoint: BucketEndpoint::regional("files", "eu-central-1"),
            url_life: postern::link::UrlLife::new(60, 60).unwrap(),
            distribution: matches!(signing, Signing::CloudFront).then(distribution),
            pages: serve::PageSettings::default(),
            track_network: postern::link::TrackNetwork::None,
        };
        let record = record::Settings {
            files_key_arn: KEY_ARN.to_owned(),
            allowed_types: AllowedTypes::all(),
            max_image_pixels,
            scan: ScanGate::Off,
        };
        Self { record, serve }
    }

    /// What becomes of `file` if it is uploaded as `declared`.
    pub fn answer(&self, file: &CorpusFile, declared: &str) -> Answer {
        let (store, upload, version) = (MemoryWorld::default(), upload(&file.name, declared), version());
        let key = ObjectKey::of(upload.upload_id);
        settle(store.create(&upload)).unwrap();
        store.put(key, version.clone(), object(file, declared));
        store.put_body(key, version.clone(), file.body());
        let ports = record::Ports { store: store.clone(), objects: store.clone() };
        let recorded = record_version(&ports, &self.record, now(), key, &version, None);
        let verdict = settle(recorded).unwrap();
        let upload = settle(store.upload(upload.upload_id)).unwrap().unwrap();
        match verdict {
            Verdict::Pinned { .. } => self.open(&store, &upload),
            _ => Answer::Rejected(upload.rejection.unwrap().detail),
        }
    }

    fn open(&self, store: &MemoryWorld, upload: &Upload) -> Answer {
        let keys = keys(&[1]);
        let token = keys.make([3; 16]);
        let link = Link::to(upload, token.link_id(), now(), None).unwrap();
        settle(store.create_link(&link)).unwrap();
        let ports = serve::Ports {
            links: store.clone(),
            signer: FixedSigner(example_credentials()),
            keys,
            versions: None::<NoCheck>,
        };
        let token = token.reveal();
        let visit = LinkRequest {
            now: now(),
            method: Method::Get,
            token: &token,
            path: "/l/x",
            body: b"",
            address: None,
            query: Query::default(),
            headers: Headers::default(),
            entropy: [5; 16],
        };
        let reply = settle(serve::answer(&ports, &self.serve, &visit)).unwrap();
        let (_, query) = reply.header("location").unwrap().split_once('?').unwrap();
        let value = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
        };
        Answer::Opened {
            content_type: value("response-content-type"),
            disposition: value("response-content-disposition"),
        }
    }
}

/// Nobody is asked whether the version is there.
struct NoCheck;

impl VersionCheck for NoCheck {
    async fn is_there(&self, _: Timestamp, _: ObjectKey, _: &VersionId) -> Result<bool, Unavailable> {
        Ok(true)
    }
}

/// Nothing in memory waits.
fn settle<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_epoch_s(1_800_000_000)
}

fn version() -> VersionId {
    "v".parse().unwrap()
}

fn object(file: &CorpusFile, declared: &str) -> ObservedObject {
    ObservedObject {
        size_bytes: file.size_bytes,
        etag: "etag".to_owned(),
        content_type: Some(declared.to_owned()),
        content_encoding: None,
        kms_key_arn: Some(KEY_ARN.to_owned()),
        metadata: [].into(),
        head: file.head.clone(),
        scan: None,
    }
}

fn upload(filename: &str, declared: &str) -> Upload {
    Upload {
        filename: filename.parse().unwrap(),
        content_type: declared.parse().unwrap(),
        min_size_bytes: 0,
        max_size_bytes: 1 << 30,
        uploaded_at: now(),
        policy_expires_at: now(),
        ttl: Some(tombstone_ttl(now())),
        ..pending()
    }
}
