//! Forms that S3 must refuse. S3 stores nothing, and the record stays pending.
//!
//! Each form differs from an accepted form in one thing. `the_form_itself_is_accepted` posts the accepted
//! form, so this one thing is the reason of the refusal.

use std::time::{Duration, SystemTime};

use acceptance::{App, Form, PNG, Posted, roles, shared, skipped};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3_presigned::post_policy::PostPolicy;
use s3_presigned::{BucketEndpoint, SigningCredentials, Timestamp};

const ENCRYPTION: &str = "condition_failed x-amz-server-side-encryption";
const KEY: &str = "condition_failed x-amz-server-side-encryption-aws-kms-key-id";

/// Posts a changed form. Asserts that S3 refuses it with this code, and that `postern explain` names this
/// cause.
async fn refused(change: impl FnOnce(Form) -> Form, bytes: &[u8], code: &str, cause: &str) {
    let app = App::user();
    let form = change(app.issue_for("photo.png", "image/png", PNG).await);
    let posted = form.post(bytes).await;
    assert_eq!((posted.code.as_deref(), posted.cause.as_deref()), (Some(code), Some(cause)), "{posted:?}");
    app.assert_untouched(&form.upload_id).await;
}

#[tokio::test]
async fn the_form_itself_is_accepted() {
    let app = App::user();
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    assert_eq!(form.post(PNG).await, Posted::stored());
    assert_eq!(app.settled(&form.upload_id).await["state"], "available");
}

#[tokio::test]
async fn one_byte_too_many() {
    refused(|form| form, &[PNG, b"x"].concat(), "EntityTooLarge", "file_too_large").await;
}

#[tokio::test]
async fn one_byte_too_few() {
    refused(|form| form, &PNG[..PNG.len() - 1], "EntityTooSmall", "file_too_small").await;
}

#[tokio::test]
async fn another_key() {
    let elsewhere = "uploads/00000000-0000-4000-8000-000000000000";
    refused(|form| form.with("key", elsewhere), PNG, "AccessDenied", "condition_failed key").await;
    refused(|form| form.with("key", "${filename}"), PNG, "AccessDenied", "condition_failed key").await;
}

#[tokio::test]
async fn another_content_type() {
    refused(
        |form| form.with("content-type", "text/html"),
        PNG,
        "AccessDenied",
        "condition_failed content-type",
    )
    .await;
    refused(|form| form.without("content-type"), PNG, "AccessDenied", "condition_failed content-type").await;
}

#[tokio::test]
async fn encryption_left_out() {
    refused(|form| form.without("x-amz-server-side-encryption"), PNG, "AccessDenied", ENCRYPTION).await;
    refused(|form| form.without("x-amz-server-side-encryption-aws-kms-key-id"), PNG, "AccessDenied", KEY)
        .await;
    let both = |form: Form| {
        form.without("x-amz-server-side-encryption").without("x-amz-server-side-encryption-aws-kms-key-id")
    };
    refused(both, PNG, "AccessDenied", ENCRYPTION).await;
}

#[tokio::test]
async fn encryption_changed() {
    refused(|form| form.with("x-amz-server-side-encryption", "AES256"), PNG, "AccessDenied", ENCRYPTION)
        .await;
}

#[tokio::test]
async fn encryption_under_another_key() {
    let files_key = &shared().coordinates.files_key_arn;
    let (arn, _) = files_key.rsplit_once('/').unwrap();
    let other = format!("{arn}/00000000-0000-4000-8000-000000000000");
    refused(
        |form| form.with("x-amz-server-side-encryption-aws-kms-key-id", &other),
        PNG,
        "AccessDenied",
        KEY,
    )
    .await;
}

#[tokio::test]
async fn an_extra_field() {
    refused(|form| form.with("x-amz-meta-extra", "1"), PNG, "AccessDenied", "extra_field x-amz-meta-extra")
        .await;
    refused(|form| form.with("acl", "public-read"), PNG, "AccessDenied", "extra_field acl").await;
    refused(
        |form| form.with("success_action_redirect", "https://evil.test/"),
        PNG,
        "AccessDenied",
        "extra_field success_action_redirect",
    )
    .await;
}

#[tokio::test]
async fn another_status() {
    refused(
        |form| form.with("success_action_status", "200"),
        PNG,
        "AccessDenied",
        "condition_failed success_action_status",
    )
    .await;
}

