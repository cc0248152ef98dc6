//! Judges the bucket's policy: each statement of the module that refuses something is there, and refuses as much.
//!
//! What follows from the bucket's name is compared: effect, principal, actions, resources, and the keys of the
//! conditions. Of the values, those that are the same in every stack are compared, and the roles' names.

use std::collections::BTreeSet;

use serde_json::Value;

use super::observed::Judged;
use crate::stack::Stack;

/// A statement that refuses something to everyone.
struct Deny {
    /// Its names: one of them is there, depending on the options of the module.
    sids: &'static [&'static str],
    actions: &'static [&'static str],
    on: On,
    /// Operator, key and values of each condition.
    conditions: &'static [(&'static str, &'static str, Values)],
}

/// What a statement is about.
enum On {
    BucketAndObjects,
    Objects,
    Uploads,
    /// All but the uploads, and the object that the scanner puts.
    OutsideUploads,
}

/// The values of a condition.
enum Values {
    /// This one.
    Is(&'static str),
    /// The role of this name, and no other.
    OfRole(&'static str),
    /// The files key, if it is known.
    FilesKey,
    /// The operator chose them. A value that matches everything is none.
    Chosen,
}

use On::{BucketAndObjects, Objects, OutsideUploads, Uploads};
use Values::{Chosen, FilesKey, Is, OfRole};

const PRINCIPAL: &str = "aws:PrincipalArn";
const SERVICE: &str = "aws:PrincipalIsAWSService";
const ENCRYPTION: &str = "s3:x-amz-server-side-encryption";
const ENCRYPTION_KEY: &str = "s3:x-amz-server-side-encryption-aws-kms-key-id";
const CLIENT_KEY: &str = "s3:x-amz-server-side-encryption-customer-algorithm";
const AGE: &str = "s3:signatureAge";
const PUTS: &[&str] = &["s3:PutObject", "s3:ReplicateObject", "s3:ReplicateDelete"];
const PUT: &[&str] = &["s3:PutObject"];

const fn deny(
    sids: &'static [&'static str],
    actions: &'static [&'static str],
    on: On,
    conditions: &'static [(&'static str, &'static str, Values)],
) -> Deny {
    Deny { sids, actions, on, conditions }
}

/// The statements of `terraform/bucket_policy.tf` that every stack has.
const DENIES: [Deny; 12] = [
    deny(
        &["NothingTravelsWithoutTls"],
        &["s3:*"],
        BucketAndObjects,
        &[("Bool", "aws:SecureTransport", Is("false"))],
    ),
    deny(
        &["OnlyTheUploadSignerPutsFiles"],
        PUTS,
        Uploads,
        &[("StringNotLike", PRINCIPAL, OfRole("upload-signer"))],
    ),
    deny(&["NothingIsPutOutsideUploads"], PUTS, OutsideUploads, &[]),
    deny(
        &["NoOtherKeyEncryptsWhereOneIsNamed"],
        PUT,
        Objects,
        &[("Null", ENCRYPTION_KEY, Is("false")), ("StringNotEquals", ENCRYPTION_KEY, FilesKey)],
    ),
    deny(
        &["NoOtherEncryptionWhereOneIsNamed"],
        PUT,
        Objects,
        &[("Null", ENCRYPTION, Is("false")), ("StringNotEquals", ENCRYPTION, Is("aws:kms"))],
    ),
    deny(&["NoKeyOfTheClientsEncrypts"], PUT, Objects, &[("Null", CLIENT_KEY, Is("false"))]),
    deny(&["NoFormOutlivesItsLife"], PUT, Objects, &[("NumericGreaterThan", AGE, Chosen)]),
    deny(
        &["NoLinkUrlOutlivesItsLife"],
        &["s3:GetObject", "s3:GetObjectVersion"],
        Objects,
        &[("NumericGreaterThan", AGE, Chosen), ("StringEquals", "s3:authType", Is("REST-QUERY-STRING"))],
    ),
    deny(&["NobodyLaysADeleteMarker"], &["s3:DeleteObject"], Objects, &[]),
    deny(
        &["OnlyTheRecorderRemovesVersions"],
        &["s3:DeleteObjectVersion"],
        Objects,
        &[("StringNotLike", PRINCIPAL, OfRole("record-upload"))],
    ),
    deny(
        &["OnlyTheNamedRolesRead"],
        &["s3:GetObject*"],
        Objects,
        &[("BoolIfExists", SERVICE, Is("false")), ("StringNotLike", PRINCIPAL, Chosen)],
    ),
    deny(
        &["NoServiceReads", "NoServiceReadsButOurDistribution"],
        &["s3:GetObject*"],
        Objects,
        &[("Bool", SERVICE, Is("true"))],
    ),
];

