//! The checks of a policy and its form before they are signed.

use super::condition::Condition;
use super::error::SignPolicyError;
use super::limits::{MAX_FORM_BYTES, MAX_METADATA_BYTES, MAX_POST_BYTES, METADATA_PREFIX, metadata_bytes};
use crate::{SigningCredentials, Timestamp};

/// An upper bound of what multipart encoding adds to a field: boundary, header and line ends.
const FIELD_OVERHEAD_BYTES: usize = 160;

/// Checks a policy before the fields of the signature are added.
pub(super) fn check(
    expires_at: Timestamp,
    conditions: &[Condition],
    credentials: &SigningCredentials,
    now: Timestamp,
) -> Result<(), SignPolicyError> {
    use SignPolicyError as E;
    if expires_at <= now {
        return Err(E::Expired(expires_at));
    }
    if let Some(end) = credentials.expires_at.filter(|end| expires_at > *end) {
        return Err(E::OutlivesCredentials(end));
    }
    let mut names = Vec::with_capacity(conditions.len());
    let (mut has_size_range, mut total_metadata_bytes) = (false, 0);
    for condition in conditions {
        match condition {
            Condition::Equals(name, value) | Condition::StartsWith(name, value) => {
                check_field(name, value, &names)?;
                names.push(name.as_str());
                if let Some(key) = name.strip_prefix(METADATA_PREFIX) {
                    total_metadata_bytes += metadata_bytes(key, value);
                }
            }
            Condition::ContentLengthRange(min, max) => {
                check_size_range(*min, *max)?;
                has_size_range = true;
            }
        }
    }
    if !has_size_range {
        return Err(E::NoSizeRange);
    }
    if !names.contains(&"key") {
        return Err(E::NoKey);
    }
    if total_metadata_bytes > MAX_METADATA_BYTES {
        return Err(E::MetadataTooLarge(total_metadata_bytes));
    }
    Ok(())
}

/// Checks the size of the whole form without its file.
pub(super) fn check_form(fields: &[(String, String)]) -> Result<(), SignPolicyError> {
    let form_bytes = fields.iter().map(|(n, v)| n.len() + v.len() + FIELD_OVERHEAD_BYTES).sum();
    if form_bytes > MAX_FORM_BYTES {
        return Err(SignPolicyError::FormTooLarge(form_bytes));
    }
    Ok(())
}

fn check_size_range(min: u64, max: u64) -> Result<(), SignPolicyError> {
    match (min, max) {
        (min, max) if min > max => Err(SignPolicyError::EmptySizeRange(min, max)),
        (_, max) if max > MAX_POST_BYTES => Err(SignPolicyError::SizeRangeTooLarge(max)),
        _ => Ok(()),
    }
}

fn check_field(name: &str, value: &str, earlier: &[&str]) -> Result<(), SignPolicyError> {
    use SignPolicyError as E;
    let lower_case = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    if name.is_empty() || !name.bytes().all(lower_case) {
        return Err(E::FieldName(name.to_owned()));
    }
    if is_reserved(name) {
        return Err(E::ReservedField(name.to_owned()));
    }
    if earlier.contains(&name) {
        return Err(E::DuplicateField(name.to_owned()));
    }
    if value.contains("${filename}") {
        return Err(E::FilenameVariable(name.to_owned()));
    }
    Ok(())
}

/// Names that the signature, the bucket or the file uses, or that S3 ignores.
fn is_reserved(name: &str) -> bool {
    let own = [
        "bucket",
        "file",
        "policy",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-signature",
    ];
    own.contains(&name) || name.starts_with("x-ignore-")
}
