//! What the functions are invoked with: their events, what the table has, their environment, and the answers that all
//! programs must give.

use std::sync::LazyLock;

use postern::keys::{KeyVersion, LinkKeys, TokenKey, TokenKeys};
use serde_json::{Value, json};

/// The derived key of all programs: 32 times the letter `k`.
pub const MAC: &str = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=";
const KEY: [u8; 32] = [b'k'; 32];

/// The version that is opened and recorded.
pub const VERSION: &str = "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY";

/// The size of the image that is recorded.
pub const IMAGE_BYTES: usize = 2_000_000;

/// The work of one function.
pub struct Work {
    pub function: &'static str,
    pub title: &'static str,
    pub event: fn() -> String,
    /// The item that the table has.
    pub item: fn() -> String,
    pub check: fn(&str),
}

pub const WORKS: [Work; 3] = [
    Work {
        function: "serve-link",
        title: "serve-link: an opening of an uncounted link",
        event: opening,
        item: link,
        check: check_redirect,
    },
    Work {
        function: "issue-upload",
        title: "issue-upload: a form",
        event: request_for_a_form,
        item: upload,
        check: check_form,
    },
    Work {
        function: "record-upload",
        title: "record-upload: a batch of one image",
        event: batch,
        item: upload,
        check: check_batch,
    },
];

/// The first 64 KiB of the image: a header, and bytes that look like compressed pixels.
pub fn image() -> &'static [u8] {
    static IMAGE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x10\0\0\0\x10\0\x08\x02\0\0\0";
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let pixels = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        });
        header.iter().copied().chain(pixels).take(64 * 1024).collect()
    });
    &IMAGE
}

/// The environment variables that Terraform and Lambda set.
pub fn variables(address: &str) -> Vec<(String, String)> {
    let elsewhere = format!("http://{address}");
    let keys = "1=arn:aws:kms:eu-central-1:111122223333:key/links";
    let variables = [
        ("AWS_LAMBDA_RUNTIME_API", address),
        ("AWS_LAMBDA_FUNCTION_NAME", "function"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "group"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
        ("AWS_REGION", bench::REGION),
        ("AWS_DEFAULT_REGION", bench::REGION),
        ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_ENDPOINT_URL", &elsewhere),
        ("POSTERN_TABLE", "table"),
        ("POSTERN_BUCKET", bench::BUCKET),
        ("POSTERN_FILES_KEY_ARN", bench::KMS_KEY),
        ("POSTERN_SIGNER_ROLE_ARN", "arn:aws:iam::111122223333:role/signer"),
        ("POSTERN_SIGNER_SESSION_S", "3600"),
        ("POSTERN_FORM_TTL_S", "900"),
        ("POSTERN_MAX_SIZE_BYTES", "5368709120"),
        ("POSTERN_ALLOWED_TYPES", "*/*"),
        ("POSTERN_OWNER_CLAIM", "sub"),
        ("POSTERN_OWNER_PENDING_UPLOADS", "none"),
        ("POSTERN_OWNER_BYTES_PER_DAY", "none"),
        ("POSTERN_REDIRECT_ORIGINS", "none"),
        ("POSTERN_UPLOAD_TOKEN_KEYS", keys),
        ("POSTERN_MAX_IMAGE_PIXELS", "100000000"),
        ("POSTERN_CONTENT_SCAN", "off"),
        ("POSTERN_LINK_URL_TTL_S", "60"),
        ("POSTERN_LINK_URL_TTL_MAX_S", "60"),
        ("POSTERN_LINK_CHECK_OBJECT", "false"),
        // The page of a link is not what is compared.
        ("POSTERN_LINK_PAGE", "never"),
        ("POSTERN_LINK_TRACK", "false"),
        ("POSTERN_BRAND", "none"),
        ("POSTERN_LINK_BASE_URL", "http://127.0.0.1:1"),
        ("POSTERN_TRACK_NETWORK", "none"),
        ("POSTERN_VIEWER_HEADER", ""),
        ("POSTERN_CLOUDFRONT_DOMAIN", ""),
        ("POSTERN_LINK_KEYS", keys),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn link_token() -> (String, String) {
    let token = LinkKeys::new(TokenKeys::new(vec![TokenKey { version: KeyVersion(1), key: KEY }]).unwrap())
        .make([7; 16]);
    (token.reveal(), token.link_id().as_str().to_owned())
}

/// A request of a browser to the HTTP API. The parts that are missing are in `more`.
fn request(route: &str, path: &str, more: &Value) -> String {
    let (method, _) = route.split_once(' ').unwrap();
    let mut event = json!({
        "version": "2.0", "routeKey": route, "rawPath": path, "rawQueryString": "",
        "headers": {
            "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "accept-encoding": "gzip, deflate, br", "accept-language": "de,en;q=0.5", "content-length": "0",
            "host": "files.example.com", "sec-fetch-dest": "document", "sec-fetch-mode": "navigate",
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "x-amzn-trace-id": "Root=1-00000000-000000000000000000000000",
            "x-forwarded-for": "192.0.2.7", "x-forwarded-port": "443", "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "111122223333", "apiId": "api", "domainName": "files.example.com",
            "domainPrefix": "files", "requestId": "JKJaXmPLvHcESHA=", "routeKey": route,
            "stage": "$default", "time": "24/Nov/2026:10:00:00 +0000", "timeEpoch": 1_795_514_400_000_u64,
            "authorizer": { "jwt": { "claims": {
                "iss": "https://login.example.com/", "sub": "auth0|5f7c8ec7c33c6c004bbafe82", "aud": "files",
                "iat": "1795514000", "exp": "1795517600",
            }, "scopes": null } },
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7",
                "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            },
        },
        "isBase64Encoded": false,
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event.to_string()
}

fn opening() -> String {
    let (token, _) = link_token();
    request("GET /l/{token}", &format!("/l/{token}"), &json!({ "pathParameters": { "token": token } }))
}

fn request_for_a_form() -> String {
    let file = json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": IMAGE_BYTES });
    request("POST /uploads", "/uploads", &json!({ "body": file.to_string() }))
}

/// A message of the queue, with the event of one upload.
fn batch() -> String {
    let event = json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": bench::REGION,
        "eventTime": "2026-11-24T10:00:00.123Z", "eventName": "ObjectCreated:Post",
        "userIdentity": { "principalId": "AWS:AROAEXAMPLE:s" },
        "requestParameters": { "sourceIPAddress": "192.0.2.7" },
        "responseElements": { "x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "FMyUVURIY8" },
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": "uploads",
            "bucket": {
                "name": bench::BUCKET, "ownerIdentity": { "principalId": "A3NL1KOZZKExample" },
                "arn": format!("arn:aws:s3:::{}", bench::BUCKET),
            },
            "object": {
                "key": bench::KEY, "size": IMAGE_BYTES, "eTag": "0123456789abcdef0123456789abcdef",
                "versionId": VERSION, "sequencer": "0055AED6DCD90281E5",
            },
        },
    }]});
    let message = json!({
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": event.to_string(), "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "attributes": {
            "ApproximateReceiveCount": "1", "SentTimestamp": "1795514400000", "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1795514400001",
        },
        "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": bench::REGION,
        "eventSourceARN": "arn:aws:sqs:eu-central-1:111122223333:uploads",
    });
    json!({ "Records": [message] }).to_string()
}

fn upload_id() -> &'static str {
    bench::KEY.trim_start_matches("uploads/")
}

