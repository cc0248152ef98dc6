//! Files in parts whose completion states the CRC64NVME of the whole file. S3 compares it.
//!
//! On a local stack, the proxy in front of the emulator compares it (`tests/stack/src/proxy`).

use acceptance::{App, PNG};
use aws_sdk_s3::types::ChecksumMode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::{CrcAlgorithm, checksum};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

const PART: usize = 8 * 1024 * 1024;

fn file() -> Vec<u8> {
    let mut file = PNG.to_vec();
    file.resize(PART + 100, b'x');
    file
}

fn body(file: &[u8]) -> Value {
    let crc = checksum(CrcAlgorithm::Crc64Nvme, file).to_be_bytes();
    json!({ "checksum_crc64nvme": STANDARD.encode(crc) })
}

/// An upload in two parts, as an app or as the holder of an upload token.
struct Upload {
    caller: App,
    /// `/uploads/<id>`, with the token before it.
    path: String,
    id: String,
}

impl Upload {
    async fn begun(caller: App, token: &str, file: &[u8]) -> Self {
        let body = json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": file.len() });
        let path = format!("{token}/uploads/multipart");
        let (status, begun) = caller.call(Method::POST, &path, Some(body)).await;
        assert_eq!((status, &begun["part_count"]), (StatusCode::CREATED, &json!(2)), "{begun}");
        let id = begun["upload_id"].as_str().unwrap().to_owned();
        Self { caller, path: format!("{token}/uploads/{id}"), id }
    }

    async fn call(&self, method: Method, route: &str, body: Option<Value>) -> (StatusCode, Value) {
        self.caller.call(method, &format!("{}/{route}", self.path), body).await
    }

    async fn put(&self, file: &[u8]) {
        let numbers = json!({ "part_numbers": [1, 2] });
        let (_, signed) = self.call(Method::POST, "parts", Some(numbers)).await;
        for (part, bytes) in signed["parts"].as_array().unwrap().iter().zip(file.chunks(PART)) {
            let url = part["url"].as_str().unwrap();
            let put = Client::new().put(url).body(bytes.to_vec()).send().await.unwrap();
            assert_eq!(put.status(), StatusCode::OK);
        }
    }

    async fn complete(&self, body: Option<Value>) -> (StatusCode, Value) {
        let (status, answer) = self.call(Method::POST, "complete", body).await;
        (status, answer["code"].clone())
    }

    async fn assert_refused(&self, body: Value) {
        let mismatch = (StatusCode::UNPROCESSABLE_ENTITY, json!("checksum_mismatch"));
        assert_eq!(self.complete(Some(body)).await, mismatch);
        let (_, listed) = self.call(Method::GET, "parts", None).await;
        assert_eq!(listed["parts"].as_array().unwrap().len(), 2, "S3 keeps the parts: {listed}");
    }
}

/// The CRC64NVME that S3 has of the object.
async fn stored(app: &App, upload: &Upload) -> Value {
    let sdk = app.stack.sdk_config(&app.stack.observer);
    let path_style = app.stack.endpoint.is_some();
    let config = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(path_style).build();
    let head = aws_sdk_s3::Client::from_conf(config).head_object().bucket(&app.stack.bucket);
    let head = head.key(format!("uploads/{}", upload.id)).checksum_mode(ChecksumMode::Enabled);
    json!({ "checksum_crc64nvme": head.send().await.unwrap().checksum_crc64_nvme() })
}

#[tokio::test]
async fn a_file_whose_bytes_changed_on_the_way_is_refused_until_its_parts_are_put_again() {
    let (app, file) = (App::user(), file());
    let upload = Upload::begun(App::user(), "", &file).await;
    let mut changed = file.clone();
    changed[PART - 1] ^= 1;
    upload.put(&changed).await;
    upload.assert_refused(body(&file)).await;
    app.assert_untouched(&upload.id).await;
    upload.put(&file).await;
    for _ in 0..2 {
        assert_eq!(upload.complete(Some(body(&file))).await.0, StatusCode::OK);
    }
    assert_eq!(app.settled(&upload.id).await["state"], "available");
    assert_eq!(stored(&app, &upload).await, body(&file));
}

#[tokio::test]
async fn the_holder_of_a_token_may_state_the_checksum_and_correct_it() {
    let (app, file) = (App::user(), file());
    let terms =
        json!({ "content_types": ["image/*"], "max_size_bytes": file.len(), "uses": 1, "expires_in_s": 600 });
    let (_, token) = app.call(Method::POST, "/upload-tokens", Some(terms)).await;
    let upload = Upload::begun(App::nobody(), token["path"].as_str().unwrap(), &file).await;
    upload.put(&file).await;
    upload.assert_refused(body(b"another file")).await;
    assert_eq!(upload.complete(Some(body(&file))).await.0, StatusCode::OK);
    assert_eq!(app.settled(&upload.id).await["state"], "available");
}

#[tokio::test]
async fn a_completion_without_a_checksum_is_compared_with_none() {
    let (app, file) = (App::user(), file());
    let upload = Upload::begun(App::user(), "", &file).await;
    upload.put(&file).await;
    assert_eq!(upload.complete(None).await.0, StatusCode::OK);
    assert_eq!(app.settled(&upload.id).await["state"], "available");
    assert_eq!(stored(&app, &upload).await, body(&file));
}

#[tokio::test]
async fn parts_with_another_checksum_can_be_given_up() {
    let (app, file) = (App::user(), file());
    let upload = Upload::begun(App::user(), "", &file).await;
    upload.put(&file).await;
    upload.assert_refused(body(b"another file")).await;
    assert_eq!(upload.call(Method::DELETE, "parts", None).await.0, StatusCode::NO_CONTENT);
    app.assert_given_up(&upload.id).await;
    let ended = (StatusCode::NOT_FOUND, json!("multipart_not_found"));
    assert_eq!(upload.complete(Some(body(&file))).await, ended);
}
