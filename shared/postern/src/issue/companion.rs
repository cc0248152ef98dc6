//! Routes for clients that exist already, below `/t/<upload token>`: Uppy's Companion and Shrine's presign.
//!
//! Each answer has the shape that its client reads. The decisions are in [`super::uploads`] and
//! [`super::parts`].
//!
//! Sources: [Companion's S3 routes](https://uppy.io/docs/aws-s3/),
//! [Shrine's presign endpoint](https://shrinerb.com/docs/plugins/presign_endpoint).

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::http::{FieldProblem, Problem, Reply};
use crate::ports::{PartStore, QuotaStore, Signer, UploadStore};
use crate::upload::Upload;
use crate::value::id::ObjectKey;

use super::foreign_request::{admit, content_type, renamed};
use super::object::Object;
use super::part_plan::planned;
use super::parts::MAX_URLS;
use super::request::{NewUpload, NewUploadBody, SizeLimit, parse_json, parse_optional_json};
use super::tokens::Holder;
use super::{Owned, Ports, Settings, give_up, parts, uploads};

/// Metadata fields in which Uppy repeats the file's name and type. They are dropped.
const REPEATED: &[&str] = &["name", "type", "filename", "filetype", "relativePath"];

/// The `ETag` of a part that has become part of an object. Clients need a value; a completion ignores it.
const JOINED: &str = "\"joined\"";

#[derive(Deserialize)]
struct MultipartBody {
    filename: String,
    #[serde(rename = "type")]
    content_type: Option<String>,
    #[serde(default)]
    metadata: Map<String, Value>,
}

#[derive(Deserialize, Default)]
struct CompleteBody {
    parts: Option<Vec<Object<PartBody>>>,
}

/// A part as the client names it. Its `ETag` is ignored: S3's own list has it.
#[derive(Deserialize)]
struct PartBody {
    #[serde(rename = "PartNumber")]
    number: u64,
}

/// `GET …/s3/params?filename=&type=&metadata[k]=v`, and Shrine's `GET …/presign`: a form.
///
/// # Errors
/// As `POST /uploads`; fields are named as the query names them.
pub async fn params<'a, S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    holder: &Holder,
    query: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<Reply, Problem> {
    let (mut filename, mut content_type, mut metadata) = (None, None, Map::new());
    for (name, value) in query {
        match name {
            "filename" => filename = Some(value),
            "type" => content_type = Some(value),
            _ => {
                if let Some(key) = name.strip_prefix("metadata[").and_then(|rest| rest.strip_suffix(']')) {
                    metadata.insert(key.to_owned(), json!(value));
                }
            }
        }
    }
    let filename = filename.ok_or_else(|| Problem::field("filename", "the query names the file"))?;
    let new =
        new_upload(settings, holder, holder.one_request_limit(settings), filename, content_type, &metadata)?;
    let form = uploads::issue(ports, settings, &holder.caller, Some(&holder.token), new).await?;
    let answer = json!({
        "method": form.method,
        "url": form.url,
        "fields": form.fields_by_name(),
        "headers": {},
        "expires": holder.caller.now.until(form.expires_at).as_secs(),
        "upload_id": form.upload_id,
    });
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// `POST …/s3/multipart`.
///
/// # Errors
/// As [`parts::begin`].
pub async fn begin<S: UploadStore + QuotaStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    holder: &Holder,
    body: &[u8],
) -> Result<Reply, Problem> {
    let body: MultipartBody = parse_json(body)?;
    let new = new_upload(
        settings,
        holder,
        holder.limit_bytes(settings).into(),
        &body.filename,
        body.content_type.as_deref(),
        &body.metadata,
    )?;
    holder.is_open(&ports.store).await?;
    let upload = parts::begin(ports, settings, &holder.caller, Some(&holder.token), new).await?;
    let answer = json!({
        "key": upload.object_key().to_string(),
        "uploadId": upload.s3_upload_id,
        "bucket": settings.endpoint.bucket,
        "upload_id": upload.upload_id,
    });
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// `GET …/s3/multipart/{uploadId}?key=`: every part that S3 has.
///
/// A client that lost the answer of `complete` asks for the parts, sends the missing ones, and completes
/// again. S3 lists no parts of an object. So this answer then lists every part number that the upload can
/// have, and the client finds none missing. Clients ignore the numbers that their file does not have.
///
/// # Errors
/// [`Problem::MultipartNotFound`].
pub async fn list<S: UploadStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    holder: &Holder,
    upload: &Owned<Upload>,
) -> Result<Reply, Problem> {
    let shown: Vec<_> = match parts::list(ports, holder.caller.now, upload).await? {
        Some(stored) => stored
            .iter()
            .map(|part| json!({ "PartNumber": part.number, "ETag": part.etag, "Size": part.size_bytes }))
            .collect(),
        None => planned(upload).map(|(number, _)| json!({ "PartNumber": number, "ETag": JOINED })).collect(),
    };
    Ok(Reply::json(StatusCode::OK, &shown))
}

