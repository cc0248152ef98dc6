//! Bodies of requests. Each body is checked whole, and the answer names every broken rule.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::needs;
use super::object::Object;
use crate::http::{FieldProblem, Problem};
use crate::issue::redirect::{RedirectOrigins, RedirectUrl};
use crate::media::ContentType;
use crate::value::checksum::ChecksumSha256;
use crate::value::filename::Filename;
use crate::value::relative_path::RelativePath;
use s3_presigned::post_policy::{MAX_METADATA_BYTES, MAX_POST_BYTES, METADATA_PREFIX, metadata_bytes};

/// How large a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeLimit {
    /// The most bytes.
    pub bytes: u64,
    /// Whether a larger file may come in parts.
    has_larger_parts: bool,
}

impl SizeLimit {
    /// For one request, which S3 limits too; `allowed_bytes` is what the stack and the token allow.
    pub fn of_one_request(allowed_bytes: u64) -> Self {
        Self { bytes: allowed_bytes.min(MAX_POST_BYTES), has_larger_parts: allowed_bytes > MAX_POST_BYTES }
    }
}

impl From<u64> for SizeLimit {
    fn from(bytes: u64) -> Self {
        Self { bytes, has_larger_parts: false }
    }
}

/// The body of `POST /uploads`, before it is checked.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUploadBody {
    pub filename: Option<String>,
    pub path: Option<String>,
    pub content_type: Option<String>,
    pub size_bytes: Option<u64>,
    pub max_size_bytes: Option<u64>,
    pub checksum_sha256: Option<String>,
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    pub success_action_redirect: Option<String>,
}

/// A checked request for an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewUpload {
    /// The file's name.
    pub filename: Filename,
    /// Where the file was in the folder that was chosen. Its last segment is the file's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<RelativePath>,
    /// The declared type.
    pub content_type: ContentType,
    /// The fewest bytes: the declared size, or 1.
    pub min_size_bytes: u64,
    /// The most bytes: the declared size, or the declared or the stack's maximum.
    pub max_size_bytes: u64,
    /// Its SHA-256.
    pub checksum_sha256: Option<ChecksumSha256>,
    /// User metadata; names without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
    /// Where S3 sends the browser after the form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<RedirectUrl>,
}

impl NewUpload {
    /// Reads the body of `POST /uploads`. Without `redirects` no redirect is allowed.
    ///
    /// # Errors
    /// [`Problem::MalformedBody`], or [`Problem::InvalidFields`] with every rule that the body breaks.
    pub fn parse(
        body: &[u8],
        limit: impl Into<SizeLimit>,
        redirects: Option<&RedirectOrigins>,
    ) -> Result<Self, Problem> {
        Self::check(parse_json(body)?, limit.into(), redirects)
    }

    /// Checks the body; see [`NewUpload::parse`].
    pub(super) fn check(
        body: NewUploadBody,
        limit: SizeLimit,
        redirects: Option<&RedirectOrigins>,
    ) -> Result<Self, Problem> {
        let mut problems = Vec::new();
        let filename = required::<Filename>(&mut problems, "filename", body.filename.as_deref());
        let path = path(&mut problems, body.path.as_deref(), filename.as_ref());
        let content_type =
            required::<ContentType>(&mut problems, "content_type", body.content_type.as_deref());
        let checksum = body.checksum_sha256.as_deref();
        let checksum_sha256 = checksum.and_then(|text| parse_field(&mut problems, "checksum_sha256", text));
        let (min_size_bytes, max_size_bytes) = size_range(&mut problems, &body, limit);
        check_metadata(&mut problems, &body.metadata);
        let redirect = redirect(&mut problems, body.success_action_redirect.as_deref(), redirects);
        match (filename, content_type) {
            (Some(filename), Some(content_type)) if problems.is_empty() => Ok(Self {
                filename,
                path,
                content_type,
                min_size_bytes,
                max_size_bytes,
                checksum_sha256,
                metadata: body.metadata,
                redirect,
            }),
            _ => Err(Problem::InvalidFields(problems)),
        }
    }

