//! The AWS calls of every route of issue-upload, and how many of them wait on each other. A witness counts them.

use std::collections::BTreeSet;
use std::time::Duration;

use acceptance::{App, PNG, skipped};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::WitnessedStack;
use crate::depth::HELD;

const DESCRIPTION: &str = include_str!("../../../../../terraform/description.json");

/// A route, its calls in alphabetical order, and how many of them wait on each other.
type Cost = (&'static str, &'static [&'static str], usize);

/// What each route costs in the ordinary case: no repetition, no limits per owner, two links to revoke.
const COSTS: &[Cost] = &[
    ("POST /uploads", &["PutItem"], 1),
    ("POST /uploads/put", &["PutItem"], 1),
    ("POST /uploads/batch", &["TransactWriteItems"], 1),
    ("GET /uploads", &["Query"], 1),
    ("GET /uploads/{id}", &["GetItem"], 1),
    ("DELETE /uploads/{id}", &["Query", "UpdateItem"], 2),
    ("POST /uploads/multipart", &["PutItem", "S3 POST"], 2),
    ("POST /uploads/{id}/parts", &["GetItem"], 1),
    ("GET /uploads/{id}/parts", &["GetItem", "S3 GET"], 2),
    ("POST /uploads/{id}/complete", &["GetItem", "S3 GET", "S3 POST"], 3),
    ("DELETE /uploads/{id}/parts", &["GetItem", "S3 DELETE", "UpdateItem"], 3),
    ("POST /uploads/{id}/links", &["GetItem", "TransactWriteItems"], 2),
    ("GET /uploads/{id}/links", &["GetItem", "Query"], 1),
    ("DELETE /uploads/{id}/links", &["GetItem", "Query", "UpdateItem", "UpdateItem"], 3),
    ("GET /links", &["Query"], 1),
    ("DELETE /links", &["Query", "UpdateItem", "UpdateItem"], 2),
    ("GET /links/{id}", &["GetItem"], 1),
    ("PATCH /links/{id}", &["GetItem", "UpdateItem"], 2),
    ("PUT /links/{id}/target", &["GetItem", "GetItem", "TransactWriteItems"], 2),
    ("POST /links/{id}/rotate", &["GetItem", "GetItem", "TransactWriteItems"], 3),
    ("DELETE /links/{id}", &["UpdateItem"], 1),
    ("POST /upload-tokens", &["PutItem"], 1),
    ("DELETE /upload-tokens/{id}", &["UpdateItem"], 1),
    ("GET /t/{token}", &["GetItem"], 1),
    ("HEAD /t/{token}", &["GetItem"], 1),
    ("POST /t/{token}", &["TransactWriteItems"], 1),
    ("POST /t/{token}/uploads", &["TransactWriteItems"], 1),
    ("GET /t/{token}/uploads/{id}", &["GetItem", "GetItem"], 1),
    ("POST /t/{token}/uploads/batch", &["TransactWriteItems"], 1),
    ("POST /t/{token}/uploads/multipart", &["GetItem", "S3 POST", "TransactWriteItems"], 3),
    ("POST /t/{token}/uploads/{id}/parts", &["GetItem", "GetItem"], 1),
    ("GET /t/{token}/uploads/{id}/parts", &["GetItem", "GetItem", "S3 GET"], 2),
    ("POST /t/{token}/uploads/{id}/complete", &["GetItem", "GetItem", "S3 GET", "S3 POST"], 3),
    ("DELETE /t/{token}/uploads/{id}/parts", &["GetItem", "GetItem", "S3 DELETE", "UpdateItem"], 3),
    ("POST /t/{token}/direct_uploads", &["TransactWriteItems"], 1),
    ("GET /t/{token}/presign", &["TransactWriteItems"], 1),
    ("GET /t/{token}/s3/params", &["TransactWriteItems"], 1),
    ("POST /t/{token}/s3/multipart", &["GetItem", "S3 POST", "TransactWriteItems"], 3),
    ("GET /t/{token}/s3/multipart/{upload}/{part}", &["GetItem", "GetItem"], 1),
    ("GET /t/{token}/s3/multipart/{upload}", &["GetItem", "GetItem", "S3 GET"], 2),
    ("POST /t/{token}/s3/multipart/{upload}/complete", &["GetItem", "GetItem", "S3 GET", "S3 POST"], 3),
    ("DELETE /t/{token}/s3/multipart/{upload}", &["GetItem", "GetItem", "S3 DELETE", "UpdateItem"], 3),
    ("GET /postern.js", &[], 0),
    ("HEAD /postern.js", &[], 0),
    ("GET /postern/{version}/{file}", &[], 0),
    ("HEAD /postern/{version}/{file}", &[], 0),
];

/// Whether a request with this method and path comes to the route.
fn leads_to(method: &Method, path: &str, route: &str) -> bool {
    let (verb, template) = route.split_once(' ').unwrap();
    let mut segments = template.split('/').zip(path.split('/'));
    method == verb
        && template.matches('/').count() == path.matches('/').count()
        && segments.all(|(named, sent)| named.starts_with('{') || named == sent)
}

#[test]
fn every_route_of_the_api_has_a_cost() {
    let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
    let routes = description["routes"].as_array().unwrap().iter();
    let routes = routes.filter(|route| route["function"] == "issue-upload");
    let described: BTreeSet<_> = routes.map(|route| route["key"].as_str().unwrap()).collect();
    let decided: BTreeSet<_> = COSTS.iter().map(|(route, ..)| *route).collect();
    assert_eq!(described.difference(&decided).collect::<Vec<_>>(), [&""; 0], "routes without a cost");
    assert_eq!(decided.difference(&described).collect::<Vec<_>>(), [&""; 0], "costs without a route");
    assert_eq!(decided.len(), COSTS.len(), "each route has one cost");
}

/// Sends requests, and compares the calls of each with the cost of its route.
struct Comparison {
    witnessed: &'static WitnessedStack,
    app: App,
    measured: BTreeSet<&'static str>,
    differences: Vec<String>,
}

impl Comparison {
    /// Sends a request that must succeed. Returns the JSON of its answer, or `null`.
    async fn send(&mut self, request: RequestBuilder) -> Value {
        let request = request.build().unwrap();
        let (method, url) = (request.method().clone(), request.url().to_string());
        let path = url.strip_prefix(&self.witnessed.stack.api_url).unwrap();
        let path = path.split('?').next().unwrap();
        let mut costs = COSTS.iter().filter(|(route, ..)| leads_to(&method, path, route));
        let (route, calls, depth) = costs.next().unwrap_or_else(|| panic!("{method} {path} has no cost"));
        assert!(costs.next().is_none(), "{method} {path} has one cost");
        self.witnessed.issuing.calls();
        let answer = stack::http().execute(request).await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success() || status.is_redirection(), "{route}: {status} {body}");
        let (mut made, waited) = self.witnessed.issuing.calls_and_depth();
        made.sort();
        if made != *calls || waited != *depth {
            self.differences.push(format!("{route}: {made:?}, {waited} wait on each other"));
        }
        self.measured.insert(route);
        serde_json::from_str(&body).unwrap_or_default()
    }

    async fn call(&mut self, method: Method, path: &str, body: Value) -> Value {
        let request = self.app.request(method, path);
        self.send(if body.is_null() { request } else { request.json(&body) }).await
    }

    async fn get(&mut self, path: &str) -> Value {
        self.call(Method::GET, path, Value::Null).await
    }

    async fn post(&mut self, path: &str, body: Value) -> Value {
        self.call(Method::POST, path, body).await
    }

    async fn delete(&mut self, path: &str) {
        self.call(Method::DELETE, path, Value::Null).await;
    }
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap_or_else(|| panic!("{name}: {answer}"))
}

fn file() -> Value {
    json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": PNG.len() })
}

async fn put_part(url: &Value) {
    let put = stack::http().put(url.as_str().unwrap()).body(PNG).send().await.unwrap();
    assert!(put.status().is_success(), "{put:?}");
}

async fn files_and_their_links(costs: &mut Comparison) {
    let app = costs.app.clone();
    let (upload, other) =
        (app.upload("photo.png", "image/png", PNG).await, app.upload("other.png", "image/png", PNG).await);
    costs.get("/uploads").await;
    let upload = format!("/uploads/{upload}");
    let links = format!("{upload}/links");
    costs.get(&upload).await;
    let link = costs.post(&links, json!({})).await;
    costs.get(&links).await;
    costs.get("/links").await;
    let link = format!("/links/{}", text(&link, "link_id"));
    costs.get(&link).await;
    costs.call(Method::PATCH, &link, json!({ "max_opens": 3 })).await;
    costs.call(Method::PUT, &format!("{link}/target"), json!({ "upload_id": other })).await;
    let link = costs.post(&format!("{link}/rotate"), Value::Null).await;
    costs.delete(&format!("/links/{}", text(&link, "link_id"))).await;
    for links_to_revoke in [&links, "/links"] {
        for _ in 0..2 {
            costs.post(&links, json!({})).await;
        }
        costs.delete(links_to_revoke).await;
    }
    costs.delete(&upload).await;
}

/// Issues forms and uploads in parts below a path: the API's own, or an upload token's.
async fn uploads(costs: &mut Comparison, below: &str) {
    let uploads = format!("{below}/uploads");
    costs.post(&uploads, file()).await;
    costs.post(&format!("{uploads}/batch"), json!({ "uploads": vec![file(); 50] })).await;
    let begin = format!("{uploads}/multipart");
    let upload = format!("{uploads}/{}", text(&costs.post(&begin, file()).await, "upload_id"));
    costs.get(&upload).await;
    let parts = format!("{upload}/parts");
    let signed = costs.post(&parts, json!({ "part_numbers": [1] })).await;
    put_part(&signed["parts"][0]["url"]).await;
    costs.get(&parts).await;
    costs.post(&format!("{upload}/complete"), Value::Null).await;
    let given_up = format!("{uploads}/{}/parts", text(&costs.post(&begin, file()).await, "upload_id"));
    costs.delete(&given_up).await;
}

/// Uses the routes of `ActiveStorage`, Shrine and Uppy.
async fn other_clients(costs: &mut Comparison, t: &str) {
    let blob = json!({
        "filename": "photo.png", "content_type": "image/png", "byte_size": 9, "checksum": "1B2M2Y8AsgTpgAmY7PhCfg==",
    });
    costs.post(&format!("{t}/direct_uploads"), json!({ "blob": blob })).await;
    for route in ["presign", "s3/params"] {
        costs.get(&format!("{t}/{route}?filename=photo.png&type=image/png")).await;
    }
    let (begin, photo) =
        (format!("{t}/s3/multipart"), json!({ "filename": "photo.png", "type": "image/png" }));
    let begun = costs.post(&begin, photo.clone()).await;
    let (upload, key) = (format!("{begin}/{}", text(&begun, "uploadId")), text(&begun, "key"));
    let signed = costs.get(&format!("{upload}/1?key={key}")).await;
    put_part(&signed["url"]).await;
    costs.get(&format!("{upload}?key={key}")).await;
    let parts = json!({ "parts": [{ "PartNumber": 1, "ETag": "e" }] });
    costs.post(&format!("{upload}/complete?key={key}"), parts).await;
    let begun = costs.post(&begin, photo).await;
    costs.delete(&format!("{begin}/{}?key={}", text(&begun, "uploadId"), text(&begun, "key"))).await;
}

/// Loads the page of an upload token, and the client's files.
async fn pages(costs: &mut Comparison, t: &str) {
    let form = costs.app.request(Method::POST, t).body("page=7&filename=a.png");
    costs.send(form.header("content-type", "application/x-www-form-urlencoded")).await;
    for method in [Method::GET, Method::HEAD] {
        for path in [t, "/postern.js", "/postern/0000000000000000/postern.js"] {
            costs.call(method.clone(), path, Value::Null).await;
        }
    }
}

#[tokio::test]
async fn each_route_waits_for_the_calls_that_it_needs() {
    if !super::is_local() {
        return skipped("calls of a route", "only a local stack lets a test count requests");
    }
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    // No other test makes links as this user, so `DELETE /links` finds two.
    let app = App::new(witnessed.stack, Some(witnessed.stack.stranger_jwt.clone()));
    let mut costs = Comparison { witnessed, app, measured: BTreeSet::new(), differences: Vec::new() };
    witnessed.issuing.hold_answers(HELD);
    files_and_their_links(&mut costs).await;
    uploads(&mut costs, "").await;
    costs.post("/uploads/put", file()).await;
    let scope =
        json!({ "content_types": ["image/*"], "max_size_bytes": 1000, "uses": 90, "expires_in_s": 600 });
    let token = costs.post("/upload-tokens", scope).await;
    let t = text(&token, "path");
    uploads(&mut costs, t).await;
    other_clients(&mut costs, t).await;
    pages(&mut costs, t).await;
    costs.delete(&format!("/upload-tokens/{}", text(&token, "upload_token_id"))).await;
    witnessed.issuing.hold_answers(Duration::ZERO);
    let missing = COSTS.iter().map(|(route, ..)| route).filter(|route| !costs.measured.contains(**route));
    costs.differences.extend(missing.map(|route| format!("{route}: no request")));
    assert_eq!(costs.differences, [""; 0]);
}