const OWNER: &str = "https://login.example.com/#auth0|5f7c8ec7c33c6c004bbafe82";

/// The link in the table.
fn link() -> String {
    let (_, link_id) = link_token();
    let window = json!({ "M": { "nth": { "N": "0" }, "used": { "N": "0" } } });
    json!({
        "pk": { "S": format!("LINK#{link_id}") }, "link_id": { "S": link_id },
        "upload_id": { "S": upload_id() }, "owner": { "S": OWNER }, "version_id": { "S": VERSION },
        "sniffed_type": { "S": "image/png" }, "size_bytes": { "N": "67108" },
        "etag": { "S": "0123456789abcdef0123456789abcdef" }, "filename": { "S": "photo.png" },
        "linked_at": { "S": "2026-11-24T10:00:00.000Z" }, "terms": { "M": {} }, "opens": { "N": "0" },
        "hour_window": window, "recent_openings": { "M": {} },
        "attempts": { "M": { "nth": { "N": "0" }, "tried": { "M": {} } } },
        "transition_id": { "S": "01234567-89ab-8def-8123-456789abcdef" },
    })
    .to_string()
}

/// The upload in the table, which waits for its file.
fn upload() -> String {
    let number = |number: u64| json!({ "N": number.to_string() });
    json!({
        "pk": { "S": format!("UPLOAD#{}", upload_id()) }, "upload_id": { "S": upload_id() },
        "owner": { "S": OWNER }, "state": { "S": "pending" }, "filename": { "S": "photo.png" },
        "content_type": { "S": "image/png" }, "min_size_bytes": number(1),
        "max_size_bytes": number(IMAGE_BYTES as u64), "uploaded_at": { "S": "2026-11-24T10:00:00.000Z" },
        "policy_expires_at": { "S": "2026-11-24T10:15:00.000Z" }, "unfinished": { "S": "0" },
        "unfinished_since": { "S": "2026-11-24T10:15:00.000Z" }, "ttl": number(1_798_539_300),
        "transition_id": { "S": "01234567-89ab-8def-8123-456789abcdef" },
    })
    .to_string()
}

/// The redirect and the headers are the same for every program.
fn check_redirect(answer: &str) {
    let mut answer: Value = serde_json::from_str(answer).unwrap();
    assert_eq!(answer["statusCode"], 302, "{answer}");
    let headers = answer["headers"].as_object_mut().unwrap();
    let location = headers.remove("location").unwrap();
    // Only serve-link has pages, and so an answer that depends on the browser.
    headers.remove("vary");
    let location = location.as_str().unwrap();
    let expected = [
        "versionId=3%2FL4kqtJlcpXroDTDmJ%2BrmSpXd3dIbrHY",
        "response-content-type=image%2Fpng",
        "response-content-disposition=inline%3B%20filename%3D%22photo.png%22",
        "response-cache-control=private%2C%20no-store",
        "X-Amz-Security-Token=ttt",
        "X-Amz-Signature=",
        "X-Amz-Expires=60",
    ];
    assert!(expected.iter().all(|part| location.contains(part)), "{location}");
    let guards = json!({
        "cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex",
    });
    assert_eq!((&answer["statusCode"], &answer["headers"]), (&json!(302), &guards));
}

/// The fields are the same, whatever their names' case.
fn check_form(answer: &str) {
    let answer: Value = serde_json::from_str(answer).unwrap();
    assert_eq!(answer["statusCode"], 201, "{answer}");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let fields = body["fields"].as_object().unwrap();
    for expected in [
        "key",
        "policy",
        "content-type",
        "success_action_status",
        "x-amz-signature",
        "x-amz-security-token",
        "x-amz-server-side-encryption-aws-kms-key-id",
    ] {
        assert!(fields.keys().any(|name| name.eq_ignore_ascii_case(expected)), "{expected}: {body}");
    }
}

/// No message is redelivered.
fn check_batch(answer: &str) {
    let answer: Value = serde_json::from_str(answer).unwrap();
    assert_eq!(answer["batchItemFailures"], json!([]), "{answer}");
}
