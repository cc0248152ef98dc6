//! The program `postern`, run as an operator runs it: with the rights that the module offers for a role, and a file that
//! names the stack.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use stack::{Coordinates, Keys, function_executables};
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// What the module renders, with a webhook and a distribution. The outputs with policies are among the policies of roles.
const RENDERED: &str = include_str!("../../../../../terraform/tests/policies/snapshots/all_options.json");
const RENDERED_ACCOUNT: &str = "111122223333";
const RENDERED_REGION: &str = "us-east-1";

/// The program, with the credentials of a role.
pub struct Program {
    path: PathBuf,
    folder: TempDir,
    keys: Keys,
    /// The ARN of the session.
    pub arn: String,
}

/// A run that ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub json: Value,
    pub shown: String,
}

impl Program {
    /// Builds the program, and makes a role with the policy of the output `<role>_policy`.
    pub async fn of(stack: &Coordinates, role: &str) -> Self {
        let names = ["postern".to_owned()];
        let built = tokio::task::spawn_blocking(move || function_executables(&names)).await.unwrap();
        let built: BTreeMap<String, PathBuf> = built.unwrap();
        let folder = tempfile::tempdir().unwrap();
        stack.write(&folder.path().join("env")).unwrap();
        let (keys, arn) = session(stack, role).await;
        Self { path: built["postern"].clone(), folder, keys, arn }
    }

    /// The credentials.
    pub fn keys(&self) -> Keys {
        self.keys.clone()
    }

    /// The command line, with the stack and JSON.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command
            .args(arguments)
            .args(["--json", "--env-file"])
            .arg(self.folder.path().join("env"))
            .env_clear()
            .env("AWS_ACCESS_KEY_ID", &self.keys.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &self.keys.secret_access_key)
            .env("AWS_SESSION_TOKEN", self.keys.session_token.as_deref().unwrap())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(arguments).output().await.unwrap())
    }

    /// Starts a command.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}

impl Ran {
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let out = text(&output.stdout);
        let json = serde_json::from_str(&out).unwrap_or(Value::Null);
        Self { code: output.status.code().unwrap(), json, shown: out + &text(&output.stderr) }
    }

    /// Asserts how the run ended, and returns its JSON.
    #[track_caller]
    pub fn ended(self, code: i32) -> Value {
        assert_eq!(self.code, code, "{}", self.shown);
        self.json
    }
}

fn policy_allows(statements: &[Value], action: &str) -> bool {
    let actions = statements.iter().filter_map(|statement| statement["Action"].as_array());
    actions.flatten().any(|allowed| allowed == action)
}

/// Makes the role, and returns credentials of a session and its ARN.
async fn session(stack: &Coordinates, role: &str) -> (Keys, String) {
    let sdk = stack.sdk_config(&Keys::root());
    let account = stack.files_key_arn.split(':').nth(4).unwrap();
    let text = RENDERED.replace(RENDERED_ACCOUNT, account).replace(RENDERED_REGION, &stack.region);
    let mut rendered: Value = serde_json::from_str(&text).unwrap();
    let policy = &mut rendered["role policies"][format!("output.{role}_policy")]["document"];
    let statements = policy["Statement"].as_array_mut();
    let statements = statements.unwrap_or_else(|| panic!("the module offers no policy for {role}"));
    if policy_allows(statements, "lambda:GetAlias") {
        // The local AWS demands this right for GetAlias.
        statements.push(json!({ "Effect": "Allow", "Action": "lambda:ListAliases", "Resource": "*" }));
    }
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
    }] });
    let iam = aws_sdk_iam::Client::new(&sdk);
    let name = format!("{role}-{}", uuid::Uuid::new_v4());
    let made = iam.create_role().role_name(&name).assume_role_policy_document(trust.to_string()).send().await;
    let arn = made.unwrap().role.unwrap().arn;
    let put =
        iam.put_role_policy().role_name(&name).policy_name("rights").policy_document(policy.to_string());
    put.send().await.unwrap();
    let sts = aws_sdk_sts::Client::new(&sdk);
    let assumed = sts.assume_role().role_arn(arn).role_session_name("ann").send().await.unwrap();
    let credentials = assumed.credentials.unwrap();
    let keys = Keys {
        access_key_id: credentials.access_key_id,
        secret_access_key: credentials.secret_access_key,
        session_token: Some(credentials.session_token),
    };
    let caller = aws_sdk_sts::Client::new(&stack.sdk_config(&keys)).get_caller_identity().send().await;
    (keys, caller.unwrap().arn.unwrap())
}
