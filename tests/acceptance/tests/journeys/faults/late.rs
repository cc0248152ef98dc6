//! AWS calls that are answered late or never.

use std::time::{Duration, Instant};

use acceptance::{PNG, configure, shared, skipped};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use stack::Keys;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use super::api::{Api, Client, id, put};

/// The timeouts of `issue-upload` and `serve-link`. Lambda ends a function at its timeout, without an answer.
const ISSUE_UPLOAD: Duration = Duration::from_secs(15);
const SERVE_LINK: Duration = Duration::from_secs(10);

/// The time that Lambda gives a function to start before its first request.
const COLD_START: Duration = Duration::from_secs(10);

/// Returns the stack that these journeys share. Only one of them uses it at a time.
async fn shared_api() -> MutexGuard<'static, Api> {
    static SHARED: OnceCell<Mutex<Api>> = OnceCell::const_new();
    SHARED.get_or_init(async || Mutex::new(Api::start().await)).await.lock().await
}

async fn unavailable(request: reqwest::RequestBuilder, limit: Duration) {
    let begin = Instant::now();
    let response = request.send().await.unwrap();
    let (status, elapsed) = (response.status().as_u16(), begin.elapsed());
    let retry_after = response.headers().get("retry-after").cloned();
    let answer: Value = response.json().await.unwrap();
    assert_eq!((status, &answer["code"]), (503, &json!("unavailable")), "{answer} after {elapsed:?}");
    assert!(retry_after.is_some() && elapsed < limit + Duration::from_secs(2), "{elapsed:?}");
}

/// AWS accepts connections and does not answer.
#[tokio::test]
#[ignore = "takes half a minute: cargo test --test journeys -- --ignored"]
async fn without_answers_from_aws_a_request_gets_503_before_lambda_ends_the_function() {
    if shared().local.is_none() {
        return skipped("unanswered AWS calls", "only a local stack lets a test put a proxy before AWS");
    }
    let api = shared_api().await;
    let mut client = api.client("silence");
    let form = client.told(201, Method::POST, "/uploads", file(), None).await;
    assert_eq!(acceptance::Form::read(&form).post(PNG).await.status, 201);
    client.until(&id(&form), "available").await;
    let links = format!("/uploads/{}/links", id(&form));
    let mut urls = Vec::new();
    for terms in [json!({}), json!({ "max_opens": 3 }), json!({ "password": "open sesame" })] {
        let link = client.told(201, Method::POST, &links, terms, None).await;
        urls.push(link["url"].as_str().unwrap().to_owned());
    }
    let token =
        json!({ "content_types": ["image/*"], "max_size_bytes": 1000, "uses": 9, "expires_in_s": 600 });
    let token = client.told(201, Method::POST, "/upload-tokens", token, None).await;
    let multipart = format!("{}/uploads/multipart", token["path"].as_str().unwrap());

    api.issuing.silence(true);
    api.serving.silence(true);
    let issue = |method, path: &str| client.request(method, path);
    let asked = [
        issue(Method::POST, "/uploads").json(&file()),
        issue(Method::POST, "/uploads/multipart").json(&file()),
        issue(Method::POST, &multipart).json(&file()),
        issue(Method::GET, "/uploads"),
        issue(Method::DELETE, "/links"),
        issue(Method::POST, &links).json(&json!({})),
    ];
    let form = "application/x-www-form-urlencoded";
    let opened = [
        stack::http().get(&urls[0]),
        stack::http().get(&urls[1]),
        stack::http().post(&urls[2]).header("content-type", form).body("password=open+sesame"),
    ];
    // Concurrent requests start new environments, whose calls are not answered either.
    let asked = asked.into_iter().map(|request| unavailable(request, COLD_START + ISSUE_UPLOAD));
    let opened = opened.into_iter().map(|request| unavailable(request, COLD_START + SERVE_LINK));
    tokio::join!(join_all(asked), join_all(opened));

    api.issuing.silence(false);
    api.serving.silence(false);
    client.told(200, Method::GET, "/uploads", Value::Null, None).await;
    client.told(302, Method::GET, &urls[0], Value::Null, None).await;
}

/// STS and KMS do not answer when the functions start.
#[tokio::test]
#[ignore = "waits for half a minute: cargo test --test journeys -- --ignored"]
async fn a_cold_start_without_answers_from_aws_gets_503_and_the_next_request_succeeds() {
    if shared().local.is_none() {
        return skipped("unanswered AWS calls", "only a local stack lets a test put a proxy before AWS");
    }
    let api = shared_api().await;
    let mut client = api.client("cold");
    client.told(200, Method::GET, "/uploads", Value::Null, None).await;
    let nowhere = format!("{}/l/{}", api.stack.coordinates().api_url, "A".repeat(32));
    api.issuing.silence(true);
    api.serving.silence(true);
    for function in ["issue-upload", "serve-link"] {
        configure(api.stack.coordinates(), function, [("COLD".to_owned(), "start".to_owned())]).await;
    }
    tokio::join!(
        unavailable(client.request(Method::GET, "/uploads"), COLD_START + ISSUE_UPLOAD),
        unavailable(stack::http().get(&nowhere), COLD_START + SERVE_LINK),
    );
    api.issuing.silence(false);
    api.serving.silence(false);
    client.told(200, Method::GET, "/uploads", Value::Null, None).await;
    client.told(404, Method::GET, &nowhere, Value::Null, None).await;
}

