//! The checksum of a whole file in parts, which a completion may state.

use http::StatusCode;

use super::parts_tests::{SESSION_ENDS, abort, begun, code, counted, field, is_alive, put, record};
use super::tests::{World, caller, world};
use super::*;
use crate::http::{Problem, Reply};
use crate::upload::reservation::Reserved;
use crate::upload::{Upload, UploadState};

const CHECKSUM: &str = r#"{"checksum_crc64nvme":"rosUhgp5mIg="}"#;
const ANOTHER: &str = r#"{"checksum_crc64nvme":"AAAAAAAAAAA="}"#;

async fn complete(world: &World, upload: &Owned<Upload>, body: &str) -> Result<Reply, Problem> {
    multipart::complete(world, caller("ann", None, 0).now, upload, body.as_bytes()).await
}

/// An upload whose parts have arrived, with the checksum [`CHECKSUM`].
async fn checked(world: &World) -> Owned<Upload> {
    let upload = begun(world, &counted(), 10).await;
    put(world, &upload, 1, 10);
    let id = upload.s3_upload_id.as_ref().unwrap();
    world.store.compute_checksum(id, "rosUhgp5mIg=".parse().unwrap());
    upload
}

#[tokio::test]
async fn another_checksum_makes_no_file_and_the_right_one_still_does() {
    let world = world(SESSION_ENDS);
    let upload = checked(&world).await;
    for _ in 0..2 {
        assert_eq!(code(complete(&world, &upload, ANOTHER).await), "checksum_mismatch");
        assert!(is_alive(&world, &upload));
        assert_eq!(record(&world, &upload).await.state, UploadState::Pending);
    }
    let problem = complete(&world, &upload, ANOTHER).await.unwrap_err().reply("request");
    assert_eq!(problem.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(complete(&world, &upload, CHECKSUM).await.unwrap().status, StatusCode::OK);
    assert!(!is_alive(&world, &upload));
}

#[tokio::test]
async fn parts_with_another_checksum_can_be_given_up() {
    let world = world(SESSION_ENDS);
    let upload = checked(&world).await;
    assert_eq!(code(complete(&world, &upload, ANOTHER).await), "checksum_mismatch");
    abort(&world, &upload).await.unwrap();
    assert!(!is_alive(&world, &upload));
    let ended = record(&world, &upload).await;
    assert_eq!(ended.reserved, Some(Reserved { bytes: 10, arrived: 10 }));
}

#[tokio::test]
async fn a_completion_needs_no_checksum_and_a_repetition_compares_none() {
    for body in ["", " \n", "{}", r#"{"checksum_crc64nvme":null}"#, CHECKSUM] {
        let world = world(SESSION_ENDS);
        let upload = checked(&world).await;
        for body in [body, CHECKSUM, ""] {
            let answer = complete(&world, &upload, body).await.unwrap();
            assert_eq!(answer.status, StatusCode::OK, "{body}");
        }
    }
}

#[tokio::test]
async fn a_malformed_checksum_is_a_field_problem_and_reaches_nobody() {
    let world = world(SESSION_ENDS);
    let upload = checked(&world).await;
    let calls = world.store.calls();
    for (body, expected) in [
        (r#"{"checksum_crc64nvme":""}"#, "checksum_crc64nvme"),
        (r#"{"checksum_crc64nvme":"ae8b14860a799888"}"#, "checksum_crc64nvme"),
        (r#"{"checksum_crc64nvme":1}"#, "checksum_crc64nvme"),
        (r#"{"checksum_sha256":"x"}"#, "checksum_sha256"),
    ] {
        assert_eq!(field(complete(&world, &upload, body).await), expected, "{body}");
    }
    assert_eq!(code(complete(&world, &upload, "[]").await), "malformed_body");
    assert_eq!(world.store.calls(), calls);
}