#[tokio::test]
async fn a_form_over_plain_http() {
    let Some(local) = &shared().local else {
        return skipped("a form over plain HTTP", "only a local stack has an address without TLS");
    };
    let app = App::user();
    let mut form = app.issue_for("photo.png", "image/png", PNG).await;
    // The proxy's address counts as TLS. The emulator's own address does not.
    form.url = form.url.replace(app.stack.endpoint.as_deref().unwrap(), local.server().endpoint());
    form.over_tls = false;
    assert_eq!(form.post(PNG).await, Posted::refused(403, "AccessDenied", "tls_required"));
    app.assert_untouched(&form.upload_id).await;
}

#[tokio::test]
async fn a_changed_policy() {
    let widened = |form: Form| {
        let policy = String::from_utf8(STANDARD.decode(&form.fields["policy"]).unwrap()).unwrap();
        let exact = format!("[\"content-length-range\",{0},{0}]", PNG.len());
        assert!(policy.contains(&exact), "{policy}");
        let policy = policy.replace(&exact, "[\"content-length-range\",0,1000]");
        form.with("policy", &STANDARD.encode(policy))
    };
    refused(widened, &[PNG, b"x"].concat(), "SignatureDoesNotMatch", "form_signature_mismatch policy").await;
}

#[tokio::test]
async fn another_signature() {
    let changed = |form: Form| {
        let signature = form.fields["x-amz-signature"].replace(['0', '1', '2'], "f");
        form.with("x-amz-signature", &signature)
    };
    refused(changed, PNG, "SignatureDoesNotMatch", "form_signature_mismatch policy").await;
}

/// Returns a form for an issued upload that the test signs itself, with any credentials and times.
async fn signed_by(
    app: &App,
    credentials: &SigningCredentials,
    now: Timestamp,
    expires_at: Timestamp,
) -> Form {
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    let own = [
        "policy",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-signature",
    ];
    let bucket = BucketEndpoint::regional(&app.stack.bucket, &app.stack.region);
    let policy = PostPolicy::new(expires_at).size_bytes(0, 1000);
    let meant = form.fields.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let policy = meant.fold(policy, |policy, (name, value)| policy.field(name, value));
    let signed = policy.sign(&bucket, credentials, now).unwrap();
    Form { fields: signed.fields.into_iter().collect(), ..form }
}

fn times() -> (Timestamp, Timestamp, Timestamp) {
    #[expect(clippy::disallowed_methods, reason = "S3 uses the real clock")]
    let now = Timestamp::from(SystemTime::now());
    let minute = Duration::from_secs(60);
    (Timestamp::from_epoch_s(now.epoch_s() - 120), now, now + minute)
}

fn credentials_of(keys: &stack::Keys) -> SigningCredentials {
    let mut credentials = SigningCredentials::new(&keys.access_key_id, &keys.secret_access_key);
    credentials.session_token.clone_from(&keys.session_token);
    credentials
}

/// Returns credentials of the upload signer, or `None` if the stack is not local.
async fn upload_signer(app: &App) -> Option<SigningCredentials> {
    let name = app.stack.upload_signer_role_arn.rsplit('/').next().unwrap();
    let keys = roles::assume(app.stack, name).await?;
    Some(credentials_of(&keys))
}

#[tokio::test]
async fn an_expired_policy() {
    let app = App::user();
    let Some(signer) = upload_signer(&app).await else {
        return skipped("an expired policy", "only a local stack lets a test assume a role");
    };
    let (earlier, now, later) = times();
    let expired = signed_by(&app, &signer, earlier, now).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let posted = expired.post(PNG).await;
    assert_eq!(posted, Posted::refused(403, "AccessDenied", "policy_expired expiration"));
    app.assert_untouched(&expired.upload_id).await;
    // S3 accepts the same form with a later expiration. So the expiration was the reason of the refusal.
    let alive = signed_by(&app, &signer, earlier, later).await;
    assert_eq!(alive.post(PNG).await.status, 201);
}

#[tokio::test]
async fn another_principals_signature() {
    let app = App::user();
    let outsider = credentials_of(&app.stack.outsider);
    let (_, now, later) = times();
    let form = signed_by(&app, &outsider, now, later).await;
    let posted = form.post(PNG).await;
    assert_eq!(posted, Posted::refused(403, "AccessDenied", "no_right s3:PutObject"));
    app.assert_untouched(&form.upload_id).await;
}
