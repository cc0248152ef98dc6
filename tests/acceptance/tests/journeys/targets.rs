//! The target of a link: an owner sets another upload as the target, and the link keeps its address.

use acceptance::{App, PNG};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn lead(app: &App, link: &Value, upload: &str) -> (StatusCode, Value) {
    let path = format!("/links/{}/target", link["link_id"].as_str().unwrap());
    app.call(Method::PUT, &path, Some(json!({ "upload_id": upload }))).await
}

/// Returns the URL to which the link redirects, and the `ETag` of its file.
async fn behind(app: &App, link: &Value) -> (String, String) {
    let url = link["url"].as_str().unwrap();
    let opened = app.open(Method::GET, url).await;
    assert_eq!(opened.status(), StatusCode::FOUND);
    let location = opened.headers()["location"].to_str().unwrap().to_owned();
    let facts = app.open(Method::HEAD, url).await;
    (location, facts.headers()["etag"].to_str().unwrap().to_owned())
}

/// Returns the page of the link that a browser gets.
async fn page(app: &App, link: &Value) -> String {
    let navigation = [("sec-fetch-dest", "document"), ("accept", "text/html")];
    app.open_with(Method::GET, link["url"].as_str().unwrap(), &navigation).await.text().await.unwrap()
}

async fn links_to(app: &App, upload: &str) -> Vec<String> {
    let (_, list) = app.get(&format!("/uploads/{upload}/links")).await;
    let id = |link: &Value| link["link_id"].as_str().unwrap().to_owned();
    list["items"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn a_link_leads_to_the_new_file_at_once_and_ends_with_it() {
    let app = App::user();
    let old = app.upload("old.png", "image/png", PNG).await;
    let new = app.upload("new.txt", "text/plain", b"the newer file").await;
    let link = app.link(&old, json!({ "max_opens": 5 })).await;
    let id = link["link_id"].as_str().unwrap().to_owned();
    let (location, tag) = behind(&app, &link).await;
    assert!(location.contains(&old) && location.contains("old.png"), "{location}");
    assert!(page(&app, &link).await.contains("old.png"));

    let (status, led) = lead(&app, &link, &new).await;
    assert_eq!((status, &led["upload_id"]), (StatusCode::OK, &json!(new)), "{led}");
    assert_eq!((&led["filename"], &led["opens"]), (&json!("new.txt"), &json!(1)));
    assert_eq!(led["previous_targets"][0]["upload_id"], json!(old));
    let (location, new_tag) = behind(&app, &link).await;
    assert!(location.contains(&new) && location.contains("new.txt") && tag != new_tag, "{location}");
    assert!(page(&app, &link).await.contains("new.txt"));
    assert_eq!(stack::http().get(&location).send().await.unwrap().text().await.unwrap(), "the newer file");
    let known = app.open_with(Method::GET, link["url"].as_str().unwrap(), &[("if-none-match", &tag)]).await;
    assert_eq!(known.status(), StatusCode::FOUND, "a client that has the old file gets the new one");
    assert_eq!(lead(&app, &link, &new).await, (StatusCode::OK, app.get(&format!("/links/{id}")).await.1));

    assert_eq!(links_to(&app, &new).await, [id]);
    assert!(links_to(&app, &old).await.is_empty());
    assert!(app.call(Method::DELETE, &format!("/uploads/{old}"), None).await.0.is_success());
    app.until(&old, |upload| upload["state"] == "deleted").await;
    behind(&app, &link).await;
    assert!(app.call(Method::DELETE, &format!("/uploads/{new}"), None).await.0.is_success());
    assert_eq!(app.open(Method::GET, link["url"].as_str().unwrap()).await.status(), StatusCode::GONE);
}

#[tokio::test]
async fn a_download_of_the_old_file_is_not_resumed_with_the_new_file() {
    let app = App::user();
    let old = app.upload("old.png", "image/png", PNG).await;
    let new = app.upload("new.txt", "text/plain", b"the newer file").await;
    let link = app.link(&old, json!({ "max_opens": 2 })).await;
    let url = link["url"].as_str().unwrap();
    let begun = app.open(Method::GET, url).await;
    let cookie = begun.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let resumed = app.open_with(Method::GET, url, &[("cookie", &cookie)]).await;
    assert_eq!(resumed.status(), StatusCode::FOUND);
    assert_eq!(lead(&app, &link, &new).await.1["opens"], 1, "a resumed download is not another opening");
    let other = app.open_with(Method::GET, url, &[("cookie", &cookie), ("range", "bytes=3-")]).await;
    assert_eq!(other.status(), StatusCode::FOUND);
    let begun = begun.headers()["location"].to_str().unwrap();
    let old_bytes = stack::http().get(begun).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(old_bytes, PNG, "a download that has begun gets the old bytes");
    let refused = app.open_with(Method::GET, url, &[("cookie", &cookie)]).await;
    assert_eq!(refused.status(), StatusCode::GONE, "the new file was a second opening, which was the last");
}

#[tokio::test]
async fn an_invalid_target_of_a_link_is_refused() {
    let (app, stranger) = (App::user(), App::stranger());
    let own = app.upload("a.png", "image/png", PNG).await;
    let strange = stranger.upload("b.png", "image/png", PNG).await;
    let named = app.link(&own, json!({ "filename": "picture.png" })).await;
    let (status, problem) = lead(&app, &named, &strange).await;
    assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("upload_not_found")));
    let text = app.upload("c.txt", "text/plain", b"no picture").await;
    let (status, problem) = lead(&app, &named, &text).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    let waiting = app.issue(json!({ "filename": "d.txt", "content_type": "text/plain" })).await;
    let (status, problem) = lead(&app, &named, &waiting.upload_id).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("upload_not_available")));
    let path = format!("/uploads/{own}/links");
    let (status, problem) = app.call(Method::POST, &path, Some(json!({ "latest": true }))).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    assert!(problem["errors"][0]["rule"].as_str().unwrap().contains("/target"), "{problem}");
    assert!(behind(&app, &named).await.0.contains(&own), "the target has not changed");
    assert!(
        app.call(Method::DELETE, &format!("/links/{}", named["link_id"].as_str().unwrap()), None)
            .await
            .0
            .is_success()
    );
    let (status, problem) = lead(&app, &named, &own).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("link_ended")));
}
