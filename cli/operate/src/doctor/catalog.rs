//! The list of all checks. `docs/doctor.md` is made from it.

/// What a check can show on the local AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Local {
    /// The same as in an account.
    Shown,
    /// The local stack is made without it, for this reason: a failure says nothing.
    Without(&'static str),
    /// The local AWS cannot show it, for this reason: a pass says nothing either.
    CannotShow(&'static str),
}

/// One check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Its name.
    pub id: &'static str,
    /// What it looks at, and what it expects.
    pub looks_at: &'static str,
    /// What a failure means.
    pub means: &'static str,
    /// What to change.
    pub fix: &'static str,
    /// What it can show on the local AWS.
    pub local: Local,
    /// The risk in docs/security.md that it is about.
    pub risk: Option<&'static str>,
}

const APPLY: &str = "apply the module again: `terraform plan` shows what was changed beside it";

const fn check_of(id: &'static str, looks_at: &'static str, means: &'static str, fix: &'static str) -> Check {
    Check { id, looks_at, means, fix, local: Local::Shown, risk: None }
}

impl Check {
    const fn risk(mut self, risk: &'static str) -> Self {
        self.risk = Some(risk);
        self
    }

    const fn without(mut self, why: &'static str) -> Self {
        self.local = Local::Without(why);
        self
    }

    const fn cannot_show(mut self, why: &'static str) -> Self {
        self.local = Local::CannotShow(why);
        self
    }
}

