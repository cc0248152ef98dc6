//! Files in parts: begin, sign, list, complete, abort.
//!
//! ```text
//!  begin ─▶ S3 upload id ─▶ record (pending, counted) ─▶ part URLs ─▶ S3
//!  complete ─▶ S3's own list ─▶ sizes within what was granted? ─▶ object, unless there is one
//! ```
//!
//! Every call names one record, and only the record has S3's id of the multipart upload. So no caller signs
//! parts of another's upload. The API does not use what a client says about its parts.
//!
//! Sources: [Multipart upload](https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html),
//! [its limits](https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).

use std::time::Duration;

use crate::http::Problem;
use crate::ports::{Completed, Created, PartStore, QuotaStore, Signer, StoredPart, UploadStore};
use crate::upload::reservation::Charge;
use crate::upload::{Upload, UploadState, UsedToken};
use crate::value::id::S3UploadId;
use s3_presigned::presigned_url::{ObjectRequest, PresignedUrl};
use s3_presigned::{SigningCredentials, Timestamp};

use super::request::NewUpload;
use super::{Caller, Owned, Ports, Settings, reserve};

/// How long the API signs the parts of one upload, and S3 accepts them.
pub const MULTIPART_LIFE: Duration = Duration::from_hours(24);

/// S3's smallest part, except for the last one.
pub const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;

/// The highest number of a part.
pub const MAX_PARTS: u64 = 10_000;

/// The largest object: 10,000 parts of 5 GiB.
pub const MAX_OBJECT_BYTES: u64 = MAX_PARTS * 5 * 1024 * 1024 * 1024;

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
            let existing = super::uploads::repeated(&upload, *existing, caller)?;
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
    let signer = ports.signer.credentials(now, settings.form_ttl.as_secs()).await?;
    let expires_at = signer.clamp(now + settings.form_ttl).floor_s();
    let urls = numbers.iter().map(|number| part_url(settings, &signer, now, upload, id, *number, expires_at));
    Ok((urls.collect::<Result<_, _>>()?, expires_at))
}

/// Returns the parts that S3 has; `None` if they have become an object.
///
/// # Errors
/// [`Problem::MultipartNotFound`] if the parts were given up.
pub async fn list<S: UploadStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    now: Timestamp,
    upload: &Owned<Upload>,
) -> Result<Option<Vec<StoredPart>>, Problem> {
    let id = id_of(upload)?;
    let signer = ports.signer.credentials(now, 60).await?;
    match ports.parts.list_parts(&signer, upload.object_key(), id).await? {
        Some(stored) => Ok(Some(stored)),
        None => became_object(ports, now, upload).await.map(|()| None),
    }
}

/// All parts that the upload can have, with their sizes if the API has planned the parts.
pub fn planned(upload: &Upload) -> impl Iterator<Item = (u64, Option<u64>)> {
    (1..=last_part(upload)).map(|number| (number, length_of(upload, number)))
}

/// Makes the object. A repetition succeeds, also after a completion whose answer was lost.
///
/// # Errors
/// [`Problem::PartsRefused`] if S3's list differs from what was signed; [`Problem::Completing`] if S3 does
/// not finish in time.
pub async fn complete<S: UploadStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    now: Timestamp,
    upload: &Owned<Upload>,
    said: Option<&[u64]>,
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
            ports.store.give_up(upload, upload.charge(total_bytes(&stored)).as_ref()).await?;
            ports.parts.abort_parts(&signer, upload.object_key(), id).await?;
        }
        return Err(Problem::PartsRefused(why));
    }
    match ports.parts.complete_parts(&signer, upload.object_key(), id, &stored).await? {
        Completed::Done | Completed::ObjectExists => Ok(()),
        Completed::Unknown => became_object(ports, now, upload).await,
        Completed::Underway => taken_effect(ports, upload).await,
        Completed::Refused(why) => Err(Problem::PartsRefused(why)),
    }
}

/// Gives the upload up and aborts its multipart upload; a repetition changes nothing.
///
/// The record is written first, so that no pending record names parts that are gone. Parts that have become
/// an object meanwhile stay.
///
/// # Errors
/// [`Problem::MultipartNotFound`] if the parts are a recorded file; [`Problem::Unavailable`] if the table or
/// S3 does not answer.
pub async fn abort<S: UploadStore, G: Signer, P: PartStore>(
    ports: &Ports<S, G, P>,
    now: Timestamp,
    upload: &Owned<Upload>,
) -> Result<(), Problem> {
    let id = id_of(upload)?;
    if upload.state == UploadState::Available {
        return Err(Problem::MultipartNotFound);
    }
    let signer = ports.signer.credentials(now, 60).await?;
    let charge = charge_of_parts(&signer, &ports.parts, upload, id).await?;
    ports.store.give_up(upload, charge.as_ref()).await?;
    Ok(ports.parts.abort_parts(&signer, upload.object_key(), id).await?)
}

/// The bytes that the arrived parts count after they are given up; `None` if nothing changes. S3 is asked
/// only if the upload has reserved bytes.
async fn charge_of_parts<P: PartStore>(
    signer: &SigningCredentials,
    parts: &P,
    upload: &Upload,
    id: &S3UploadId,
) -> Result<Option<Charge>, Problem> {
    if upload.state != UploadState::Pending || upload.reserved.is_none() {
        return Ok(None);
    }
    let stored = parts.list_parts(signer, upload.object_key(), id).await?;
    Ok(stored.and_then(|stored| upload.charge(total_bytes(&stored))))
}

