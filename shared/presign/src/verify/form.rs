//! A posted form: its fields as S3 reads them, and their check against a policy.

use std::collections::BTreeMap;

use super::accepted::Accepted;
use super::document::{Entry, PolicyDocument};
use super::part::Part;
use super::refusal::{Refusal, RefusalCode};
use crate::Timestamp;
use crate::post_policy::limits::MAX_FORM_BYTES;
use crate::post_policy::{Condition, MAX_METADATA_BYTES, MAX_POST_BYTES, METADATA_PREFIX, metadata_bytes};

/// The fields before the file, joined by name as S3 joins them, and the size of the file.
pub(super) struct Form {
    fields: BTreeMap<String, String>,
    size_bytes: u64,
}

impl Form {
    pub(super) fn read(parts: &[Part]) -> Result<Self, Refusal> {
        let mut fields = BTreeMap::<String, String>::new();
        let mut form_bytes = 0;
        for part in parts {
            match part {
                // Only ASCII letters are folded: names with other letters stay different names.
                Part::Field(name, value) => {
                    form_bytes += name.len() + value.len();
                    let folded = fields.entry(name.to_ascii_lowercase());
                    folded
                        .and_modify(|joined| *joined = format!("{joined},{value}"))
                        .or_insert_with(|| value.clone());
                }
                Part::File { filename, size_bytes } => {
                    if form_bytes > MAX_FORM_BYTES {
                        let message = "Your POST request fields preceding the upload file were too large.";
                        return Err(Refusal::new(RefusalCode::MaxPostPreDataLengthExceeded, message));
                    }
                    let signed = |name: &str| matches!(name, "policy" | "x-amz-signature");
                    for (_, value) in fields.iter_mut().filter(|(name, _)| !signed(name)) {
                        if let Some(filename) = filename {
                            *value = value.replace("${filename}", filename);
                        }
                    }
                    // S3 ignores fields after the file.
                    return Ok(Self { fields, size_bytes: *size_bytes });
                }
            }
        }
        let message = "POST requires exactly one file upload per request.";
        Err(Refusal::new(RefusalCode::IncorrectNumberOfFilesInPostRequest, message))
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    pub(super) fn required(&self, name: &str, spelling: &str) -> Result<&str, Refusal> {
        self.field(name).ok_or_else(|| Refusal::missing(spelling))
    }

    pub(super) fn evaluate(
        self,
        policy: &PolicyDocument,
        bucket: &str,
        now: Timestamp,
    ) -> Result<Accepted, Refusal> {
        let key = self.required("key", "key")?.to_owned();
        if key.is_empty() {
            let message = "User key must have a length greater than 0.";
            return Err(Refusal::new(RefusalCode::InvalidArgument, message));
        }
        if policy.expires_at <= now {
            return Err(Refusal::denied("Policy expired."));
        }
        for entry in &policy.conditions {
            self.check(entry, bucket)?;
        }
        self.check_covered(&policy.covered())?;
        self.check_sizes()?;
        let fields = self.fields.into_iter().filter(|(name, _)| !name.starts_with("x-ignore-")).collect();
        Ok(Accepted { bucket: bucket.to_owned(), key, size_bytes: self.size_bytes, fields })
    }

    fn check(&self, entry: &Entry, bucket: &str) -> Result<(), Refusal> {
        let condition = match entry {
            Entry::Condition(condition) => condition,
            Entry::NeverHolds(written) => return Err(Refusal::condition(written.clone(), None, None)),
        };
        let value = condition.field().and_then(|field| self.value(&field, bucket));
        let holds = match condition {
            Condition::ContentLengthRange(min, max) => return self.check_range(*min, *max),
            Condition::Equals(_, expected) => value.as_deref() == Some(expected),
            Condition::StartsWith(field, prefix) => {
                let is_list = field.eq_ignore_ascii_case("content-type");
                value.as_deref().is_some_and(|value| starts_with(value, prefix, is_list))
            }
        };
        match holds {
            true => Ok(()),
            false => Err(Refusal::condition(condition.to_string(), condition.field(), value)),
        }
    }

    /// The value of a field. The bucket is the one to which the form was posted; a field `bucket` with another value
    /// makes its condition fail.
    fn value(&self, field: &str, bucket: &str) -> Option<String> {
        match (field, self.field(field)) {
            ("bucket", None) => Some(bucket.to_owned()),
            ("bucket", Some(named)) if named == bucket => Some(bucket.to_owned()),
            ("bucket", Some(named)) => Some(format!("{bucket},{named}")),
            (_, value) => value.map(str::to_owned),
        }
    }

    fn check_range(&self, min: u64, max: u64) -> Result<(), Refusal> {
        if self.size_bytes > max {
            return Err(too_large());
        }
        if self.size_bytes < min {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(Refusal::new(RefusalCode::EntityTooSmall, message));
        }
        Ok(())
    }

    /// Checks that every field has a condition. The bucket needs one too, because every request has a bucket.
    fn check_covered(&self, covered: &[String]) -> Result<(), Refusal> {
        let bucket = "bucket".to_owned();
        let mut names = self.fields.keys().chain([&bucket]);
        match names.find(|name| !is_exempt(name) && !covered.contains(name)) {
            None => Ok(()),
            Some(name) => Err(Refusal::denied(format_args!("Extra input fields: {name}"))),
        }
    }

    fn check_sizes(&self) -> Result<(), Refusal> {
        if self.size_bytes > MAX_POST_BYTES {
            return Err(too_large());
        }
        let metadata = self
            .fields
            .iter()
            .filter_map(|(name, value)| Some(metadata_bytes(name.strip_prefix(METADATA_PREFIX)?, value)));
        if metadata.sum::<usize>() > MAX_METADATA_BYTES {
            let message = "Your metadata headers exceed the maximum allowed metadata size.";
            return Err(Refusal::new(RefusalCode::MetadataTooLarge, message));
        }
        Ok(())
    }
}

fn too_large() -> Refusal {
    Refusal::new(RefusalCode::EntityTooLarge, "Your proposed upload exceeds the maximum allowed size")
}

/// Checks a prefix. In a content type with commas, every entry must have the prefix.
fn starts_with(value: &str, prefix: &str, is_list: bool) -> bool {
    match is_list {
        true => value.split(',').all(|entry| entry.trim_start().starts_with(prefix)),
        false => value.starts_with(prefix),
    }
}

fn is_exempt(name: &str) -> bool {
    matches!(name, "x-amz-signature" | "file" | "policy") || name.starts_with("x-ignore-")
}
