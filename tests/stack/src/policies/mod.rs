//! The policies that Terraform renders, for the local stack.
//!
//! `terraform/tests/policies/snapshots` has each document as `terraform test` renders it. The local stack
//! uses the snapshot of the stack with a scan for malware (`scanned`), and from `all_options` the documents
//! of the webhook. [`Policies`] replaces the account, the region and the ARNs of the snapshots with those of
//! the local stack.
//!
//! The local stack uses the policies of the roles, of the bucket and of the queues. It differs from AWS in
//! this:
//!
//! - [`emulator`] removes the conditions that the local AWS cannot evaluate.
//! - The keys have no key policy. The local AWS lets every principal of the account use a key that the
//!   principal's own policy names. `terraform/tests/policies` checks the rendered key policies.
//! - `provision/api.rs` makes the permissions with which API Gateway invokes the functions.
//! - The roles of the pipe and of `GuardDuty` do not exist here. The tests do the work of these services.

mod emulator;
pub(crate) mod users;

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The snapshots. A document is taken from the first snapshot that has it.
const SNAPSHOTS: [&str; 2] = [
    include_str!("../../../../terraform/tests/policies/snapshots/scanned.json"),
    include_str!("../../../../terraform/tests/policies/snapshots/all_options.json"),
];

/// The account and the region of the snapshots.
const RENDERED_ACCOUNT: &str = "111122223333";
const RENDERED_REGION: &str = "us-east-1";