/// `GET …/s3/multipart/{uploadId}/{n}?key=`, and `…/batch?key=&partNumbers=1,2`.
///
/// # Errors
/// As [`parts::sign`].
pub async fn sign<S, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    holder: &Holder,
    upload: &Owned<Upload>,
    part: &str,
    batch: Option<&str>,
) -> Result<Reply, Problem> {
    let now = holder.caller.now;
    let named = if part == "batch" { batch.unwrap_or_default() } else { part };
    let numbers: Option<Vec<u64>> = named.split(',').map(|number| number.trim().parse().ok()).collect();
    let numbers = numbers.filter(|numbers| numbers.len() <= MAX_URLS).ok_or_else(|| {
        Problem::field("partNumbers", format!("write at most {MAX_URLS} numbers with commas between"))
    })?;
    let (urls, expires_at) = parts::sign(ports, settings, now, upload, &numbers).await?;
    let expires = now.until(expires_at).as_secs();
    let answer = match (part, urls.first()) {
        ("batch", _) => {
            let urls: BTreeMap<_, _> =
                urls.iter().map(|part| (part.number.to_string(), part.url.as_str())).collect();
            json!({ "presignedUrls": urls, "expires": expires })
        }
        (_, Some(part)) => json!({ "url": part.url.as_str(), "expires": expires }),
        (_, None) => return Err(Problem::MultipartNotFound),
    };
    Ok(Reply::json(StatusCode::OK, &answer))
}

/// `POST …/s3/multipart/{uploadId}/complete?key=`.
///
/// # Errors
/// As [`parts::complete`].
pub async fn complete<S: UploadStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    holder: &Holder,
    upload: &Owned<Upload>,
    body: &[u8],
) -> Result<Reply, Problem> {
    let body: CompleteBody = parse_optional_json(body)?;
    let said = body.parts.map(|parts| {
        let mut numbers: Vec<_> = parts.iter().map(|Object(part)| part.number).collect();
        numbers.sort_unstable();
        numbers
    });
    parts::complete(ports, holder.caller.now, upload, said.as_deref(), None).await?;
    let key = upload.object_key().to_string();
    let location = format!("{}{key}", settings.endpoint.url);
    Ok(Reply::json(
        StatusCode::OK,
        &json!({ "location": location, "key": key, "bucket": settings.endpoint.bucket }),
    ))
}

/// `DELETE …/s3/multipart/{uploadId}?key=`: after it the upload has no parts.
///
/// An upload whose file has a verdict has none any more, and keeps its file. This is no error: Uppy 5 aborts an upload
/// when the answer of `complete` is lost, and leaves an error of this route uncaught in the page.
///
/// # Errors
/// [`Problem::Unavailable`] if the table or S3 does not answer.
pub async fn abort<S: UploadStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    holder: &Holder,
    upload: &Owned<Upload>,
) -> Result<Reply, Problem> {
    match give_up::give_up(ports, holder.caller.now, upload).await {
        Ok(()) | Err(Problem::UploadHasFile) => Ok(Reply::json(StatusCode::OK, &json!({}))),
        Err(problem) => Err(problem),
    }
}

/// Finds the upload that the key and S3's upload id name, if this token made it.
///
/// # Errors
/// [`Problem::MultipartNotFound`] for every other upload.
pub async fn upload<S: UploadStore + QuotaStore, G, P>(
    ports: &Ports<S, G, P>,
    holder: &Holder,
    s3_upload_id: &str,
    key: Option<&str>,
) -> Result<Owned<Upload>, Problem> {
    let key: ObjectKey = key.unwrap_or_default().parse().map_err(|_| Problem::MultipartNotFound)?;
    let upload = match holder.upload(ports, &key.upload_id().to_string()).await {
        Err(Problem::UploadNotFound) => return Err(Problem::MultipartNotFound),
        other => other?,
    };
    let is_its_own = upload.s3_upload_id.as_ref().is_some_and(|id| id.as_str() == s3_upload_id);
    if is_its_own { Ok(upload) } else { Err(Problem::MultipartNotFound) }
}

/// Translates a client's request into that of `POST /uploads`, and checks it against the token.
fn new_upload(
    settings: &Settings,
    holder: &Holder,
    limit: SizeLimit,
    filename: &str,
    named_type: Option<&str>,
    metadata: &Map<String, Value>,
) -> Result<NewUpload, Problem> {
    let body = NewUploadBody {
        filename: Some(filename.to_owned()),
        content_type: Some(content_type(named_type)),
        metadata: texts(metadata).map_err(naming_the_setting)?,
        ..NewUploadBody::default()
    };
    let as_sent = |field: &str| if field == "content_type" { "type".to_owned() } else { field.to_owned() };
    let told = |problem| naming_the_setting(renamed(problem, as_sent));
    let new = NewUpload::check(body, limit, None).map_err(told)?;
    admit(settings, holder, &new).map_err(told)?;
    // These clients declare no size, and people do choose empty files.
    Ok(NewUpload { min_size_bytes: 0, ..new })
}

/// The metadata without the fields that Uppy repeats, and without empty fields.
fn texts(metadata: &Map<String, Value>) -> Result<BTreeMap<String, String>, Problem> {
    let own = metadata.iter().filter(|(name, value)| !REPEATED.contains(&name.as_str()) && !value.is_null());
    own.map(|(name, value)| match value {
        Value::String(text) => Ok((name.clone(), text.clone())),
        _ => Err(Problem::field(format!("metadata.{name}"), "the field needs a string")),
    })
    .collect()
}

/// By default Uppy sends all of a file's `meta`, so a refused metadata field may be one that the page did not
/// mean to send.
fn naming_the_setting(problem: Problem) -> Problem {
    let Problem::InvalidFields(fields) = problem else { return problem };
    let with_setting = |field: FieldProblem| match field.field.starts_with("metadata.") {
        true => {
            let rule =
                format!("{}; allowedMetaFields of Uppy's AwsS3 plugin says which are sent", field.rule);
            FieldProblem::new(field.field, rule)
        }
        false => field,
    };
    Problem::InvalidFields(fields.into_iter().map(with_setting).collect())
}
