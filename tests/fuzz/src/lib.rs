//! What each target does with the bytes that a fuzzer, or a kept case, gives it. A panic is a
//! finding.
//!
//! `shared/postern/tests/fuzz_cases.rs` includes this file and replays `corpus/` in the ordinary tests.

use std::time::Duration;

use futures::FutureExt;
use postern::http::{Problem, Reply};
use postern::issue::{
    Caller, Keys, Ports, Settings, batch, companion, direct_upload, links, multipart, owned_upload, tokens,
    uploads,
};
use postern::keys::{KeyVersion, LinkKeys, TokenKey, TokenKeys, UploadTokenKeys};
use postern::media::{ContentType, Kind};
use postern::ports::HEAD_BYTES;
use postern::record::content::{archive, foreign_content, pixels};
use postern::record::sniff::agreement::agreement;
use postern::record::sniff::sniff;
use postern::testing::memory::{FixedSigner, MemoryWorld};
use postern::testing::samples::example_credentials;
use postern::upload::quota::OwnerLimits;
use postern::upload::token::{UploadTokenId, UploadTokenSecret};
use postern::value::filename::Disposition;
use postern::value::id::UploadId;
use s3_presigned::post_policy::{Condition, PostPolicy};
use s3_presigned::verify::{Part, PolicyDocument, Verifier, evaluate};
use s3_presigned::{BucketEndpoint, Timestamp};

const REGION: &str = "eu-central-1";
const BUCKET: &str = "files";

fn now() -> Timestamp {
    Timestamp::from_epoch_s(1_795_514_400)
}

fn keys() -> Keys {
    let key = |version, byte| TokenKey { version: KeyVersion(version), key: [byte; 32] };
    let links = LinkKeys::new(TokenKeys::new(vec![key(1, 1), key(2, 2)]).unwrap());
    let upload_tokens = UploadTokenKeys::new(TokenKeys::new(vec![key(1, 3), key(2, 4)]).unwrap());
    Keys { links, upload_tokens }
}

fn settings() -> Settings {
    Settings {
        endpoint: BucketEndpoint::regional(BUCKET, REGION),
        files_key_arn: "arn:aws:kms:eu-central-1:111122223333:key/files".to_owned(),
        form_ttl: Duration::from_secs(900),
        max_size_bytes: 10_000_000_000,
        link_base_url: "https://files.example/".to_owned(),
        url_life: postern::link::UrlLife::new(60, 900).unwrap(),
        limits: OwnerLimits::default(),
        allowed_types: "*/*".parse().unwrap(),
        redirect_origins: "https://app.example".parse().unwrap(),
        track_links: false,
        brand: postern::page::Brand::default(),
    }
}

