//! Measures the hourly run, which compares versions with their records, on the table and the bucket of the
//! local AWS. Relates its time to the time that it takes to look at each version.

use std::cell::RefCell;
use std::time::{Instant, SystemTime};

use acceptance::{shared, skipped};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, CreateBucketConfiguration, VersioningConfiguration};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use postern::media::AllowedTypes;
use postern::ports::{RecordStore, Unavailable, UploadStore};
use postern::record::listing::list_bucket;
use postern::record::report::{Report, Tidied};
use postern::record::{Ports, Settings, Verdict, record_version};
use postern::upload::scan::ScanGate;
use postern::upload::{Recorded, Settlement, Upload};
use postern::value::id::{UploadId, VersionId};
use postern_aws::{Bucket, Table};
use s3_presigned::Timestamp;
use stack::Keys;

use crate::contract::empty_copy;

/// Versions in one slice.
const VERSIONS: u16 = 2000;

/// How many versions are looked at concurrently.
const AT_ONCE: usize = 10;

#[derive(Default)]
struct Sum(RefCell<Tidied>);

impl Report for Sum {
    fn done(&self, what: Tidied) {
        *self.0.borrow_mut() += what;
    }

    fn failed(&self, id: UploadId, cause: &Unavailable) {
        panic!("{id}: {cause}");
    }

    fn looked_at(&self, _: UploadId, _: &VersionId, _: Verdict) {}

    fn pause(&self) {}
}

/// Makes an empty bucket that sends its events to no recorder.
async fn bucket(sdk: &aws_config::SdkConfig) -> (aws_sdk_s3::Client, String) {
    let client =
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(sdk).force_path_style(true).build());
    let name = format!("capacity-{}", uuid::Uuid::new_v4());
    let region = sdk.region().unwrap().as_ref().into();
    let place = CreateBucketConfiguration::builder().location_constraint(region).build();
    client.create_bucket().bucket(&name).create_bucket_configuration(place).send().await.unwrap();
    let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    client.put_bucket_versioning().bucket(&name).versioning_configuration(on).send().await.unwrap();
    (client, name)
}

/// Makes an available upload of the slice, with its file in the bucket.
async fn pinned(
    table: &Table,
    s3: &aws_sdk_s3::Client,
    bucket: &str,
    slice: u8,
    n: u16,
    now: Timestamp,
) -> Upload {
    let mut bytes = [slice; 16];
    bytes[1..3].copy_from_slice(&(n * 32).to_be_bytes());
    let upload = Upload {
        upload_id: UploadId::random(bytes),
        ..postern::testing::contract::Ids::of("capacity").upload(1)
    };
    table.create(&upload).await.unwrap();
    let put = s3.put_object().bucket(bucket).key(upload.object_key().to_string());
    let put = put.body(ByteStream::from_static(b"a file")).send().await.unwrap();
    let recorded = Recorded {
        version_id: put.version_id.unwrap().parse().unwrap(),
        size_bytes: 6,
        etag: "etag".to_owned(),
        sniffed_type: "text/plain".parse().unwrap(),
        carried_by: None,
        reads_as_text: false,
        has_unknown_encoding: false,
        recorded_at: now,
        vanished_at: None,
    };
    table.settle(upload.upload_id, &Settlement::Pin(recorded.clone()), None).await.unwrap();
    Upload { recorded: Some(recorded), ..upload }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: cargo test --test journeys capacity -- --ignored --nocapture"]
async fn comparing_versions_is_faster_than_looking_at_each() {
    if shared().local.is_none() {
        return skipped("the capacity of an hourly run", "only a local stack lets a test write into a table");
    }
    let stack = &shared().coordinates;
    let sdk = stack.sdk_config(&Keys::root());
    let (s3, bucket) = bucket(&sdk).await;
    let table = Table::new(&sdk, empty_copy(&aws_sdk_dynamodb::Client::new(&sdk), &stack.table).await);
    #[expect(clippy::disallowed_methods, reason = "the versions get the present time")]
    let now = Timestamp::from(SystemTime::now());
    let due = (now.epoch_s() / 3600 + 1) * 256 / 24;
    let slice = u8::try_from((due - 1) % 256).unwrap();
    let uploads: Vec<Upload> = stream::iter(0..VERSIONS)
        .map(|n| pinned(&table, &s3, &bucket, slice, n, now))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let ports = Ports { store: table, objects: Bucket::new(&sdk, &bucket) };
    let settings = Settings {
        files_key_arn: stack.files_key_arn.clone(),
        allowed_types: AllowedTypes::all(),
        max_image_pixels: None,
        scan: ScanGate::Off,
    };

    let looked = Instant::now();
    stream::iter(&uploads)
        .map(async |upload| {
            let version = &upload.recorded.as_ref().unwrap().version_id;
            record_version(&ports, &settings, now, upload.object_key(), version, None).await
        })
        .buffer_unordered(AT_ONCE)
        .try_for_each(async |verdict| {
            assert_eq!(verdict, Verdict::Duplicate);
            Ok(())
        })
        .await
        .unwrap();
    let looked = looked.elapsed();

    ports.store.note_slices_listed(due - 1).await.unwrap();
    let sum = Sum::default();
    let compared = Instant::now();
    list_bucket(&ports, &settings, now, &sum).await.unwrap();
    let compared = compared.elapsed();
    assert_eq!(sum.0.take(), Tidied { listed: usize::from(VERSIONS), ..Tidied::default() });
    let times = looked.as_secs_f64() / compared.as_secs_f64();
    eprintln!(
        "{VERSIONS} versions: looked at in {looked:.2?}, compared in {compared:.2?}: {times:.0} times as fast"
    );
    // The factor is 17 on an idle machine and less on a busy one. The number of calls does not depend on the
    // load. The unit test `versions_that_the_record_settles_cost_no_call_of_their_own` asserts it.
    assert!(times >= 5.0, "{times}");
}
