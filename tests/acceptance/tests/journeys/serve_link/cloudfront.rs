//! serve-link with a CloudFront distribution. serve-link reads the signing key from Secrets Manager at a cold
//! start, and an independent verifier checks its signatures.
//!
//! The emulator's distributions do not verify signatures. So `edge.py` takes the place of a CloudFront edge.
//! It follows CloudFront's documentation and knows only the public keys of the key group. If it accepts a
//! URL, the test reads the object from the bucket with the account's own signature, as an origin access
//! control does.

use std::collections::HashMap;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use acceptance::{App, PNG, skipped};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stack::Keys;

use super::WitnessedStack;

const RSA: &str = include_str!("../../../../../shared/presign/src/cloudfront/rsa.test.pem");
const P256: &str = include_str!("../../../../../shared/presign/src/cloudfront/p256.test.pem");
const DOMAIN: &str = "d111111abcdef8.cloudfront.net";
/// Ids of two public keys, in CloudFront's form.
const A: &str = "KAAAAAAAAAAAAA";
const B: &str = "KBBBBBBBBBBBBB";
const TTL_S: u64 = 60;

/// Puts a private key into a new secret, and allows serve-link to read this secret only.
async fn keep_secret(witnessed: &WitnessedStack, name: &str, pem: &str) -> String {
    let sdk = witnessed.stack.sdk_config(&Keys::root());
    let secrets = aws_sdk_secretsmanager::Client::new(&sdk);
    let secret = secrets.create_secret().name(format!("{}/cloudfront/{name}", witnessed.stack.name));
    let arn = secret.secret_string(pem).send().await.unwrap().arn.unwrap();
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn },
    ]});
    aws_sdk_iam::Client::new(&sdk)
        .put_role_policy()
        .role_name(witnessed.stack.role_name("serve-link"))
        .policy_name("cloudfront")
        .policy_document(policy.to_string())
        .send()
        .await
        .unwrap();
    arn
}

async fn sign_with(witnessed: &WitnessedStack, key_pair_id: &str, secret_arn: &str) {
    let variables =
        [("DOMAIN", DOMAIN), ("KEY_PAIR_ID", key_pair_id), ("SECRET_ARN", secret_arn), ("WINDOW_S", "30")];
    let named = variables.map(|(name, value)| (format!("POSTERN_CLOUDFRONT_{name}"), value.to_owned()));
    witnessed.configure(named.into()).await;
}

async fn location(app: &App, link: &Value) -> String {
    let answer = app.open(Method::GET, link["url"].as_str().unwrap()).await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

#[expect(clippy::disallowed_methods, reason = "signed URLs expire by the real clock")]
fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Returns the URL that the edge requests from the origin, or the error with which the edge refuses `url`.
fn edge_at(now_s: u64, address: &str, group: &[(&str, &str)], url: &str) -> Result<String, String> {
    let group: HashMap<&str, &str> = group.iter().copied().collect();
    let (group, now) = (json!(group).to_string(), now_s.to_string());
    let output = Command::new(stack::python().unwrap())
        .args(["-c", include_str!("edge.py"), &group, address, &now, url])
        .output()
        .unwrap();
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned()),
        false => Err(String::from_utf8(output.stderr).unwrap().trim().to_owned()),
    }
}

fn edge(group: &[(&str, &str)], url: &str) -> Result<String, String> {
    edge_at(now_s(), "192.0.2.7", group, url)
}

