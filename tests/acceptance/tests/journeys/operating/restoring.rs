//! A table that was restored to an earlier time, beside a bucket that went on: `docs/restoring.md`.
//!
//! The items of the uploads and links of one owner get what they had before. In AWS, the whole table would.

use std::collections::HashMap;

use acceptance::{PNG, skipped};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::{Method, StatusCode};
use s3_presigned::Timestamp;
use serde_json::json;
use stack::Keys;

use super::{app_of, is_local, operator, own_stack};

type Item = HashMap<String, AttributeValue>;

/// The items of one owner.
struct Items {
    table: String,
    dynamodb: Client,
}

impl Items {
    async fn get(&self, pk: &str) -> Option<Item> {
        let get =
            self.dynamodb.get_item().table_name(&self.table).key("pk", AttributeValue::S(pk.to_owned()));
        get.consistent_read(true).send().await.unwrap().item
    }

    async fn put_back(&self, pk: &str, item: Option<Item>) {
        let (table, pk) = (&self.table, AttributeValue::S(pk.to_owned()));
        match item {
            Some(item) => {
                self.dynamodb.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
            }
            None => {
                self.dynamodb.delete_item().table_name(table).key("pk", pk).send().await.unwrap();
            }
        }
    }
}

#[tokio::test]
#[ignore = "takes a minute: cargo test --test journeys -- --ignored"]
async fn a_restored_table_beside_a_living_bucket_is_reconciled() {
    if !is_local() {
        return skipped("a restored table", "only a local stack lets a test write into a table");
    }
    let (app, _) = app_of("restored");
    let postern = operator().await;
    let stack = own_stack().coordinates();
    let dynamodb = Client::new(&stack.sdk_config(&Keys::root()));
    let items = Items { table: stack.table.clone(), dynamodb };

    let [kept, shared, deleted] = [
        app.upload("kept.png", "image/png", PNG).await,
        app.upload("shared.png", "image/png", PNG).await,
        app.upload("deleted.png", "image/png", PNG).await,
    ];
    let (of_kept, of_shared) = (app.link(&kept, json!({})).await, app.link(&shared, json!({})).await);
    let of_deleted = app.link(&deleted, json!({})).await;
    let form = app.issue_for("awaited.png", "image/png", PNG).await;
    let uploads = [&kept, &shared, &deleted, &form.upload_id].map(|id| format!("UPLOAD#{id}"));
    let links =
        [&of_kept, &of_shared, &of_deleted].map(|link| format!("LINK#{}", link["link_id"].as_str().unwrap()));
    let mut saved = Vec::new();
    for pk in uploads.iter().chain(&links) {
        saved.push((pk.clone(), items.get(pk).await));
    }
    let form_item = items.get(&uploads[3]).await.unwrap();
    let since: Timestamp = form_item["uploaded_at"].as_s().unwrap().parse().unwrap();

    // What the restored table does not know.
    let link = format!("/links/{}", of_shared["link_id"].as_str().unwrap());
    assert_eq!(app.call(Method::DELETE, &link, None).await.0, StatusCode::OK);
    assert!(app.call(Method::DELETE, &format!("/uploads/{deleted}"), None).await.0.is_success());
    app.until_versions(&deleted, 0).await;
    assert_eq!(form.post(PNG).await.status, 201);
    assert_eq!(app.settled(&form.upload_id).await["state"], "available");
    let unknown = app.upload("unknown.png", "image/png", PNG).await;
    saved.push((format!("UPLOAD#{unknown}"), None));
    for (pk, item) in saved {
        items.put_back(&pk, item).await;
    }
    assert_eq!(app.show(&form.upload_id).await["state"], "pending");

    let since = since.to_string();
    let dry = postern.run(&["reconcile", "--since", &since, "--dry-run"]).await.ended(0);
    assert_eq!((&dry["dry_run"], &dry["since"]), (&json!(true), &json!(since)));
    assert_eq!(app.show(&form.upload_id).await["state"], "pending", "a dry run changes nothing");
    let done = postern.run(&["reconcile", "--since", &since]).await.ended(1)["reconciled"].clone();
    let found = ["repaired", "vanished", "orphans"].map(|name| done[name].as_u64().unwrap());
    assert!(found.iter().all(|found| *found >= 1), "other journeys of this stack may add to them: {done}");

    assert_eq!(app.show(&form.upload_id).await["state"], "available");
    let gone = app.show(&deleted).await;
    assert_eq!(gone["state"], "available", "{gone}");
    assert!(gone["recorded"]["vanished_at"].is_string(), "{gone}");
    let opened = |link: &serde_json::Value| link["url"].as_str().unwrap().to_owned();
    assert_eq!(app.open(Method::GET, &opened(&of_kept)).await.status(), StatusCode::FOUND);
    assert_eq!(
        app.open(Method::GET, &opened(&of_shared)).await.status(),
        StatusCode::FOUND,
        "it works again"
    );
    assert_eq!(app.get(&format!("/uploads/{unknown}")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(app.versions(&unknown).await.len(), 1, "the file without a record is kept");

    // Again: what was mended stays, and the file without a record is named again.
    let again = postern.run(&["reconcile", "--since", &since]).await.ended(1)["reconciled"].clone();
    assert_eq!(
        (again["vanished"].as_u64(), again["orphans"].as_u64() >= Some(1)),
        (Some(0), true),
        "{again}"
    );
}