/// All checks, in the order of the report.
pub static CHECKS: &[Check] = &[
    check_of("bucket-versioning", "GetBucketVersioning: `Enabled`", "a second post overwrites the file that was looked at, and links lead to it", APPLY).risk("U1"),
    check_of("bucket-encryption", "GetBucketEncryption: `aws:kms` with the files key, and bucket keys", "parts of multipart uploads are encrypted with another key, or each file costs a call of KMS", APPLY).risk("O3"),
    check_of("bucket-ownership", "GetBucketOwnershipControls: `BucketOwnerEnforced`", "ACLs count, and another account may own files", APPLY).risk("O3"),
    check_of("bucket-public-access", "GetPublicAccessBlock: all four settings", "a policy or an ACL can make files public", APPLY).risk("O3"),
    check_of("bucket-policy", "GetBucketPolicy: has each statement of the module that refuses something, for everyone, with its actions, resources and conditions", "what the statement refuses is open to every role with a broad policy", APPLY).risk("N5"),
    check_of("bucket-cors", "GetBucketCors: the rule for uploads with its methods, its exposed headers and the API's own origin", "uploads from a browser stop at 100 %, or fail without a reason", "set `origins` of the module, and apply it"),
    check_of("bucket-preflight", "a preflight of a POST to the bucket from an allowed origin", "no browser can upload", "compare `origins` of the module with the origin of your page: scheme, host and port"),
    check_of("bucket-lifecycle", "GetBucketLifecycleConfiguration: no rule removes versions or current objects", "files that links lead to are deleted for good", "remove the rule. Retention of files is a deletion through the API").risk("O3"),
    check_of("bucket-abandoned-parts", "GetBucketLifecycleConfiguration: a rule ends abandoned multipart uploads", "parts of abandoned uploads are stored, and cost, for ever", APPLY).without("`cargo dev` makes a bucket without lifecycle rules").risk("U6"),
    check_of("bucket-events", "GetBucketNotificationConfiguration: the events of the module go to the queue `uploads`, whatever the key ends with", "uploads stay pending until the hourly run finds them", APPLY),
    check_of("keys", "DescribeKey of each key: enabled, with its usage and spec", "a disabled key of files stops uploads and downloads; one behind tokens stops every link", "`aws kms enable-key --key-id ARN`, or `cancel-key-deletion` first if it is PendingDeletion").risk("O3"),
    check_of("table-recovery", "DescribeContinuousBackups: point-in-time recovery", "a table that was destroyed or overwritten cannot be restored", "set `point_in_time_recovery = true` of the module, and apply it").without("`cargo dev` makes a table without backups").risk("O2"),
    check_of("table-deletion-protection", "DescribeTable: deletion protection", "one call deletes every link", "set `deletion_protection = true` of the module, and apply it").without("`cargo dev` makes a table without protection").risk("O2"),
    check_of("table-expiry", "DescribeTimeToLive: enabled on `ttl`", "records of uploads that never came stay for ever", APPLY),
    check_of("table-stream", "DescribeTable: a stream of new and old images", "deletions wait for the hourly run, and the app gets no events", APPLY),
    check_of("table-indexes", "DescribeTable: each index of the module, `ACTIVE`", "lists, deletions or the hourly run fail", APPLY),
    check_of("table-encryption", "DescribeTable: encrypted with the operations key", "whoever may use the key of AWS reads a backup of the table", APPLY).risk("S5"),
    check_of("queue-redrive", "GetQueueAttributes of `uploads` and `webhook`: a dead-letter queue after the module's number of tries", "an event that cannot be handled is tried for ever, or lost", APPLY),
    check_of("queue-policy", "GetQueueAttributes of `uploads`: the stack's bucket may send, and nothing else may do anything, except a rule of EventBridge in this account", "S3 drops its events, or strangers send some", APPLY).risk("N7"),
    check_of("dead-letters", "GetQueueAttributes of each dead-letter queue: empty", "work was given up: an upload, a deletion, an hourly run, an event or a webhook", "`postern dead-letters show` names the cause of each message, and the section of docs/runbook.md beside the queue says how to mend it"),
    check_of("function-state", "GetFunction of each function: `Active`, last update `Successful`", "the function cannot run, or runs its former code", "read `StateReason` of `aws lambda get-function-configuration`; apply the module again"),
    check_of("function-environment", "GetFunction: each variable of the module is set, and names this stack's table, bucket, keys, roles and address. No other `POSTERN_*`, no `LD_*` and no `AWS_LAMBDA_EXEC_WRAPPER` is set", "the function does not start, works on another stack, or starts with another program", APPLY).risk("O4"),
    check_of("function-processor", "GetFunction: the program in the package is built for the processor of the function", "every call ends with `Runtime.ExitError` or `exec format error`", "set `architecture` of the module to what `cargo dev package` printed, or build the packages again with `--arm64`"),
    check_of("function-settings", "each function can read its environment, as it does at its start: numbers in their range, and no URL or form that outlives the session that signs it", "the function fails at its start, or URLs end before the time that the answer states", "correct the variable that is named: apply the module again, or lower `link_url_ttl_s`, `link_url_ttl_max_s` or `form_ttl_s`, or raise `signer_session_s`").risk("L3"),
    check_of("role-sessions", "GetRole of both signers: sessions as long as the functions ask for", "no function can sign: each request ends with `unavailable`", "set the role's maximum session to 3600 s at least: apply the module again"),
    check_of("function-triggers", "ListEventSourceMappings: queue and stream call the recorder, the webhook's queue calls send-webhook, all enabled", "uploads stay pending, deletions wait, webhooks are not sent", "`aws lambda update-event-source-mapping --uuid UUID --enabled`"),
    check_of("hourly-run", "GetSchedule: the schedule is enabled, runs hourly, and calls the recorder with its task", "lost events are never made up for, and uploads never expire", APPLY),
    check_of("api-routes", "GetRoutes: each route of the module, with its authorization", "a route answers 404, or is open to everyone", APPLY).risk("S2"),
    check_of("api-preflight", "a preflight of `POST /uploads` from an allowed origin", "no browser can call the API", "set `origins` of the module, and apply it"),
    check_of("api-refuses", "`GET /uploads` without a token: 401", "the API is open, or does not answer at all", APPLY).risk("S2"),
    check_of("links-answer", "`GET /l/` with an invented token: 404 with serve-link's code `link_unknown`", "no link opens", "read the log of serve-link: `saved failures` in docs/runbook.md").risk("S1"),
    check_of("authorizer-discovery", "the issuer's `/.well-known/openid-configuration`: answers, and names the same issuer", "each call with a token gets 401", "set `jwt_issuer` of the module to the issuer in the tokens, to the letter").risk("S2"),
    check_of("authorizer-keys", "the issuer's keys (JWKS): RSA for signatures", "API Gateway takes RSA only: tokens with ES256 or HS256 get a bare 401", "let the issuer sign with RS256"),
    check_of("clock", "the `Date` of S3's answer against this machine's clock", "beyond 15 minutes AWS refuses each signed request, also this program's", "`timedatectl set-ntp true`. The clocks of the functions are AWS's own"),
    check_of("rights", "SimulatePrincipalPolicy: each role may do its work, and a few things that it must not", "a function fails with AccessDenied, or a takeover of it reaches more", APPLY).risk("F1 to F5"),
    check_of("leading-keys", "SimulatePrincipalPolicy: serve-link may not read an upload's item", "a takeover of serve-link reads records beside links", APPLY).cannot_show("its simulation knows no condition keys").risk("F3"),
    check_of("alarms", "DescribeAlarms: each alarm of the module exists, is enabled and has an action", "an alarm begins, and no message is sent", "set `alarm_topic_arn` of the module, or `actions` in `alarm_settings`").without("`cargo dev` makes no alarms").risk("O2"),
    check_of("app-events-pipe", "DescribePipe: running, with the path of the detail type", "the app gets no events", APPLY).without("`cargo dev` has a rule for webhooks and no pipe"),
    check_of("app-events-detail-type", "whether a pipe fills in the path of the detail type", "rules that match a detail type never match", "look at one event: docs/doctor.md#what-no-command-can-show").cannot_show("its pipes deliver to no event bus"),
    check_of("canary-upload", "posts 2 KiB to S3 with a form of the API", "no upload works, or (401) the token of the canary is wrong or expired", "`postern explain` with the answer, which is printed; after a 401 a new token"),
    check_of("canary-encryption", "the version that the canary stored: encrypted with the files key (HeadObject, where the caller may)", "files are encrypted with another key", APPLY).risk("U2"),
    check_of("canary-recorded", "the canary is `available` within a minute", "the wiring from S3 to the recorder is broken", "docs/runbook.md#oldest-event"),
    check_of("canary-opened", "a link leads to the same bytes", "no link opens", "`postern explain` with the answer, which is printed"),
    check_of("canary-url-life", "the URL behind the link: lives as long as the function's settings say, and no longer", "a revoked link can be used for longer than the API states", "compare `link_url_ttl_s` of the module with `function-settings`").risk("L3"),
    check_of("canary-head", "HEAD on the link: `content-length` is the file's size", "the gateway drops the header: programs that ask for the size first see 0", "none in the module; tell the clients to use GET with `Range: bytes=0-0`").cannot_show("its gateway keeps the header; an HTTP API may not"),
    check_of("canary-kms", "download of the file: S3's answer says `aws:kms`, with the files key where it is known", "the key's policy or a role's rights do not fit", APPLY).cannot_show("its S3 does not ask KMS"),
    check_of("canary-revoked", "the link after its revocation: 410", "a revoked link still opens", "docs/revocation.md#the-emergency").risk("L3"),
    check_of("canary-removed", "the canary's record is `deleted` within a minute", "deletions wait for the hourly run", "docs/runbook.md#dead-removals"),
    check_of("canary-too-large", "one byte more than the form allows: refused", "uploads of any size are stored", APPLY).risk("U2"),
    check_of("canary-without-encryption", "the form without its encryption field: refused", "a form can be sent with less than it asks for", APPLY).risk("U2"),
    check_of("canary-other-prefix", "the form with a key outside of `uploads/`: refused", "a form can write anywhere in the bucket", APPLY).risk("U2"),
    check_of("canary-checksum", "a form for a checksum, with other bytes: refused with `BadDigest`", "S3 does not check the field: only the recorder compares, after the file is stored", "none needed: the recorder rejects the version. docs/security.md assumes that S3 checks it").cannot_show("the stack's proxy answers in place of S3").risk("U2"),
    check_of("canary-put-date", "a presigned PUT whose `X-Amz-Date` was moved: refused", "the date is not part of the signature, so a URL can be made younger", "report it: SECURITY.md").risk("U8"),
    check_of("signature-age", "the bucket's policy has `s3:signatureAge` as the functions' settings need it", "a URL of a signer that was taken over lives for up to 7 days", APPLY).risk("F5"),
    check_of("signature-age-refused", "whether S3 refuses a signature beyond `s3:signatureAge`", "as above", "docs/doctor.md#what-no-command-can-show").cannot_show("it does not evaluate s3:signatureAge").risk("F5"),
];

/// The check of this name. Every name in the code is in the list: a test runs them all.
///
/// # Panics
/// If no check has this name.
#[expect(clippy::panic, reason = "a bug, which the tests find")]
pub fn check(id: &str) -> &'static Check {
    CHECKS.iter().find(|check| check.id == id).unwrap_or_else(|| panic!("no check {id}"))
}
