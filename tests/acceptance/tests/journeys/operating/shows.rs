//! What an operator reads.

use std::process::Stdio;

use acceptance::{PNG, skipped};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use super::program::Ran;
use super::{app_of, is_local, operator};

const UNKNOWN_UPLOAD: &str = "00000000-0000-4000-8000-000000000000";
const UNKNOWN_LINK: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[tokio::test]
async fn an_operator_finds_uploads_and_links_by_everything_that_names_them() {
    if !is_local() {
        return skipped("an operator's commands", "only a local stack lets a test make roles");
    }
    let (app, owner) = app_of("shown");
    let postern = operator().await;
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({ "password": "correct horse battery staple" })).await;
    let text = |name: &str| link[name].as_str().unwrap().to_owned();
    let (id, token, url) = (text("link_id"), text("token"), text("url"));

    for name in [upload.clone(), format!("uploads/{upload}"), format!("s3://files/uploads/{upload}")] {
        let shown = postern.run(&["upload", "show", &name]).await.ended(0);
        assert_eq!((&shown["upload_id"], &shown["owner"]), (&json!(upload), &json!(owner)), "{name}");
        assert_eq!(shown["recorded"]["size_bytes"], PNG.len(), "{name}");
    }
    for name in [&id, &token, &url] {
        let ran = postern.run(&["link", "show", name]).await;
        assert!(!ran.shown.contains(&token) && !ran.shown.contains("argon2"), "{}", ran.shown);
        let shown = ran.ended(0);
        assert_eq!((&shown["link_id"], &shown["state"]), (&json!(id), &json!("open")));
        assert_eq!((&shown["owner"], &shown["has_password"]), (&json!(owner), &json!(true)));
    }
    let listed = postern.run(&["uploads", "--owner", &owner]).await.ended(0);
    assert_eq!(listed["uploads"][0]["upload_id"], upload, "{listed}");
    for of in [["--owner", &owner], ["--upload", &upload]] {
        let listed = postern.run(&["links", of[0], of[1]]).await.ended(0);
        assert_eq!(
            (&listed["links"][0]["link_id"], &listed["more"]),
            (&json!(id), &json!(false)),
            "{listed}"
        );
    }

    // A token on standard input is in no list of processes.
    let mut child = postern.command(&["link", "show", "-"]);
    let mut child =
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(url.as_bytes()).await.unwrap();
    let shown = Ran::of(&child.wait_with_output().await.unwrap()).ended(0);
    assert_eq!(shown["link_id"], id);
}

#[tokio::test]
async fn what_does_not_exist_is_a_problem_and_what_names_nothing_is_wrong_usage() {
    if !is_local() {
        return skipped("an operator's commands", "only a local stack lets a test make roles");
    }
    let postern = operator().await;
    let owner = "https://issuer.example#nobody";
    for (arguments, error) in [
        (["upload", "show", UNKNOWN_UPLOAD], "upload_not_found"),
        (["upload", "revoke", UNKNOWN_UPLOAD], "upload_not_found"),
        (["links", "--upload", UNKNOWN_UPLOAD], "upload_not_found"),
        (["link", "show", UNKNOWN_LINK], "link_not_found"),
        (["link", "revoke", UNKNOWN_LINK], "link_not_found"),
    ] {
        let shown = postern.run(&arguments).await.ended(1);
        assert_eq!(shown["error"], error, "{arguments:?}");
    }
    for arguments in [
        &["uploads", "--owner", owner][..],
        &["links", "--owner", owner],
        &["owner", "revoke", owner],
        &["owner", "revoke", owner, "--dry-run"],
    ] {
        assert_eq!(postern.run(arguments).await.ended(1)["error"], "owner_unknown", "{arguments:?}");
    }
    let future = postern.run(&["reconcile", "--since", "2999-01-01T00:00:00Z"]).await;
    assert!(future.shown.contains("in the future"), "{}", future.shown);
    future.ended(2);
    let almost = "AQkJCQkJCQkJCQkJCQkJCQkAAAAAAAA";
    for arguments in [
        &["upload", "show", "photo.png"][..],
        &["link", "show", almost],
        &["link", "revoke", almost],
        &["owner", "revoke", "ann"],
        &["links"],
        &["upload", "show"],
    ] {
        let ran = postern.run(arguments).await;
        assert!(!ran.shown.contains(almost), "a token with a missing character: {}", ran.shown);
        ran.ended(2);
    }
}
