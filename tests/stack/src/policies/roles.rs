//! What each function may do as itself, and what it may sign.

use serde_json::{Value, json};

use super::{Principal, Resources, document};

/// `issue-upload`: records and links, no objects.
pub(crate) fn issue_upload(resources: &Resources, function: &str) -> Value {
    document(&[
        json!({
            "Sid": "WriteRecords",
            "Effect": "Allow",
            "Action": [
                "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem",
            ],
            "Resource": resources.table_arn,
        }),
        json!({
            "Sid": "ListRecordsAndLinks",
            "Effect": "Allow",
            "Action": "dynamodb:Query",
            "Resource": [
                resources.index_arn("uploads_by_owner"),
                resources.index_arn("links_by_upload"),
                resources.index_arn("links_by_owner"),
            ],
        }),
        use_the_key_of_the_table(resources),
        derive_the_secret_of_links(resources),
        become_signer(&resources.upload_signer_role),
        write_logs(resources, function),
    ])
}

/// `record-upload`: looks at versions, removes them, and writes what it saw.
pub(crate) fn record_upload(resources: &Resources, function: &str) -> Value {
    document(&[
        json!({
            "Sid": "UpdateRecords",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
            "Resource": resources.table_arn,
        }),
        json!({
            "Sid": "FindTheLinksOfAnUpload",
            "Effect": "Allow",
            "Action": "dynamodb:Query",
            "Resource": [resources.index_arn("links_by_upload"), resources.index_arn("uploads_unfinished")],
        }),
        json!({
            "Sid": "FollowTheTable",
            "Effect": "Allow",
            "Action": [
                "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams",
            ],
            "Resource": format!("{}/stream/*", resources.table_arn),
        }),
        json!({
            "Sid": "ReadAndRemoveVersions",
            "Effect": "Allow",
            "Action": ["s3:GetObjectVersion", "s3:DeleteObjectVersion"],
            "Resource": resources.uploads(),
        }),
        json!({
            "Sid": "ReadWhatAScanHasFound",
            "Effect": "Allow",
            "Action": "s3:GetObjectVersionTagging",
            "Resource": resources.uploads(),
        }),
        json!({
            "Sid": "TellMissingFromForbidden",
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
            "Resource": resources.bucket_arn(),
        }),
        json!({
            "Sid": "DecryptFiles",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": resources.files_key_arn,
            "Condition": through(resources, "s3"),
        }),
        json!({
            "Sid": "TakeEvents",
            "Effect": "Allow",
            "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            "Resource": resources.queue_arn,
        }),
        json!({
            "Sid": "LeaveFailedRemovals",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": resources.dead_removals_queue_arn,
        }),
        use_the_key_of_the_table(resources),
        write_logs(resources, function),
    ])
}

/// `serve-link`, the public door: link items, and nothing else.
pub(crate) fn serve_link(resources: &Resources, function: &str) -> Value {
    document(&[
        json!({
            "Sid": "ReadAndCountLinks",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
            "Resource": resources.table_arn,
            "Condition": { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["LINK#*"] } },
        }),
        use_the_key_of_the_table(resources),
        derive_the_secret_of_links(resources),
        become_signer(&resources.download_signer_role),
        write_logs(resources, function),
    ])
}

/// `send-webhook`, which reaches out of AWS: its queue and its secret, and nothing else.
pub(crate) fn send_webhook(resources: &Resources, function: &str) -> Value {
    document(&[
        json!({
            "Sid": "TakeEventsAndHideThem",
            "Effect": "Allow",
            "Action": [
                "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility",
            ],
            "Resource": resources.webhook_queue_arn,
        }),
        json!({
            "Sid": "LeaveWhatWasGivenUp",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": resources.dead_webhook_queue_arn,
        }),
        json!({
            "Sid": "ReadItsSecret",
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": resources.webhook_secret_arn,
        }),
        json!({
            "Sid": "DecryptItsSecret",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": resources.operations_key_arn,
            "Condition": through(resources, "secretsmanager"),
        }),
        write_logs(resources, function),
    ])
}

/// The upload signer: what a form or a part's URL can do at most.
pub(crate) fn upload_signer(resources: &Resources) -> Value {
    document(&[
        json!({
            "Sid": "PutUploads",
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"],
            "Resource": resources.uploads(),
        }),
        json!({
            "Sid": "EncryptFiles",
            "Effect": "Allow",
            "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
            "Resource": resources.files_key_arn,
            "Condition": through(resources, "s3"),
        }),
    ])
}

/// The download signer: a named version, never "the latest", never a list.
pub(crate) fn download_signer(resources: &Resources) -> Value {
    document(&[
        json!({
            "Sid": "ReadVersions",
            "Effect": "Allow",
            "Action": "s3:GetObjectVersion",
            "Resource": resources.uploads(),
        }),
        json!({
            "Sid": "DecryptFiles",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": resources.files_key_arn,
            "Condition": through(resources, "s3"),
        }),
    ])
}

fn use_the_key_of_the_table(resources: &Resources) -> Value {
    json!({
        "Sid": "UseTheKeyOfTheTable",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": resources.operations_key_arn,
        "Condition": through(resources, "dynamodb"),
    })
}

/// A key is used by the service on a role's behalf, never by the role itself.
fn through(resources: &Resources, service: &str) -> Value {
    json!({ "StringEquals": { "kms:ViaService": format!("{service}.{}.amazonaws.com", resources.region) } })
}

fn derive_the_secret_of_links(resources: &Resources) -> Value {
    json!({
        "Sid": "DeriveTheSecretOfLinks",
        "Effect": "Allow",
        "Action": "kms:GenerateMac",
        "Resource": resources.link_key_arn,
    })
}

fn become_signer(role: &Principal) -> Value {
    json!({
        "Sid": "BecomeTheSigner",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": role.arn,
    })
}

fn write_logs(resources: &Resources, function: &str) -> Value {
    json!({
        "Sid": "WriteLogs",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": format!(
            "arn:aws:logs:{}:{}:log-group:/aws/lambda/{function}:*",
            resources.region, resources.account,
        ),
    })
}
