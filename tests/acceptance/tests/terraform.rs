//! Tests the stack that `terraform apply` makes with the real provider. The same journeys pass as on the
//! local stack, a second plan changes nothing, and a destroy leaves nothing.
//!
//! There is only one test, because making the stack takes a minute. The test prints SKIPPED if Terraform or
//! its provider is missing.

#![expect(clippy::unwrap_used, reason = "a journey fails at an unexpected answer of the stack")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use acceptance::{App, PNG, Posted, chain};
use serde_json::Value;
use stack::{
    Applied, Coordinates, Keys, Options, StartError, differences, function_executables, test_executable,
};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: cargo test --test terraform -- --ignored"]
async fn the_journeys_pass_on_terraforms_stack_and_a_destroy_leaves_nothing() {
    // The journeys are built first, so that the stack does not run while cargo builds.
    let journeys = test_executable("journeys").unwrap_or_else(|error| panic!("{}", chain(&error)));
    let postern = postern().await;
    let applied = match Applied::start(Options::default()).await {
        Ok(applied) => applied,
        Err(StartError::Terraform(error)) if error.is_unavailable() => {
            return error.skip("the stack that Terraform makes");
        }
        Err(error) => panic!("{}", chain(&error)),
    };
    let coordinates: &'static Coordinates = Box::leak(Box::new(applied.stack().coordinates().clone()));

    assert_eq!(differences(coordinates).await.unwrap(), [""; 0], "from terraform/description.json");
    plain_http_is_refused(coordinates, applied.stack().server().endpoint()).await;
    doctor_passes(&postern, coordinates, applied.outputs()).await;
    walk(&journeys, coordinates);

    for gap in applied.plan_again().await.unwrap_or_else(|error| panic!("{}", chain(&error))) {
        eprintln!("a second plan has a known gap of the local AWS: {gap}");
    }
    let before = applied.holdings().await.unwrap();
    for kind in
        ["s3: ", "dynamodb: ", "lambda: ", "sqs: ", "iam: ", "logs: ", "apigatewayv2: ", "events: ", "kms: "]
    {
        assert!(before.iter().any(|line| line.starts_with(kind)), "{kind}is not in the list: {before:?}");
    }
    applied.destroy().await.unwrap_or_else(|error| panic!("{}", chain(&error)));
}

/// Asserts that S3 refuses a form at the emulator's own address, which does not count as TLS. At the proxy's
/// address, which counts as TLS, S3 accepts the same form.
async fn plain_http_is_refused(stack: &'static Coordinates, plain: &str) {
    let app = App::new(stack, Some(stack.jwt.clone()));
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    let secure = stack.endpoint.as_deref().unwrap();
    let mut in_the_clear = form.clone();
    in_the_clear.url = form.url.replace(secure, plain);
    in_the_clear.over_tls = false;
    assert_ne!(in_the_clear.url, form.url);
    assert_eq!(in_the_clear.post(PNG).await, Posted::refused(403, "AccessDenied", "tls_required"));
    assert_eq!(form.post(PNG).await, Posted::stored());
}

async fn postern() -> PathBuf {
    let build = || function_executables(&["postern".to_owned()]);
    tokio::task::spawn_blocking(build).await.unwrap().unwrap().remove("postern").unwrap()
}

/// `postern doctor` learns the stack from Terraform's outputs, and finds nothing wrong.
async fn doctor_passes(postern: &Path, stack: &Coordinates, outputs: &Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("outputs.json");
    fs::write(&file, outputs.to_string()).unwrap();
    let keys = Keys::root();
    let mut command = tokio::process::Command::new(postern);
    command.args(["doctor", "--api-url", &stack.api_url, "--outputs"]).arg(&file).env_clear().envs([
        ("AWS_ACCESS_KEY_ID", keys.access_key_id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", &keys.secret_access_key),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ENDPOINT_URL", stack.endpoint.as_deref().unwrap()),
        ("POSTERN_TOKEN", &stack.jwt),
    ]);
    let output = command.stdin(Stdio::null()).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    eprintln!("postern doctor on Terraform's stack: {}", said.lines().last().unwrap());
}

/// Runs the journeys in a separate process, with the coordinates of the stack.
fn walk(journeys: &Path, stack: &Coordinates) {
    let output = Command::new(journeys)
        .envs(stack.variables())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the journeys on Terraform's stack:\n{said}");
    eprintln!(
        "the journeys on Terraform's stack: {}",
        said.lines().find(|line| line.starts_with("test result")).unwrap()
    );
}
