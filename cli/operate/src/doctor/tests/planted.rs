//! Faults, each planted alone into a whole stack.

use std::collections::BTreeSet;

use super::healthy::{healthy, policy};
use super::{NEVER, report};
use crate::doctor::Seen;
use crate::doctor::api::Answer;
use crate::doctor::bucket::LifecycleRule;
use crate::doctor::catalog::CHECKS;
use crate::doctor::functions::Function;
use crate::doctor::observed::Unseen;

type Fault = (&'static str, &'static str, fn(&mut Seen));

/// The check, the fault in words, and how it is planted.
const FAULTS: &[Fault] = &[
    ("bucket-versioning", "suspended", |seen| seen.bucket.versioning = Ok(Some("Suspended".to_owned()))),
    ("bucket-versioning", "never switched on", |seen| seen.bucket.versioning = Ok(None)),
    ("bucket-encryption", "S3's own keys", |seen| encryption(seen).algorithm = "AES256".to_owned()),
    ("bucket-encryption", "another key", |seen| encryption(seen).key = Some("arn:other".to_owned())),
    ("bucket-encryption", "the key of AWS", |seen| encryption(seen).key = None),
    ("bucket-encryption", "no bucket keys", |seen| encryption(seen).bucket_key = false),
    ("bucket-encryption", "none", |seen| seen.bucket.encryption = Ok(None)),
    ("bucket-ownership", "ACLs count", |seen| seen.bucket.ownership = Ok(Some("ObjectWriter".to_owned()))),
    ("bucket-public-access", "one setting is off", |seen| {
        seen.bucket.public_access = Ok(vec![true, true, false, true]);
    }),
    ("bucket-public-access", "no block", |seen| seen.bucket.public_access = Ok(Vec::new())),
    ("bucket-policy", "the refusal of other writers is gone", |seen| {
        drop_statement(seen, "OnlyTheUploadSignerPutsFiles");
    }),
    ("bucket-policy", "the refusal of other readers is gone", |seen| {
        drop_statement(seen, "OnlyTheNamedRolesRead");
    }),
    ("bucket-policy", "the refusal became a right", |seen| {
        let mut policy = policy();
        policy["Statement"][0]["Effect"] = "Allow".into();
        seen.bucket.policy = Ok(policy);
    }),
    ("bucket-policy", "a refusal is about nothing", |seen| {
        seen.bucket.policy.as_mut().unwrap()["Statement"][1]["Resource"] =
            "arn:aws:s3:::postern-files/nothing/*".into();
    }),
    ("bucket-policy", "another role puts files", |seen| {
        seen.bucket.policy.as_mut().unwrap()["Statement"][1]["Condition"]["StringNotLike"]["aws:PrincipalArn"] =
            "arn:aws:iam::123456789012:role/other".into();
    }),
    ("bucket-cors", "no rule for uploads", |seen| seen.bucket.cors.as_mut().unwrap().truncate(1)),
    ("bucket-cors", "ETag is not exposed", |seen| {
        seen.bucket.cors.as_mut().unwrap()[1].exposed.remove("etag");
    }),
    ("bucket-cors", "the API's own origin is not allowed", |seen| {
        let rule = &mut seen.bucket.cors.as_mut().unwrap()[1];
        rule.origins = ["https://app.example".to_owned()].into();
    }),
    ("bucket-preflight", "another origin is allowed", |seen| {
        seen.bucket.preflight.as_mut().unwrap().allowed_origin = Some("https://other.example".to_owned());
    }),
    ("bucket-preflight", "refused", |seen| {
        let preflight = seen.bucket.preflight.as_mut().unwrap();
        (preflight.status, preflight.allowed_origin) = (403, None);
    }),
    ("bucket-lifecycle", "old versions expire", |seen| {
        let rule =
            LifecycleRule { id: "cheap".to_owned(), is_enabled: true, ends_parts: false, removes: true };
        seen.bucket.lifecycle.as_mut().unwrap().push(rule);
    }),
    ("bucket-abandoned-parts", "switched off", |seen| {
        seen.bucket.lifecycle.as_mut().unwrap()[0].is_enabled = false;
    }),
    ("bucket-events", "another queue", |seen| {
        seen.bucket.events.as_mut().unwrap()[0].queue_arn.push_str("-other");
    }),
    ("bucket-events", "another prefix", |seen| {
        seen.bucket.events.as_mut().unwrap()[0].prefix = Some("in/".to_owned());
    }),
    ("bucket-events", "a suffix that no key has", |seen| {
        seen.bucket.events.as_mut().unwrap()[0].suffix = Some(".never".to_owned());
    }),
    ("bucket-events", "only one kind of event", |seen| {
        seen.bucket.events.as_mut().unwrap()[0].events = ["s3:ObjectCreated:*".to_owned()].into();
    }),
    ("keys", "the files key is disabled", |seen| key(seen, "files").state = "Disabled".to_owned()),
    ("keys", "the key of links is about to be deleted", |seen| {
        key(seen, "links 1").state = "PendingDeletion".to_owned();
    }),
    ("keys", "the key of upload tokens is for signing", |seen| {
        key(seen, "upload tokens 1").usage = "SIGN_VERIFY".to_owned();
    }),
    ("table-recovery", "off", |seen| seen.table.recovery = Ok(Some("DISABLED".to_owned()))),
    ("table-deletion-protection", "off", |seen| table(seen).deletion_protection = false),
    ("table-expiry", "off", |seen| seen.table.expiry.as_mut().unwrap().status = Some("DISABLED".to_owned())),
    ("table-expiry", "another attribute", |seen| {
        seen.table.expiry.as_mut().unwrap().attribute = Some("expires".to_owned());
    }),
    ("table-stream", "off", |seen| table(seen).stream_view = None),
    ("table-stream", "keys only", |seen| table(seen).stream_view = Some("KEYS_ONLY".to_owned())),
    ("table-indexes", "one is missing", |seen| {
        table(seen).indexes.remove("links_by_owner");
    }),
    ("table-indexes", "one is being made", |seen| {
        table(seen).indexes.insert("links_by_owner".to_owned(), Some("CREATING".to_owned()));
    }),
    ("table-encryption", "the key of AWS", |seen| table(seen).key = None),
    ("queue-redrive", "no dead-letter queue", |seen| queue(seen, "uploads").redrive = None),
    ("queue-redrive", "another dead-letter queue", |seen| {
        queue(seen, "webhook").redrive.as_mut().unwrap().to_arn.push_str("-other");
    }),
    ("queue-redrive", "the first try is the last", |seen| {
        queue(seen, "uploads").redrive.as_mut().unwrap().after = 1;
    }),
    ("queue-policy", "the bucket may not send", |seen| queue(seen, "uploads").policy = None),
    ("queue-policy", "every principal may send", |seen| {
        queue(seen, "uploads").policy.as_mut().unwrap()["Statement"][0]["Principal"] = "*".into();
    }),
    ("queue-policy", "every bucket may send", |seen| {
        queue(seen, "uploads").policy.as_mut().unwrap()["Statement"][0]["Condition"] = serde_json::json!({});
    }),
    ("queue-policy", "a second statement allows every bucket everything", |seen| {
        let policy = queue(seen, "uploads").policy.as_mut().unwrap();
        let mut more = policy["Statement"][0].clone();
        more["Action"] = "sqs:*".into();
        more["Condition"]["ArnEquals"]["aws:SourceArn"] = "arn:aws:s3:::*".into();
        policy["Statement"].as_array_mut().unwrap().push(more);
    }),
    ("queue-policy", "more than to send", |seen| {
        queue(seen, "uploads").policy.as_mut().unwrap()["Statement"][0]["Action"] = "sqs:*".into();
    }),
    ("queue-policy", "another bucket may send", |seen| {
        queue(seen, "uploads").policy.as_mut().unwrap()["Statement"][0]["Condition"]["ArnEquals"]["aws:SourceArn"] =
            "arn:aws:s3:::other".into();
    }),
    ("queue-policy", "a bucket of any account may send", |seen| {
        let statement = &mut queue(seen, "uploads").policy.as_mut().unwrap()["Statement"][0];
        statement["Condition"].as_object_mut().unwrap().remove("StringEquals");
    }),
    ("dead-letters", "the hourly run was given up", |seen| queue(seen, "dead_tidy").waiting = 1),
    ("dead-letters", "an upload was given up", |seen| queue(seen, "dead_uploads").waiting = 1),
    ("function-state", "failed", |seen| function(seen, "serve-link").state = Some("Failed".to_owned())),
    ("function-state", "an update failed", |seen| {
        function(seen, "serve-link").last_update = Some("Failed".to_owned());
    }),
    ("function-environment", "a variable is missing", |seen| {
        function(seen, "serve-link").environment.remove("POSTERN_BRAND");
    }),
    ("function-environment", "another table", |seen| set(seen, "record-upload", "POSTERN_TABLE", "other")),
    ("function-environment", "another role", |seen| {
        set(seen, "issue-upload", "POSTERN_SIGNER_ROLE_ARN", "arn:aws:iam::123456789012:role/other");
    }),
    ("function-environment", "a key of links is missing", |seen| {
        set(seen, "serve-link", "POSTERN_LINK_KEYS", "1=arn:links-1,2=arn:links-2");
    }),
    ("function-environment", "another library is loaded first", |seen| {
        set(seen, "serve-link", "LD_PRELOAD", "/opt/other.so");
    }),
    ("function-environment", "another program starts first", |seen| {
        set(seen, "serve-link", "AWS_LAMBDA_EXEC_WRAPPER", "/opt/other");
    }),
    ("function-environment", "a setting that the module does not have", |seen| {
        set(seen, "serve-link", "POSTERN_OTHER", "1");
    }),
    ("function-settings", "a limit is no number", |seen| {
        set(seen, "issue-upload", "POSTERN_OWNER_PENDING_UPLOADS", "rubbish");
    }),
    ("function-settings", "a setting is no word that the function knows", |seen| {
        set(seen, "serve-link", "POSTERN_LINK_PAGE", "rubbish");
    }),
    ("function-settings", "a life is no number", |seen| {
        set(seen, "record-upload", "POSTERN_LINK_URL_TTL_S", "rubbish");
    }),
    ("function-processor", "the package is for another processor", |seen| {
        function(seen, "issue-upload").program = Ok("x86_64".to_owned());
    }),
    ("function-settings", "a session ends before a URL", |seen| {
        set(seen, "serve-link", "POSTERN_LINK_URL_TTL_MAX_S", "900");
        set(seen, "serve-link", "POSTERN_SIGNER_SESSION_S", "899");
    }),
    ("role-sessions", "shorter than the function asks for", |seen| {
        seen.functions.sessions.insert("download-signer".to_owned(), Ok(1800));
    }),
    ("function-triggers", "switched off", |seen| triggers(seen)[0].state = "Disabled".to_owned()),
    ("function-triggers", "no trigger of the stream", |seen| {
        triggers(seen).pop();
    }),
    ("hourly-run", "deleted", |seen| seen.functions.schedule = Err(missing())),
    ("function-triggers", "the function is gone", |seen| {
        seen.functions.triggers.insert("send-webhook".to_owned(), Err(missing()));
    }),
    ("app-events-pipe", "deleted", |seen| seen.watch.pipe = Err(missing())),
    ("hourly-run", "switched off", |seen| {
        seen.functions.schedule.as_mut().unwrap().state = Some("DISABLED".to_owned());
    }),
    ("hourly-run", "calls another function", |seen| {
        seen.functions.schedule.as_mut().unwrap().target_arn = Some("arn:…:function:other".to_owned());
    }),
    ("hourly-run", "once a year", |seen| {
        seen.functions.schedule.as_mut().unwrap().expression = Some("rate(365 days)".to_owned());
    }),
    ("hourly-run", "another task", |seen| {
        seen.functions.schedule.as_mut().unwrap().input = Some(serde_json::json!({ "task": "nothing" }));
    }),
    ("hourly-run", "no input", |seen| seen.functions.schedule.as_mut().unwrap().input = None),
    ("api-routes", "one is missing", |seen| {
        seen.api.routes.as_mut().unwrap().remove("GET /uploads");
    }),
    ("api-routes", "one is open", |seen| {
        seen.api.routes.as_mut().unwrap().insert("GET /links".to_owned(), "NONE".to_owned());
    }),
    ("api-preflight", "no origin is allowed", |seen| {
        seen.api.preflight.as_mut().unwrap().allowed_origin = None;
    }),
    ("api-refuses", "open to everyone", |seen| seen.api.without_token = Ok(200)),
    ("links-answer", "the gateway answers", |seen| {
        seen.api.invented_link = Ok(Answer { status: 404, body: "{\"message\":\"Not Found\"}".to_owned() });
    }),
    ("links-answer", "another server answers", |seen| {
        seen.api.invented_link = Ok(Answer { status: 404, body: "<h1>Not found</h1>".to_owned() });
    }),
    ("links-answer", "serve-link fails", |seen| {
        seen.api.invented_link = Ok(Answer { status: 503, body: "{\"code\":\"unavailable\"}".to_owned() });
    }),
    ("authorizer-discovery", "another issuer", |seen| {
        seen.api.discovery.as_mut().unwrap().named = Some("https://login.example.com".to_owned());
    }),
    ("authorizer-discovery", "no document", |seen| {
        let discovery = seen.api.discovery.as_mut().unwrap();
        (discovery.status, discovery.named) = (404, None);
    }),
    ("authorizer-keys", "one of two is elliptic", |seen| {
        seen.api.keys.as_mut().unwrap()[1].usage = None;
    }),
    ("authorizer-keys", "all are elliptic", |seen| seen.api.keys.as_mut().unwrap()[0].kind = "EC".to_owned()),
    ("clock", "20 minutes behind", |seen| seen.bucket.clock_ahead_s = Ok(1200)),
    ("clock", "2 minutes ahead", |seen| seen.bucket.clock_ahead_s = Ok(-120)),
    ("rights", "one is missing", |seen| right(seen, 0, false)),
    ("rights", "one too many", |seen| right(seen, 1, true)),
    ("leading-keys", "the condition is gone", |seen| seen.watch.reads_uploads = Ok(true)),
    ("alarms", "deleted", |seen| {
        seen.watch.alarms.as_mut().unwrap().insert("postern-errors".to_owned(), None);
    }),
    ("alarms", "no action", |seen| alarm(seen).actions = 0),
    ("alarms", "switched off", |seen| alarm(seen).is_enabled = false),
    ("app-events-pipe", "stopped", |seen| {
        seen.watch.pipe.as_mut().unwrap().state = Some("STOPPED".to_owned());
    }),
    ("app-events-pipe", "a fixed detail type", |seen| {
        seen.watch.pipe.as_mut().unwrap().detail_type = Some("Upload Available".to_owned());
    }),
    ("canary-upload", "S3 refuses", |seen| seen.canary.posted = Ok(Ok(answer(403, "AccessDenied")))),
    ("canary-upload", "the API refuses the token", |seen| {
        seen.canary.posted = Ok(Err("the API answers 401".to_owned()));
    }),
    ("canary-encryption", "another key", |seen| {
        seen.canary.encryption = Ok(Ok(Some("arn:other".to_owned())));
    }),
    ("canary-recorded", "never", |seen| seen.canary.recorded = Ok(Ok("pending".to_owned()))),
    ("canary-opened", "other bytes", |seen| {
        seen.canary.opened.as_mut().unwrap().as_mut().unwrap().is_same = false;
    }),
    ("canary-url-life", "an hour", |seen| {
        seen.canary.opened.as_mut().unwrap().as_mut().unwrap().life_s = Some(3600);
    }),
    ("canary-url-life", "none", |seen| {
        seen.canary.opened.as_mut().unwrap().as_mut().unwrap().life_s = Some(0);
    }),
    ("canary-head", "no size", |seen| seen.canary.head.as_mut().unwrap().as_mut().unwrap().size_bytes = None),
    ("canary-head", "a size of 0", |seen| {
        seen.canary.head.as_mut().unwrap().as_mut().unwrap().size_bytes = Some(0);
    }),
    ("canary-kms", "S3's own keys", |seen| {
        seen.canary.opened.as_mut().unwrap().as_mut().unwrap().encryption = Some("AES256".to_owned());
    }),
    ("canary-kms", "another key", |seen| {
        seen.canary.opened.as_mut().unwrap().as_mut().unwrap().key = Some("arn:other".to_owned());
    }),
    ("canary-revoked", "still opens", |seen| seen.canary.revoked = Ok(Ok(302))),
    ("canary-removed", "waits", |seen| seen.canary.removed = Ok(Ok("deleting".to_owned()))),
    ("canary-too-large", "stored", |seen| refused(seen, "canary-too-large", answer(201, ""))),
    ("canary-without-encryption", "stored", |seen| {
        refused(seen, "canary-without-encryption", answer(204, ""));
    }),
    ("canary-other-prefix", "stored", |seen| refused(seen, "canary-other-prefix", answer(201, ""))),
    ("canary-checksum", "stored", |seen| refused(seen, "canary-checksum", answer(201, ""))),
    ("canary-put-date", "stored", |seen| refused(seen, "canary-put-date", answer(200, ""))),
    ("canary-too-large", "refused because it is late", |seen| {
        refused(seen, "canary-too-large", answer(403, "AccessDenied"));
    }),
    ("signature-age", "a longer cap", |seen| {
        let mut policy = policy();
        let statements = policy["Statement"].as_array_mut().unwrap();
        let form =
            statements.iter_mut().find(|statement| statement["Sid"] == "NoFormOutlivesItsLife").unwrap();
        form["Condition"]["NumericGreaterThan"]["s3:signatureAge"] = "604800000".into();
        seen.bucket.policy = Ok(policy);
    }),
];

