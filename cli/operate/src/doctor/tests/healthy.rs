//! A stack in which all is as it should be.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::doctor::Seen;
use crate::doctor::api::{Answer, Api, Discovery, SigningKey};
use crate::doctor::bucket::{Bucket, CorsRule, Encryption, LifecycleRule, Preflight, QueueEvents};
use crate::doctor::canary::{Canary, Head, Opened};
use crate::doctor::functions::{Function, Functions, Schedule, Trigger};
use crate::doctor::observed::Observed;
use crate::doctor::settings::Description;
use crate::doctor::storage::{Described, Expiry, Key, Queue, Redrive, Table};
use crate::doctor::watch::{Alarm, Pipe, Right, Watch};
use crate::stack::Stack;

const KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/files";
const OPERATIONS_KEY: &str = "arn:aws:kms:eu-central-1:123456789012:key/operations";
const QUEUE: &str = "arn:aws:sqs:eu-central-1:123456789012:";
const ISSUER: &str = "https://login.example.com/";
pub(super) const ORIGIN: &str = "https://app.example.com";

fn map<T>(entries: impl IntoIterator<Item = (&'static str, T)>) -> BTreeMap<String, T> {
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn stack() -> Stack {
    let names = |entries: &[(&'static str, &str)]| {
        map(entries.iter().map(|(name, value)| (*name, (*value).to_owned())))
    };
    Stack {
        region: Some("eu-central-1".to_owned()),
        api_url: Some("https://a1.execute-api.eu-central-1.amazonaws.com".to_owned()),
        api_id: Some("a1".to_owned()),
        link_base_url: Some("https://a1.execute-api.eu-central-1.amazonaws.com".to_owned()),
        bucket: Some("postern-files".to_owned()),
        table: Some("postern".to_owned()),
        functions: names(&[
            ("issue-upload", "postern-issue-upload"),
            ("record-upload", "postern-record-upload"),
            ("serve-link", "postern-serve-link"),
            ("send-webhook", "postern-send-webhook"),
        ]),
        queues: names(&[
            ("uploads", "postern-uploads"),
            ("webhook", "postern-webhook"),
            ("dead_uploads", "postern-uploads-dead"),
            ("dead_removals", "postern-removals-dead"),
            ("dead_tidy", "postern-tidy-dead"),
            ("dead_webhook", "postern-webhook-dead"),
        ]),
        roles: names(&[
            ("upload-signer", "postern-upload-signer"),
            ("download-signer", "postern-download-signer"),
            ("record-upload", "postern-record-upload"),
        ]),
        files_key_arn: Some(KEY.to_owned()),
        operations_key_arn: Some(OPERATIONS_KEY.to_owned()),
        link_keys: names(&[("1", "arn:links-1"), ("2", "arn:links-2"), ("10", "arn:links-10")]),
        upload_token_keys: names(&[("1", "arn:tokens-1")]),
        alarms: Some(vec!["postern-errors".to_owned()]),
        event_bus: Some("postern".to_owned()),
        ..Stack::default()
    }
}

/// The policy that Terraform renders from the module, for this stack.
pub(super) fn policy() -> Value {
    let snapshot = include_str!("../../../../../terraform/tests/policies/snapshots/plain.json");
    let snapshot: Value = serde_json::from_str(snapshot).unwrap();
    let policy = snapshot["bucket policies"]["aws_s3_bucket_policy.files"]["document"].to_string();
    let policy = policy.replace("postern-files-111122223333-us-east-1", "postern-files");
    let policy = policy
        .replace("postern-us-east-1-", "postern-")
        .replace("us-east-1:111122223333", "eu-central-1:123456789012");
    serde_json::from_str(&policy).unwrap()
}

fn bucket() -> Bucket {
    let description = Description::built_in();
    Bucket {
        versioning: Ok(Some("Enabled".to_owned())),
        encryption: Ok(Some(Encryption {
            algorithm: "aws:kms".to_owned(),
            key: Some(KEY.to_owned()),
            bucket_key: true,
        })),
        ownership: Ok(Some("BucketOwnerEnforced".to_owned())),
        public_access: Ok(vec![true; 4]),
        policy: Ok(policy()),
        cors: Ok(vec![
            CorsRule {
                origins: ["*".to_owned()].into(),
                methods: ["GET".to_owned()].into(),
                exposed: [].into(),
            },
            CorsRule {
                origins: [
                    "https://app.example".to_owned(),
                    "https://a1.execute-api.eu-central-1.amazonaws.com".to_owned(),
                ]
                .into(),
                methods: description.bucket_cors.allow_methods,
                exposed: description
                    .bucket_cors
                    .expose_headers
                    .iter()
                    .map(|name| name.to_lowercase())
                    .collect(),
            },
        ]),
        preflight: Ok(preflight()),
        lifecycle: Ok(vec![LifecycleRule {
            id: "parts".to_owned(),
            is_enabled: true,
            ends_parts: true,
            removes: false,
        }]),
        events: Ok(vec![QueueEvents {
            queue_arn: format!("{QUEUE}postern-uploads"),
            events: description.events.bucket,
            prefix: Some("uploads/".to_owned()),
            suffix: None,
        }]),
        clock_ahead_s: Ok(-2),
    }
}

fn preflight() -> Preflight {
    Preflight { origin: ORIGIN.to_owned(), status: 200, allowed_origin: Some(ORIGIN.to_owned()) }
}

fn key(is_cipher: bool) -> Key {
    let [usage, spec] = if is_cipher {
        ["ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"]
    } else {
        ["GENERATE_VERIFY_MAC", "HMAC_256"]
    };
    Key { state: "Enabled".to_owned(), usage: usage.to_owned(), spec: spec.to_owned() }
}

fn table() -> Table {
    let description = Description::built_in().table;
    Table {
        recovery: Ok(Some("ENABLED".to_owned())),
        expiry: Ok(Expiry { status: Some("ENABLED".to_owned()), attribute: Some(description.ttl_attribute) }),
        described: Ok(Described {
            arn: Some("arn:aws:dynamodb:eu-central-1:123456789012:table/postern".to_owned()),
            deletion_protection: true,
            stream_view: Some(description.stream_view),
            indexes: description.indexes.into_keys().map(|name| (name, Some("ACTIVE".to_owned()))).collect(),
            key: Some(OPERATIONS_KEY.to_owned()),
        }),
    }
}

fn queues() -> BTreeMap<String, Observed<Queue>> {
    let dead = || Ok(Queue { waiting: 0, redrive: None, policy: None });
    let live = |name: &str, after| Queue {
        waiting: 7,
        redrive: Some(Redrive { to_arn: format!("{QUEUE}postern-{name}-dead"), after }),
        policy: Some(json!({ "Statement": [{
            "Sid": "OurBucketReportsUploads",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Principal": { "Service": "s3.amazonaws.com" },
            "Condition": {
                "ArnEquals": { "aws:SourceArn": "arn:aws:s3:::postern-files" },
                "StringEquals": { "aws:SourceAccount": "123456789012" },
            },
        }]})),
    };
    let events = Description::built_in().events;
    map([
        ("uploads", Ok(live("uploads", events.queue.max_receive_count))),
        ("webhook", Ok(live("webhook", events.webhook.max_receive_count))),
        ("dead_uploads", dead()),
        ("dead_removals", dead()),
        ("dead_tidy", dead()),
        ("dead_webhook", dead()),
    ])
}

/// The value of a variable of the functions.
fn value(coordinate: &str) -> &str {
    match coordinate {
        "table_name" => "postern",
        "bucket_name" => "postern-files",
        "files_key_arn" => KEY,
        "link_base_url" => "https://a1.execute-api.eu-central-1.amazonaws.com",
        "link_keys" => "1=arn:links-1,2=arn:links-2,10=arn:links-10",
        "upload_token_keys" => "1=arn:tokens-1",
        "upload_signer_role_arn" => "arn:aws:iam::123456789012:role/postern-upload-signer",
        "download_signer_role_arn" => "arn:aws:iam::123456789012:role/postern-download-signer",
        "webhook_queue_url" => "https://sqs.eu-central-1.amazonaws.com/123456789012/postern-webhook",
        "webhook_dead_letter_queue_url" => {
            "https://sqs.eu-central-1.amazonaws.com/123456789012/postern-webhook-dead"
        }
        "signer_session_s" => "3600",
        "form_ttl_s" | "link_url_ttl_max_s" => "900",
        "link_url_ttl_s" => "60",
        "allowed_types" => "image/*",
        "brand" | "owner_bytes_per_day" | "owner_pending_uploads" | "redirect_origins" => "none",
        "content_scan" => "off",
        "link_check_object" | "link_track" => "false",
        "link_page" => "auto",
        "max_image_pixels" => "0",
        "max_size_bytes" => "1073741824",
        "track_network" => "prefix",
        "webhook_url" => "https://app.example.com/hooks",
        "cloudfront_domain" | "viewer_header" => "",
        _ => "the operator's",
    }
}

fn functions() -> Functions {
    let function = |name: &str| {
        let environment = &Description::built_in().functions[name].environment;
        Ok(Function {
            state: Some("Active".to_owned()),
            last_update: Some("Successful".to_owned()),
            architecture: Some("arm64".to_owned()),
            environment: environment.iter().map(|(name, of)| (name.clone(), value(of).to_owned())).collect(),
            program: Ok("arm64".to_owned()),
        })
    };
    let trigger = |source: &str| Trigger { source_arn: source.to_owned(), state: "Enabled".to_owned() };
    let schedule = Description::built_in().events.schedule;
    let stream = "arn:aws:dynamodb:eu-central-1:123456789012:table/postern/stream/2026-01-01T00:00:00.000";
    Functions {
        by_name: map(["issue-upload", "record-upload", "serve-link", "send-webhook"]
            .map(|name| (name, function(name)))),
        triggers: map([
            ("record-upload", Ok(vec![trigger(&format!("{QUEUE}postern-uploads")), trigger(stream)])),
            ("send-webhook", Ok(vec![trigger(&format!("{QUEUE}postern-webhook"))])),
        ]),
        schedule: Ok(Schedule {
            state: Some("ENABLED".to_owned()),
            expression: Some(schedule.expression),
            input: Some(schedule.input),
            target_arn: Some(
                "arn:aws:lambda:eu-central-1:123456789012:function:postern-record-upload".to_owned(),
            ),
        }),
        sessions: map([("upload-signer", Ok(3600)), ("download-signer", Ok(3600))]),
    }
}

fn api() -> Api {
    let routes = Description::built_in().routes;
    Api {
        routes: Ok(routes.into_iter().map(|route| (route.key, route.authorization)).collect()),
        preflight: Ok(preflight()),
        origins: Ok(vec![ORIGIN.to_owned()]),
        without_token: Ok(401),
        invented_link: Ok(Answer { status: 404, body: "{\"code\":\"link_unknown\"}".to_owned() }),
        discovery: Ok(Discovery {
            configured: ISSUER.to_owned(),
            status: 200,
            named: Some(ISSUER.to_owned()),
        }),
        keys: Ok(vec![
            SigningKey { id: "a".to_owned(), kind: "RSA".to_owned(), usage: Some("sig".to_owned()) },
            SigningKey { id: "b".to_owned(), kind: "EC".to_owned(), usage: Some("enc".to_owned()) },
        ]),
    }
}

fn watch() -> Watch {
    let right = |action: &str, must_be_allowed| Right {
        action: action.to_owned(),
        must_be_allowed,
        is_allowed: must_be_allowed,
    };
    Watch {
        rights: map([(
            "serve-link",
            Ok(vec![right("kms:GenerateMac", true), right("dynamodb:Scan", false)]),
        )]),
        reads_uploads: Ok(false),
        alarms: Ok(map([("postern-errors", Some(Alarm { is_enabled: true, actions: 1 }))])),
        pipe: Ok(Pipe {
            state: Some("RUNNING".to_owned()),
            detail_type: Some("$.dynamodb.NewImage.announces.M.type.S".to_owned()),
        }),
    }
}

fn canary() -> Canary {
    let answer =
        |status, code: &str| Ok(Ok(Answer { status, body: format!("<Error><Code>{code}</Code></Error>") }));
    Canary {
        posted: Ok(Ok(Answer { status: 201, body: String::new() })),
        encryption: Ok(Ok(Some(KEY.to_owned()))),
        recorded: Ok(Ok("available".to_owned())),
        opened: Ok(Ok(Opened {
            status: 200,
            is_same: true,
            life_s: Some(60),
            encryption: Some("aws:kms".to_owned()),
            key: Some(KEY.to_owned()),
        })),
        head: Ok(Ok(Head { status: 200, size_bytes: Some(2048), wanted_bytes: 2048 })),
        revoked: Ok(Ok(410)),
        removed: Ok(Ok("deleted".to_owned())),
        refused: [
            ("canary-too-large", answer(400, "EntityTooLarge")),
            ("canary-without-encryption", answer(403, "AccessDenied")),
            ("canary-other-prefix", answer(403, "AccessDenied")),
            ("canary-checksum", answer(400, "BadDigest")),
            ("canary-put-date", answer(403, "SignatureDoesNotMatch")),
        ]
        .into(),
    }
}

/// What was read of this stack.
pub(super) fn healthy() -> Seen {
    Seen {
        stack: stack(),
        bucket: bucket(),
        keys: map([
            ("files", Ok(key(true))),
            ("operations", Ok(key(true))),
            ("links 1", Ok(key(false))),
            ("upload tokens 1", Ok(key(false))),
        ]),
        table: table(),
        queues: queues(),
        functions: functions(),
        api: api(),
        watch: watch(),
        canary: canary(),
    }
}
