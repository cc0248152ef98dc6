//! What is sent when a write meets another transaction, when its answer is lost, and when nothing
//! answers at all.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::scripted::{Answer, Heard, answering, sdk};
use crate::{Parts, Table};
use postern::link::Link;
use postern::link::token::LinkId;
use postern::ports::{
    Completed, Created, LinkStore, Linked, PartStore, Quota, QuotaStore, ReserveOutcome, StoredPart,
    UploadStore,
};
use postern::testing::contract::Ids;
use postern::testing::samples::{example_credentials, pin};
use postern::upload::Upload;
use postern::upload::quota::{OwnerLimits, PendingUpload};
use postern::value::id::S3UploadId;

const ATTEMPT: Duration = Duration::from_millis(300);

fn table(url: &str) -> Table {
    Table::new(&sdk(url, ATTEMPT), "table")
}

fn done() -> Answer {
    Answer::Say(200, "{}".to_owned())
}

fn refused(code: &str, more: &Value) -> Answer {
    let mut body = json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}") });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Answer::Say(400, body.to_string())
}

fn conflict() -> Answer {
    refused("TransactionConflictException", &json!({}))
}

fn upload(n: u8) -> Upload {
    Ids::of("lost answers").upload(n)
}

fn canceled(codes: &[&str]) -> Answer {
    let reasons: Vec<_> = codes.iter().map(|code| json!({ "Code": code })).collect();
    refused("TransactionCanceledException", &json!({ "CancellationReasons": reasons }))
}

fn item(upload: &Upload) -> Value {
    let attributes: serde_dynamo::Item = serde_dynamo::to_item(upload).unwrap();
    serde_json::to_value(attributes).unwrap()
}

fn tokens(heard: &[Heard]) -> Vec<String> {
    heard.iter().map(|heard| heard.json()["ClientRequestToken"].as_str().unwrap().to_owned()).collect()
}

fn link() -> Link {
    let upload = upload(1).settled(&pin("v1")).unwrap();
    let id: LinkId = postern::testing::samples::keys(&[1]).make([1; 16]).link_id();
    Link::to(&upload, id, upload.uploaded_at, None).unwrap()
}

#[tokio::test]
async fn a_write_that_meets_a_transaction_is_sent_until_it_meets_none() {
    let (url, heard) = answering(vec![conflict(), conflict(), conflict(), conflict(), done()]);
    assert_eq!(table(&url).create(&upload(1)).await.unwrap(), Created::New);
    assert_eq!(heard.join().unwrap().len(), 5);

    let (url, heard) = answering(vec![conflict(), conflict(), conflict(), conflict(), done()]);
    let upload = upload(1);
    table(&url).begin_deletion(upload.upload_id, &upload.owner).await.unwrap();
    assert_eq!(heard.join().unwrap().len(), 5);
}

#[tokio::test]
async fn a_transaction_that_meets_others_is_a_new_one_each_time() {
    let met = || canceled(&["TransactionConflict", "None"]);
    let throttled = canceled(&["None", "ThrottlingError"]);
    let (url, heard) = answering(vec![met(), met(), throttled, met(), met(), met(), done()]);
    assert_eq!(table(&url).create_link(&link()).await.unwrap(), Linked::New);
    let tokens = tokens(&heard.join().unwrap());
    assert_eq!(tokens.len(), 7);
    assert_eq!(tokens.iter().collect::<std::collections::BTreeSet<_>>().len(), 7, "{tokens:?}");
}

#[tokio::test]
async fn a_transaction_whose_answer_is_lost_is_the_same_one_again() {
    let (url, heard) = answering(vec![Answer::Lose, done()]);
    let count = Quota { now: upload(1).uploaded_at, token: None, limits: OwnerLimits::default() };
    assert_eq!(table(&url).reserve(&[upload(1)], &count).await.unwrap(), ReserveOutcome::New);
    let tokens = tokens(&heard.join().unwrap());
    assert!(tokens.len() == 2 && tokens[0] == tokens[1], "{tokens:?}");
}

