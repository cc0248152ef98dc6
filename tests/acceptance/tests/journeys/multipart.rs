//! Uploads in parts. An app uses the JSON routes, and a page uses the routes of Uppy's Companion. Also
//! presigned PUTs.

use std::sync::{Arc, Mutex};

use acceptance::{App, PNG, explained};
use axum::Router;
use axum::extract::Request;
use postern::ports::{PartStore, StoredPart};
use postern_aws::Parts;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, StatusCode};
use s3_presigned::SigningCredentials;
use serde_json::{Value, json};

const MIB: usize = 1024 * 1024;

/// Returns a file of this size that begins as a PNG.
fn large(bytes: usize) -> Vec<u8> {
    let mut file = PNG.to_vec();
    file.resize(bytes, b'x');
    file
}

async fn put(url: &str, bytes: &[u8]) -> (StatusCode, String) {
    let response = Client::new().put(url).body(bytes.to_vec()).send().await.unwrap();
    let etag = response.headers().get("etag").map_or("", |value| value.to_str().unwrap()).to_owned();
    (response.status(), etag)
}

#[tokio::test]
async fn an_app_uploads_in_parts_and_can_resume() {
    let app = App::user();
    let file = large(8 * MIB + 100);
    let body = json!({
        "filename": "photo.png", "content_type": "image/png", "size_bytes": file.len(), "metadata": { "album": "7" },
    });
    let (status, begun) = app.call(Method::POST, "/uploads/multipart", Some(body)).await;
    assert_eq!((status, &begun["part_count"]), (StatusCode::CREATED, &json!(2)), "{begun}");
    let id = begun["upload_id"].as_str().unwrap();
    let part_size = usize::try_from(begun["part_size_bytes"].as_u64().unwrap()).unwrap();
    let parts = format!("/uploads/{id}/parts");
    let (status, signed) = app.call(Method::POST, &parts, Some(json!({ "part_numbers": [1, 2] }))).await;
    assert_eq!(status, StatusCode::OK, "{signed}");
    let url = |n: usize| signed["parts"][n]["url"].as_str().unwrap().to_owned();
    assert!(url(0).contains("X-Amz-SignedHeaders=content-length%3Bhost"));
    assert!(put(&url(0), &file[..part_size]).await.0.is_success());

    let (_, incomplete) = app.call(Method::POST, &format!("/uploads/{id}/complete"), None).await;
    assert_eq!(incomplete["code"], "parts_refused", "{incomplete}");
    let (_, listed) = app.get(&parts).await;
    assert_eq!(listed["parts"].as_array().unwrap().len(), 1, "{listed}");

    assert!(put(&url(1), &file[part_size..]).await.0.is_success());
    for _ in 0..3 {
        let (status, done) = app.call(Method::POST, &format!("/uploads/{id}/complete"), None).await;
        assert_eq!(status, StatusCode::OK, "a repeated request succeeds too: {done}");
        let (_, listed) = app.get(&parts).await;
        assert_eq!(listed["parts"].as_array().unwrap().len(), 2, "both parts are listed: {listed}");
    }
    let upload = app.settled(id).await;
    assert_eq!(
        (&upload["state"], &upload["recorded"]["size_bytes"]),
        (&json!("available"), &json!(file.len()))
    );
    let (status, late) = app.call(Method::POST, &parts, Some(json!({ "part_numbers": [1] }))).await;
    assert_eq!((status, &late["code"]), (StatusCode::NOT_FOUND, &json!("multipart_not_found")));
}

