//! Tests of the proxy's answers, in front of a server that answers as the emulator does.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
};
use futures::stream;

use super::{Proxy, Serving};

const SIGNED: &str = "X-Amz-Credential=A%2F20261128%2Feu-central-1%2Fs3%2Faws4_request";
const SHA256_OF_ABC: &str = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
/// The published check value of `123456789`.
const CRC64NVME_OF_DIGITS: &str = "rosUhgp5mIg=";
const ATTRIBUTES: &str = "<GetObjectAttributesResponse><Checksum /></GetObjectAttributesResponse>";

/// The bodies of the forms of which the emulator got the end.
type Arrived = Arc<Mutex<Vec<String>>>;

async fn emulator(
    State(arrived): State<Arrived>,
    method: Method,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let version = ("x-amz-version-id", "v1");
    if method == Method::POST {
        let body = String::from_utf8(body.to_vec()).unwrap();
        if body.contains(super::probe::EXTRA_FIELD) {
            let error = format!("<Error>Extra input fields: {}</Error>", super::probe::EXTRA_FIELD);
            return (StatusCode::FORBIDDEN, [("access-control-allow-origin", "*")], error).into_response();
        }
        arrived.lock().unwrap().push(body);
        return (StatusCode::CREATED, [version]).into_response();
    }
    if query.is_some_and(|query| query.contains("attributes")) {
        return ([version], ATTRIBUTES).into_response();
    }
    ([version, ("etag", "\"a\""), ("content-length", "3")], "abc").into_response()
}

async fn proxied() -> (String, Arrived, Serving) {
    let arrived = Arrived::default();
    let router = Router::new().fallback(emulator).with_state(Arc::clone(&arrived));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let proxy = Proxy::bind().unwrap();
    let url = proxy.url();
    (url, arrived, proxy.serve(&endpoint).unwrap())
}

fn form(fields: &[(&str, &str)], file: &str) -> String {
    let field = |(name, value): &(&str, &str)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let fields: String = fields.iter().map(field).collect();
    let file = format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n{file}");
    format!("{fields}{file}\r\n--b--\r\n")
}

/// Posts a form in pieces of `piece` bytes.
async fn post(url: &str, form: &str, piece: usize) -> (StatusCode, HeaderMap, String) {
    let pieces: Vec<_> =
        form.as_bytes().chunks(piece).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    let body = reqwest::Body::wrap_stream(stream::iter(pieces));
    let request = crate::clients::http().post(format!("{url}/bucket")).body(body);
    let answer = request.header("content-type", "multipart/form-data; boundary=b").send().await.unwrap();
    (answer.status(), answer.headers().clone(), answer.text().await.unwrap())
}

