//! Limits under concurrent requests: an owner's pending uploads, an owner's bytes per day, a token's uses.
//! These tests have a stack of their own, because the shared stack has no limits.

use std::collections::BTreeMap;

use acceptance::clock::avoid_the_end_of_a_quarter;
use acceptance::{App, Form, PNG, Posted, configure, explained, send, shared, skipped, ten_at_once};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stack::{Options, Stack};
use uuid::Uuid;

const PENDING: usize = 3;
const BYTES_PER_DAY: u64 = 1000;

/// Starts a stack with limits. Returns a function that makes a user by name.
async fn limited() -> impl Fn(&str) -> App {
    let stack = Stack::start(Options::default())
        .await
        .unwrap_or_else(|error| panic!("{}", acceptance::chain(&error)));
    // The leaked stack ends with this process.
    let stack: &'static Stack = Box::leak(Box::new(stack));
    let limits = [("PENDING_UPLOADS", PENDING.to_string()), ("BYTES_PER_DAY", BYTES_PER_DAY.to_string())];
    let limits = limits.map(|(name, limit)| (format!("POSTERN_OWNER_{name}"), limit));
    configure(stack.coordinates(), "issue-upload", limits).await;
    |subject| App::new(stack.coordinates(), Some(stack.issuer().token(subject).unwrap()))
}

/// Asks for an upload, and returns the status, the body and `Retry-After` of the answer.
async fn ask(app: &App, path: &str, size_bytes: u64) -> (StatusCode, Value, Option<u64>) {
    let body = json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": size_bytes });
    let key = Uuid::new_v4().to_string();
    let response = send(app.request(Method::POST, path).header("idempotency-key", key).json(&body)).await;
    let status = response.status();
    let retry_after =
        response.headers().get("retry-after").map(|seconds| seconds.to_str().unwrap().parse().unwrap());
    (status, explained::read(response).await, retry_after)
}

/// Counts the answers by status, or by the code of the problem.
fn counted(answers: &[(StatusCode, Value, Option<u64>)]) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for (status, answer, _) in answers {
        *kinds.entry(answer["code"].as_str().unwrap_or(status.as_str()).to_owned()).or_default() += 1;
    }
    kinds
}