#[tokio::test]
async fn six_gibibytes_are_begun_and_their_last_part_is_signed() {
    let app = App::user();
    let size = 6 * 1024 * MIB;
    let body = json!({ "filename": "film.mp4", "content_type": "video/mp4", "size_bytes": size });
    let (status, begun) = app.call(Method::POST, "/uploads/multipart", Some(body)).await;
    assert_eq!((status, &begun["part_count"]), (StatusCode::CREATED, &json!(768)), "{begun}");
    let parts = format!("/uploads/{}/parts", begun["upload_id"].as_str().unwrap());
    let sign =
        async |number: u32| app.call(Method::POST, &parts, Some(json!({ "part_numbers": [number] }))).await;
    let (status, signed) = sign(768).await;
    assert_eq!((status, &signed["parts"][0]["size_bytes"]), (StatusCode::OK, &json!(8 * MIB)), "{signed}");
    let (status, problem) = sign(769).await;
    assert_eq!(
        (status, &problem["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("part_numbers"))
    );
    assert_eq!(app.call(Method::DELETE, &parts, None).await.0, StatusCode::NO_CONTENT);
}

/// The local stack does not look at the type of a checksum, so this test checks the requests that S3 would get.
#[tokio::test]
async fn a_multipart_upload_requests_a_checksum_of_the_whole_object_and_states_its_size() {
    type Heard = Arc<Mutex<Vec<(String, HeaderMap)>>>;
    let heard = Heard::default();
    let hear = {
        let heard = heard.clone();
        move |request: Request| async move {
            let begins = request.uri().query().is_some_and(|query| query.starts_with("uploads"));
            heard.lock().unwrap().push((request.uri().to_string(), request.headers().clone()));
            match begins {
                true => {
                    "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>"
                }
                false => "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>",
            }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(hear)).await });

    let stack = &acceptance::shared().coordinates;
    let sdk = stack.sdk_config(&stack.observer).into_builder().endpoint_url(endpoint).build();
    let store = Parts::new(&sdk, "files");
    let signer = SigningCredentials::new("AKIAIOSFODNN7EXAMPLE", "secret");
    let upload = postern::testing::contract::Ids::of("multipart").upload(1);
    let key = upload.object_key();
    let id = store.begin_parts(&signer, &upload, "arn:key").await.unwrap();
    let part = |number| StoredPart { number, etag: "e".to_owned(), size_bytes: 5 };
    let checksum = "rosUhgp5mIg=".parse().unwrap();
    store.complete_parts(&signer, key, &id, &[part(1), part(2)], Some(checksum)).await.unwrap();
    let heard = heard.lock().unwrap().clone();
    let header = |n: usize, name: &str| heard[n].1[name].to_str().unwrap().to_owned();
    assert_eq!(header(0, "x-amz-checksum-algorithm"), "CRC64NVME");
    assert_eq!(header(0, "x-amz-checksum-type"), "FULL_OBJECT");
    assert_eq!(header(0, "x-amz-server-side-encryption"), "aws:kms");
    assert_eq!(header(0, "content-type"), upload.content_type.as_str());
    assert_eq!(header(1, "x-amz-checksum-type"), "FULL_OBJECT");
    assert_eq!(header(1, "x-amz-checksum-crc64nvme"), "rosUhgp5mIg=");
    assert_eq!(header(1, "x-amz-mp-object-size"), "10");
    assert_eq!(header(1, "if-none-match"), "*");
}

#[tokio::test]
async fn a_sha_256_of_a_file_in_parts_is_refused() {
    let body = json!({
        "filename": "a", "content_type": "text/plain", "size_bytes": 9,
        "checksum_sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    });
    let (status, problem) = App::user().call(Method::POST, "/uploads/multipart", Some(body)).await;
    assert_eq!(
        (status, &problem["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("checksum_sha256"))
    );
}

async fn token(app: &App, max_size_bytes: usize) -> String {
    let body = json!({ "content_types": ["image/*"], "max_size_bytes": max_size_bytes, "uses": 5, "expires_in_s": 600 });
    let (_, token) = app.call(Method::POST, "/upload-tokens", Some(body)).await;
    token["path"].as_str().unwrap().to_owned()
}

/// Begins an upload as Uppy does. Returns the path of the multipart upload, and the object key.
async fn begin(page: &App, t: &str) -> (String, String) {
    let body = json!({ "filename": "photo.png", "type": "image/png", "metadata": { "name": "photo.png", "relativePath": null } });
    let (status, begun) = page.call(Method::POST, &format!("{t}/s3/multipart"), Some(body)).await;
    assert_eq!(status, StatusCode::OK, "{begun}");
    (
        format!("{t}/s3/multipart/{}", begun["uploadId"].as_str().unwrap()),
        begun["key"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn a_page_uploads_in_parts_over_companions_routes() {
    let (app, page) = (App::user(), App::nobody());
    let file = large(5 * MIB + 10);
    let t = token(&app, file.len()).await;
    let (multipart, key) = begin(&page, &t).await;
    let (status, batch) = page.get(&format!("{multipart}/batch?key={key}&partNumbers=1,2")).await;
    assert_eq!(status, StatusCode::OK, "{batch}");
    assert!(put(batch["presignedUrls"]["1"].as_str().unwrap(), &file[..5 * MIB]).await.0.is_success());
    let (_, one) = page.get(&format!("{multipart}/2?key={key}")).await;
    assert!(put(one["url"].as_str().unwrap(), &file[5 * MIB..]).await.0.is_success());
    let (_, listed) = page.get(&format!("{multipart}?key={key}")).await;
    let said: Vec<Value> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|part| json!({ "PartNumber": part["PartNumber"], "ETag": "whatever" }))
        .collect();
    assert_eq!(said.len(), 2, "{listed}");
    let complete = format!("{multipart}/complete?key={key}");
    let (status, done) = page.call(Method::POST, &complete, Some(json!({ "parts": said }))).await;
    assert_eq!((status, done["key"].as_str()), (StatusCode::OK, Some(key.as_str())), "{done}");
    let upload = app.settled(key.strip_prefix("uploads/").unwrap()).await;
    assert_eq!(upload["state"], "available", "{upload}");
    let (status, listed) = page.get(&format!("{multipart}?key={key}")).await;
    assert_eq!(
        (status, listed.as_array().unwrap().len()),
        (StatusCode::OK, 2),
        "both parts are listed: {listed}"
    );
    let (status, again) = page.call(Method::POST, &complete, Some(json!({ "parts": said }))).await;
    assert_eq!((status, again), (StatusCode::OK, done));
}

#[tokio::test]
async fn a_page_cannot_touch_the_parts_of_another() {
    let (app, page) = (App::user(), App::nobody());
    let (mine, theirs) = (token(&app, MIB).await, token(&app, MIB).await);
    let (multipart, key) = begin(&page, &theirs).await;
    let id = multipart.rsplit_once('/').unwrap().1;
    let (own, own_key) = begin(&page, &mine).await;
    for path in [
        format!("{mine}/s3/multipart/{id}/1?key={key}"),
        format!("{mine}/s3/multipart/{id}/1?key={own_key}"),
        format!("{own}/1?key={key}"),
        format!("{own}/1"),
        format!("{own}?key={key}"),
    ] {
        let (status, problem) = page.get(&path).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::NOT_FOUND, &json!("multipart_not_found")),
            "{path}"
        );
    }
    assert_eq!(page.get(&format!("{own}/1?key={own_key}")).await.0, StatusCode::OK);
    assert_eq!(page.call(Method::DELETE, &format!("{own}?key={own_key}"), None).await.0, StatusCode::OK);
    let (status, _) =
        page.call(Method::POST, &format!("{own}/complete?key={own_key}"), Some(json!({}))).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "the upload was aborted");
}

#[tokio::test]
async fn parts_that_are_too_large_together_never_become_an_object() {
    let (app, page) = (App::user(), App::nobody());
    let t = token(&app, 1000).await;
    let (multipart, key) = begin(&page, &t).await;
    let (status, problem) = page.get(&format!("{multipart}/2?key={key}")).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "1000 bytes are one part: {problem}");
    let (_, one) = page.get(&format!("{multipart}/1?key={key}")).await;
    assert!(put(one["url"].as_str().unwrap(), &large(1001)).await.0.is_success());
    let complete = format!("{multipart}/complete?key={key}");
    let (status, problem) = page
        .call(Method::POST, &complete, Some(json!({ "parts": [{ "PartNumber": 1, "ETag": "e" }] })))
        .await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("parts_refused")));
    assert!(problem["detail"].as_str().unwrap().contains("1001 bytes, at most 1000"), "{problem}");
    let (status, gone) = page.get(&format!("{multipart}?key={key}")).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "the parts are removed: {gone}");
    app.assert_given_up(key.strip_prefix("uploads/").unwrap()).await;
}