/// AWS answers each call in time, but the request needs ten of them, for ten pages of a list of parts.
/// Together they take too long.
#[tokio::test]
#[ignore = "waits for half a minute: cargo test --test journeys -- --ignored"]
async fn a_request_with_many_slow_calls_gets_503() {
    if shared().local.is_none() {
        return skipped("slow AWS calls", "only a local stack lets a test put a proxy before AWS");
    }
    let api = shared_api().await;
    let mut client = api.client("pace");
    let upload = begin(&mut client, PNG.len() as u64).await;
    let parts = format!("/uploads/{upload}/parts");
    let enlarged = api.issuing.enlarge();
    let listed = client.told(200, Method::GET, &parts, Value::Null, None).await;
    assert_eq!(listed["parts"].as_array().unwrap().len(), 10_000);
    api.issuing.pace(Duration::from_secs(2));
    unavailable(client.request(Method::GET, &parts), ISSUE_UPLOAD).await;
    api.issuing.pace(Duration::ZERO);
    drop(enlarged);
}

/// Begins an upload in parts of a file of `size_bytes`.
async fn begin(client: &mut Client<'_>, size_bytes: u64) -> String {
    let body = json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": size_bytes });
    let begun = client.told(201, Method::POST, "/uploads/multipart", body, None).await;
    id(&begun)
}

/// Asks for the completion until it succeeds. After each 503 it waits for the time in `Retry-After`. Returns
/// the number of these answers.
async fn complete(client: &mut Client<'_>, upload: &str) -> u32 {
    for told in 0..100 {
        let path = format!("/uploads/{upload}/complete");
        let begin = Instant::now();
        let response = client.request(Method::POST, &path).send().await.unwrap();
        let status = response.status().as_u16();
        let retry_after =
            response.headers().get("retry-after").map(|after| after.to_str().unwrap().to_owned());
        let answer: Value = response.json().await.unwrap();
        if status == 200 {
            return told;
        }
        assert_eq!((status, &answer["code"]), (503, &json!("completing")), "{answer}");
        assert!(begin.elapsed() < ISSUE_UPLOAD, "{:?}", begin.elapsed());
        tokio::time::sleep(Duration::from_secs(retry_after.unwrap().parse().unwrap())).await;
    }
    panic!("{upload} was not completed after 100 requests");
}

/// S3 takes twelve seconds for the completion, which is three more than the function waits. The next test has
/// the real times.
#[tokio::test]
#[ignore = "waits for half a minute: cargo test --test journeys -- --ignored"]
async fn a_completion_that_outlasts_its_request_is_found_by_a_later_request() {
    if shared().local.is_none() {
        return skipped("a slow completion", "only a local stack lets a test put a proxy before AWS");
    }
    let api = shared_api().await;
    api.issuing.slow_completions(Duration::from_secs(12));
    let mut client = api.client("slow");
    let upload = begin(&mut client, PNG.len() as u64).await;
    let parts = format!("/uploads/{upload}/parts");
    let signed = client.told(200, Method::POST, &parts, json!({ "part_numbers": [1] }), None).await;
    put(signed["parts"][0]["url"].as_str().unwrap(), &Value::Null).await;
    let told = complete(&mut client, &upload).await;
    assert!(told >= 1, "the first request was answered with success, not with 503");
    client.until(&upload, "available").await;
}

/// The file has as many and as large parts as S3 accepts, and the completion takes three minutes. The
/// emulator cannot store 48 TiB. So the proxy lists the parts, and the test completes the upload with one
/// small part. The recorder then rejects the file for its size.
#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn ten_thousand_parts_are_completed_by_an_s3_that_takes_three_minutes() {
    const SIZE_BYTES: u64 = 10_000 * 5 * 1024 * 1024 * 1024;
    if shared().local.is_none() {
        return skipped("a slow completion", "only a local stack lets a test put a proxy before AWS");
    }
    let api = Api::start().await;
    let largest = [("POSTERN_MAX_SIZE_BYTES".to_owned(), SIZE_BYTES.to_string())];
    configure(api.stack.coordinates(), "issue-upload", largest).await;
    api.issuing.slow_completions(Duration::from_mins(3));
    let mut client = api.client("huge");
    let upload = begin(&mut client, SIZE_BYTES).await;
    let mut completed = api.issuing.enlarge();
    let begin = Instant::now();
    let finish = async {
        let line = completed.recv().await.unwrap();
        let id = line.split_once("uploadId=").unwrap().1.split(['&', ' ']).next().unwrap().to_owned();
        complete_as_root(&api, &upload, &id).await;
    };
    let (told, ()) = tokio::join!(complete(&mut client, &upload), finish);
    eprintln!("completed after {:?}; the client was told to wait {told} times", begin.elapsed());
    assert!(begin.elapsed() > Duration::from_mins(3) && told > 5);
    client.until(&upload, "rejected").await;
}

/// Puts one small part into the multipart upload as the account's root, and completes it.
async fn complete_as_root(api: &Api, upload: &str, id: &str) {
    use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
    let stack = api.stack.coordinates();
    let config = aws_sdk_s3::config::Builder::from(&stack.sdk_config(&Keys::root())).force_path_style(true);
    let s3 = aws_sdk_s3::Client::from_conf(config.build());
    let key = format!("uploads/{upload}");
    let put = s3.upload_part().bucket(&stack.bucket).key(&key).upload_id(id).part_number(1);
    let etag = put.body(PNG.to_vec().into()).send().await.unwrap().e_tag.unwrap();
    let part = CompletedPart::builder().part_number(1).e_tag(etag).build();
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    let complete = s3.complete_multipart_upload().bucket(&stack.bucket).key(&key).upload_id(id);
    complete.multipart_upload(parts).send().await.unwrap();
}

fn file() -> Value {
    json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": PNG.len() })
}
