//! Files in parts: begin, sign, list, complete. `super::give_up` aborts them.
//!
//! ```text
//!  begin ─▶ S3 upload id ─▶ record (pending, counted) ─▶ part URLs ─▶ S3
//!  complete ─▶ S3's own list ─▶ sizes within what was granted? ─▶ object, unless there is one,
//!                                                                 or its checksum is another one
//! ```
//!
//! Every call names one record, and only the record has S3's id of the multipart upload. So no caller signs
//! parts of another's upload. The API does not use what a client says about its parts. S3 compares what a
//! client says about the whole file.
//!
//! Sources: [Multipart upload](https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html),
//! [its limits](https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html),
//! [its checksums](https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html).

use std::time::Duration;

use crate::http::Problem;
use crate::ports::{Completed, Created, PartStore, QuotaStore, Signer, StoredPart, UploadStore};
use crate::upload::{Upload, UploadState, UsedToken};
use crate::value::checksum::ChecksumCrc64Nvme;
use crate::value::id::S3UploadId;
use s3_presigned::presigned_url::{ObjectRequest, PresignedUrl};
use s3_presigned::{SigningCredentials, Timestamp};

use super::part_plan::{check, last_part, length_of, total_bytes};
use super::request::NewUpload;
use super::{Caller, Owned, Ports, Settings, give_up, reserve};

/// The most parts that one answer signs: Lambda's answers are limited to 6 MB.
pub(super) const MAX_URLS: usize = 1000;

/// How long the API signs the parts of one upload, and S3 accepts them.
pub const MULTIPART_LIFE: Duration = Duration::from_hours(24);

/// A part's URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartUrl {
    /// 1 to 10,000.
    pub number: u16,
    /// Where the part is put.
    pub url: PresignedUrl,
    /// The signed length, if the API has planned the parts.
    pub size_bytes: Option<u64>,
}

/// Begins a multipart upload and writes its record.
///
/// S3's multipart upload is aborted only if the table has answered that no record names it. If the outcome of
/// the write is unknown, the multipart upload stays: the record may name it. Otherwise the bucket's lifecycle
/// removes it.
///
/// # Errors
/// A declared SHA-256 is refused, because S3 stores a digest of digests for parts. Otherwise as for a form.
pub async fn begin<S: UploadStore + QuotaStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    token: Option<&UsedToken>,
    new: NewUpload,
) -> Result<Owned<Upload>, Problem> {
    if new.checksum_sha256.is_some() {
        let rule =
            "S3 keeps no SHA-256 of a whole file that comes in parts: leave it out, or upload in one piece";
        return Err(Problem::field("checksum_sha256", rule));
    }
    reserve::check_type(settings, &new.content_type)?;
    let signer = ports.signer.credentials(caller.now, 60).await?;
    let upload = reserve::pending(new, caller, token, (caller.now + MULTIPART_LIFE).floor_s())?;
    let begun = ports.parts.begin_parts(&signer, &upload, &settings.files_key_arn).await?;
    let upload = upload.with(|upload| upload.s3_upload_id = Some(begun.clone()));
    let written = reserve::write(&ports.store, settings, &upload, caller.now).await;
    if is_unnamed(&begun, &written) {
        // Best effort: if the abort fails, the bucket's lifecycle removes the multipart upload.
        let _ = ports.parts.abort_parts(&signer, upload.object_key(), &begun).await;
    }
    match written? {
        Created::New => Ok(upload),
        Created::Exists(existing) => {
            let existing = reserve::repeated(&upload, *existing, caller)?;
            match ports.parts.list_parts(&signer, existing.object_key(), id_of(&existing)?).await? {
                Some(_) => Ok(existing),
                // The parts are an object, which the recorder has not looked at yet.
                None => Err(Problem::UploadArrived(existing.upload_id)),
            }
        }
    }
}

/// Whether the table has answered that no record names the multipart upload `begun` at S3.
fn is_unnamed(begun: &S3UploadId, written: &Result<Created<Upload>, Problem>) -> bool {
    match written {
        Ok(Created::Exists(existing)) => existing.s3_upload_id.as_ref() != Some(begun),
        Err(Problem::UploadTokenEnded(_) | Problem::LimitReached(_)) => true,
        Ok(Created::New) | Err(_) => false,
    }
}

/// Signs URLs for these parts.
///
/// # Errors
/// [`Problem::MultipartNotFound`] if the upload accepts no more parts; a field problem for a number that the
/// upload does not have.
pub async fn sign<S, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    now: Timestamp,
    upload: &Owned<Upload>,
    numbers: &[u64],
) -> Result<(Vec<PartUrl>, Timestamp), Problem> {
    let id = open(upload, now)?;
    let (signer, expires_at) = ports.form_credentials(settings, now).await?;
    let urls = numbers.iter().map(|number| part_url(settings, &signer, now, upload, id, *number, expires_at));
    Ok((urls.collect::<Result<_, _>>()?, expires_at))
}

/// Returns the parts that S3 has; `None` if they have become an object.
///
/// # Errors
/// [`Problem::MultipartNotFound`] if the parts were given up, or the upload accepts no more parts.
pub async fn list<S: UploadStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    now: Timestamp,
    upload: &Owned<Upload>,
) -> Result<Option<Vec<StoredPart>>, Problem> {
    let id = id_of(upload)?;
    let signer = ports.signer.credentials(now, 60).await?;
    match ports.parts.list_parts(&signer, upload.object_key(), id).await? {
        Some(stored) => open(upload, now).map(|_| Some(stored)),
        None => became_object(ports, now, upload).await.map(|()| None),
    }
}