/// Judges the policy.
pub fn judge(stack: &Stack, policy: &Value) -> Judged {
    let statements = policy.get("Statement").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let wrong: Vec<String> = DENIES.iter().filter_map(|deny| deny.difference(stack, statements)).collect();
    if wrong.is_empty() {
        return Ok(format!("{} statements, each refusal is there", statements.len()));
    }
    Err(wrong.join("; "))
}

impl Deny {
    /// What is wrong with the statement, if anything.
    fn difference(&self, stack: &Stack, statements: &[Value]) -> Option<String> {
        let sid = |statement: &Value| statement.get("Sid").and_then(Value::as_str).map(str::to_owned);
        let found = statements
            .iter()
            .find(|statement| sid(statement).is_some_and(|sid| self.sids.contains(&sid.as_str())));
        let Some(statement) = found else {
            return Some(format!("lacks {}", self.sids.join(" or ")));
        };
        let wrong: Vec<&str> = [
            ("effect", statement.get("Effect").and_then(Value::as_str) == Some("Deny")),
            ("principal", is_everyone(statement.get("Principal"))),
            ("actions", self.actions.iter().all(|action| texts(statement.get("Action")).contains(*action))),
            ("resources", self.has_resources(stack, statement)),
            ("conditions", self.has_conditions(stack, statement)),
        ]
        .into_iter()
        .filter_map(|(part, is_right)| (!is_right).then_some(part))
        .collect();
        (!wrong.is_empty())
            .then(|| format!("{} has other {}", sid(statement).unwrap_or_default(), wrong.join(", ")))
    }

    fn has_resources(&self, stack: &Stack, statement: &Value) -> bool {
        // The partition differs: `aws`, `aws-cn`, `aws-us-gov`.
        let of = |field: &str| -> BTreeSet<String> {
            let arns = texts(statement.get(field));
            arns.iter()
                .map(|arn| arn.split_once(":s3:::").map_or(arn.clone(), |(_, name)| name.to_owned()))
                .collect()
        };
        let bucket = stack.bucket.as_deref().unwrap_or_default();
        let [objects, uploads] = ["*", "uploads/*"].map(|end| format!("{bucket}/{end}"));
        let (resources, not) = (of("Resource"), of("NotResource"));
        match self.on {
            BucketAndObjects => not.is_empty() && resources.contains(bucket) && resources.contains(&objects),
            Objects => not.is_empty() && resources.contains(&objects),
            Uploads => not.is_empty() && resources.contains(&uploads),
            OutsideUploads => {
                let guard_duty = format!("{bucket}/malware-protection-resource-validation-object");
                resources.is_empty()
                    && not.contains(&uploads)
                    && not.iter().all(|arn| *arn == uploads || *arn == guard_duty)
            }
        }
    }

