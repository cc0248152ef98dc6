//! Who may do what: the policies of roles, bucket and queue, as the deployed stack has them.
//!
//! Two statements of the deployed stack cannot stand here, because the emulator refuses what AWS
//! allows: the bucket's demand for TLS (the emulator speaks plain HTTP), and the check that a
//! request to the table names a leading key at all (the emulator never fills that key, so
//! `serve-link` is not held to link items here).

pub(crate) mod bucket;
pub(crate) mod roles;
pub(crate) mod users;

use serde_json::{Value, json};

/// What the policies name.
#[derive(Debug, Clone)]
pub(crate) struct Resources {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) bucket: String,
    pub(crate) object_prefix: String,
    pub(crate) table_arn: String,
    pub(crate) queue_arn: String,
    pub(crate) dead_letter_queue_arn: String,
    pub(crate) dead_removals_queue_arn: String,
    pub(crate) webhook_queue_arn: String,
    pub(crate) dead_webhook_queue_arn: String,
    pub(crate) webhook_secret_arn: String,
    pub(crate) files_key_arn: String,
    pub(crate) operations_key_arn: String,
    pub(crate) link_key_arn: String,
    pub(crate) upload_signer_role: Principal,
    pub(crate) download_signer_role: Principal,
    pub(crate) recorder_role: Principal,
}

/// A role or a user, as conditions see it.
#[derive(Debug, Clone)]
pub(crate) struct Principal {
    pub(crate) arn: String,
    pub(crate) name: String,
}

impl Resources {
    fn bucket_arn(&self) -> String {
        format!("arn:aws:s3:::{}", self.bucket)
    }

    fn uploads(&self) -> String {
        format!("{}/{}*", self.bucket_arn(), self.object_prefix)
    }

    /// The principals' ARNs, and their sessions' beside them: AWS compares a session by the ARN of
    /// its role, the emulator by its own.
    fn sessions_too(&self, principals: &[Principal]) -> Vec<String> {
        principals
            .iter()
            .flat_map(|principal| {
                let session = format!("arn:aws:sts::{}:assumed-role/{}/*", self.account, principal.name);
                [principal.arn.clone(), session]
            })
            .collect()
    }

    fn index_arn(&self, index: &str) -> String {
        format!("{}/index/{index}", self.table_arn)
    }
}

fn document(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// Lets Lambda run functions of this account as a role.
pub(crate) fn trust_of_lambda(account: &str) -> Value {
    document(&[json!({
        "Sid": "LambdaRunsOurFunctionsAsThisRole",
        "Effect": "Allow",
        "Principal": { "Service": "lambda.amazonaws.com" },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "aws:SourceAccount": account } },
    })])
}

/// Lets schedules of this account's default group call as a role.
pub(crate) fn trust_of_scheduler(account: &str, region: &str) -> Value {
    document(&[json!({
        "Sid": "OurSchedulesCallAsThisRole",
        "Effect": "Allow",
        "Principal": { "Service": "scheduler.amazonaws.com" },
        "Action": "sts:AssumeRole",
        "Condition": {
            "ArnEquals": {
                "aws:SourceArn": format!("arn:aws:scheduler:{region}:{account}:schedule-group/default"),
            },
            "StringEquals": { "aws:SourceAccount": account },
        },
    })])
}

/// The schedule: calls one function.
pub(crate) fn invoke(function_arn: &str) -> Value {
    document(&[json!({
        "Sid": "CallOneFunction",
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": function_arn,
    })])
}

/// Lets one execution role become a signer.
pub(crate) fn trust_of_role(role_arn: &str) -> Value {
    document(&[json!({
        "Sid": "OneFunctionBecomesThisSigner",
        "Effect": "Allow",
        "Principal": { "AWS": role_arn },
        "Action": "sts:AssumeRole",
    })])
}

/// A queue of webhooks, or of those that were given up: this rule of this account may send.
pub(crate) fn queue_of_rule(account: &str, rule_arn: &str, queue_arn: &str) -> Value {
    document(&[json!({
        "Sid": "TheRuleSendsEvents",
        "Effect": "Allow",
        "Principal": { "Service": "events.amazonaws.com" },
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {
            "ArnEquals": { "aws:SourceArn": rule_arn },
            "StringEquals": { "aws:SourceAccount": account },
        },
    })])
}

/// The queue: this bucket of this account may send, and nobody else.
pub(crate) fn queue(account: &str, bucket: &str, queue_arn: &str) -> Value {
    document(&[json!({
        "Sid": "TheBucketSendsItsEvents",
        "Effect": "Allow",
        "Principal": { "Service": "s3.amazonaws.com" },
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {
            "ArnEquals": { "aws:SourceArn": format!("arn:aws:s3:::{bucket}") },
            "StringEquals": { "aws:SourceAccount": account },
        },
    })])
}
