//! What an attacker can do with the credentials of `serve-link`, the public function.
//!
//! The condition key `dynamodb:LeadingKeys` restricts serve-link to the table's items of links. The local AWS
//! does not enforce this key, so no journey can test it. `terraform/tests/policies` checks that the policies
//! have it.

use acceptance::{App, PNG, roles, skipped};
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postern::config::TokenKeyRef;
use postern::keys::KeyVersion;
use postern::upload::token::{TokenScope, seal_by_link_key};
use postern_aws::{derive_link_keys, derive_upload_token_keys};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stack::Keys;

/// Returns credentials of serve-link's role. Prints a skip if the stack is not local.
async fn serve_link(app: &App) -> Option<Keys> {
    let keys = roles::assume(app.stack, &app.stack.role_name("serve-link")).await;
    if keys.is_none() {
        skipped("a takeover of serve-link", "only a local stack lets a test assume a role");
    }
    keys
}

fn version_one(key_arn: &str) -> [TokenKeyRef; 1] {
    [TokenKeyRef { version: KeyVersion(1), key_arn: key_arn.to_owned() }]
}

async fn token(app: &App) -> Value {
    let body =
        json!({ "content_types": ["image/*"], "max_size_bytes": 1000, "uses": 2, "expires_in_s": 600 });
    app.call(Method::POST, "/upload-tokens", Some(body)).await.1
}

async fn post(page: &App, text: &str) -> (StatusCode, Value) {
    let body = json!({ "filename": "a.png", "content_type": "image/png", "size_bytes": PNG.len() });
    page.call(Method::POST, &format!("/t/{text}/uploads"), Some(body)).await
}

#[tokio::test]
async fn an_upload_token_sealed_again_for_another_owner_plants_no_upload() {
    let (app, page) = (App::user(), App::nobody());
    let Some(keys) = serve_link(&app).await else { return };
    let sdk = app.stack.sdk_config(&keys);
    let link_keys = derive_link_keys(&sdk, &version_one(&app.stack.link_key_arn)).await.unwrap();
    let denied = derive_upload_token_keys(&sdk, &version_one(&app.stack.upload_token_key_arn)).await;
    assert!(denied.is_err(), "serve-link may not use the keys of upload tokens");

    // The attacker has an upload token. The attacker takes its secret, and seals it again for a victim whose
    // name the attacker knows.
    let token = token(&app).await;
    let bytes = URL_SAFE_NO_PAD.decode(token["token"].as_str().unwrap()).unwrap();
    let secret: [u8; 16] = bytes[1..17].try_into().unwrap();
    let terms = TokenScope {
        owner: "https://issuer.test#victim".parse().unwrap(),
        label: None,
        content_types: vec!["*/*".parse().unwrap()],
        max_size_bytes: 1_000_000,
        expires_at: s3_presigned::Timestamp::from_epoch_s(4_102_444_800),
    };
    let forged = seal_by_link_key(&link_keys, secret, &terms).unwrap();
    let (status, problem) = post(&page, &forged).await;
    assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &json!("upload_token_unknown")));

    // The record of a token that an older version of Postern sealed under a link key has no `has_own_key`.
    // Such a token stays valid, but its owner is the one in the record.
    let dynamodb = aws_sdk_dynamodb::Client::new(&app.stack.sdk_config(&Keys::root()));
    let pk = format!("TOKEN#{}", token["upload_token_id"].as_str().unwrap());
    let older = dynamodb.update_item().table_name(&app.stack.table).key("pk", AttributeValue::S(pk));
    older.update_expression("REMOVE has_own_key").send().await.unwrap();
    let (status, issued) = post(&page, &forged).await;
    assert_eq!(status, StatusCode::CREATED, "{issued}");
    let (status, _) = app.get(&format!("/uploads/{}", issued["upload_id"].as_str().unwrap())).await;
    assert_eq!(status, StatusCode::OK, "the upload belongs to the token's owner");
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// The planted items have the text `~` in place of a time. It comes first in the list, and no cursor can name
/// such an item.
#[tokio::test]
async fn items_that_somebody_planted_stop_no_list_of_links() {
    let app = App::user();
    let Some(_) = serve_link(&app).await else { return };
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let (dynamodb, table) =
        (aws_sdk_dynamodb::Client::new(&app.stack.sdk_config(&Keys::root())), &app.stack.table);
    let pk = format!("LINK#{}", link["link_id"].as_str().unwrap());
    let item = dynamodb.get_item().table_name(table).key("pk", text(&pk)).send().await.unwrap().item.unwrap();
    let junk: Vec<_> = (0..45).map(|n| format!("LINK#junk-{upload}-{n}")).collect();
    for pk in &junk {
        let put = dynamodb.put_item().table_name(table).item("pk", text(pk)).item("linked_at", text("~"));
        let put = put.item("owner", item["owner"].clone()).item("upload_id", item["upload_id"].clone());
        put.send().await.unwrap();
    }
    let (status, page) = app.get(&format!("/uploads/{upload}/links?limit=1")).await;
    assert_eq!((status, &page["items"][0]["link_id"]), (StatusCode::OK, &link["link_id"]), "{page}");
    // The owner also has links and planted items of other tests, so a link may come only some pages later.
    let mut path = "/links?limit=1".to_owned();
    let found = loop {
        let (status, page) = app.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        match (page["items"].as_array().map(Vec::len), page["next_cursor"].as_str()) {
            (Some(0), Some(cursor)) => path = format!("/links?limit=1&cursor={cursor}"),
            (items, _) => break items,
        }
    };
    assert_eq!(found, Some(1));
    for pk in junk {
        dynamodb.delete_item().table_name(table).key("pk", text(&pk)).send().await.unwrap();
    }
}
