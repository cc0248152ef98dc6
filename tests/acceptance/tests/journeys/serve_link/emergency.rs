//! Runs `postern emergency` on the local AWS, with the rights that the module offers for it. The emergency is the strongest
//! of the three documented ways to end access.

use std::time::{Duration, Instant};

use acceptance::{App, PNG, skipped};
use aws_sdk_cloudfront::types::{KeyGroupConfig, PublicKeyConfig};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stack::{Coordinates, Keys};

use super::WitnessedStack;
use crate::operating::program::Program;

const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEirNVwuh97RTcNZN6NHNNrOWYumfY\n\
    i/OmfaQaljwL1eaQtoAAbe8O4JRmZaGdcehLquGNqFIgJJEorHyUc4y63w==\n-----END PUBLIC KEY-----\n";

/// The account, as its root sees it.
struct Account {
    cloudfront: aws_sdk_cloudfront::Client,
    iam: aws_sdk_iam::Client,
    lambda: aws_sdk_lambda::Client,
    role: String,
    function: String,
    group: String,
}

impl Account {
    /// Makes a key group as the Terraform module does, with one key.
    async fn with_a_key_group(stack: &Coordinates) -> (Self, String) {
        let sdk = stack.sdk_config(&Keys::root());
        let cloudfront = aws_sdk_cloudfront::Client::new(&sdk);
        let key = PublicKeyConfig::builder().caller_reference("1").name("postern-a").encoded_key(PUBLIC);
        let made =
            cloudfront.create_public_key().public_key_config(key.build().unwrap()).send().await.unwrap();
        let key = made.public_key.unwrap().id;
        let name = format!("{}-{}-files", stack.name, stack.region);
        let group = KeyGroupConfig::builder().name(name).items(&key).build().unwrap();
        let made = cloudfront.create_key_group().key_group_config(group).send().await.unwrap();
        let account = Self {
            cloudfront,
            iam: aws_sdk_iam::Client::new(&sdk),
            lambda: aws_sdk_lambda::Client::new(&sdk),
            role: stack.role_name("download-signer"),
            function: format!("{}-serve-link", stack.name),
            group: made.key_group.unwrap().id,
        };
        (account, key)
    }

    /// The keys that the group trusts.
    async fn trusted(&self) -> Vec<String> {
        let group = self.cloudfront.get_key_group().id(&self.group).send().await.unwrap().key_group.unwrap();
        group.key_group_config.unwrap().items
    }

    /// Lets the group trust these keys.
    async fn trust(&self, key: &str) {
        let group = self.cloudfront.get_key_group().id(&self.group).send().await.unwrap();
        let name = group.key_group.unwrap().key_group_config.unwrap().name;
        let config = KeyGroupConfig::builder().name(name).items(key).build().unwrap();
        let update = self.cloudfront.update_key_group().id(&self.group).key_group_config(config);
        update.set_if_match(group.e_tag).send().await.unwrap();
    }

    async fn public_keys(&self) -> usize {
        let list = self.cloudfront.list_public_keys().send().await.unwrap().public_key_list.unwrap();
        list.items.unwrap_or_default().len()
    }

    async fn description(&self) -> String {
        let found =
            self.lambda.get_function_configuration().function_name(&self.function).send().await.unwrap();
        found.description.unwrap_or_default()
    }

    async fn has_policy(&self) -> bool {
        let get = self.iam.get_role_policy().role_name(&self.role).policy_name("EmergencyStop");
        get.send().await.is_ok()
    }

    /// Makes the emergency look as if it had begun two hours ago.
    async fn two_hours_later(&self) {
        let document = json!({ "Version": "2012-10-17", "Statement": [{
            "Sid": "NothingFromBeforeTheEmergency", "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": { "DateLessThan": { "aws:TokenIssueTime": "2020-01-01T00:00:00Z" } },
        }] });
        let put = self.iam.put_role_policy().role_name(&self.role).policy_name("EmergencyStop");
        put.policy_document(document.to_string()).send().await.unwrap();
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
        return skipped("the emergency", "it would end sessions of a stack that others may use");
    }
    let witnessed = WitnessedStack::open().await;
    let postern = Program::of(witnessed.stack, "emergency").await;
    let (account, key) = Account::with_a_key_group(witnessed.stack).await;
    let app = witnessed.app();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let before = location(&app, &link).await;
    assert_eq!(app.open(Method::GET, &before).await.bytes().await.unwrap(), PNG);
    // The emergency ends sessions by their issue time, which is in whole seconds.
    tokio::time::sleep(Duration::from_millis(1100)).await;