    /// A condition more makes a statement refuse less, except that of the distribution.
    fn has_conditions(&self, stack: &Stack, statement: &Value) -> bool {
        let seen: Vec<(String, String, BTreeSet<String>)> = statement
            .get("Condition")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .flat_map(|(operator, keys)| {
                keys.as_object()
                    .into_iter()
                    .flatten()
                    .map(|(key, values)| (operator.clone(), key.clone(), texts(Some(values))))
            })
            .collect();
        let is_distribution = |operator: &str, key: &str, values: &BTreeSet<String>| {
            let sid = statement.get("Sid").and_then(Value::as_str);
            sid == Some("NoServiceReadsButOurDistribution")
                && (operator, key) == ("StringNotEquals", "aws:SourceArn")
                && values.iter().all(|arn| arn.contains(":cloudfront:") && !arn.contains('*'))
        };
        let is_wanted = |operator: &str, key: &str| {
            self.conditions.iter().find(|(wanted, of, _)| *wanted == operator && of.eq_ignore_ascii_case(key))
        };
        let all_known = seen.iter().all(|(operator, key, values)| match is_wanted(operator, key) {
            Some((.., wanted)) => wanted.fit(stack, values),
            None => is_distribution(operator, key, values),
        });
        let count = seen.iter().filter(|(operator, key, _)| is_wanted(operator, key).is_some()).count();
        all_known && count == self.conditions.len()
    }
}

impl Values {
    fn fit(&self, stack: &Stack, seen: &BTreeSet<String>) -> bool {
        let only = |wanted: &str| seen.len() == 1 && seen.contains(wanted);
        match self {
            Is(value) => only(value),
            FilesKey => stack.files_key_arn.as_deref().is_none_or(only),
            OfRole(role) => {
                let name = stack.roles.get(*role).map(String::as_str);
                !seen.is_empty() && seen.iter().all(|arn| is_arn_of(arn, name))
            }
            Chosen => !seen.is_empty() && seen.iter().all(|value| is_single(value)),
        }
    }
}

/// Whether a value has no wildcard, except that for the sessions of one role.
fn is_single(value: &str) -> bool {
    let role = value.strip_suffix("/*").filter(|role| role.contains(":assumed-role/"));
    !role.unwrap_or(value).contains(['*', '?'])
}

/// Whether this is the ARN of this role or of its sessions. No name: of any role.
fn is_arn_of(arn: &str, name: Option<&str>) -> bool {
    let seen = match (arn.split_once(":role/"), arn.split_once(":assumed-role/")) {
        (Some((_, role)), _) => role.rsplit('/').next(),
        (None, Some((_, session))) => session.strip_suffix("/*"),
        (None, None) => None,
    };
    is_single(arn) && seen.is_some_and(|seen| name.is_none_or(|name| name == seen))
}

fn is_everyone(principal: Option<&Value>) -> bool {
    let principal = principal.map(|principal| principal.get("AWS").unwrap_or(principal));
    texts(principal).contains("*")
}