#[tokio::test]
#[ignore = "starts a stack of its own: cargo test --test journeys -- --ignored"]
async fn limits_hold_when_many_ask_at_once() {
    if shared().local.is_none() {
        return skipped("limits", "only a local stack lets a test set its limits");
    }
    let user = limited().await;
    avoid_the_end_of_a_quarter().await;
    let size = PNG.len() as u64;

    let ann = user("ann");
    let answers = ten_at_once((0..20).map(|_| ask(&ann, "/uploads", size))).await;
    let kinds =
        BTreeMap::from([("201".to_owned(), PENDING), ("too_many_pending_uploads".to_owned(), 20 - PENDING)]);
    assert_eq!(counted(&answers), kinds);
    for (status, problem, retry_after) in answers.iter().filter(|(status, ..)| *status != StatusCode::CREATED)
    {
        assert_eq!(*status, StatusCode::TOO_MANY_REQUESTS);
        assert!((1..=901).contains(&retry_after.unwrap()), "when the first form expires: {retry_after:?}");
        assert!(
            problem["detail"].as_str().unwrap().contains("You have 3 pending uploads, which is the limit"),
            "{problem}"
        );
    }
    let (_, first, _) = answers.iter().find(|(status, ..)| *status == StatusCode::CREATED).unwrap();
    let form = Form::read(first);
    assert_eq!(form.post(PNG).await, Posted::stored());
    assert_eq!(ann.settled(&form.upload_id).await["state"], "available");
    assert_eq!(ask(&ann, "/uploads", size).await.0, StatusCode::CREATED, "a recorded upload is not pending");

    let bob = user("bob");
    assert_eq!(ask(&bob, "/uploads", 600).await.0, StatusCode::CREATED);
    let (status, problem, retry_after) = ask(&bob, "/uploads", 401).await;
    assert_eq!((status, &problem["code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("too_many_bytes_today")));
    assert!((1..=86_401).contains(&retry_after.unwrap()), "when the day ends: {retry_after:?}");
    assert_eq!(ask(&bob, "/uploads", 400).await.0, StatusCode::CREATED, "400 bytes are left");

    a_form_that_brought_a_wrong_file_counts_on(&user("dave")).await;
    a_token_costs_what_arrived(&user("erin")).await;
    a_removed_form_counts_on(&user("frank")).await;

    let carol = user("carol");
    let body =
        json!({ "content_types": ["image/*"], "max_size_bytes": 1000, "uses": 1, "expires_in_s": 600 });
    let (_, token) = carol.call(Method::POST, "/upload-tokens", Some(body)).await;
    let page = App::new(carol.stack, None);
    let uploads = format!("{}/uploads", token["path"].as_str().unwrap());
    let answers = ten_at_once((0..50).map(|_| ask(&page, &uploads, 10))).await;
    let kinds = BTreeMap::from([("201".to_owned(), 1), ("upload_token_used_up".to_owned(), 49)]);
    assert_eq!(counted(&answers), kinds, "exactly one request gets the last use");
}

async fn a_form_that_brought_a_wrong_file_counts_on(dave: &App) {
    let mut forms = Vec::new();
    for _ in 0..PENDING {
        let (status, issued, _) = ask(dave, "/uploads", PNG.len() as u64).await;
        assert_eq!(status, StatusCode::CREATED, "{issued}");
        forms.push(Form::read(&issued));
    }
    let wrong = vec![b'x'; PNG.len()];
    for form in &forms {
        assert_eq!(form.post(&wrong).await, Posted::stored());
        assert_eq!(dave.settled(&form.upload_id).await["state"], "rejected");
    }
    let (_, problem, _) = ask(dave, "/uploads", 1).await;
    assert_eq!(problem["code"], "too_many_pending_uploads", "each form still accepts the right file");
    let first = forms.first().unwrap();
    assert_eq!(first.post(PNG).await, Posted::stored());
    dave.until(&first.upload_id, |upload| upload["state"] == "available").await;
    assert_eq!(ask(dave, "/uploads", 1).await.0, StatusCode::CREATED);
}

/// The form of a removed upload stays valid: S3 stores a file that is posted with it, until the recorder
/// removes the file. So the upload counts as pending until its form expires.
async fn a_removed_form_counts_on(frank: &App) {
    let most = BYTES_PER_DAY / PENDING as u64;
    for _ in 0..PENDING {
        let (status, issued, _) = ask(frank, "/uploads", most).await;
        assert_eq!(status, StatusCode::CREATED, "{issued}");
        let id = issued["upload_id"].as_str().unwrap();
        let (status, _) = frank.call(Method::DELETE, &format!("/uploads/{id}"), None).await;
        assert_eq!(status, StatusCode::ACCEPTED);
        frank.until(id, |upload| upload["state"] == "deleted").await;
    }
    let (_, problem, _) = ask(frank, "/uploads", 1).await;
    assert_eq!(problem["code"], "too_many_pending_uploads", "each form is still valid");
}

async fn a_token_costs_what_arrived(erin: &App) {
    let body = json!({ "content_types": ["image/*"], "max_size_bytes": 600, "uses": 9, "expires_in_s": 600 });
    let (_, token) = erin.call(Method::POST, "/upload-tokens", Some(body)).await;
    let page = App::new(erin.stack, None);
    let params = format!("{}/s3/params?filename=photo.png&type=image/png", token["path"].as_str().unwrap());
    let (status, issued) = page.call(Method::GET, &params, None).await;
    assert_eq!(status, StatusCode::OK, "{issued}");
    let (_, problem, _) = ask(erin, "/uploads", 401).await;
    assert_eq!(problem["code"], "too_many_bytes_today", "600 of 1,000 bytes are reserved");
    let form = Form::read(&issued);
    assert_eq!(form.post(PNG).await, Posted::stored());
    assert_eq!(erin.settled(&form.upload_id).await["state"], "available");
    let left = BYTES_PER_DAY - PNG.len() as u64;
    let (_, problem, _) = ask(erin, "/uploads", left + 1).await;
    assert_eq!(problem["code"], "too_many_bytes_today");
    assert_eq!(ask(erin, "/uploads", left).await.0, StatusCode::CREATED, "only the size of the file counts");
}