/// Returns the bytes that the bucket answers to the edge's request.
async fn origin(app: &App, url: &str) -> Vec<u8> {
    let url = reqwest::Url::parse(url).unwrap();
    let pairs: HashMap<_, _> = url.query_pairs().into_owned().collect();
    let sdk = app.stack.sdk_config(&app.stack.observer);
    let config = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
    let get = aws_sdk_s3::Client::from_conf(config).get_object().bucket(&app.stack.bucket);
    let get = get.key(url.path().trim_start_matches('/')).version_id(&pairs["versionId"]);
    get.send().await.unwrap().body.collect().await.unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute: cargo test --test journeys -- --ignored"]
async fn links_lead_through_cloudfront_and_keys_rotate_without_an_outage() {
    if !super::is_local() {
        return skipped("CloudFront", "only a local stack lets a test change serve-link");
    }
    let witnessed = WitnessedStack::open().await;
    let app = witnessed.app();
    let upload = app.upload("na\u{ef}ve \u{1F600}.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let html = app.upload("page.html", "text/html", b"<!DOCTYPE html><script>alert(1)</script>").await;
    let page = app.link(&html, json!({})).await;
    let group = [(A, RSA), (B, P256)];

    let secret = keep_secret(&witnessed, "a", RSA).await;
    sign_with(&witnessed, A, &secret).await;
    witnessed.witness.calls();
    let first = location(&app, &link).await;
    let calls = witnessed.witness.calls();
    assert_eq!(calls.iter().filter(|call| *call == "GetSecretValue").count(), 1, "{calls:?}");
    location(&app, &link).await;
    assert_eq!(witnessed.witness.calls(), ["GetItem"], "the key is read only once, and S3 is not called");

    let asked = edge(&group, &first).unwrap();
    assert!(asked.starts_with(&format!("https://{DOMAIN}/uploads/{upload}?versionId=")), "{asked}");
    let parameters: Vec<_> =
        reqwest::Url::parse(&asked).unwrap().query_pairs().map(|(name, _)| name.into_owned()).collect();
    // The request to the origin has exactly the signed parameters, which are also the cache key.
    assert_eq!(
        parameters,
        ["versionId", "response-content-type", "response-content-disposition", "response-cache-control"]
    );
    assert_eq!(origin(&app, &asked).await, PNG);
    assert!(
        edge(&group, &location(&app, &page).await)
            .unwrap()
            .contains("response-content-disposition=attachment")
    );

    refuses_what_was_not_signed(&group, &first);
    let end = now_s() + TTL_S;
    assert_eq!(edge_at(end, "192.0.2.7", &group, &first), Err("403: expired".to_owned()));

    the_same_for_everybody_within_a_window(&witnessed, &app, &link, &secret).await;

    // Rotation: serve-link signs with the second key. URLs of both keys are valid until the first key is
    // removed from the group.
    let before = location(&app, &link).await;
    let second = keep_secret(&witnessed, "b", P256).await;
    sign_with(&witnessed, B, &second).await;
    let after = location(&app, &link).await;
    assert!(before.ends_with(A) && after.ends_with(B));
    for url in [&before, &after] {
        assert_eq!(origin(&app, &edge(&group, url).unwrap()).await, PNG, "the group has both keys");
    }
    let newest = &group[1..];
    assert!(edge(newest, &after).is_ok());
    assert_eq!(edge(newest, &before), Err("403: no such key in the group".to_owned()));

    a_front_says_where_a_visitor_is(&witnessed, &app, &upload).await;
}

/// With a distribution in front of it, the API sees only the distribution's address. The distribution sets a
/// header with the visitor's address.
async fn a_front_says_where_a_visitor_is(witnessed: &WitnessedStack, app: &App, upload: &str) {
    const HEADER: &str = "cloudfront-viewer-address";
    witnessed.configure(HashMap::from([("POSTERN_VIEWER_HEADER".to_owned(), HEADER.to_owned())])).await;
    let link = app.link(upload, json!({ "allowed_network": "192.0.2.0/24" })).await;
    let from = async |headers: &[(&str, &str)]| {
        app.open_with(Method::GET, link["url"].as_str().unwrap(), headers).await.status()
    };
    assert_eq!(from(&[(HEADER, "192.0.2.7:4711")]).await, StatusCode::FOUND);
    assert_eq!(from(&[(HEADER, "198.51.100.7:4711")]).await, StatusCode::FORBIDDEN);
    assert_eq!(from(&[]).await, StatusCode::FORBIDDEN);
}

fn refuses_what_was_not_signed(group: &[(&str, &str)], url: &str) {
    let (unsigned, signature) = url.split_once("&Expires=").unwrap();
    let flipped = signature.replace(&signature[22..26], "AAAA");
    for changed in [
        unsigned.to_owned(),
        format!("{url}&response-content-type=text%2Fhtml"),
        url.replace("inline", "attachment"),
        url.replacen("versionId=", "versionId=0", 1),
        url.replacen("Expires=1", "Expires=2", 1),
        url.replace(A, B),
        format!("{unsigned}&Expires={flipped}"),
        url.replacen("/uploads/", "/uploads/0", 1),
    ] {
        assert_ne!(changed, url);
        let refused = edge(group, &changed).unwrap_err();
        assert!(refused.starts_with("403: "), "{changed} {refused}");
    }
}

/// Asserts that a running environment and a new one sign the same URL within one window.
async fn the_same_for_everybody_within_a_window(
    witnessed: &WitnessedStack,
    app: &App,
    link: &Value,
    secret: &str,
) {
    for _ in 0..3 {
        let window = now_s() / 30;
        let one = location(app, link).await;
        sign_with(witnessed, A, secret).await;
        let other = location(app, link).await;
        if now_s() / 30 == window {
            assert_eq!(one, other);
            return;
        }
    }
    panic!("no two openings were within one window");
}