/// The size of every part except the last one, for a file of exactly `size_bytes`: whole mebibytes, at least
/// eight, and enough for 10,000 parts to suffice.
pub fn part_size_bytes(size_bytes: u64) -> u64 {
    const MIB: u64 = 1024 * 1024;
    size_bytes.div_ceil(MAX_PARTS).div_ceil(MIB).max(8) * MIB
}

/// The length of part `number` of a file of exactly `size_bytes`; `None` if the file has no such part.
fn planned_bytes(size_bytes: u64, number: u64) -> Option<u64> {
    let part = part_size_bytes(size_bytes);
    let begin = part.checked_mul(number.checked_sub(1)?)?;
    let left = size_bytes.checked_sub(begin).filter(|left| *left > 0 || number == 1)?;
    Some(left.min(part))
}

/// The highest part number of this upload, by the plan if the size was declared.
fn last_part(upload: &Upload) -> u64 {
    let size = upload.max_size_bytes;
    match is_planned(upload) {
        true => size.div_ceil(part_size_bytes(size)).max(1),
        false => most_parts(size),
    }
}

/// The length of part `number`, if the API has planned the parts.
fn length_of(upload: &Upload, number: u64) -> Option<u64> {
    if is_planned(upload) { planned_bytes(upload.max_size_bytes, number) } else { None }
}

fn is_planned(upload: &Upload) -> bool {
    upload.min_size_bytes == upload.max_size_bytes
}

/// The most parts that so many bytes can have: every part except the last one has S3's smallest size.
fn most_parts(max_size_bytes: u64) -> u64 {
    max_size_bytes.div_ceil(MIN_PART_BYTES).clamp(1, MAX_PARTS)
}

fn total_bytes(stored: &[StoredPart]) -> u64 {
    stored.iter().map(|part| part.size_bytes).sum()
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

/// Checks what S3 would report too late, or not at all.
fn check(upload: &Upload, stored: &[StoredPart], said: Option<&[u64]>) -> Result<(), String> {
    let total = total_bytes(stored);
    let (least, most) = (upload.min_size_bytes, upload.max_size_bytes);
    if stored.is_empty() {
        return Err("none has arrived".to_owned());
    }
    if total > most {
        return Err(format!("they have {total} bytes, at most {most} are allowed"));
    }
    if total < least {
        return Err(format!("they have {total} bytes, at least {least} are needed"));
    }
    let numbers = |parts: &[StoredPart]| parts.iter().map(|part| u64::from(part.number)).collect::<Vec<_>>();
    let ours = numbers(stored);
    if ours.iter().zip(1..).any(|(number, expected)| *number != expected) {
        return Err(format!("one is missing: {} have arrived, the last is {:?}", ours.len(), ours.last()));
    }
    if let Some(said) = said
        && said != ours
    {
        return Err(format!("{} are named, {} have arrived", said.len(), ours.len()));
    }
    match stored.split_last() {
        Some((_, before)) if before.iter().any(|part| part.size_bytes < MIN_PART_BYTES) => {
            Err(format!("every one but the last has at least {MIN_PART_BYTES} bytes"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::samples::pending;

    fn part(number: u16, size_bytes: u64) -> StoredPart {
        StoredPart { number, etag: "\"e\"".to_owned(), size_bytes }
    }

    #[test]
    fn the_plan_covers_the_file_exactly() {
        const GIB: u64 = 1024 * 1024 * 1024;
        for size in [0, 1, 8 << 20, (8 << 20) + 1, 6 * GIB, 48 * 1024 * GIB] {
            let part = part_size_bytes(size);
            let count = size.div_ceil(part).max(1);
            assert!(count <= MAX_PARTS && (MIN_PART_BYTES..=5 * GIB).contains(&part), "{size}");
            let (first, last) = (planned_bytes(size, 1).unwrap(), planned_bytes(size, count).unwrap());
            assert_eq!(if count == 1 { last } else { first * (count - 1) + last }, size);
            assert_eq!((planned_bytes(size, count + 1), planned_bytes(size, 0)), (None, None));
        }
    }

    #[test]
    fn no_more_parts_are_signed_than_the_largest_file_has() {
        for (most, parts) in [(0, 1), (1, 1), (MIN_PART_BYTES, 1), (MIN_PART_BYTES + 1, 2), (10_000_000, 2)] {
            assert_eq!(most_parts(most), parts, "{most}");
        }
        assert_eq!(most_parts(MAX_OBJECT_BYTES), MAX_PARTS);
    }

    #[test]
    fn parts_that_are_not_what_was_granted_are_refused_with_numbers() {
        let upload = Upload { min_size_bytes: 10, max_size_bytes: 2 * MIN_PART_BYTES, ..pending() };
        let full = part(1, MIN_PART_BYTES);
        for (stored, said, why) in [
            (vec![], None, "none has arrived"),
            (vec![part(1, 9)], None, "they have 9 bytes, at least 10 are needed"),
            (vec![full.clone(), part(2, MIN_PART_BYTES + 1)], None, "at most 10485760 are allowed"),
            (vec![part(2, 10)], None, "one is missing"),
            (vec![full.clone(), part(3, 1)], None, "one is missing"),
            (vec![part(1, 100), part(2, 1)], None, "every one but the last"),
            (vec![part(1, 100)], Some(vec![1, 2]), "2 are named, 1 have arrived"),
        ] {
            let refused = check(&upload, &stored, said.as_deref()).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
        assert_eq!(check(&upload, &[full, part(2, 1)], Some(&[1, 2])), Ok(()));
    }
}
