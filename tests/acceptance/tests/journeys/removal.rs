//! Removal of an upload by its owner: the versions are removed, and the links end for good.

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
    assert_eq!(form.post(PNG).await.status, 201, "S3 still accepts the form");
    assert_eq!(app.until_versions(&form.upload_id, 0).await, [""; 0]);
    assert_eq!(app.show(&form.upload_id).await["state"], "deleted");
}

/// Puts many revoked links before an open one in the list. They are copies of it with a later time.
async fn add_revoked_links(app: &App, link_id: &str, dead: usize) {
    let dynamodb = aws_sdk_dynamodb::Client::new(&app.stack.sdk_config(&Keys::root()));
    let table = &app.stack.table;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let get = dynamodb.get_item().table_name(table).key("pk", text(&format!("LINK#{link_id}")));
    let living = get.send().await.unwrap().item.unwrap();
    let copy = |n: usize| {
        let mut item = living.clone();
        // In base64url, the last character must have zeros in the bits that belong to no byte, as `0` has.
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
            assert!(left.is_empty(), "DynamoDB did not write: {left:?}");
        }
    });
    stream::iter(writes).buffer_unordered(8).collect::<()>().await;
}

#[tokio::test]
#[ignore = "takes half a minute: cargo test --test journeys -- --ignored"]
async fn a_link_after_thousands_of_revoked_links_ends_with_its_upload() {
    if shared().local.is_none() {
        return skipped("thousands of links", "only a local stack lets a test write into a table");
    }
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    // One run of the recorder reads fewer links.
    add_revoked_links(&app, link["link_id"].as_str().unwrap(), 5_100).await;
    let (status, _) = app.call(Method::DELETE, &format!("/uploads/{upload}"), None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    app.until(&upload, |upload| upload["state"] == "deleted").await;
    assert_eq!(app.open(Method::GET, link["url"].as_str().unwrap()).await.status(), StatusCode::GONE);
}

/// Denies the recorder to remove this upload's versions, or ends the denial. Versions of other uploads are
/// not denied, because the recorder also serves other tests. Their messages would fail, and after a few
/// failures the local AWS no longer delivers a message.
async fn refuse_removals(app: &App, upload: &str, refuse: bool) {
    let iam = aws_sdk_iam::Client::new(&app.stack.sdk_config(&Keys::root()));
    let role = app.stack.role_name("record-upload");
    let denied = json!({ "Version": "2012-10-17", "Statement": [
        { "Sid": "NothingIsRemoved", "Effect": "Deny", "Action": "s3:DeleteObjectVersion",
          "Resource": format!("arn:aws:s3:::{}/uploads/{upload}", app.stack.bucket) },
    ] });
    if refuse {
        let put = iam.put_role_policy().role_name(role).policy_name("refused");
        put.policy_document(denied.to_string()).send().await.unwrap();
    } else {
        iam.delete_role_policy().role_name(role).policy_name("refused").send().await.unwrap();
    }
}

#[tokio::test]
async fn the_links_of_a_removed_upload_end_at_once_even_if_s3_refuses_the_removal() {
    if shared().local.is_none() {
        return skipped("a refused removal", "only a local stack lets a test deny a permission");
    }
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let url = link["url"].as_str().unwrap();
    refuse_removals(&app, &upload, true).await;
    let (status, _) = app.call(Method::DELETE, &format!("/uploads/{upload}"), None).await;
    let opened: Vec<_> = stream::iter(0..24).then(|_| app.open(Method::GET, url)).collect().await;
    let state = app.show(&upload).await["state"].clone();
    refuse_removals(&app, &upload, false).await;
    assert_eq!((status, state), (StatusCode::ACCEPTED, json!("deleting")));
    for answer in opened {
        assert_eq!(answer.status(), StatusCode::GONE);
    }
}

#[tokio::test]
async fn a_part_of_a_removed_upload_is_refused() {
    let app = App::user();
    let body = json!({ "filename": "a.png", "content_type": "image/png", "size_bytes": 20_000_000 });
    let (_, begun) = app.call(Method::POST, "/uploads/multipart", Some(body)).await;
    let id = begun["upload_id"].as_str().unwrap();
    let parts = format!("/uploads/{id}/parts");
    let (_, signed) = app.call(Method::POST, &parts, Some(json!({ "part_numbers": [1, 2] }))).await;
    let part = vec![0; usize::try_from(signed["parts"][0]["size_bytes"].as_u64().unwrap()).unwrap()];
    let put = async |n: usize| {
        let put = reqwest::Client::new().put(signed["parts"][n]["url"].as_str().unwrap());
        put.body(part.clone()).send().await.unwrap().status()
    };
    assert_eq!(put(0).await, StatusCode::OK);
    app.call(Method::DELETE, &format!("/uploads/{id}"), None).await;
    app.until(id, |upload| upload["state"] == "deleted").await;
    assert_eq!(put(1).await, StatusCode::NOT_FOUND, "the multipart upload was aborted");
}