    /// A digest that is the same for the same request.
    pub fn hash(&self) -> ChecksumSha256 {
        ChecksumSha256::of(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }
}

/// Checks that a request without fields names none.
pub(super) fn no_fields(body: &[u8]) -> Result<(), Problem> {
    #[derive(Deserialize, Default)]
    #[serde(deny_unknown_fields)]
    struct NoFields {}
    parse_optional_json::<NoFields>(body).map(|_| ())
}

/// As [`parse_json`]; an empty body is an object without fields.
pub(super) fn parse_optional_json<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, Problem> {
    if body.trim_ascii().is_empty() { Ok(T::default()) } else { parse_json(body) }
}

/// Reads a JSON object. A value of the wrong type is reported with its field.
pub(super) fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if body.trim_ascii().is_empty() {
        return Err(Problem::MalformedBody("it is empty".to_owned()));
    }
    let text = std::str::from_utf8(body).map_err(|_| Problem::MalformedBody("it is not UTF-8".to_owned()))?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let Object(parsed) = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        needs::told(&path, &error.into_inner())
    })?;
    deserializer.end().map_err(|error| needs::told(".", &error))?;
    Ok(parsed)
}

pub(super) fn parse_field<T: FromStr<Err: ToString>>(
    problems: &mut Vec<FieldProblem>,
    name: &str,
    text: &str,
) -> Option<T> {
    text.parse().map_err(|error: T::Err| problems.push(FieldProblem::new(name, error.to_string()))).ok()
}

/// Parses a required field.
pub(super) fn required<T: FromStr<Err: ToString>>(
    problems: &mut Vec<FieldProblem>,
    name: &str,
    text: Option<&str>,
) -> Option<T> {
    let text = present(problems, name, text)?;
    parse_field(problems, name, text)
}

/// The value of a required field.
pub(super) fn present<T>(problems: &mut Vec<FieldProblem>, name: &str, value: Option<T>) -> Option<T> {
    if value.is_none() {
        problems.push(FieldProblem::new(name, needs::REQUIRED));
    }
    value
}

/// The recorder compares the file's bytes with its name. An app that reads only the path must find the same
/// name there.
fn path(
    problems: &mut Vec<FieldProblem>,
    text: Option<&str>,
    filename: Option<&Filename>,
) -> Option<RelativePath> {
    let path: RelativePath = parse_field(problems, "path", text?)?;
    if filename.is_some_and(|filename| !path.ends_with(filename)) {
        problems.push(FieldProblem::new("path", "the last segment of a path is the filename"));
    }
    Some(path)
}

/// A declared size is pinned exactly. Without one, the form does not accept an empty file.
fn size_range(problems: &mut Vec<FieldProblem>, body: &NewUploadBody, limit: SizeLimit) -> (u64, u64) {
    let mut checked = |name: &str, least: u64, value: u64| {
        let most = limit.bytes;
        if !(least..=most).contains(&value) {
            let in_parts = match limit.has_larger_parts {
                true => "; a larger file is sent in parts (POST /uploads/multipart)",
                false => "",
            };
            problems.push(FieldProblem::new(name, format!("the size is {least} to {most} bytes{in_parts}")));
        }
        value
    };
    let size = body.size_bytes.map(|size| checked("size_bytes", 0, size));
    let max = body.max_size_bytes.map(|max| checked("max_size_bytes", 1, max));
    if let (Some(size), Some(max)) = (size, max)
        && size > max
    {
        problems.push(FieldProblem::new("size_bytes", "the size is not above max_size_bytes"));
    }
    match size {
        Some(size) => (size, size),
        None => (1, max.unwrap_or(limit.bytes)),
    }
}

fn redirect(
    problems: &mut Vec<FieldProblem>,
    url: Option<&str>,
    redirects: Option<&RedirectOrigins>,
) -> Option<RedirectUrl> {
    let checked = match redirects {
        Some(origins) => origins.admit(url?).map_err(|error| error.to_string()),
        None => url.map(|_| Err("success_action_redirect is allowed only for forms".to_owned()))?,
    };
    checked.map_err(|rule| problems.push(FieldProblem::new("success_action_redirect", rule))).ok()
}