fn missing() -> Unseen {
    Unseen::Missing("it does not exist".to_owned())
}

fn encryption(seen: &mut Seen) -> &mut crate::doctor::bucket::Encryption {
    seen.bucket.encryption.as_mut().unwrap().as_mut().unwrap()
}

fn drop_statement(seen: &mut Seen, sid: &str) {
    let mut policy = policy();
    policy["Statement"].as_array_mut().unwrap().retain(|statement| statement["Sid"] != sid);
    seen.bucket.policy = Ok(policy);
}

fn key<'a>(seen: &'a mut Seen, purpose: &str) -> &'a mut crate::doctor::storage::Key {
    seen.keys.get_mut(purpose).unwrap().as_mut().unwrap()
}

fn table(seen: &mut Seen) -> &mut crate::doctor::storage::Described {
    seen.table.described.as_mut().unwrap()
}

fn queue<'a>(seen: &'a mut Seen, name: &str) -> &'a mut crate::doctor::storage::Queue {
    seen.queues.get_mut(name).unwrap().as_mut().unwrap()
}

fn function<'a>(seen: &'a mut Seen, name: &str) -> &'a mut Function {
    seen.functions.by_name.get_mut(name).unwrap().as_mut().unwrap()
}

fn set(seen: &mut Seen, name: &str, variable: &str, value: &str) {
    function(seen, name).environment.insert(variable.to_owned(), value.to_owned());
}