/// The body of a route, which its first byte chooses: whatever it is, the answer is never ours to
/// blame. What is accepted was signed, and fits into a form.
pub fn request_bodies(bytes: &[u8]) {
    let Some((route, body)) = bytes.split_first() else { return };
    let world = MemoryWorld::default();
    let signer = FixedSigner(example_credentials());
    let ports = Ports { store: world.clone(), parts: world.clone(), signer, keys: keys() };
    let (settings, now) = (settings(), now());
    let owner = "https://issuer.test#ann".parse().unwrap();
    let caller = Caller { now, owner, idempotency_key: None, entropy: [7; 16] };
    let holder = || {
        let body = br#"{"content_types":["*/*"],"max_size_bytes":10000000000,"uses":9,"expires_in_s":60}"#;
        let made = settle(tokens::create(&ports, &settings, &caller, body)).unwrap();
        let token: serde_json::Value = serde_json::from_str(&made.body).unwrap();
        settle(tokens::holder(&ports, token["token"].as_str().unwrap(), now, [8; 16])).unwrap()
    };
    let upload = || {
        let body = br#"{"filename":"a.bin","type":"image/png"}"#;
        settle(companion::begin(&ports, &settings, &holder(), body)).unwrap();
        let id = UploadId::random([8; 16]).to_string();
        settle(owned_upload(&ports, &caller, &id)).unwrap()
    };
    let id = UploadId::random([7; 16]).to_string();
    let answer = match route % 12 {
        0 => settle(uploads::create(&ports, &settings, &caller, body)),
        1 => settle(uploads::create_put(&ports, &settings, &caller, body)),
        2 => settle(tokens::create(&ports, &settings, &caller, body)),
        3 => settle(multipart::begin(&ports, &settings, &caller, None, body)),
        4 => settle(uploads::create_with_token(&ports, &settings, &holder(), body)),
        5 => settle(companion::begin(&ports, &settings, &holder(), body)),
        6 => settle(direct_upload::create(&ports, &settings, &holder(), body)),
        7 => settle(multipart::sign(&ports, &settings, now, &upload(), body)),
        8 => settle(companion::complete(&ports, &settings, &holder(), &upload(), body)),
        9 => settle(links::create(&ports, &settings, &caller, &id, body)),
        10 => settle(batch::create(&ports, &settings, &caller, body)),
        _ => settle(multipart::complete(&ports, now, &upload(), body)),
    };
    if let Err(problem) = answer {
        assert!(!matches!(problem, Problem::Internal(_) | Problem::Unavailable(_)), "{problem:?}");
        let reply: Reply = problem.reply("request");
        assert!(reply.status.is_client_error(), "{problem:?}");
        serde_json::from_str::<serde_json::Value>(&reply.body).unwrap();
    }
}

/// Nothing in memory waits.
fn settle<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().unwrap()
}

/// A token's text: what none of our keys made is refused, and a genuine one with anything changed.
pub fn tokens(bytes: &[u8]) {
    let keys = keys();
    let genuine = keys.links.make([9; 16]).reveal();
    let secret = UploadTokenSecret::make(&keys.upload_tokens, [9; 16]).unwrap();
    let settings = postern::upload::token::TokenScope {
        owner: "https://issuer.test#ann".parse().unwrap(),
        label: None,
        content_types: vec!["image/*".parse().unwrap()],
        max_size_bytes: 1000,
        expires_at: now(),
    };
    let sealed = secret.seal(&settings).unwrap();
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(keys.links.verify(text).is_none() || text == genuine);
        assert!(UploadTokenSecret::open(&keys.upload_tokens, &keys.links, text).is_none() || text == sealed);
        if let Ok(id) = text.parse::<UploadTokenId>() {
            assert_eq!(id.to_string(), text);
        }
    }
    let changed = |text: &str| {
        let mut changed = text.as_bytes().to_vec();
        changed.iter_mut().zip(bytes).for_each(|(to, with)| *to ^= with & 0x7f);
        String::from_utf8(changed).unwrap()
    };
    let (link, upload) = (changed(&genuine), changed(&sealed));
    assert!(keys.links.verify(&link).is_none() || link == genuine);
    assert!(UploadTokenSecret::open(&keys.upload_tokens, &keys.links, &upload).is_none() || upload == sealed);
}

