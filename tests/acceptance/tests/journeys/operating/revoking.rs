//! What an operator revokes.

use std::time::Duration;

use acceptance::{App, PNG, skipped};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{app_of, is_local, operator, own_stack};

async fn status(app: &App, link: &Value) -> StatusCode {
    app.open(Method::GET, link["url"].as_str().unwrap()).await.status()
}

/// The lines of the recorder's log that a command has left.
async fn lines(invocation_id: &Value) -> Vec<Value> {
    let id = invocation_id.as_str().unwrap();
    for _ in 0..100 {
        let lines = own_stack().coordinates().function_logs("record-upload").await.unwrap();
        let of_command: Vec<Value> = lines
            .iter()
            .filter_map(|line| serde_json::from_str(line).ok())
            .filter(|line: &Value| line["invocation_id"] == id)
            .collect();
        if of_command.len() >= 2 {
            return of_command;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the log has no lines of {id}")
}

#[tokio::test]
async fn an_operator_revokes_a_link_of_any_owner_and_the_log_says_who() {
    if !is_local() {
        return skipped("an operator's commands", "only a local stack lets a test make roles");
    }
    let (app, _) = app_of("one-link");
    let postern = operator().await;
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let (link, other) = (app.link(&upload, json!({})).await, app.link(&upload, json!({})).await);
    let (id, url) = (link["link_id"].as_str().unwrap(), link["url"].as_str().unwrap());

    let dry = postern.run(&["link", "revoke", url, "--dry-run"]).await.ended(0);
    assert_eq!(dry["would_revoke"], 1, "{dry}");
    assert_eq!(status(&app, &link).await, StatusCode::FOUND, "a dry run changes nothing");

    let first = postern.run(&["link", "revoke", url]).await.ended(0);
    assert_eq!((&first["link_id"], &first["dead_within_s"]), (&json!(id), &json!(60)), "{first}");
    assert_eq!(status(&app, &link).await, StatusCode::GONE);
    assert_eq!(status(&app, &other).await, StatusCode::FOUND, "the other link lives");

    let again = postern.run(&["link", "revoke", id]).await.ended(0);
    assert_eq!(again["revoked_at"], first["revoked_at"], "a repetition changes nothing");
    let dry = postern.run(&["link", "revoke", id, "--dry-run"]).await.ended(0);
    assert_eq!(dry["would_revoke"], 0, "{dry}");

    for command in [&first, &again] {
        let lines = lines(&command["invocation_id"]).await;
        let last = lines.last().unwrap();
        assert_eq!(
            (&last["operator"], &last["action"]),
            (&json!(postern.arn), &json!("revoke_link")),
            "{last}"
        );
        assert_eq!((&last["outcome"], &last["span"]["link_id"]), (&json!("done"), &json!(id)), "{last}");
        let token = link["token"].as_str().unwrap();
        assert!(lines.iter().all(|line| !line.to_string().contains(token)), "{lines:?}");
    }

    let (rotation, rotated) = app
        .call(Method::POST, &format!("/links/{}/rotate", other["link_id"].as_str().unwrap()), Some(json!({})))
        .await;
    assert!(rotation.is_success(), "{rotated}");
    let refused = postern.run(&["link", "revoke", other["link_id"].as_str().unwrap()]).await.ended(1);
    assert_eq!(refused["error"], "link_rotated", "{refused}");
    assert_eq!(status(&app, &rotated).await, StatusCode::FOUND);
}

#[tokio::test]
async fn an_operator_revokes_the_links_of_an_upload_and_of_an_owner() {
    if !is_local() {
        return skipped("an operator's commands", "only a local stack lets a test make roles");
    }
    let (app, owner) = app_of("many-links");
    let (neighbor, _) = app_of("many-links-of-a-neighbor");
    let postern = operator().await;
    let (upload, second) =
        (app.upload("a.png", "image/png", PNG).await, app.upload("b.png", "image/png", PNG).await);
    let of_neighbor = neighbor.upload("c.png", "image/png", PNG).await;
    let links = [app.link(&upload, json!({})).await, app.link(&upload, json!({})).await];
    let rest = app.link(&second, json!({})).await;
    let neighbors = neighbor.link(&of_neighbor, json!({})).await;

    let dry = postern.run(&["upload", "revoke", &upload, "--dry-run"]).await.ended(0);
    assert_eq!(dry["would_revoke"], 2, "{dry}");
    for revoked in [2, 0] {
        let done = postern.run(&["upload", "revoke", &upload]).await.ended(0);
        assert_eq!((&done["revoked"], &done["dead_within_s"]), (&json!(revoked), &json!(900)), "{done}");
    }
    for link in &links {
        assert_eq!(status(&app, link).await, StatusCode::GONE);
    }
    assert_eq!(status(&app, &rest).await, StatusCode::FOUND, "the link to the other upload lives");
    assert_eq!(app.show(&upload).await["state"], "available", "the file stays");

    let dry = postern.run(&["owner", "revoke", &owner, "--dry-run"]).await.ended(0);
    assert_eq!(dry["would_revoke"], 1, "{dry}");
    assert_eq!(status(&app, &rest).await, StatusCode::FOUND, "a dry run changes nothing");
    for revoked in [1, 0] {
        let done = postern.run(&["owner", "revoke", &owner]).await.ended(0);
        assert_eq!(done["revoked"], revoked, "{done}");
    }
    assert_eq!(status(&app, &rest).await, StatusCode::GONE);
    assert_eq!(status(&neighbor, &neighbors).await, StatusCode::FOUND, "another owner's link lives");
}

/// The program is killed at several moments. The next run ends what is left.
#[tokio::test]
async fn a_run_that_was_killed_is_completed_by_the_next_one() {
    if !is_local() {
        return skipped("an operator's commands", "only a local stack lets a test make roles");
    }
    let (app, owner) = app_of("killed");
    let postern = operator().await;
    let upload = app.upload("a.png", "image/png", PNG).await;
    let mut links = Vec::new();
    for _ in 0..20 {
        links.push(app.link(&upload, json!({})).await);
    }
    for after_ms in [0, 20, 60] {
        let mut child = postern.start(&["owner", "revoke", &owner]);
        tokio::time::sleep(Duration::from_millis(after_ms)).await;
        child.kill().await.unwrap();
    }
    postern.run(&["owner", "revoke", &owner]).await.ended(0);
    for link in &links {
        assert_eq!(status(&app, link).await, StatusCode::GONE);
    }
    let left = postern.run(&["owner", "revoke", &owner, "--dry-run"]).await.ended(0);
    assert_eq!(left["would_revoke"], 0, "{left}");
}