/// A repetition may meet a write of the recorder on one of its records.
#[tokio::test]
async fn a_batch_reports_the_existing_records_that_it_has_met() {
    let batch = [upload(1), upload(2), upload(3)];
    let met = |upload: &Upload| json!({ "Code": "ConditionalCheckFailed", "Item": item(upload) });
    let reasons =
        json!([met(&batch[0]), { "Code": "TransactionConflict" }, met(&batch[2]), { "Code": "None" }]);
    let canceled = refused("TransactionCanceledException", &json!({ "CancellationReasons": reasons }));
    let (url, heard) = answering(vec![canceled]);
    let limits = OwnerLimits { pending_uploads: Some(9), bytes_per_day: None };
    let count = Quota { now: batch[0].uploaded_at, token: None, limits };
    let existing = vec![batch[0].clone(), batch[2].clone()];
    assert_eq!(table(&url).reserve(&batch, &count).await.unwrap(), ReserveOutcome::Exists(existing));
    let heard = heard.join().unwrap();
    assert_eq!(heard[0].json()["TransactItems"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn conflicts_are_given_up_when_the_operation_has_no_time_left() {
    // Three attempts of the patience of `sdk`, and room for the last pause.
    let (url, _heard) = answering(vec![conflict(); 1000]);
    let begin = Instant::now();
    assert!(table(&url).create(&upload(1)).await.is_err());
    assert!((ATTEMPT * 2..ATTEMPT * 5).contains(&begin.elapsed()), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_put_whose_answer_is_lost_finds_its_own_item() {
    let upload = upload(1);
    for (existing, expected) in [
        (upload.clone(), Created::New),
        (
            Upload { max_size_bytes: 7, ..upload.clone() },
            Created::Exists(Box::new(Upload { max_size_bytes: 7, ..upload.clone() })),
        ),
    ] {
        let failed = refused("ConditionalCheckFailedException", &json!({ "Item": item(&existing) }));
        let (url, heard) = answering(vec![Answer::Lose, failed]);
        assert_eq!(table(&url).create(&upload).await.unwrap().or_own(&upload), expected);
        assert_eq!(heard.join().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_refusal_of_a_full_set_reads_all_of_its_records_at_once_and_consistently() {
    let limit = 100;
    let uploads: Vec<_> = (0..limit).map(|n| Ids::of("many uploads").upload(n)).collect();
    let owner = uploads[0].owner.clone();
    let entries: Vec<_> = uploads.iter().map(|upload| PendingUpload::of(upload).to_text()).collect();
    let full = refused(
        "TransactionCanceledException",
        &json!({ "CancellationReasons": [
            { "Code": "None" },
            { "Code": "ConditionalCheckFailed", "Item": { "pending": { "SS": entries } } },
        ]}),
    );
    let key = |upload: &Upload| json!({ "pk": { "S": format!("UPLOAD#{}", upload.upload_id) } });
    let pending = |upload: &Upload| {
        let mut item = key(upload);
        item["state"] = json!({ "S": "pending" });
        item
    };
    // The last was not read in time.
    let (read, unread) = uploads.split_at(99);
    let found = json!({
        "Responses": { "table": read.iter().map(pending).collect::<Vec<_>>() },
        "UnprocessedKeys": { "table": { "Keys": unread.iter().map(key).collect::<Vec<_>>() } },
    });
    let (url, heard) = answering(vec![full, Answer::Say(200, found.to_string())]);
    let limits = OwnerLimits { pending_uploads: Some(limit), bytes_per_day: None };
    let count = Quota { now: uploads[0].uploaded_at, token: None, limits };
    let asked = Upload { owner, ..upload(3) };
    let granted = table(&url).reserve(&[asked], &count).await.unwrap();
    assert_eq!(granted, ReserveOutcome::TooManyPending { left: 0, until: uploads[0].policy_expires_at });
    let heard = heard.join().unwrap();
    assert_eq!(heard.len(), 2, "the transaction, and one read");
    let read = &heard[1].json()["RequestItems"]["table"];
    assert_eq!((read["Keys"].as_array().unwrap().len(), &read["ConsistentRead"]), (100, &json!(true)));
}

#[tokio::test]
async fn a_completion_is_sent_once_and_an_outcome_that_is_unknown_is_said_to_be() {
    let error = |code: &str| format!("<Error><Code>{code}</Code><Message>on purpose</Message></Error>");
    let whole = "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>".to_owned();
    for (answer, expected) in [
        (Answer::Say(200, whole), Ok(Completed::Done)),
        (Answer::Silence, Ok(Completed::Underway)),
        (Answer::Lose, Ok(Completed::Underway)),
        (Answer::Say(500, error("InternalError")), Ok(Completed::Underway)),
        (Answer::Say(200, error("InternalError")), Ok(Completed::Underway)),
        (Answer::Say(409, error("ConditionalRequestConflict")), Ok(Completed::Underway)),
        (Answer::Say(404, error("NoSuchUpload")), Ok(Completed::Unknown)),
        (Answer::Say(412, error("PreconditionFailed")), Ok(Completed::ObjectExists)),
        (Answer::Say(400, error("InvalidPart")), Ok(Completed::Refused("InvalidPart".to_owned()))),
        // The upload was begun with another type of checksum.
        (Answer::Say(400, error("InvalidRequest")), Ok(Completed::Refused("InvalidRequest".to_owned()))),
        (Answer::Say(400, error("BadDigest")), Ok(Completed::ChecksumMismatch)),
        // S3 begins to answer before it knows the checksum of large parts.
        (Answer::Say(200, error("BadDigest")), Ok(Completed::ChecksumMismatch)),
        (Answer::Say(503, error("SlowDown")), Err(())),
        (Answer::Say(403, error("AccessDenied")), Err(())),
    ] {
        let (url, heard) = answering(vec![answer.clone()]);
        let parts = Parts::new(&sdk(&url, ATTEMPT), "files");
        let id: S3UploadId = "an-upload".parse().unwrap();
        let part = StoredPart { number: 1, etag: "e".to_owned(), size_bytes: 5 };
        let key = upload(1).object_key();
        let completed = parts.complete_parts(&example_credentials(), key, &id, &[part], None).await;
        assert_eq!(completed.map_err(drop), expected, "{answer:?}");
        assert_eq!(heard.join().unwrap().len(), 1, "{answer:?}");
    }
}