/// Makes the object, if S3 computes `checksum` of it. A repetition succeeds, also after a completion whose
/// answer was lost, and compares no checksum with an object that exists.
///
/// # Errors
/// [`Problem::PartsRefused`] if S3's list differs from what was signed; [`Problem::ChecksumMismatch`], after
/// which the parts are as they were; [`Problem::Completing`] if S3 does not finish in time.
pub async fn complete<S: UploadStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    now: Timestamp,
    upload: &Owned<Upload>,
    said: Option<&[u64]>,
    checksum: Option<ChecksumCrc64Nvme>,
) -> Result<(), Problem> {
    let id = id_of(upload)?;
    if upload.state != UploadState::Pending {
        return arrived(upload);
    }
    let signer = ports.signer.credentials(now, 60).await?;
    let Some(stored) = ports.parts.list_parts(&signer, upload.object_key(), id).await? else {
        return became_object(ports, now, upload).await;
    };
    if let Err(why) = check(upload, &stored, said) {
        if total_bytes(&stored) > upload.max_size_bytes {
            // S3 charges for the parts until they are removed, and they can never become the file.
            give_up::end(&ports.store, upload, upload.charge(total_bytes(&stored)).as_ref()).await?;
            ports.parts.abort_parts(&signer, upload.object_key(), id).await?;
        }
        return Err(Problem::PartsRefused(why));
    }
    match ports.parts.complete_parts(&signer, upload.object_key(), id, &stored, checksum).await? {
        Completed::Done | Completed::ObjectExists => Ok(()),
        Completed::Unknown => became_object(ports, now, upload).await,
        Completed::Underway => taken_effect(ports, upload).await,
        Completed::ChecksumMismatch => Err(Problem::ChecksumMismatch),
        Completed::Refused(why) => Err(Problem::PartsRefused(why)),
    }
}

fn part_url(
    settings: &Settings,
    signer: &SigningCredentials,
    now: Timestamp,
    upload: &Owned<Upload>,
    id: &S3UploadId,
    number: u64,
    expires_at: Timestamp,
) -> Result<PartUrl, Problem> {
    let last = last_part(upload);
    let in_range = u16::try_from(number).ok().filter(|number| (1..=last).contains(&u64::from(*number)));
    let part =
        in_range.ok_or_else(|| Problem::field("part_numbers", format!("a part's number is 1 to {last}")))?;
    let size_bytes = length_of(upload, number);
    let length = size_bytes.map(|bytes| bytes.to_string());
    let (key, number) = (upload.object_key().to_string(), part.to_string());
    let mut request =
        ObjectRequest::put(&key, expires_at).query("partNumber", &number).query("uploadId", id.as_str());
    if let Some(length) = &length {
        request = request.header("content-length", length);
    }
    let url = request.sign(&settings.endpoint, signer, now).map_err(Problem::internal)?;
    Ok(PartUrl { number: part, url, size_bytes })
}

fn id_of(upload: &Upload) -> Result<&S3UploadId, Problem> {
    upload.s3_upload_id.as_ref().ok_or(Problem::MultipartNotFound)
}

/// S3's upload id, while the upload accepts parts.
fn open(upload: &Upload, now: Timestamp) -> Result<&S3UploadId, Problem> {
    let is_open = upload.state == UploadState::Pending && upload.policy_expires_at > now;
    id_of(upload).and_then(|id| if is_open { Ok(id) } else { Err(Problem::MultipartNotFound) })
}

/// The answer of a completion of an upload that has a recorded file.
fn arrived(upload: &Upload) -> Result<(), Problem> {
    match upload.state {
        UploadState::Available | UploadState::Rejected => Ok(()),
        _ => Err(Problem::MultipartNotFound),
    }
}

/// Whether the parts of a multipart upload that S3 no longer knows have become an object. Every other end is
/// written to the record first: an abort, a deletion, parts that are too large. The bucket's lifecycle aborts
/// no upload that still accepts parts.
async fn became_object<S: UploadStore, G, P>(
    ports: &Ports<S, G, P>,
    now: Timestamp,
    upload: &Owned<Upload>,
) -> Result<(), Problem> {
    let read;
    let upload = match upload.state {
        UploadState::Pending => {
            read = ports.store.upload(upload.upload_id).await?.ok_or(Problem::MultipartNotFound)?;
            &read
        }
        _ => &**upload,
    };
    match upload.state {
        UploadState::Pending if upload.policy_expires_at > now => Ok(()),
        _ => arrived(upload),
    }
}

/// The result of a completion whose outcome is unknown: the object may be recorded already. A repeated
/// request begins with S3's list of the parts and continues from there.
async fn taken_effect<S: UploadStore, G, P>(
    ports: &Ports<S, G, P>,
    upload: &Owned<Upload>,
) -> Result<(), Problem> {
    match ports.store.upload(upload.upload_id).await? {
        Some(now) if now.state != UploadState::Pending => arrived(&now),
        _ => Err(Problem::Completing),
    }
}
