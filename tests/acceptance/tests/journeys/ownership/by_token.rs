//! An upload token gives access to the uploads that were made with it, and to no others.

use acceptance::{App, PNG};
use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stack::Description;

/// A caller who begins uploads: an owner with a JWT, or a page with an upload token.
struct TokenPage {
    app: App,
    /// The prefix of the caller's routes: nothing, or `/t/<token>`.
    below: String,
}

/// An upload in parts that a caller has begun.
struct ForeignUpload {
    upload_id: String,
    s3_upload_id: String,
    /// The path at which the caller lists the parts.
    parts: String,
}

/// Returns every route that has a token and the id of an upload in its path.
fn routes_with_a_token() -> Vec<(Method, String)> {
    let routes = Description::load().unwrap().routes.into_iter();
    let named = routes.filter(|route| route.key.contains(" /t/") && route.key.matches('{').count() > 1);
    let parsed = named.map(|route| {
        let (method, path) = route.key.split_once(' ').unwrap();
        (method.parse().unwrap(), path.to_owned())
    });
    parsed.collect()
}

async fn page(app: &App) -> TokenPage {
    let scope =
        json!({ "content_types": ["image/*"], "max_size_bytes": 1000, "uses": 9, "expires_in_s": 600 });
    let (status, token) = app.call(Method::POST, "/upload-tokens", Some(scope)).await;
    assert_eq!(status, StatusCode::CREATED, "{token}");
    TokenPage { app: App::nobody(), below: token["path"].as_str().unwrap().to_owned() }
}

impl TokenPage {
    async fn begin(&self) -> ForeignUpload {
        let body = json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": PNG.len() });
        let path = format!("{}/uploads/multipart", self.below);
        let (status, begun) = self.app.call(Method::POST, &path, Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{begun}");
        let upload_id = begun["upload_id"].as_str().unwrap().to_owned();
        let s3_upload_id = s3_upload_id(&self.app, &upload_id).await;
        let parts = format!("{}/uploads/{upload_id}/parts", self.below);
        ForeignUpload { upload_id, s3_upload_id, parts }
    }

    /// Sends a request to a route, with the ids of the upload `of` in its path and its query.
    async fn ask(&self, method: &Method, route: &str, of: &ForeignUpload) -> (StatusCode, Value) {
        let path = route.replace("/t/{token}", &self.below).replace("{id}", &of.upload_id);
        let path = path.replace("{upload}", &of.s3_upload_id).replace("{part}", "1");
        let path = format!("{path}?key=uploads/{}", of.upload_id);
        let body = (*method == Method::POST).then(|| match route.ends_with("/parts") {
            true => json!({ "part_numbers": [1] }),
            false => json!({}),
        });
        self.app.call(method.clone(), &path, body).await
    }
}

/// Returns S3's id of an upload in parts. The test reads it from the record, because not every caller's
/// routes show it.
async fn s3_upload_id(app: &App, upload_id: &str) -> String {
    let dynamodb = aws_sdk_dynamodb::Client::new(&app.stack.sdk_config(&app.stack.observer));
    let key = AttributeValue::S(format!("UPLOAD#{upload_id}"));
    let item = dynamodb.get_item().table_name(&app.stack.table).key("pk", key).send().await.unwrap().item;
    item.unwrap()["s3_upload_id"].as_s().unwrap().clone()
}

#[tokio::test]
async fn a_token_reaches_nothing_that_was_not_made_with_it_by_any_route() {
    let (app, stranger) = (App::user(), App::stranger());
    let (holder, sibling, strangers) = (page(&app).await, page(&app).await, page(&stranger).await);
    let owners = TokenPage { app, below: String::new() };
    let mut foreign = Vec::new();
    for (whose, maker) in [("another token's", &sibling), ("a JWT's", &owners), ("a stranger's", &strangers)]
    {
        foreign.push((whose, &maker.app, maker.begin().await));
    }
    let own = holder.begin().await;

    let routes = routes_with_a_token();
    assert!(routes.len() >= 9, "{routes:?}");
    for (method, route) in &routes {
        for (whose, _, upload) in &foreign {
            let (status, problem) = holder.ask(method, route, upload).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{method} {route}, {whose}: {problem}");
        }
    }
    // The same requests succeed for the token's own upload. So the refusals above have no other reason.
    for (method, route) in routes.iter().filter(|(method, _)| *method == Method::GET) {
        let (status, answer) = holder.ask(method, route, &own).await;
        assert_eq!(status, StatusCode::OK, "{method} {route}: {answer}");
    }
    for (whose, app, upload) in &foreign {
        let (status, problem) = app.get(&upload.parts).await;
        assert_eq!(status, StatusCode::OK, "{whose} upload has lost its parts: {problem}");
    }
}
