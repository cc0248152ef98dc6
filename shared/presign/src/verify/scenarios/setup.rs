//! What the scenarios are made for, and the policies of their forms.

use serde_json::{Value, json};

use crate::signature::{ALGORITHM, credential};
use crate::{BucketEndpoint, SigningCredentials, Timestamp};

/// The bucket, the credentials and the time for which scenarios are made.
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a> {
    pub(super) bucket: &'a str,
    pub(super) region: &'a str,
    pub(super) credentials: &'a SigningCredentials,
    pub(super) now: Timestamp,
}

impl<'a> Setup<'a> {
    /// Makes a setup: the forms are posted to `bucket`, signed with `credentials` at `now`.
    pub fn new(
        bucket: &'a BucketEndpoint,
        credentials: &'a SigningCredentials,
        now: impl Into<Timestamp>,
    ) -> Self {
        Self { bucket: &bucket.bucket, region: &bucket.region, credentials, now: now.into() }
    }

    /// A policy with these conditions and those that every form here needs.
    pub(super) fn policy(&self, more: &[Value]) -> String {
        let base = [
            json!({ "bucket": self.bucket }),
            json!(["starts-with", "$key", "foo"]),
            json!(["content-length-range", 0, 1024]),
        ];
        self.document(&[&base, more].concat())
    }

    /// A policy with these conditions and those of the signature.
    pub(super) fn document(&self, conditions: &[Value]) -> String {
        let conditions = [conditions, &self.of_the_signature()].concat();
        json!({ "expiration": self.in_an_hour(), "conditions": conditions }).to_string()
    }

    fn of_the_signature(&self) -> Vec<Value> {
        let own = self.signature_fields();
        own.iter().map(|(name, value)| json!({ name: value })).collect()
    }

    pub(super) fn signature_fields(&self) -> Vec<(String, String)> {
        let credential = credential(self.credentials, self.now, self.region);
        let mut fields = vec![
            ("x-amz-algorithm".to_owned(), ALGORITHM.to_owned()),
            ("x-amz-credential".to_owned(), credential),
            ("x-amz-date".to_owned(), self.now.basic()),
        ];
        let token = self.credentials.session_token.iter();
        fields.extend(token.map(|token| ("x-amz-security-token".to_owned(), token.clone())));
        fields
    }

    fn in_an_hour(&self) -> String {
        (self.now + std::time::Duration::from_hours(1)).to_string()
    }
}