/// A policy's document: it is read or refused, and what we write is read as it was meant.
pub fn policies(bytes: &[u8]) {
    if let Ok(policy) = PolicyDocument::parse(bytes) {
        for condition in policy.conditions() {
            assert!(!condition.to_string().is_empty());
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let value = text.replace("${filename}", "");
    let bucket = BucketEndpoint::regional(BUCKET, REGION);
    let signed = PostPolicy::new(now() + Duration::from_secs(60))
        .field("key", &value)
        .starts_with("x-amz-meta-any", &value)
        .size_bytes(0, 10)
        .sign(&bucket, &example_credentials(), now());
    let Ok(form) = signed else { return };
    let mut parts: Vec<_> = form.fields.into_iter().map(|(name, value)| Part::field(name, value)).collect();
    parts.push(Part::field("x-amz-meta-any", format!("{value}.")));
    parts.push(Part::file("a", 10));
    let credentials = example_credentials();
    let verifier = Verifier::new(&bucket, &credentials);
    match verifier.verify(&parts, now()) {
        Ok(accepted) => assert_eq!(accepted.key, value),
        // The builder's limits are those of the form that it makes, not of what a client adds.
        Err(refusal) => assert!(value.is_empty() || value.len() > 1000 || value.contains('$'), "{refusal:?}"),
    }
}

/// A policy and a form, with zeros between: policy, then names and values, then the file's size.
/// What is accepted keeps every condition, and nothing was sent along.
pub fn evaluator(bytes: &[u8]) {
    let mut chunks = bytes.split(|byte| *byte == 0);
    let Some(Ok(policy)) = chunks.next().map(PolicyDocument::parse) else { return };
    let texts: Vec<_> = chunks.map(|chunk| String::from_utf8_lossy(chunk).into_owned()).collect();
    let (pairs, rest) = texts.as_chunks::<2>();
    let size_bytes = rest.first().and_then(|text| text.parse().ok()).unwrap_or(1);
    let fields = pairs.iter().map(|[name, value]| Part::field(name, value));
    let file = Part::file("a.txt", size_bytes);
    let parts: Vec<_> = fields.chain([file]).collect();
    let accepted = match evaluate(&policy, BUCKET, &parts, now()) {
        Ok(accepted) => accepted,
        Err(refusal) => return assert!(!refusal.message.is_empty()),
    };
    assert!(policy.expires_at > now());
    for condition in policy.conditions() {
        let value = |field: &String| match field.to_ascii_lowercase().as_str() {
            "bucket" => accepted.bucket.clone(),
            field => accepted.fields.get(field).cloned().unwrap_or_default(),
        };
        match condition {
            Condition::Equals(field, expected) => {
                assert!(value(field) == *expected || field.to_ascii_lowercase().starts_with("x-ignore-"));
            }
            Condition::StartsWith(field, prefix) => {
                let list = field.eq_ignore_ascii_case("content-type");
                let holds = value(field).starts_with(prefix) || list;
                assert!(holds || field.to_ascii_lowercase().starts_with("x-ignore-"));
            }
            Condition::ContentLengthRange(min, max) => assert!((*min..=*max).contains(&size_bytes)),
            _ => unreachable!("S3 has no other condition"),
        }
    }
    let covered: Vec<_> = policy.conditions().filter_map(Condition::field).collect();
    for name in accepted.fields.keys() {
        let exempt = matches!(name.as_str(), "policy" | "file" | "x-amz-signature");
        assert!(exempt || covered.contains(name), "{name}");
    }
}

/// The first bytes of a file, under a declared type that the first byte chooses: every rule of the
/// recorder looks at them, and the same bytes once more as the further part that a rule asks for. What a
/// link would show is of a type that cannot run script.
pub fn sniffers(bytes: &[u8]) {
    let Some((choice, head)) = bytes.split_first() else { return };
    let (filename, declared) = FILES[usize::from(*choice) % FILES.len()];
    let (declared, found): (ContentType, _) = (declared.parse().unwrap(), sniff(head));
    let _ = agreement(&declared, filename, &found);
    let _ = Kind::keeps_name(&filename.parse().unwrap(), &found.essence, found.is_plain());
    let _ = foreign_content(&found.essence, head);
    for essence in
        [found.essence.as_str(), "image/jpeg", "image/tiff", "image/heic", "image/bmp", "image/png"]
    {
        let part = pixels::further_part(essence, head, u64::MAX);
        assert!(part.is_none_or(|part| part.length <= HEAD_BYTES));
        let _ = pixels::pixels(essence, head, Some(head));
    }
    let _ = archive::is_bomb(head, head.len() as u64, Some(head));
    let sniffed: ContentType = found.essence.parse().unwrap();
    assert!(
        sniffed.disposition() == Disposition::Attachment || Kind::of_type(&found.essence) != Some(Kind::Page)
    );
}

const FILES: [(&str, &str); 6] = [
    ("a.png", "image/png"),
    ("a.pdf", "application/pdf"),
    ("a.txt", "text/plain"),
    ("a.zip", "application/zip"),
    ("a.ts", "video/mp2t"),
    ("a", "application/octet-stream"),
];
