//! Runs `docs/emergency.sh` with the AWS CLI on the local AWS. The script is the strongest of the three
//! documented ways to end access.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use acceptance::{App, PNG, skipped};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stack::Keys;
use tokio::process::Command;

use super::WitnessedStack;

const CLI: &str = include_str!("../../../../stack/aws-cli.txt");
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEirNVwuh97RTcNZN6NHNNrOWYumfY\n\
    i/OmfaQaljwL1eaQtoAAbe8O4JRmZaGdcehLquGNqFIgJJEorHyUc4y63w==\n-----END PUBLIC KEY-----\n";

/// Returns the folder with the AWS CLI. Installs the pinned packages if their list has changed since the last
/// time. Returns `None` if there is no Python.
async fn cli() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/aws-cli");
    let list = folder.join("requirements.txt");
    if std::fs::read_to_string(&list).is_ok_and(|list| list == CLI) {
        return Some(folder.join("bin"));
    }
    let run = async |program: &Path, arguments: &[&str]| {
        let status = Command::new(program).args(arguments).status().await.ok()?;
        assert!(status.success(), "{} {arguments:?}: {status}", program.display());
        Some(())
    };
    let text = folder.to_str()?;
    run(Path::new("python3"), &["-m", "venv", "--clear", text]).await?;
    std::fs::write(folder.join("list.txt"), CLI).ok()?;
    let from = folder.join("list.txt");
    let install = ["-m", "pip", "install", "--quiet", "--no-input", "--require-hashes", "-r", from.to_str()?];
    run(&folder.join("bin/python"), &install).await?;
    std::fs::rename(from, list).ok()?;
    Some(folder.join("bin"))
}

struct Operator<'a> {
    witnessed: &'a WitnessedStack,
    path: String,
}

impl Operator<'_> {
    /// Runs a program with the credentials of the account's root, and returns its output.
    async fn run(&self, program: &str, arguments: &[&str]) -> String {
        let keys = Keys::root();
        let output = Command::new(program)
            .args(arguments)
            .env("PATH", &self.path)
            .env("AWS_ENDPOINT_URL", self.witnessed.stack.endpoint.as_deref().unwrap())
            .env("AWS_DEFAULT_REGION", &self.witnessed.stack.region)
            .env("AWS_ACCESS_KEY_ID", keys.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", keys.secret_access_key)
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    async fn aws(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.run("aws", &[arguments, &["--output", "json"]].concat()).await).unwrap()
    }

    /// Makes a key group as the Terraform module does. Returns the ids of the group and of its key.
    async fn key_group(&self) -> (String, String) {
        let key = json!({ "CallerReference": "1", "Name": "postern-a", "EncodedKey": PUBLIC }).to_string();
        let made = self.aws(&["cloudfront", "create-public-key", "--public-key-config", &key]).await;
        let key_id = made["PublicKey"]["Id"].as_str().unwrap().to_owned();
        let name = format!("{}-{}-files", self.witnessed.stack.name, self.witnessed.stack.region);
        let group = json!({ "Name": name, "Items": [key_id] }).to_string();
        let made = self.aws(&["cloudfront", "create-key-group", "--key-group-config", &group]).await;
        (made["KeyGroup"]["Id"].as_str().unwrap().to_owned(), key_id)
    }
}

async fn location(app: &App, link: &Value) -> String {
    let opened = app.open(Method::GET, link["url"].as_str().unwrap()).await;
    assert_eq!(opened.status(), StatusCode::FOUND);
    opened.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_emergency_ends_what_was_signed_and_links_go_on_with_fresh_sessions() {
    if !super::is_local() {
        return skipped("the emergency script", "it would end sessions of a stack that others may use");
    }
    let Some(cli) = cli().await else {
        return skipped("the emergency script", "there is no Python here to install the AWS CLI");
    };
    let witnessed = WitnessedStack::open().await;
    let path = format!("{}:{}", cli.display(), std::env::var("PATH").unwrap_or_default());
    let operator = Operator { witnessed: &witnessed, path };
    let app = witnessed.app();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let before = location(&app, &link).await;
    assert_eq!(app.open(Method::GET, &before).await.bytes().await.unwrap(), PNG);
    let (group, key) = operator.key_group().await;
    // The script ends sessions by their issue time, which is in whole seconds.
    tokio::time::sleep(Duration::from_millis(1100)).await;

    let begin = Instant::now();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/emergency.sh");
    let said = operator.run("bash", &[script.to_str().unwrap(), &witnessed.stack.name]).await;
    let (status, cause) = app.open_refused(Method::GET, &before).await;
    // The script has taken the rights of the earlier sessions. S3's answer is a plain refusal.
    assert_eq!((status, cause.as_str()), (StatusCode::FORBIDDEN, "no_right s3:GetObjectVersion"), "{said}");
    witnessed.witness.calls();
    let after = location(&app, &link).await;
    let calls = witnessed.witness.calls();
    assert!(calls.contains(&"AssumeRole".to_owned()), "a fresh session: {calls:?}");
    assert_eq!(app.open(Method::GET, &after).await.bytes().await.unwrap(), PNG);
    eprintln!("emergency: over here after {:.1} s", begin.elapsed().as_secs_f64());

    let keys = operator.aws(&["cloudfront", "get-key-group", "--id", &group]).await;
    let items = keys["KeyGroup"]["KeyGroupConfig"]["Items"].as_array().unwrap().clone();
    assert!(items.len() == 1 && items[0] != key.as_str(), "{items:?}");
}
