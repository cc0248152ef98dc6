//! S3's refusal of a form: the error code, the message, and the condition that failed.
//!
//! Sources: [Error responses](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html)
//! for codes, statuses and most messages. It does not list the messages that begin with "Invalid according to Policy"
//! and "Invalid Policy", which S3 sends. Where S3's wording of a reason is not known, the code is S3's and the message
//! is this crate's.

use std::fmt;

/// S3's error codes for a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalCode {
    /// The policy has expired, or does not allow this form.
    AccessDenied,
    /// The file is smaller than the policy allows.
    EntityTooSmall,
    /// The file is larger than the policy, or than one POST, allows.
    EntityTooLarge,
    /// The form has no file, or more than one.
    IncorrectNumberOfFilesInPostRequest,
    /// The access key id is unknown.
    InvalidAccessKeyId,
    /// A field is missing or malformed.
    InvalidArgument,
    /// The policy cannot be read.
    InvalidPolicyDocument,
    /// The session token does not belong to the access key.
    InvalidToken,
    /// The fields before the file are too large.
    MaxPostPreDataLengthExceeded,
    /// User metadata is too large.
    MetadataTooLarge,
    /// The signature does not match the policy.
    SignatureDoesNotMatch,
}

impl RefusalCode {
    /// Returns the code as S3's answer has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDenied",
            Self::EntityTooSmall => "EntityTooSmall",
            Self::EntityTooLarge => "EntityTooLarge",
            Self::IncorrectNumberOfFilesInPostRequest => "IncorrectNumberOfFilesInPostRequest",
            Self::InvalidAccessKeyId => "InvalidAccessKeyId",
            Self::InvalidArgument => "InvalidArgument",
            Self::InvalidPolicyDocument => "InvalidPolicyDocument",
            Self::InvalidToken => "InvalidToken",
            Self::MaxPostPreDataLengthExceeded => "MaxPostPreDataLengthExceededError",
            Self::MetadataTooLarge => "MetadataTooLarge",
            Self::SignatureDoesNotMatch => "SignatureDoesNotMatch",
        }
    }

    /// Returns the HTTP status of S3's answer.
    pub fn status(self) -> u16 {
        match self {
            Self::AccessDenied | Self::InvalidAccessKeyId | Self::SignatureDoesNotMatch => 403,
            _ => 400,
        }
    }
}

/// A condition that failed, with the field and its value.
///
/// `Debug` shows only the field, because the value comes from the client.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedCondition {
    /// The condition, as S3 writes it.
    pub condition: String,
    /// The condition's field, in lower case; `None` if the condition cannot be read.
    pub field: Option<String>,
    /// The field's value in the form; `None` if the form does not have the field.
    pub value: Option<String>,
}

impl fmt::Debug for FailedCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailedCondition").field("field", &self.field).finish_non_exhaustive()
    }
}

/// S3's answer to a form that it refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("S3 refuses the form with {}: {message}", code.as_str())]
#[non_exhaustive]
pub struct Refusal {
    /// The error code.
    pub code: RefusalCode,
    /// The message that S3 sends with the code.
    pub message: String,
    /// The condition that failed, if the form fails a condition of the policy.
    pub failed: Option<FailedCondition>,
}

impl Refusal {
    pub(super) fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), failed: None }
    }

    pub(super) fn policy(reason: impl fmt::Display) -> Self {
        Self::new(RefusalCode::InvalidPolicyDocument, format!("Invalid Policy: {reason}"))
    }

    pub(super) fn denied(reason: impl fmt::Display) -> Self {
        Self::new(RefusalCode::AccessDenied, format!("Invalid according to Policy: {reason}"))
    }

    pub(super) fn condition(condition: String, field: Option<String>, value: Option<String>) -> Self {
        let denied = Self::denied(format_args!("Policy Condition failed: {condition}"));
        Self { failed: Some(FailedCondition { condition, field, value }), ..denied }
    }

    /// The refusal of a form without a required field, in S3's spelling.
    pub(super) fn missing(field: &str) -> Self {
        // S3's message has two spaces here.
        let message = format!(
            "Bucket POST must contain a field named '{field}'.  If it is specified, please check the order of the fields."
        );
        Self::new(RefusalCode::InvalidArgument, message)
    }
}
