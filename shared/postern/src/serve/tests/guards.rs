//! Invariants of serve-link that no other test covers.

use super::*;
use crate::ports::UploadReader;
use crate::testing::samples::pending;
use crate::upload::{Recorded, Settlement};

#[tokio::test]
async fn a_link_with_a_later_end_gives_a_url_of_the_usual_length() {
    for end in ["2026-11-24T10:31:01Z", "2026-11-24T11:59:59Z", "2027-11-24T10:00:00Z"] {
        let world = World::with(LinkTerms::default(), Some(at(end))).await;
        let opened = world.get(BROWSER).await.unwrap();
        assert!(opened.header("location").unwrap().contains("X-Amz-Expires=60&"), "{end}");
    }
}

#[tokio::test]
async fn the_type_of_the_bytes_is_served_and_not_the_declared_one() {
    let mut world = World::with(LinkTerms::default(), None).await;
    let store = MemoryWorld::default();
    let declared = "application/octet-stream".parse().unwrap();
    let upload = crate::upload::Upload { content_type: declared, ..pending() };
    store.create(&upload).await.unwrap();
    let Settlement::Pin(recorded) = pin("v1") else { panic!("a pin") };
    let png = Recorded { sniffed_type: "image/png".parse().unwrap(), ..recorded };
    store.settle(upload.upload_id, &Settlement::Pin(png), None).await.unwrap();
    let available = store.upload(upload.upload_id).await.unwrap().unwrap();
    let id = world.link().await.link_id;
    store.create_link(&Link::to(&available, id, at(NOW), None).unwrap()).await.unwrap();
    world.ports.links = store;
    assert_eq!(world.head(BROWSER).await.unwrap().header("content-type"), Some("image/png"));
    let opened = world.get(BROWSER).await.unwrap();
    assert!(opened.header("location").unwrap().contains("response-content-type=image%2Fpng"));
}

#[tokio::test]
async fn every_method_asks_again_after_a_change_of_the_password() {
    let world = World::with(with_password(), None).await;
    let opened = world.post("password=open+sesame").await.unwrap();
    let again = Headers { cookies: &cookie(&opened), ..BROWSER };
    assert_eq!(world.head(again).await.unwrap().status, StatusCode::OK);
    let link = world.link().await;
    let password_hash = PasswordHash::new("another one", [2; 16]).ok();
    let after = link.changed(LinkTerms { password_hash, ..LinkTerms::default() }, None, "x");
    world.ports.links.change_link(&link, &after).await.unwrap();
    for method in [Method::Head, Method::Get, Method::Post] {
        assert_eq!(code(world.request(NOW, method, "", again).await), "password_required", "{method:?}");
    }
    let old_one = world.request(NOW, Method::Post, "password=open+sesame", again).await;
    assert_eq!(code(old_one), "password_wrong");
}

#[tokio::test]
async fn the_redirect_of_a_link_that_counts_is_never_kept() {
    // The API refuses such terms; a record that has them all the same must not be kept.
    for terms in [at_most(9), LinkTerms { max_opens_per_hour: Some(9), ..LinkTerms::default() }] {
        let world = World::with(LinkTerms { redirect_max_age_s: Some(30), ..terms }, None).await;
        assert_eq!(world.get(BROWSER).await.unwrap().header("cache-control"), Some("no-store"));
    }
}