async fn issued_put(app: &App) -> Value {
    let body = json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": PNG.len() });
    let (status, issued) = app.call(Method::POST, "/uploads/put", Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{issued}");
    issued
}

/// Sends a presigned PUT as it was issued, with the headers `more` in addition. Returns the status and, for a
/// refusal, the cause that `postern explain` names.
async fn send(issued: &Value, more: &[(&str, &str)], bytes: &[u8]) -> (StatusCode, String) {
    let headers = issued["headers"].as_object().unwrap().iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    let url = issued["url"].as_str().unwrap();
    let request = Client::new().put(url).body(bytes.to_vec());
    let headers: Vec<_> = headers.chain(more.iter().copied()).collect();
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = request.send().await.unwrap();
    let status = response.status();
    if status.is_success() {
        return (status, String::new());
    }
    let length = bytes.len().to_string();
    let sent: Vec<_> = headers.into_iter().chain([("content-length", length.as_str())]).collect();
    let stack = &acceptance::shared().coordinates;
    (status, explained::exchange(stack, (&Method::PUT, url), &sent, issued, response).await)
}

#[tokio::test]
async fn a_presigned_put_uploads_only_the_signed_size_and_only_once() {
    let app = App::user();
    let issued = issued_put(&app).await;
    let (status, cause) = send(&issued, &[], &[PNG, b"x"].concat()).await;
    assert_eq!((status, cause.as_str()), (StatusCode::FORBIDDEN, "signed_header_differs content-length"));
    assert_eq!(send(&issued, &[], PNG).await.0, StatusCode::OK);
    let (status, cause) = send(&issued, &[], PNG).await;
    let new = (StatusCode::PRECONDITION_FAILED, "already_exists");
    assert_eq!((status, cause.as_str()), new, "the object must be new");
    let upload = app.settled(issued["upload_id"].as_str().unwrap()).await;
    assert_eq!(upload["state"], "available", "{upload}");
}

/// A signature cannot forbid a further header, and S3 stores `Content-Encoding`. A browser would decode the
/// file when it saves it, and so would get other bytes.
#[tokio::test]
async fn a_put_with_a_content_encoding_is_rejected() {
    let app = App::user();
    let issued = issued_put(&app).await;
    assert_eq!(send(&issued, &[("content-encoding", "br")], PNG).await.0, StatusCode::OK);
    let upload = app.settled(issued["upload_id"].as_str().unwrap()).await;
    assert_eq!(upload["rejection"]["reason"], "content_encoded", "{upload}");
}
