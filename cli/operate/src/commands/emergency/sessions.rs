//! The sessions of the download signer. A policy of the role denies those from before a time: URLs that they have
//! signed are refused too, and they can sign nothing more.

use aws_sdk_iam::operation::get_role_policy::GetRolePolicyError;
use s3_presigned::Timestamp;
use serde_json::{Value, json};

use super::super::aws::Aws;
use super::super::failure::told;
use super::super::report::Report;
use crate::ended::Ended;

const POLICY: &str = "EmergencyStop";
const ISSUED: &str = "aws:TokenIssueTime";

/// The role's policy of the name [`POLICY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// There is none.
    None,
    /// An emergency of this time wrote it.
    Ours(Timestamp),
    /// Somebody else wrote it. It may deny more, so it is neither replaced nor removed.
    Foreign,
}

/// The role whose sessions are ended.
pub(super) struct Sessions {
    iam: aws_sdk_iam::Client,
    role: String,
}

impl Sessions {
    pub(super) fn new(aws: &Aws, role: String) -> Self {
        Self { iam: aws_sdk_iam::Client::new(&aws.sdk), role }
    }

    /// The answer where the role has a policy `EmergencyStop` that the program did not write.
    pub(super) fn foreign(&self) -> (Report, Ended) {
        let role = &self.role;
        let json = json!({ "error": "policy_not_ours", "role": role });
        let text = format!(
            "The role {role} has a policy EmergencyStop that this program did not write. It may deny more than the \
             emergency does, so it was neither replaced nor removed, and nothing was changed. If it should go: aws iam \
             delete-role-policy --role-name {role} --policy-name EmergencyStop"
        );
        (Report::new(json, text), Ended::Problem)
    }

    pub(super) fn role(&self) -> &str {
        &self.role
    }

    /// The policy that the role has.
    pub(super) async fn stop(&self) -> Result<Stop, String> {
        let found = self.iam.get_role_policy().role_name(&self.role).policy_name(POLICY).send().await;
        match found {
            Ok(found) => Ok(time_in(found.policy_document()).map_or(Stop::Foreign, Stop::Ours)),
            Err(error)
                if error.as_service_error().is_some_and(GetRolePolicyError::is_no_such_entity_exception) =>
            {
                Ok(Stop::None)
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

/// The time in a document that is exactly what [`document`] makes. IAM returns it percent-encoded.
fn time_in(document: &str) -> Option<Timestamp> {
    let text = percent_encoding::percent_decode_str(document).decode_utf8().ok()?;
    let document: Value = serde_json::from_str(&text).ok()?;
    let at = document.pointer("/Statement/0/Condition/DateLessThan")?.get(ISSUED)?.as_str()?.parse().ok()?;
    (document == self::document(at)).then_some(at)
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

    #[test]
    fn a_policy_that_denies_more_or_something_else_is_not_taken_for_ours() {
        let ours = document(at("2026-11-24T10:00:00Z"));
        assert!(time_in(&ours.to_string()).is_some());
        let changed = |pointer: &str, value: Value| {
            let mut document = ours.clone();
            *document.pointer_mut(pointer).unwrap() = value;
            document
        };
        let always = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Deny", "Action": "*", "Resource": "*" }] });
        let mut more = ours.clone();
        more["Statement"].as_array_mut().unwrap().push(always["Statement"][0].clone());
        for foreign in [
            always,
            more,
            changed("/Statement/0/Effect", "Allow".into()),
            changed("/Statement/0/Action", "s3:GetObject".into()),
            changed(
                "/Statement/0/Condition/DateLessThan",
                json!({ ISSUED: "2026-11-24T10:00:00Z", "aws:CurrentTime": "2026-11-24T10:00:00Z" }),
            ),
        ] {
            assert_eq!(time_in(&foreign.to_string()), None, "{foreign}");
        }
    }
}