/// A text, or a list of texts.
fn texts(value: Option<&Value>) -> BTreeSet<String> {
    match value {
        Some(Value::Array(values)) => values.iter().flat_map(|value| texts(Some(value))).collect(),
        Some(Value::String(text)) => [text.clone()].into(),
        Some(value @ (Value::Bool(_) | Value::Number(_))) => [value.to_string()].into(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part of a statement, and what makes it refuse less. The text is the bucket's name.
    type Weaken = (&'static str, fn(&mut Value, &str));

    /// The policies that Terraform renders from the module.
    const RENDERED: [&str; 3] = [
        include_str!("../../../../terraform/tests/policies/snapshots/plain.json"),
        include_str!("../../../../terraform/tests/policies/snapshots/scanned.json"),
        include_str!("../../../../terraform/tests/policies/snapshots/all_options.json"),
    ];

    fn rendered(snapshot: &str) -> (Stack, Value) {
        let snapshot: Value = serde_json::from_str(snapshot).unwrap();
        let policy = &snapshot["bucket policies"]["aws_s3_bucket_policy.files"];
        let role = |name: &str| (name.to_owned(), format!("postern-us-east-1-{name}"));
        let stack = Stack {
            bucket: Some(policy["bucket"].as_str().unwrap().to_owned()),
            roles: [role("upload-signer"), role("record-upload"), role("download-signer")].into(),
            files_key_arn: Some("arn:aws:kms:us-east-1:111122223333:key/files".to_owned()),
            ..Stack::default()
        };
        (stack, policy["document"].clone())
    }

    #[test]
    fn the_policies_of_the_module_pass() {
        for snapshot in RENDERED {
            let (stack, policy) = rendered(snapshot);
            assert!(judge(&stack, &policy).is_ok(), "{:?}", judge(&stack, &policy));
        }
    }

    #[test]
    fn each_weaker_statement_is_named() {
        let weaken: [Weaken; 5] = [
            ("effect", |statement, _| statement["Effect"] = "Allow".into()),
            ("principal", |statement, _| {
                statement["Principal"] = serde_json::json!({ "AWS": "arn:aws:iam::1:root" });
            }),
            ("actions", |statement, _| statement["Action"] = "s3:GetObjectAcl".into()),
            ("resources", |statement, bucket| {
                let field = if statement.get("NotResource").is_some() { "NotResource" } else { "Resource" };
                let other = if field == "Resource" { "nothing/*" } else { "*" };
                statement[field] = format!("arn:aws:s3:::{bucket}/{other}").into();
            }),
            ("conditions", |statement, _| {
                statement["Condition"]["StringEquals"]["aws:PrincipalAccount"] = "000000000000".into();
            }),
        ];
        for snapshot in RENDERED {
            let (stack, policy) = rendered(snapshot);
            for deny in &DENIES {
                for (part, weaken) in weaken {
                    let mut weaker = policy.clone();
                    let statement = weaker["Statement"]
                        .as_array_mut()
                        .unwrap()
                        .iter_mut()
                        .find(|statement| deny.sids.contains(&statement["Sid"].as_str().unwrap()))
                        .unwrap();
                    weaken(statement, stack.bucket.as_ref().unwrap());
                    let sid = statement["Sid"].as_str().unwrap().to_owned();
                    assert_eq!(judge(&stack, &weaker), Err(format!("{sid} has other {part}")));
                }
            }
        }
    }

    #[test]
    fn a_condition_with_other_values_is_named() {
        let (stack, policy) = rendered(RENDERED[0]);
        for (sid, operator, key, value) in [
            ("NothingTravelsWithoutTls", "Bool", "aws:SecureTransport", "true"),
            (
                "OnlyTheUploadSignerPutsFiles",
                "StringNotLike",
                PRINCIPAL,
                "arn:aws:iam::111122223333:role/other",
            ),
            ("OnlyTheRecorderRemovesVersions", "StringNotLike", PRINCIPAL, "*"),
            ("OnlyTheNamedRolesRead", "StringNotLike", PRINCIPAL, "*"),
            ("OnlyTheNamedRolesRead", "StringNotLike", PRINCIPAL, "arn:aws:sts::111122223333:assumed-role/*"),
            ("OnlyTheNamedRolesRead", "StringNotLike", PRINCIPAL, "arn:aws:iam::111122223333:*"),
            (
                "OnlyTheRecorderRemovesVersions",
                "StringNotLike",
                PRINCIPAL,
                "arn:aws:iam::*:role/postern-us-east-1-record-upload",
            ),
            ("OnlyTheNamedRolesRead", "StringNotLike", PRINCIPAL, "arn:aws:iam::111122223333:role/*"),
            (
                "NoOtherKeyEncryptsWhereOneIsNamed",
                "StringNotEquals",
                ENCRYPTION_KEY,
                "arn:aws:kms:us-east-1:1:key/other",
            ),
            ("NoServiceReads", "Bool", SERVICE, "false"),
        ] {
            let mut other = policy.clone();
            let statements = other["Statement"].as_array_mut().unwrap();
            let statement = statements.iter_mut().find(|statement| statement["Sid"] == sid).unwrap();
            statement["Condition"][operator][key] = value.into();
            assert_eq!(judge(&stack, &other), Err(format!("{sid} has other conditions")), "{value}");
        }
    }
}
