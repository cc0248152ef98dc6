//! Checks the checksums in POST forms while the proxy forwards the file, and keeps checksums for later reads.
//!
//! The emulator keeps the checksum of a PUT, but not of a POST or of parts. S3 checks and keeps all of them ([checking
//! object
//! integrity](https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html)).

use std::{
    collections::HashMap,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

use aws_smithy_checksums::{ChecksumAlgorithm, http::HttpChecksum};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::{Engine as _, engine::general_purpose::STANDARD};

const PREFIX: &str = "x-amz-checksum-";
const ALGORITHMS: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];
const TYPE: HeaderName = HeaderName::from_static("x-amz-checksum-type");

/// A checksum that a form states, or that was computed of parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checksum {
    /// The algorithm in lower case, such as `sha256`.
    algorithm: &'static str,
    value: String,
}

/// Why a checksum is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ChecksumError {
    #[error("Value for {PREFIX}{0} header is invalid.")]
    Malformed(&'static str),
    #[error("The {} you specified did not match the calculated checksum.", .0.to_uppercase())]
    Mismatch(&'static str),
}

/// The computation of one checksum.
pub(super) struct Computation {
    stated: Checksum,
    state: Box<dyn HttpChecksum>,
}

impl Checksum {
    /// Returns the checksum that a form field states, or `None` for another field.
    pub(super) fn of_field(name: &str, value: &[u8]) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let algorithm = name.strip_prefix(PREFIX)?;
        let algorithm = ALGORITHMS.into_iter().find(|known| *known == algorithm)?;
        Some(Self { algorithm, value: String::from_utf8_lossy(value).into_owned() })
    }

    /// Returns this CRC64NVME.
    pub(super) fn of_crc64nvme(value: u64) -> Self {
        Self { algorithm: "crc64nvme", value: STANDARD.encode(value.to_be_bytes()) }
    }

    /// Returns a computation that has read no bytes yet.
    pub(super) fn compute(self) -> Option<Computation> {
        let algorithm = ChecksumAlgorithm::from_str(self.algorithm).ok()?;
        Some(Computation { stated: self, state: algorithm.into_impl() })
    }

    /// Returns this checksum if it is the computed one.
    pub(super) fn verified(self, computed: &[u8]) -> Result<Self, ChecksumError> {
        let stated = STANDARD.decode(&self.value).ok().filter(|stated| stated.len() == computed.len());
        match stated {
            None => Err(ChecksumError::Malformed(self.algorithm)),
            Some(stated) if *stated != *computed => Err(ChecksumError::Mismatch(self.algorithm)),
            Some(_) => Ok(self),
        }
    }
}

impl Computation {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
    }

    /// Returns the checksum of the form if it is the one of the bytes.
    pub(super) fn finish(self) -> Result<Checksum, ChecksumError> {
        let computed = self.state.finalize();
        self.stated.verified(&computed)
    }
}

/// The checksums of versions that a form or parts have made, by version id. The proxy keeps them as long as it runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Stored(Arc<Mutex<HashMap<String, Vec<Checksum>>>>);

impl Stored {
    pub(super) fn keep(&self, version_id: &str, checksums: Vec<Checksum>) {
        if !checksums.is_empty() {
            let mut stored = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            stored.insert(version_id.to_owned(), checksums);
        }
    }

    fn of(&self, version_id: &str) -> Vec<Checksum> {
        let stored = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stored.get(version_id).cloned().unwrap_or_default()
    }

    /// Adds a version's checksums to the headers of its object.
    pub(super) fn add_to(&self, version_id: &str, headers: &mut HeaderMap) {
        for Checksum { algorithm, value } in self.of(version_id) {
            let name = HeaderName::try_from(format!("{PREFIX}{algorithm}"));
            if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
                headers.insert(name, value);
                headers.insert(TYPE, HeaderValue::from_static("FULL_OBJECT"));
            }
        }
    }

    /// Returns a version's checksums in the form that `GetObjectAttributes` has inside `<Checksum>`.
    pub(super) fn attributes(&self, version_id: &str) -> Option<String> {
        let of_one = |Checksum { algorithm, value }: &Checksum| {
            let name = algorithm.to_uppercase();
            format!("<Checksum{name}>{value}</Checksum{name}>")
        };
        let stored = self.of(version_id);
        let all: String = stored.iter().map(of_one).collect();
        (!stored.is_empty()).then(|| format!("{all}<ChecksumType>FULL_OBJECT</ChecksumType>"))
    }
}

/// Removes the checksums of the whole object, because S3 does not send them with a part.
pub(super) fn remove_from(headers: &mut HeaderMap) {
    let names: Vec<_> = headers.keys().filter(|name| name.as_str().starts_with(PREFIX)).cloned().collect();
    for name in names {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(field: &str, value: &str, chunks: &[&str]) -> Result<Checksum, ChecksumError> {
        let mut computation = Checksum::of_field(field, value.as_bytes()).unwrap().compute().unwrap();
        for chunk in chunks {
            computation.update(chunk.as_bytes());
        }
        computation.finish()
    }

    /// The CRCs are the published check values of `123456789`. Python computed the digests.
    #[test]
    fn every_algorithm_of_s3_is_computed() {
        for (field, value) in [
            ("x-amz-checksum-crc32", "y/Q5Jg=="),
            ("X-Amz-Checksum-Crc32c", "4waSgw=="),
            ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
            ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
            ("x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
        ] {
            assert!(finished(field, value, &["1234", "", "56789"]).is_ok(), "{field}");
            let algorithm = field.to_ascii_lowercase();
            let algorithm = algorithm.strip_prefix(PREFIX).unwrap();
            let other = finished(field, value, &["12345678"]).unwrap_err();
            let expected = format!(
                "The {} you specified did not match the calculated checksum.",
                algorithm.to_uppercase()
            );
            assert_eq!(other.to_string(), expected);
            for malformed in ["", "abc", "AAAA", &format!("{value}=")] {
                let error = finished(field, malformed, &["123456789"]).unwrap_err();
                assert_eq!(
                    error.to_string(),
                    format!("Value for x-amz-checksum-{algorithm} header is invalid.")
                );
            }
        }
    }

    #[test]
    fn other_fields_state_no_checksum() {
        for field in ["x-amz-checksum-algorithm", "x-amz-checksum-md5", "x-amz-checksum-", "checksum", "key"]
        {
            assert_eq!(Checksum::of_field(field, b"SHA256"), None, "{field}");
        }
    }
}
