//! The owner's removal: versions go, links end, and nothing comes back.

use acceptance::{App, PNG, shared, skipped};
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use futures::stream::{self, StreamExt as _};
use reqwest::{Method, StatusCode};
use serde_json::json;
use stack::Keys;

#[tokio::test]
async fn a_removed_upload_is_gone_with_its_links() {
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let path = format!("/uploads/{upload}");
    for _ in 0..2 {
        let (status, _) = app.call(Method::DELETE, &path, None).await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }
    app.until(&upload, |upload| upload["state"] == "deleted").await;
    assert_eq!(app.versions(&upload).await, [""; 0]);
    assert_eq!(app.open(Method::GET, link["url"].as_str().unwrap()).await.status(), StatusCode::GONE);
    let (status, _) = app.call(Method::POST, &format!("{path}/links"), Some(json!({}))).await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_upload_removed_while_its_form_is_valid_stays_removed() {
    let app = App::user();
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    let (status, _) = app.call(Method::DELETE, &format!("/uploads/{}", form.upload_id), None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    app.until(&form.upload_id, |upload| upload["state"] == "deleted").await;
    assert_eq!(form.post(PNG).await.status, 201, "S3 knows nothing of the removal");
    assert_eq!(app.until_versions(&form.upload_id, 0).await, [""; 0]);
    assert_eq!(app.show(&form.upload_id).await["state"], "deleted");
}

/// Puts dead links before one that lives: copies of it that were made later and have ended.
async fn bury(app: &App, link_id: &str, dead: usize) {
    let dynamodb = aws_sdk_dynamodb::Client::new(&app.stack.sdk_config(&Keys::root()));
    let table = &app.stack.table;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let get = dynamodb.get_item().table_name(table).key("pk", text(&format!("LINK#{link_id}")));
    let living = get.send().await.unwrap().item.unwrap();
    let copy = |n: usize| {
        let mut item = living.clone();
        // Zeros of base64url at the end, which name no byte.
        let id = format!("{n:042}0");
        let revoked = [("at", "2099-01-01T00:00:00.000Z"), ("because", "revoked")];
        let revoked = revoked.map(|(name, value)| (name.to_owned(), text(value)));
        item.insert("pk".to_owned(), text(&format!("LINK#{id}")));
        item.insert("link_id".to_owned(), text(&id));
        item.insert("linked_at".to_owned(), text("2099-01-01T00:00:00.000Z"));
        item.insert("revoked".to_owned(), AttributeValue::M(revoked.into()));
        WriteRequest::builder()
            .put_request(PutRequest::builder().set_item(Some(item)).build().unwrap())
            .build()
    };
    let copies: Vec<WriteRequest> = (0..dead).map(copy).collect();
    let writes = copies.chunks(25).map(|chunk| {
        let write = dynamodb.batch_write_item().request_items(table, chunk.to_vec());
        async move {
            let left = write.send().await.unwrap().unprocessed_items.unwrap_or_default();
            assert!(left.is_empty(), "all of them are written: {left:?}");
        }
    });
    stream::iter(writes).buffer_unordered(8).collect::<()>().await;
}

#[tokio::test]
async fn a_link_behind_thousands_of_dead_ones_ends_with_its_upload() {
    if shared().local.is_none() {
        return skipped("thousands of links", "only a local stack lets a test write into a table");
    }
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    // More than one run walks.
    bury(&app, link["link_id"].as_str().unwrap(), 5_100).await;
    let (status, _) = app.call(Method::DELETE, &format!("/uploads/{upload}"), None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    app.until(&upload, |upload| upload["state"] == "deleted").await;
    assert_eq!(app.open(Method::GET, link["url"].as_str().unwrap()).await.status(), StatusCode::GONE);
}