fn triggers(seen: &mut Seen) -> &mut Vec<crate::doctor::functions::Trigger> {
    seen.functions.triggers.get_mut("record-upload").unwrap().as_mut().unwrap()
}

fn right(seen: &mut Seen, place: usize, is_allowed: bool) {
    seen.watch.rights.get_mut("serve-link").unwrap().as_mut().unwrap()[place].is_allowed = is_allowed;
}

fn alarm(seen: &mut Seen) -> &mut crate::doctor::watch::Alarm {
    seen.watch.alarms.as_mut().unwrap().get_mut("postern-errors").unwrap().as_mut().unwrap()
}

fn answer(status: u16, code: &str) -> Answer {
    Answer { status, body: format!("<Error><Code>{code}</Code></Error>") }
}

fn refused(seen: &mut Seen, check: &'static str, answer: Answer) {
    seen.canary.refused.insert(check, Ok(Ok(answer)));
}

#[test]
fn each_planted_fault_is_named_by_its_check_only() {
    let mut other = Vec::new();
    for (check, fault, plant) in FAULTS {
        let mut seen = healthy();
        plant(&mut seen);
        let failures = report(&seen).failures();
        if failures != [*check] {
            other.push(format!("{check}: {fault}: {failures:?}"));
        }
    }
    assert!(other.is_empty(), "{}", other.join("\n"));
}

