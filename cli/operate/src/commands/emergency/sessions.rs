//! The sessions of the download signer. A policy of the role denies those from before a time: URLs that they have
//! signed are refused too, and they can sign nothing more.

use aws_sdk_iam::operation::get_role_policy::GetRolePolicyError;
use s3_presigned::Timestamp;
use serde_json::{Value, json};

use super::super::aws::Aws;
use super::super::failure::told;

const POLICY: &str = "EmergencyStop";
const ISSUED: &str = "aws:TokenIssueTime";

/// The role whose sessions are ended.
pub(super) struct Sessions {
    iam: aws_sdk_iam::Client,
    role: String,
}

impl Sessions {
    pub(super) fn new(aws: &Aws, role: String) -> Self {
        Self { iam: aws_sdk_iam::Client::new(&aws.sdk), role }
    }

    pub(super) fn role(&self) -> &str {
        &self.role
    }

    /// The time of the emergency whose policy the role has.
    pub(super) async fn denied_before(&self) -> Result<Option<Timestamp>, String> {
        let found = self.iam.get_role_policy().role_name(&self.role).policy_name(POLICY).send().await;
        match found {
            Ok(found) => Ok(time_in(found.policy_document())),
            Err(error)
                if error.as_service_error().is_some_and(GetRolePolicyError::is_no_such_entity_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(format!("failed to read the policies of {}: {}", self.role, told(&error))),
        }
    }

    /// Denies every session from before `at`.
    pub(super) async fn deny_before(&self, at: Timestamp) -> Result<(), String> {
        let put = self.iam.put_role_policy().role_name(&self.role).policy_name(POLICY);
        let put = put.policy_document(document(at).to_string()).send().await;
        put.map(drop)
            .map_err(|error| format!("failed to end the sessions of {}: {}", self.role, told(&error)))
    }

    /// Removes the policy.
    pub(super) async fn allow(&self) -> Result<(), String> {
        let removed = self.iam.delete_role_policy().role_name(&self.role).policy_name(POLICY).send().await;
        removed
            .map(drop)
            .map_err(|error| format!("failed to remove {POLICY} from {}: {}", self.role, told(&error)))
    }
}

/// IAM compares whole seconds.
fn document(at: Timestamp) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "NothingFromBeforeTheEmergency", "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": { "DateLessThan": { ISSUED: at.to_string().replace(".000Z", "Z") } },
        }],
    })
}

/// IAM returns the document percent-encoded.
fn time_in(document: &str) -> Option<Timestamp> {
    let text = percent_encoding::percent_decode_str(document).decode_utf8().ok()?;
    let document: Value = serde_json::from_str(&text).ok()?;
    document.pointer("/Statement/0/Condition/DateLessThan")?.get(ISSUED)?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use postern::testing::samples::at;

    use super::*;

    #[test]
    fn the_policy_denies_everything_from_before_and_names_its_time() {
        let time = at("2026-11-24T10:00:00Z");
        let document = document(time);
        assert_eq!(document["Statement"][0]["Effect"], "Deny");
        assert_eq!(document["Statement"][0]["Condition"]["DateLessThan"][ISSUED], "2026-11-24T10:00:00Z");
        assert_eq!(
            (&document["Statement"][0]["Action"], &document["Statement"][0]["Resource"]),
            (&"*".into(), &"*".into())
        );
        let encoded =
            percent_encoding::utf8_percent_encode(&document.to_string(), percent_encoding::NON_ALPHANUMERIC)
                .to_string();
        assert_eq!(time_in(&encoded), Some(time));
        assert_eq!(time_in("{}"), None);
    }
}
