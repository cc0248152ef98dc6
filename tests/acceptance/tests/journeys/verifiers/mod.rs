//! Posts the scenarios of `s3-presigned` to two S3 servers: the emulator and `s3s-fs`.
//!
//! The unit tests of `s3-presigned` give the same scenarios to its verifier. `divergences.rs` lists the
//! scenarios that a server answers differently. A test fails if a server has a divergence that is not listed,
//! or lacks a listed one.

use std::time::SystemTime;

use acceptance::{shared, skipped};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use axum::Router;
use axum::error_handling::HandleError;
use axum::http::StatusCode;
use reqwest::multipart::{Form, Part};
use s3_presigned::verify::scenarios::{FileName, Scenario, Setup, scenarios};
use s3_presigned::{BucketEndpoint, SigningCredentials};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use stack::Keys;
use tempfile::TempDir;

mod divergences;

use divergences::Server;

const BUCKET: &str = "postern-verifiers";
const REGION: &str = "eu-central-1";

/// Posts a scenario to the server at `url`, and returns the answer: `accepted` or an error code.
async fn answer(url: &str, scenario: &Scenario, setup: &Setup<'_>) -> String {
    let text = |form: Form, (name, value): (String, String)| form.text(name, value);
    let form = scenario.signed_fields(setup).into_iter().fold(Form::new(), text);
    let part = Part::bytes(scenario.content.clone());
    let form = match scenario.filename {
        FileName::Given(name) => form.part("file", part.file_name(name)),
        FileName::Nameless => form.part("file", part),
        FileName::NoFile => form,
    };
    let form = scenario.after.iter().cloned().fold(form, text);
    let response = reqwest::Client::new().post(url).multipart(form).send().await.unwrap();
    let status = response.status();
    let body = response.text().await.unwrap();
    let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    match (status.is_success(), code) {
        (true, None) => "accepted".to_owned(),
        (false, Some((code, _))) => code.to_owned(),
        _ => format!("{status} {body}"),
    }
}

/// Posts every scenario. Fails with one line for each answer that is not the expected one.
async fn check(server: Server, url: &str, credentials: &SigningCredentials) {
    #[expect(clippy::disallowed_methods, reason = "the server uses the real clock")]
    let now = SystemTime::now();
    let bucket = BucketEndpoint::regional(BUCKET, REGION).with_url(url);
    let setup = Setup::new(&bucket, credentials, now);
    let all = scenarios(&setup);
    server.check_names(&all);
    let mut surprises = Vec::new();
    for scenario in &all {
        let (said, listed) = (answer(url, scenario, &setup).await, server.answer_to(scenario));
        if said != listed {
            surprises.push(format!("{}: answered {said}, expected {listed}", scenario.name));
        }
    }
    assert!(surprises.is_empty(), "{server:?}:\n{}", surprises.join("\n"));
}

/// Makes a bucket and a user with all rights on it, so that a refusal can only come from the form.
async fn user_with_a_bucket(endpoint: &str) -> SigningCredentials {
    let root = Keys { access_key_id: "test".into(), secret_access_key: "test".into(), session_token: None };
    let sdk = shared().coordinates.sdk_config(&root);
    let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).endpoint_url(endpoint).build();
    let region = BucketLocationConstraint::from(REGION);
    let placed = CreateBucketConfiguration::builder().location_constraint(region).build();
    let create =
        aws_sdk_s3::Client::from_conf(s3).create_bucket().bucket(BUCKET).create_bucket_configuration(placed);
    create.send().await.unwrap();
    let iam = aws_sdk_iam::Client::new(&sdk);
    iam.create_user().user_name(BUCKET).send().await.unwrap();
    let rights = serde_json::json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "s3:*", "Resource": "*" },
    ] });
    let policy =
        iam.put_user_policy().user_name(BUCKET).policy_name("all").policy_document(rights.to_string());
    policy.send().await.unwrap();
    let key = iam.create_access_key().user_name(BUCKET).send().await.unwrap().access_key.unwrap();
    SigningCredentials::new(key.access_key_id, key.secret_access_key)
}

#[tokio::test]
async fn the_emulator_answers_the_scenarios_as_listed() {
    let (Some(_), Some(endpoint)) = (&shared().local, &shared().coordinates.endpoint) else {
        return skipped(
            "the scenarios on the emulator",
            "only a local stack lets a test make a bucket and a user",
        );
    };
    let credentials = user_with_a_bucket(endpoint).await;
    check(Server::Ministack, &format!("{endpoint}/{BUCKET}"), &credentials).await;
}

#[tokio::test]
async fn another_s3_server_answers_the_scenarios_as_listed() {
    let root = TempDir::new().unwrap();
    std::fs::create_dir(root.path().join(BUCKET)).unwrap();
    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root.path()).unwrap());
    builder.set_auth(SimpleAuth::from_single("AKIAVERIFIER", "secret"));
    let failed = |error: s3s::HttpError| async move { (StatusCode::BAD_GATEWAY, format!("{error:?}")) };
    let router = Router::new().fallback_service(HandleError::new(builder.build(), failed));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/{BUCKET}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let credentials = SigningCredentials::new("AKIAVERIFIER", "secret");
    check(Server::S3s, &url, &credentials).await;
}
