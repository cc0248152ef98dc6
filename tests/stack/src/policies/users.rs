//! The policies of the users of the tests.

use serde_json::{Value, json};

use super::{Resources, document};

/// The policy of the observer, a test user who reads everything and changes nothing.
pub(crate) fn observer(resources: &Resources) -> Value {
    document(&[
        json!({
            "Sid": "ReadRecords",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:DescribeTable"],
            "Resource": [resources.table_arn, format!("{}/index/*", resources.table_arn)],
        }),
        json!({
            "Sid": "ReadObjects",
            "Effect": "Allow",
            "Action": ["s3:GetObject*", "s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:List*"],
            "Resource": [resources.bucket_arn(), format!("{}/*", resources.bucket_arn())],
        }),
        json!({
            "Sid": "DecryptWhatItReads",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": [resources.files_key_arn, resources.operations_key_arn],
        }),
        json!({
            "Sid": "LookIntoQueues",
            "Effect": "Allow",
            "Action": ["sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            "Resource": [resources.queue_arn, resources.dead_letter_queue_arn],
        }),
        json!({
            "Sid": "ReadFunctionsAndTheirLogs",
            "Effect": "Allow",
            "Action": ["lambda:GetFunction", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:Describe*"],
            "Resource": "*",
        }),
    ])
}

/// The policy of the outsider, a test user. The policy allows access to the uploads and to both signers. So
/// if AWS denies the outsider a request, the bucket's policy or a signer's trust policy is the reason.
pub(crate) fn outsider(resources: &Resources) -> Value {
    document(&[
        json!({
            "Sid": "PutUploads",
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObject", "s3:DeleteObjectVersion"],
            "Resource": resources.uploads(),
        }),
        json!({
            "Sid": "UseTheKey",
            "Effect": "Allow",
            "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
            "Resource": resources.files_key_arn,
        }),
        json!({
            "Sid": "BecomeBothSigners",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": [resources.upload_signer_role.arn, resources.download_signer_role.arn],
        }),
    ])
}
