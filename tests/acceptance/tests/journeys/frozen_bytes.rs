//! Links lead to the first valid version, even after later versions have arrived.

use acceptance::{App, PNG};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn the_same_form_posted_twice_keeps_the_first_version() {
    let app = App::user();
    let first = b"the first words".as_slice();
    let second = b"the other words".as_slice();
    let form = app.issue_for("words.txt", "text/plain", first).await;
    assert_eq!(form.post(first).await.status, 201);
    let available = app.settled(&form.upload_id).await;
    let pinned = available["recorded"]["version_id"].as_str().unwrap().to_owned();
    let link = app.link(&form.upload_id, json!({})).await;

    assert_eq!(form.post(second).await.status, 201, "the form stays valid until it expires");
    let upload = app.until(&form.upload_id, |upload| upload["surplus_versions"] == 1).await;
    assert_eq!((&upload["state"], &upload["recorded"]), (&available["state"], &available["recorded"]));
    assert_eq!(app.until_versions(&form.upload_id, 1).await, [pinned]);

    let redirect = app.open(Method::GET, link["url"].as_str().unwrap()).await;
    let location = redirect.headers()["location"].to_str().unwrap();
    let served = app.open(Method::GET, location).await;
    assert_eq!(served.bytes().await.unwrap(), first);
}

#[tokio::test]
async fn posts_that_race_pin_one_version() {
    let app = App::user();
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    let (a, b, c) = tokio::join!(form.post(PNG), form.post(PNG), form.post(PNG));
    assert_eq!([a.status, b.status, c.status], [201; 3]);
    let upload = app.until(&form.upload_id, |upload| upload["surplus_versions"] == 2).await;
    assert_eq!(upload["state"], "available");
    assert_eq!(
        app.until_versions(&form.upload_id, 1).await,
        [upload["recorded"]["version_id"].as_str().unwrap()]
    );
}
