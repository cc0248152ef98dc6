//! The bucket's policy: what nobody may do, whatever their own policy says.

use std::slice;

use serde_json::{Value, json};

use super::{Principal, Resources, document};

/// Every statement is a refusal. `readers` read beside the download signer and the recorder.
pub(crate) fn policy(resources: &Resources, readers: &[Principal]) -> Value {
    let everything = format!("{}/*", resources.bucket_arn());
    let encryption = "s3:x-amz-server-side-encryption";
    let key = "s3:x-amz-server-side-encryption-aws-kms-key-id";
    let uploader = slice::from_ref(&resources.upload_signer_role);
    let recorder = slice::from_ref(&resources.recorder_role);
    let mut may_read = vec![resources.download_signer_role.clone(), resources.recorder_role.clone()];
    may_read.extend_from_slice(readers);
    document(&[
        json!({
            "Sid": "OnlyTheUploadSignerPuts",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": resources.uploads(),
            "Condition": { "StringNotLike": { "aws:PrincipalArn": resources.sessions_too(uploader) } },
        }),
        json!({
            "Sid": "NothingIsPutOutsideUploads",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "NotResource": resources.uploads(),
        }),
        // Only where the header is there: parts and completions carry none, and then the
        // bucket's default holds, which is the same key.
        json!({
            "Sid": "NoOtherKeyEncryptsWhereOneIsNamed",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": everything,
            "Condition": {
                "Null": { key: "false" },
                "StringNotEquals": { key: resources.files_key_arn },
            },
        }),
        json!({
            "Sid": "NoOtherEncryptionWhereOneIsNamed",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": everything,
            "Condition": {
                "Null": { encryption: "false" },
                "StringNotEquals": { encryption: "aws:kms" },
            },
        }),
        json!({
            "Sid": "NobodyLaysADeleteMarker",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:DeleteObject",
            "Resource": everything,
        }),
        json!({
            "Sid": "OnlyTheRecorderRemovesVersions",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:DeleteObjectVersion",
            "Resource": everything,
            "Condition": { "StringNotLike": { "aws:PrincipalArn": resources.sessions_too(recorder) } },
        }),
        json!({
            "Sid": "OnlyTheNamedRolesRead",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:GetObject*",
            "Resource": everything,
            "Condition": {
                "StringNotLike": { "aws:PrincipalArn": resources.sessions_too(&may_read) },
                "BoolIfExists": { "aws:PrincipalIsAWSService": "false" },
            },
        }),
    ])
}
