//! Tests what each role may do on the local stack, and what no role may do. The tests use credentials of
//! these roles, because no policy applies to the emulator's root user.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing test should stop at its cause")]

use std::{fmt::Debug, sync::OnceLock, thread};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::{error::ProvideErrorMetadata, primitives::ByteStream, types::ServerSideEncryption};
use stack::{Coordinates, Keys, Options, Stack};
use tokio::runtime::Runtime;

const UPLOAD: &str = "uploads/00000000-0000-4000-8000-000000000000";

#[tokio::test]
async fn an_outsider_whom_its_own_policy_would_let_in_is_refused_by_bucket_and_signers() {
    // This test deletes the bucket's policy, and other tests change the trust policies of the shared stack's
    // roles. So this test has its own stack.
    let stack = Stack::start(Options::default()).await.unwrap();
    let at = stack.coordinates();
    for role_arn in [&at.upload_signer_role_arn, &at.download_signer_role_arn] {
        let sts = aws_sdk_sts::Client::new(&at.sdk_config(&at.outsider));
        let session = sts.assume_role().role_arn(role_arn).role_session_name("outsider").send().await;
        refused("assume", session);
    }

    let version_id = put(&s3(at, &Keys::root()), at, UPLOAD).await.unwrap();
    let outsider = s3(at, &at.outsider);

    refused("put", put(&outsider, at, UPLOAD).await);
    refused("get", get(&outsider, at, None).await);
    refused("get a version", get(&outsider, at, Some(&version_id)).await);
    refused("delete", delete(&outsider, at, None).await);
    refused("delete a version", delete(&outsider, at, Some(&version_id)).await);
    get(&s3(at, &at.observer), at, Some(&version_id)).await.unwrap();

    s3(at, &Keys::root()).delete_bucket_policy().bucket(&at.bucket).send().await.unwrap();
    put(&outsider, at, UPLOAD).await.unwrap();
    get(&outsider, at, Some(&version_id)).await.unwrap();
}

#[tokio::test]
async fn the_upload_signer_puts_uploads_and_can_do_nothing_else() {
    let at = stack().coordinates();
    let signer = s3(at, &act_as(at, "upload-signer").await);
    let version_id = put(&signer, at, UPLOAD).await.unwrap();

    refused("put elsewhere", put(&signer, at, "elsewhere").await);
    let other_encryption = signer
        .put_object()
        .bucket(&at.bucket)
        .key(UPLOAD)
        .server_side_encryption(ServerSideEncryption::Aes256)
        .body(ByteStream::from_static(b"x"));
    refused("put with another encryption", other_encryption.send().await);
    refused("get", get(&signer, at, None).await);
    refused("get a version", get(&signer, at, Some(&version_id)).await);
    refused("delete", delete(&signer, at, None).await);
    refused("delete a version", delete(&signer, at, Some(&version_id)).await);
    refused("list", signer.list_objects_v2().bucket(&at.bucket).send().await);
}

#[tokio::test]
async fn the_download_signer_reads_a_version_and_can_do_nothing_else() {
    let at = stack().coordinates();
    let version_id = put(&s3(at, &Keys::root()), at, UPLOAD).await.unwrap();
    let signer = s3(at, &act_as(at, "download-signer").await);

    get(&signer, at, Some(&version_id)).await.unwrap();
    refused("get the latest", get(&signer, at, None).await);
    refused("put", put(&signer, at, UPLOAD).await);
    refused("delete a version", delete(&signer, at, Some(&version_id)).await);
    refused("list", signer.list_objects_v2().bucket(&at.bucket).send().await);
    refused("list versions", signer.list_object_versions().bucket(&at.bucket).send().await);
}

#[tokio::test]
async fn the_recorder_looks_and_removes_but_never_puts_or_hides() {
    let at = stack().coordinates();
    let version_id = put(&s3(at, &Keys::root()), at, UPLOAD).await.unwrap();
    let role = act_as(at, "record-upload").await;
    let recorder = s3(at, &role);

    get(&recorder, at, Some(&version_id)).await.unwrap();
    recorder.list_object_versions().bucket(&at.bucket).prefix(UPLOAD).send().await.unwrap();
    refused("get the latest", get(&recorder, at, None).await);
    refused("put", put(&recorder, at, UPLOAD).await);
    refused("put a delete marker", delete(&recorder, at, None).await);
    delete(&recorder, at, Some(&version_id)).await.unwrap();
    let put_item = dynamodb(at, &role).put_item().table_name(&at.table).item("pk", string("UPLOAD#x"));
    refused("put an item", put_item.send().await);
}

#[tokio::test]
async fn the_functions_that_face_clients_reach_no_object() {
    let at = stack().coordinates();
    let version_id = put(&s3(at, &Keys::root()), at, UPLOAD).await.unwrap();
    for function in ["issue-upload", "serve-link"] {
        let role = act_as(at, function).await;
        refused("put", put(&s3(at, &role), at, UPLOAD).await);
        refused("get a version", get(&s3(at, &role), at, Some(&version_id)).await);
        refused("list", s3(at, &role).list_objects_v2().bucket(&at.bucket).send().await);
    }
    let serve_link = dynamodb(at, &act_as(at, "serve-link").await);
    serve_link.get_item().table_name(&at.table).key("pk", string("LINK#x")).send().await.unwrap();
    refused(
        "put an item",
        serve_link.put_item().table_name(&at.table).item("pk", string("LINK#x")).send().await,
    );
    refused("scan", serve_link.scan().table_name(&at.table).send().await);
    let query = serve_link.query().table_name(&at.table).index_name("links_by_upload");
    let query =
        query.key_condition_expression("upload_id = :id").expression_attribute_values(":id", string("x"));
    refused("query", query.send().await);
}