#[test]
fn every_check_has_a_planted_fault() {
    let planted: BTreeSet<&str> = FAULTS.iter().map(|(check, ..)| *check).collect();
    let lacking: Vec<&str> = CHECKS
        .iter()
        .map(|check| check.id)
        .filter(|id| !planted.contains(id) && !NEVER.contains(id))
        .collect();
    assert_eq!(lacking, Vec::<&str>::new());
}

#[test]
fn a_canary_whose_file_does_not_open_names_the_keys_too() {
    let mut seen = healthy();
    seen.canary.opened.as_mut().unwrap().as_mut().unwrap().status = 403;
    assert_eq!(report(&seen).failures(), ["canary-opened", "canary-kms"]);
}

#[test]
fn a_session_that_is_no_number_is_a_fault_of_the_settings() {
    let mut seen = healthy();
    set(&mut seen, "issue-upload", "POSTERN_SIGNER_SESSION_S", "rubbish");
    set(&mut seen, "issue-upload", "POSTERN_FORM_TTL_S", "604800");
    assert_eq!(report(&seen).failures(), ["function-settings", "signature-age"]);
}

#[test]
fn one_part_that_cannot_be_read_hides_no_failure_of_another() {
    let mut seen = healthy();
    seen.keys.insert("operations".to_owned(), Err(Unseen::Because("AccessDenied".to_owned())));
    assert_eq!(report(&seen).failures(), Vec::<&str>::new());
    key(&mut seen, "files").state = "Disabled".to_owned();
    assert_eq!(report(&seen).failures(), ["keys"]);
}