fn check_metadata(problems: &mut Vec<FieldProblem>, metadata: &BTreeMap<String, String>) {
    let bytes: usize = metadata.iter().map(|(name, value)| metadata_bytes(name, value)).sum();
    if bytes > MAX_METADATA_BYTES {
        let rule = format!(
            "names (with {METADATA_PREFIX}) and values have at most {MAX_METADATA_BYTES} bytes together"
        );
        return problems.push(FieldProblem::new("metadata", rule));
    }
    let name_char = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    for (name, value) in metadata {
        let path = format!("metadata.{name}");
        if name.is_empty() || !name.bytes().all(name_char) {
            problems.push(FieldProblem::new(
                &path,
                "a name is lower-case letters, digits, \"-\", \"_\" and \".\"",
            ));
        }
        // S3 trims white space and joins lines, so such values would change.
        let printable = value.bytes().all(|b| (0x20..0x7f).contains(&b));
        if !printable || value.trim() != value || value.is_empty() {
            problems.push(FieldProblem::new(
                &path,
                "a value is printable ASCII without spaces at its ends, not empty",
            ));
        }
        if value.contains("${filename}") {
            problems.push(FieldProblem::new(&path, "a value does not contain \"${filename}\""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: &str) -> Vec<String> {
        let origins = "https://app.example".parse().unwrap();
        match NewUpload::parse(body.as_bytes(), 1000, Some(&origins)).unwrap_err() {
            Problem::InvalidFields(problems) => problems.into_iter().map(|problem| problem.field).collect(),
            other => vec![other.code().to_owned()],
        }
    }

    #[test]
    fn every_broken_rule_is_named_with_its_field() {
        for (body, expected) in [
            ("", "malformed_body"),
            (" \n", "malformed_body"),
            ("{", "malformed_body"),
            ("[]", "malformed_body"),
            ("7", "malformed_body"),
            (r#"{"filename":"a","content_type":"a/b"} x"#, "malformed_body"),
            (r#"{"content_type":"a/b"}"#, "filename"),
            (r#"{"filename":"a"}"#, "content_type"),
            (r#"{"filename":7,"content_type":"a/b"}"#, "filename"),
            (r#"{"filename":"../a","content_type":"a/b"}"#, "filename"),
            (r#"{"filename":"a","content_type":"a/b","path":"/x/a"}"#, "path"),
            (r#"{"filename":"a","content_type":"a/b","path":"x/b"}"#, "path"),
            (r#"{"filename":"a","content_type":"a/b","path":""}"#, "path"),
            (r#"{"filename":"a","content_type":"ab"}"#, "content_type"),
            (r#"{"filename":"a","content_type":"a/b","siez":1}"#, "siez"),
            (r#"{"filename":"a","content_type":"a/b","size_bytes":-1}"#, "size_bytes"),
            (r#"{"filename":"a","content_type":"a/b","size_bytes":1.5}"#, "size_bytes"),
            (r#"{"filename":"a","content_type":"a/b","size_bytes":1001}"#, "size_bytes"),
            (r#"{"filename":"a","content_type":"a/b","size_bytes":18446744073709551616}"#, "size_bytes"),
            (r#"{"filename":"a","content_type":"a/b","max_size_bytes":0}"#, "max_size_bytes"),
            (r#"{"filename":"a","content_type":"a/b","size_bytes":9,"max_size_bytes":8}"#, "size_bytes"),
            (r#"{"filename":"a","content_type":"a/b","checksum_sha256":"abc"}"#, "checksum_sha256"),
            (r#"{"filename":"a","content_type":"a/b","metadata":{"A":"x"}}"#, "metadata.A"),
            (r#"{"filename":"a","content_type":"a/b","metadata":{"a":" x"}}"#, "metadata.a"),
            (r#"{"filename":"a","content_type":"a/b","metadata":{"a":1}}"#, "metadata.a"),
            (r#"{"filename":"a","content_type":"a/b","metadata":{"a":"${filename}"}}"#, "metadata.a"),
            (
                r#"{"filename":"a","content_type":"a/b","success_action_redirect":"https://evil.example/"}"#,
                "success_action_redirect",
            ),
        ] {
            assert_eq!(fields(body), [expected], "{body}");
        }
        assert_eq!(fields("{}"), ["filename", "content_type"]);
        let all = fields(r#"{"filename":"","content_type":"","size_bytes":9999,"checksum_sha256":""}"#);
        assert_eq!(all, ["filename", "content_type", "checksum_sha256", "size_bytes"]);
        let large =
            format!(r#"{{"filename":"a","content_type":"a/b","metadata":{{"a":"{}"}}}}"#, "x".repeat(2048));
        assert_eq!(fields(&large), ["metadata"]);
    }

    /// A client of before a deployment may repeat its request after it.
    #[test]
    fn the_path_is_part_of_the_hash_and_a_request_without_one_keeps_its_hash() {
        let hash = |rest: &str| {
            let body = format!(r#"{{"filename":"a","content_type":"a/b"{rest}}}"#);
            NewUpload::parse(body.as_bytes(), 1000, None).unwrap().hash().to_string()
        };
        insta::assert_snapshot!(hash(""), @"PUOqq2vdWOXVlGrMKpTNHF/3LR9VPePPVdwraYIpIwU=");
        assert_ne!(hash(""), hash(r#","path":"a""#));
        assert_ne!(hash(r#","path":"x/a""#), hash(r#","path":"y/a""#));
    }

    #[test]
    fn a_declared_size_is_exact_and_an_undeclared_one_is_not_empty() {
        let range = |rest: &str| {
            let body = format!(r#"{{"filename":"a","content_type":"a/b"{rest}}}"#);
            let new = NewUpload::parse(body.as_bytes(), 1000, None).unwrap();
            (new.min_size_bytes, new.max_size_bytes)
        };
        assert_eq!(range(r#","size_bytes":0"#), (0, 0));
        assert_eq!(range(r#","size_bytes":7,"max_size_bytes":8"#), (7, 7));
        assert_eq!(range(r#","max_size_bytes":8"#), (1, 8));
        assert_eq!(range(""), (1, 1000));
    }

    #[test]
    fn metadata_has_at_most_what_s3_keeps_and_only_what_comes_back_as_it_went() {
        let metadata = |pairs: &[(&str, &str)]| {
            let metadata: BTreeMap<_, _> = pairs.iter().copied().collect();
            let body = serde_json::json!({ "filename": "a", "content_type": "a/b", "metadata": metadata });
            NewUpload::parse(body.to_string().as_bytes(), 1000, None)
        };
        // Each name counts with its prefix of 11 bytes.
        let (largest, larger) = ("x".repeat(2048 - 12), "x".repeat(2048 - 11));
        assert!(metadata(&[("a", &largest)]).is_ok());
        assert!(metadata(&[("a", &larger)]).is_err());
        let half = "x".repeat(1024 - 12);
        assert!(metadata(&[("a", &half), ("b", &half)]).is_ok());
        assert!(metadata(&[("a", &half), ("bb", &half)]).is_err());
        for (name, value) in [("a-b_c.9", "x"), ("a", "~"), ("a", "x y"), ("0", "!")] {
            assert!(metadata(&[(name, value)]).is_ok(), "{name:?} {value:?}");
        }
        for (name, value) in [
            ("", "x"),
            ("A", "x"),
            ("a b", "x"),
            ("a/b", "x"),
            ("ä", "x"),
            ("a", ""),
            ("a", " x"),
            ("a", "x "),
            ("a", "ä"),
            ("a", "x\ny"),
            ("a", "\u{7f}"),
            ("a", "\u{1f}"),
            ("a", "x${filename}"),
        ] {
            let Err(Problem::InvalidFields(fields)) = metadata(&[(name, value)]) else {
                panic!("{name:?} {value:?}")
            };
            assert_eq!(fields[0].field, format!("metadata.{name}"));
        }
    }

    #[test]
    fn the_bounds_of_a_size_are_the_limits_own() {
        let range = |rest: &str| {
            let body = format!(r#"{{"filename":"a","content_type":"a/b"{rest}}}"#);
            NewUpload::parse(body.as_bytes(), 1000, None).map(|new| (new.min_size_bytes, new.max_size_bytes))
        };
        assert_eq!(range(r#","size_bytes":1000"#).unwrap(), (1000, 1000));
        assert_eq!(range(r#","max_size_bytes":1000"#).unwrap(), (1, 1000));
        assert_eq!(range(r#","max_size_bytes":1"#).unwrap(), (1, 1));
        assert_eq!(range(r#","size_bytes":8,"max_size_bytes":8"#).unwrap(), (8, 8));
        assert!(range(r#","max_size_bytes":1001"#).is_err());
    }
}