    let dry = postern.run(&["emergency", "--dry-run"]).await.ended(0);
    assert_eq!(dry["would"].as_array().unwrap().len(), 3, "{dry}");
    assert_eq!(account.trusted().await, [key.as_str()], "a dry run changes nothing");
    assert_eq!(app.open(Method::GET, &before).await.bytes().await.unwrap(), PNG, "a dry run changes nothing");

    let begin = Instant::now();
    let done = postern.run(&["emergency"]).await.ended(0);
    assert_eq!(done["continued"], false, "{done}");
    let (status, cause) = app.open_refused(Method::GET, &before).await;
    // The earlier sessions have no rights any more. S3's answer is a plain refusal.
    assert_eq!((status, cause.as_str()), (StatusCode::FORBIDDEN, "no_right s3:GetObjectVersion"), "{done}");
    witnessed.witness.calls();
    let after = location(&app, &link).await;
    let calls = witnessed.witness.calls();
    assert!(calls.contains(&"AssumeRole".to_owned()), "a fresh session: {calls:?}");
    assert_eq!(app.open(Method::GET, &after).await.bytes().await.unwrap(), PNG);
    eprintln!("emergency: over here after {:.1} s", begin.elapsed().as_secs_f64());
    let trusted = account.trusted().await;
    assert!(trusted.len() == 1 && trusted[0] != key, "{trusted:?}");

    // A second run, after a complete one, begins a new emergency.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let again = postern.run(&["emergency"]).await.ended(0);
    assert_eq!(again["continued"], false, "{again}");
    assert_ne!(again["emergency_at"], done["emergency_at"]);
    assert_ne!(account.trusted().await, trusted);

    // The way back waits for an hour, and for a key of the owner's in the key group.
    let early = postern.run(&["emergency", "--undo"]).await.ended(1);
    assert_eq!(early["error"], "too_early", "{early}");
    assert!(account.has_policy().await);
    account.two_hours_later().await;
    let dry = postern.run(&["emergency", "--undo", "--dry-run"]).await.ended(0);
    assert_eq!(dry["would_remove_policy"], true, "{dry}");
    assert!(account.has_policy().await, "a dry run changes nothing");
    let undone = postern.run(&["emergency", "--undo"]).await.ended(1);
    assert_eq!(
        (&undone["policy_removed"], &undone["key_group_is_closed"]),
        (&json!(true), &json!(true)),
        "{undone}"
    );
    assert!(!account.has_policy().await);
    account.trust(&key).await;
    let undone = postern.run(&["emergency", "--undo"]).await.ended(0);
    assert_eq!(
        (&undone["policy_removed"], &undone["key_group_is_closed"]),
        (&json!(false), &json!(false)),
        "{undone}"
    );
    assert_eq!(account.public_keys().await, 1, "the emergencies' keys are removed");
}

/// The program is killed at several moments. A half-done emergency is continued, with its own time.
#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn an_emergency_that_was_interrupted_is_continued() {
    if !super::is_local() {
        return skipped("the emergency", "it would end sessions of a stack that others may use");
    }
    let witnessed = WitnessedStack::open().await;
    let postern = Program::of(witnessed.stack, "emergency").await;
    let (account, key) = Account::with_a_key_group(witnessed.stack).await;
    let mut continued = 0;
    for after_ms in [50, 100, 150, 200, 300, 400] {
        let mut child = postern.start(&["emergency"]);
        tokio::time::sleep(Duration::from_millis(after_ms)).await;
        child.kill().await.unwrap();
        let dry = postern.run(&["emergency", "--dry-run"]).await.ended(0);
        let done = postern.run(&["emergency"]).await.ended(0);
        let at = &done["emergency_at"];
        assert_eq!(done["continued"] == true, !dry["continues"].is_null(), "{dry} {done}");
        if done["continued"] == true {
            assert_eq!(*at, dry["continues"], "it keeps its time");
            continued += 1;
        }
        assert_eq!(account.description().await, format!("Started anew at {}", at.as_str().unwrap()));
        let trusted = account.trusted().await;
        assert!(trusted.len() == 1 && trusted[0] != key, "{trusted:?}");
        tokio::time::sleep(Duration::from_millis(1100)).await;
    }
    // A half-done emergency that does not depend on the moment: as if the last step had failed.
    let reset = account.lambda.update_function_configuration().function_name(&account.function);
    reset.description("").send().await.unwrap();
    let dry = postern.run(&["emergency", "--dry-run"]).await.ended(0);
    assert_eq!(dry["would"].as_array().unwrap().len(), 1, "{dry}");
    let done = postern.run(&["emergency"]).await.ended(0);
    assert_eq!((&done["continued"], &done["emergency_at"]), (&json!(true), &dry["continues"]), "{done}");
    eprintln!("emergency: continued {continued} of 6 interrupted runs");
}