/// A snapshot lacks a document that the local stack needs, or has another form.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PoliciesError {
    #[error("read a snapshot of the rendered policies")]
    Snapshot(#[from] serde_json::Error),
    #[error("find {address} among the {kind} of the rendered policies")]
    Missing { kind: &'static str, address: String },
}

/// The resources that the functions' environments and the policies of the test users name.
#[derive(Debug, Clone)]
pub(crate) struct Resources {
    pub(crate) bucket: String,
    pub(crate) object_prefix: String,
    pub(crate) table_arn: String,
    pub(crate) queue_arn: String,
    pub(crate) dead_letter_queue_arn: String,
    pub(crate) files_key_arn: String,
    pub(crate) operations_key_arn: String,
    pub(crate) link_key_arn: String,
    pub(crate) upload_token_key_arn: String,
    pub(crate) upload_signer_role: Principal,
    pub(crate) download_signer_role: Principal,
}

impl Resources {
    fn bucket_arn(&self) -> String {
        format!("arn:aws:s3:::{}", self.bucket)
    }

    fn uploads(&self) -> String {
        format!("{}/{}*", self.bucket_arn(), self.object_prefix)
    }
}

/// A role or a user.
#[derive(Debug, Clone)]
pub(crate) struct Principal {
    pub(crate) arn: String,
    pub(crate) name: String,
}

/// A role as Terraform makes it: its name and its trust policy.
#[derive(Debug)]
pub(crate) struct RenderedRole {
    pub(crate) name: String,
    pub(crate) trust: Value,
}

/// The documents of one stack.
#[derive(Debug)]
pub(crate) struct Policies {
    snapshots: Vec<Value>,
    arns: BTreeMap<String, String>,
}

impl Policies {
    /// Reads the snapshots, and puts this account and this region into the documents.
    pub(crate) fn new(account: &str, region: &str) -> Result<Self, PoliciesError> {
        let localize = |text: &str| text.replace(RENDERED_ACCOUNT, account).replace(RENDERED_REGION, region);
        let snapshots = SNAPSHOTS.iter().map(|text| serde_json::from_str(&localize(text)));
        Ok(Self { snapshots: snapshots.collect::<Result<_, _>>()?, arns: BTreeMap::new() })
    }

    /// Replaces each rendered ARN in `arns` with the ARN beside it. These are ARNs of which AWS chooses a
    /// part, so account and region do not determine them.
    pub(crate) fn with_arns(mut self, arns: impl IntoIterator<Item = (String, String)>) -> Self {
        self.arns.extend(arns);
        self
    }

    /// Returns the role at an address of the Terraform module.
    pub(crate) fn role(&self, address: &str) -> Result<RenderedRole, PoliciesError> {
        let entry = self.entry("trusts", address)?;
        let name = entry["role"].as_str().unwrap_or_default().to_owned();
        Ok(RenderedRole { name, trust: self.evaluable(&entry["document"]) })
    }

    /// Returns one document with the statements of all policies of a role, from the first snapshot that has
    /// the role.
    pub(crate) fn rights(&self, role: &str) -> Result<Value, PoliciesError> {
        const KIND: &str = "role policies";
        let of_role = |snapshot: &Value| -> Vec<Value> {
            let policies = snapshot[KIND].as_object().into_iter().flat_map(|entries| entries.values());
            let policies = policies.filter(|policy| policy["role"] == role);
            policies.flat_map(|policy| statements(&self.evaluable(&policy["document"]))).collect()
        };
        let mut found = self.snapshots.iter().map(of_role).filter(|statements| !statements.is_empty());
        let missing = || PoliciesError::Missing { kind: KIND, address: role.to_owned() };
        found.next().map(|statements| document(&statements)).ok_or_else(missing)
    }

    /// Returns the policy of the queue at an address of the Terraform module.
    pub(crate) fn queue(&self, address: &str) -> Result<Value, PoliciesError> {
        Ok(self.evaluable(&self.entry("queue policies", address)?["document"]))
    }

    /// Returns the policy of the bucket. `readers` may read in addition to the roles that the policy names.
    pub(crate) fn bucket(&self, readers: &[&Principal]) -> Result<Value, PoliciesError> {
        const READS: &str = "OnlyTheNamedRolesRead";
        let entry = self.entry("bucket policies", "aws_s3_bucket_policy.files")?;
        let mut policy = self.evaluable(&entry["document"]);
        let statements = policy.get_mut("Statement").and_then(Value::as_array_mut).into_iter().flatten();
        for statement in statements.filter(|statement| statement["Sid"] == READS) {
            let named = statement.pointer_mut("/Condition/StringNotLike/aws:PrincipalArn");
            if let Some(named) = named.and_then(Value::as_array_mut) {
                named.extend(readers.iter().map(|reader| json!(reader.arn)));
            }
        }
        Ok(policy)
    }

    fn entry(&self, kind: &'static str, address: &str) -> Result<&Value, PoliciesError> {
        let mut entries = self.snapshots.iter().filter_map(|snapshot| snapshot[kind].get(address));
        entries.next().ok_or_else(|| PoliciesError::Missing { kind, address: address.to_owned() })
    }

    /// Returns the document with this stack's ARNs, without the conditions that the emulator cannot evaluate.
    fn evaluable(&self, document: &Value) -> Value {
        let mut evaluable = emulator::evaluable(document);
        self.replace_arns(&mut evaluable);
        evaluable
    }

    fn replace_arns(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(arn) = self.arns.get(text) {
                    text.clone_from(arn);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.replace_arns(item)),
            Value::Object(fields) => fields.values_mut().for_each(|field| self.replace_arns(field)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn statements(document: &Value) -> Vec<Value> {
    document["Statement"].as_array().cloned().unwrap_or_default()
}

fn document(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [&str; 7] = [
        "aws_iam_role.function[\"issue-upload\"]",
        "aws_iam_role.function[\"record-upload\"]",
        "aws_iam_role.function[\"serve-link\"]",
        "aws_iam_role.function[\"send-webhook\"]",
        "aws_iam_role.signer[\"upload\"]",
        "aws_iam_role.signer[\"download\"]",
        "aws_iam_role.schedule",
    ];

    fn policies() -> Policies {
        let files = "arn:aws:kms:eu-west-1:000000000000:key/files".to_owned();
        let arns = [(files, "arn:aws:kms:eu-west-1:000000000000:key/1234".to_owned())];
        Policies::new("000000000000", "eu-west-1").unwrap().with_arns(arns)
    }

    fn sids(document: &Value) -> Vec<String> {
        statements(document).iter().map(|statement| statement["Sid"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn every_role_of_the_module_has_a_trust_and_rights_of_this_account() {
        for address in ROLES {
            let role = policies().role(address).unwrap();
            let rights = policies().rights(&role.name).unwrap();
            assert!(!sids(&role.trust).is_empty() && !sids(&rights).is_empty(), "{address}");
            for text in [rights.to_string(), role.trust.to_string()] {
                assert!(!text.contains(RENDERED_ACCOUNT) && !text.contains(RENDERED_REGION), "{text}");
            }
        }
    }

    #[test]
    fn the_recorder_lists_versions_below_uploads_only() {
        let rights = policies().rights("postern-eu-west-1-record-upload").unwrap();
        let lists = statements(&rights)
            .into_iter()
            .find(|statement| statement["Action"] == "s3:ListBucketVersions")
            .unwrap();
        assert_eq!(lists["Condition"]["StringLike"]["s3:prefix"], "uploads/*");
    }

    #[test]
    fn an_arn_that_aws_makes_up_is_replaced() {
        let rights = policies().rights("postern-eu-west-1-download-signer").unwrap();
        assert!(rights.to_string().contains("key/1234") && !rights.to_string().contains("key/files"));
    }

    #[test]
    fn the_bucket_has_every_statement() {
        let reader = Principal { arn: "arn:aws:iam::000000000000:user/me".to_owned(), name: "me".to_owned() };
        let policies = policies();
        let rendered =
            sids(&policies.entry("bucket policies", "aws_s3_bucket_policy.files").unwrap()["document"]);
        let bucket = policies.bucket(&[&reader]).unwrap();
        assert_eq!(sids(&bucket), rendered);
        assert!(bucket.to_string().contains(&reader.arn));
    }

    #[test]
    fn a_document_that_no_snapshot_has_is_named() {
        let error = policies().queue("aws_sqs_queue_policy.none").unwrap_err();
        assert!(error.to_string().contains("aws_sqs_queue_policy.none"), "{error}");
    }
}
