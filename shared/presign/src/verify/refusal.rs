//! Why S3 refuses a form: its error code, its words, and which condition failed on what.
//!
//! Sources: [Error responses](https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html)
//! for codes, statuses and most sentences. The sentences that begin with "Invalid according to
//! Policy" and "Invalid Policy" are in no table there; they are those that S3 is seen to send.
//! Where S3's wording of a reason is not known, the reason is ours and its code is S3's.

use std::fmt;

/// S3's codes for what can be wrong with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// The policy has expired, or does not allow this form.
    AccessDenied,
    /// The file is smaller than the policy allows.
    EntityTooSmall,
    /// The file is larger than the policy, or than one POST, allows.
    EntityTooLarge,
    /// There is not exactly one file.
    IncorrectNumberOfFilesInPostRequest,
    /// Nobody has this access key id.
    InvalidAccessKeyId,
    /// A field is missing or malformed.
    InvalidArgument,
    /// The policy cannot be read.
    InvalidPolicyDocument,
    /// The session token is not the signer's.
    InvalidToken,
    /// The fields before the file are too large.
    MaxPostPreDataLengthExceeded,
    /// User metadata is too large.
    MetadataTooLarge,
    /// The signature is not the policy's.
    SignatureDoesNotMatch,
}

impl RefusalCode {
    /// The code as it stands in S3's answer.
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

    /// The status of S3's answer.
    pub fn status(self) -> u16 {
        match self {
            Self::AccessDenied | Self::InvalidAccessKeyId | Self::SignatureDoesNotMatch => 403,
            _ => 400,
        }
    }
}

/// A condition that did not hold, and on what.
#[derive(Clone, PartialEq, Eq)]
pub struct FailedCondition {
    /// The condition, as S3 writes it.
    pub condition: String,
    /// The field that it speaks of, in lower case; `None` if it cannot be read.
    pub field: Option<String>,
    /// What the form has there; `None` if it has no such field.
    pub value: Option<String>,
}

/// Values are a client's own; they stay out of logs.
impl fmt::Debug for FailedCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailedCondition").field("field", &self.field).finish_non_exhaustive()
    }
}

/// S3's answer to a form that it does not accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("accept the form: {}", code.as_str())]
pub struct Refusal {
    /// The code.
    pub code: RefusalCode,
    /// The sentence that S3 sends with it.
    pub message: String,
    /// Which condition failed, if it was one.
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

    /// A field that every form must have, as S3 spells it.
    pub(super) fn missing(field: &str) -> Self {
        // The two spaces are S3's.
        let message = format!(
            "Bucket POST must contain a field named '{field}'.  If it is specified, please check the order of the fields."
        );
        Self::new(RefusalCode::InvalidArgument, message)
    }
}