#[tokio::test]
async fn the_stack_has_the_settings_of_the_description() {
    let differences = stack::differences(stack().coordinates()).await.unwrap();
    assert_eq!(differences, [""; 0], "from terraform/description.json");
}

#[tokio::test]
async fn the_observer_reads_and_changes_nothing() {
    let at = stack().coordinates();
    let version_id = put(&s3(at, &Keys::root()), at, UPLOAD).await.unwrap();
    let (objects, items) = (s3(at, &at.observer), dynamodb(at, &at.observer));

    get(&objects, at, None).await.unwrap();
    objects.list_object_versions().bucket(&at.bucket).send().await.unwrap();
    items.scan().table_name(&at.table).send().await.unwrap();
    at.function_logs("record-upload").await.unwrap();
    let queues = aws_sdk_sqs::Client::new(&at.sdk_config(&at.observer));
    queues.receive_message().queue_url(&at.dead_letter_queue_url).send().await.unwrap();

    refused("put", put(&objects, at, UPLOAD).await);
    refused("delete a version", delete(&objects, at, Some(&version_id)).await);
    refused("put an item", items.put_item().table_name(&at.table).item("pk", string("x")).send().await);
    refused("send", queues.send_message().queue_url(&at.queue_url).message_body("{}").send().await);
}

/// Returns a local stack, also if the environment names another one, because these tests change roles.
fn stack() -> &'static Stack {
    static STACK: OnceLock<Stack> = OnceLock::new();
    STACK.get_or_init(|| {
        let start = || Runtime::new().unwrap().block_on(Stack::start(Options::default())).unwrap();
        thread::spawn(start).join().unwrap()
    })
}

/// Returns credentials of a role of the stack. To get them, changes the role's trust policy, so that the
/// outsider may assume the role.
async fn act_as(at: &Coordinates, role: &str) -> Keys {
    let name = format!("{}-{}-{role}", at.name, at.region);
    let root_iam = aws_sdk_iam::Client::new(&at.sdk_config(&Keys::root()));
    let arn = root_iam.get_role().role_name(&name).send().await.unwrap().role.unwrap().arn;
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;
    root_iam.update_assume_role_policy().role_name(&name).policy_document(trust).send().await.unwrap();
    let rights = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"{arn}"}}]}}"#
    );
    let user = format!("{}-outsider", at.name);
    root_iam
        .put_user_policy()
        .user_name(user)
        .policy_name(role)
        .policy_document(rights)
        .send()
        .await
        .unwrap();
    let sts = aws_sdk_sts::Client::new(&at.sdk_config(&at.outsider));
    let session = sts.assume_role().role_arn(arn).role_session_name("a-test").send().await.unwrap();
    let credentials = session.credentials.unwrap();
    Keys {
        access_key_id: credentials.access_key_id,
        secret_access_key: credentials.secret_access_key,
        session_token: Some(credentials.session_token),
    }
}

fn s3(at: &Coordinates, keys: &Keys) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&at.sdk_config(keys))
}

fn dynamodb(at: &Coordinates, keys: &Keys) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&at.sdk_config(keys))
}

fn string(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

type S3Result<T, E> = Result<T, aws_sdk_s3::error::SdkError<E>>;

/// Puts one byte, and returns its version id.
async fn put(
    client: &aws_sdk_s3::Client,
    at: &Coordinates,
    key: &str,
) -> S3Result<String, aws_sdk_s3::operation::put_object::PutObjectError> {
    let body = ByteStream::from_static(b"x");
    let put = client.put_object().bucket(&at.bucket).key(key).body(body).send().await?;
    Ok(put.version_id.unwrap())
}

async fn get(
    client: &aws_sdk_s3::Client,
    at: &Coordinates,
    version_id: Option<&str>,
) -> S3Result<(), aws_sdk_s3::operation::get_object::GetObjectError> {
    let request = client.get_object().bucket(&at.bucket).key(UPLOAD);
    request.set_version_id(version_id.map(str::to_owned)).send().await?;
    Ok(())
}

async fn delete(
    client: &aws_sdk_s3::Client,
    at: &Coordinates,
    version_id: Option<&str>,
) -> S3Result<(), aws_sdk_s3::operation::delete_object::DeleteObjectError> {
    let request = client.delete_object().bucket(&at.bucket).key(UPLOAD);
    request.set_version_id(version_id.map(str::to_owned)).send().await?;
    Ok(())
}

fn refused<T: Debug, E: ProvideErrorMetadata + Debug>(what: &str, result: Result<T, E>) {
    match result {
        Ok(done) => panic!("{what} was not refused: {done:?}"),
        Err(error) => {
            let code = error.code().unwrap_or_default();
            assert!(code.starts_with("AccessDenied"), "{what} failed otherwise: {error:?}");
        }
    }
}