async fn read(method: Method, url: &str, query: &str, headers: &[(&'static str, &str)]) -> reqwest::Response {
    let request = crate::clients::http().request(method, format!("{url}/bucket/key?{query}"));
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

#[tokio::test]
async fn a_form_arrives_unchanged_in_pieces_of_any_size() {
    let (url, arrived, _serving) = proxied().await;
    let plain = form(&[("key", "k")], "abc");
    let checked = form(&[("key", "k"), ("x-amz-checksum-sha256", SHA256_OF_ABC)], "abc");
    for sent in [plain, checked, form(&[], ""), "no form".to_owned()] {
        for piece in [1, 2, 7, 1000] {
            assert_eq!(post(&url, &sent, piece).await.0, StatusCode::CREATED, "{piece}: {sent}");
            assert_eq!(arrived.lock().unwrap().pop().unwrap(), sent, "{piece}");
        }
    }
}

#[tokio::test]
async fn a_wrong_checksum_is_refused_and_nothing_arrives() {
    let (url, arrived, _serving) = proxied().await;
    let other = SHA256_OF_ABC.replace("ung", "gnu");
    for (value, code) in [(other.as_str(), "BadDigest"), ("abc", "InvalidRequest")] {
        for signature in [&[][..], &[("x-amz-signature", "s")]] {
            let fields = [&[("x-amz-checksum-sha256", value)], signature].concat();
            for piece in [1, 1000] {
                let (status, headers, said) = post(&url, &form(&fields, "abc"), piece).await;
                assert_eq!(status, StatusCode::BAD_REQUEST);
                assert!(said.contains(&format!("<Code>{code}</Code>")), "{said}");
                // A signed form is sent to the emulator as a probe. The error keeps the CORS headers of the
                // emulator's answer, so a page can read it.
                assert_eq!(headers.contains_key("access-control-allow-origin"), !signature.is_empty());
            }
        }
    }
    assert_eq!(arrived.lock().unwrap().as_slice(), [""; 0]);
}

#[tokio::test]
async fn the_checksum_of_a_form_is_in_the_answers_in_which_s3_has_it() {
    let (url, _, _serving) = proxied().await;
    let name = "x-amz-checksum-sha256";
    let shown = |answer: &reqwest::Response| answer.headers().get(name).cloned();
    let mode = ("x-amz-checksum-mode", "ENABLED");
    assert_eq!(shown(&read(Method::HEAD, &url, SIGNED, &[mode]).await), None, "before the form");
    post(&url, &form(&[(name, SHA256_OF_ABC)], "abc"), 1000).await;
    for method in [Method::GET, Method::HEAD] {
        let answer = read(method.clone(), &url, SIGNED, &[mode]).await;
        assert_eq!(shown(&answer).unwrap(), SHA256_OF_ABC);
        assert_eq!(answer.headers()["x-amz-checksum-type"], "FULL_OBJECT");
        assert_eq!(shown(&read(method.clone(), &url, SIGNED, &[]).await), None);
        assert_eq!(shown(&read(method, &url, SIGNED, &[mode, ("range", "bytes=0-1")]).await), None);
    }
    let attributes =
        read(Method::GET, &url, &format!("attributes&{SIGNED}"), &[]).await.text().await.unwrap();
    let checksum = format!("<ChecksumSHA256>{SHA256_OF_ABC}</ChecksumSHA256>");
    assert!(attributes.contains(&format!("<Checksum>{checksum}<ChecksumType>FULL_OBJECT")), "{attributes}");
}

#[tokio::test]
async fn ranges_and_overrides_apply_to_signed_reads() {
    let (url, _, _serving) = proxied().await;
    let range = [("range", "bytes=1-9")];
    let query = format!("response-content-type=text%2Fhtml&{SIGNED}");
    for (method, bytes) in [(Method::GET, "bc"), (Method::HEAD, "")] {
        let part = read(method, &url, &query, &range).await;
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.headers()["content-range"], "bytes 1-2/3");
        assert_eq!(
            (&part.headers()["content-length"], &part.headers()["content-type"]),
            (&"2".parse().unwrap(), &"text/html".parse().unwrap())
        );
        assert_eq!(part.text().await.unwrap(), bytes);
    }
    let beyond = read(Method::GET, &url, SIGNED, &[("range", "bytes=3-")]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    let refused = read(Method::GET, &url, &format!("response-expires=%E6%8A%A5&{SIGNED}"), &[]).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    // This request is not signed for S3, so the proxy does not change the answer.
    let other = read(Method::GET, &url, "response-content-type=text%2Fhtml", &range).await;
    assert_eq!((other.status(), other.text().await.unwrap().as_str()), (StatusCode::OK, "abc"));
}

#[tokio::test]
async fn a_presigned_url_with_an_authorization_header_is_refused() {
    let (url, _, _serving) = proxied().await;
    let signed = format!("X-Amz-Algorithm=AWS4-HMAC-SHA256&{SIGNED}");
    for method in [Method::GET, Method::PUT] {
        let jwt = [("authorization", "Bearer eyJ")];
        let refused = read(method.clone(), &url, &signed, &jwt).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        assert!(refused.text().await.unwrap().contains("<Code>InvalidArgument</Code>"));
        assert_ne!(read(method, &url, &signed, &[]).await.status(), StatusCode::BAD_REQUEST);
    }
}

/// Puts the bytes `123456789` in two parts.
async fn put_parts(url: &str) {
    for (number, bytes) in [(1, "1234"), (2, "56789")] {
        let part = crate::clients::http().put(format!("{url}/bucket/key?partNumber={number}&uploadId=u"));
        assert_eq!(part.body(bytes).send().await.unwrap().status(), StatusCode::OK);
    }
}

/// Completes both parts with this checksum, and returns S3's code for a refusal.
async fn complete(url: &str, checksum: Option<&str>) -> (StatusCode, String) {
    let parts = "<Part><PartNumber>1</PartNumber></Part><Part><PartNumber>2</PartNumber></Part>";
    let request = crate::clients::http().post(format!("{url}/bucket/key?uploadId=u")).body(parts);
    let request =
        checksum.iter().fold(request, |request, value| request.header("x-amz-checksum-crc64nvme", *value));
    let answer = request.send().await.unwrap();
    let (status, said) = (answer.status(), answer.text().await.unwrap());
    (status, said.split_once("<Code>").map_or("", |(_, rest)| rest.split('<').next().unwrap()).to_owned())
}

#[tokio::test]
async fn parts_with_another_checksum_are_not_completed() {
    let (url, arrived, _serving) = proxied().await;
    put_parts(&url).await;
    for (value, code) in
        [("AAAAAAAAAAA=", "BadDigest"), ("cm9zVWg=", "InvalidRequest"), ("abc", "InvalidRequest")]
    {
        assert_eq!(complete(&url, Some(value)).await, (StatusCode::BAD_REQUEST, code.to_owned()), "{value}");
    }
    assert_eq!(arrived.lock().unwrap().len(), 0, "the emulator completes nothing");
    assert_eq!(complete(&url, Some(CRC64NVME_OF_DIGITS)).await.0, StatusCode::CREATED);
    assert_eq!(arrived.lock().unwrap().len(), 1);
    // The emulator knows the answer to a repetition.
    assert_eq!(complete(&url, Some("AAAAAAAAAAA=")).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn the_object_of_parts_has_the_checksum_of_the_whole() {
    for stated in [None, Some(CRC64NVME_OF_DIGITS)] {
        let (url, _, _serving) = proxied().await;
        put_parts(&url).await;
        assert_eq!(complete(&url, stated).await.0, StatusCode::CREATED);
        let answer = read(Method::HEAD, &url, SIGNED, &[("x-amz-checksum-mode", "ENABLED")]).await;
        assert_eq!(answer.headers()["x-amz-checksum-crc64nvme"], CRC64NVME_OF_DIGITS);
        assert_eq!(answer.headers()["x-amz-checksum-type"], "FULL_OBJECT");
    }
}

#[tokio::test]
async fn an_abort_forgets_the_parts() {
    let (url, arrived, _serving) = proxied().await;
    put_parts(&url).await;
    let abort = crate::clients::http().delete(format!("{url}/bucket/key?uploadId=u"));
    assert_eq!(abort.send().await.unwrap().status(), StatusCode::OK);
    complete(&url, Some("AAAAAAAAAAA=")).await;
    assert_eq!(arrived.lock().unwrap().len(), 1, "the emulator knows that there is no such upload");
}

/// The body of such a part is not the bytes that S3 stores.
#[tokio::test]
async fn parts_in_another_form_are_not_compared() {
    let (url, arrived, _serving) = proxied().await;
    put_parts(&url).await;
    let part = crate::clients::http().put(format!("{url}/bucket/key?partNumber=2&uploadId=u"));
    let part = part.header("x-amz-decoded-content-length", "5").body("5;chunk-signature=s\r\n56789\r\n");
    assert_eq!(part.send().await.unwrap().status(), StatusCode::OK);
    complete(&url, Some("AAAAAAAAAAA=")).await;
    assert_eq!(arrived.lock().unwrap().len(), 1);
}
