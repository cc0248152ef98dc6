//! Credentials of the roles of a local stack.

use serde_json::{Value, json};
use stack::{Coordinates, Keys};

/// Returns credentials of a session of the role `name`, or `None` if the stack is not local. To get them,
/// changes the role's trust policy so that the account's root may assume the role.
pub async fn assume(stack: &Coordinates, name: &str) -> Option<Keys> {
    crate::shared().local.as_ref()?;
    let sdk = stack.sdk_config(&Keys::root());
    let iam = aws_sdk_iam::Client::new(&sdk);
    let role = iam.get_role().role_name(name).send().await.unwrap().role.unwrap();
    let account = role.arn().split(':').nth(4).unwrap();
    let trust = role.assume_role_policy_document().unwrap();
    let trust = percent_encoding::percent_decode_str(trust).decode_utf8().unwrap();
    let mut trust: Value = serde_json::from_str(&trust).unwrap();
    trust["Statement"].as_array_mut().unwrap().push(json!({
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
    }));
    iam.update_assume_role_policy().role_name(name).policy_document(trust.to_string()).send().await.unwrap();
    let assume = aws_sdk_sts::Client::new(&sdk).assume_role().role_arn(role.arn()).role_session_name("test");
    let credentials = assume.send().await.unwrap().credentials.unwrap();
    Some(Keys {
        access_key_id: credentials.access_key_id,
        secret_access_key: credentials.secret_access_key,
        session_token: Some(credentials.session_token),
    })
}
