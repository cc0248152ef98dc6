//! The bucket, as the recorder uses it. The recorder always names a version, never only a key.

use aws_config::SdkConfig;
use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumMode, ObjectVersion, ServerSideEncryption};
use futures::future::join;

use crate::lambda::metrics::{self, Metrics};
use postern::ports::{
    ByteRange, HEAD_BYTES, ListedVersion, ObjectStore, Observation, ObservedObject, Unavailable,
    VersionCursor, VersionPage,
};
use postern::upload::scan::{SCAN_TAG, ScanGate, ScanStatus};
use postern::value::checksum::ChecksumSha256;
use postern::value::id::{OBJECT_PREFIX, ObjectKey, S3UploadId, VersionId};
use s3_presigned::Timestamp;

/// How often one run aborts a multipart upload.
const ABORTS: usize = 5;

/// The stack's bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: aws_sdk_s3::Client,
    name: String,
    scan: ScanGate,
}

impl Bucket {
    /// The bucket `name`.
    pub fn new(sdk: &SdkConfig, name: impl Into<String>) -> Self {
        let config = aws_sdk_s3::config::Builder::from(sdk)
            // Only the first bytes are read, for which S3 has no checksum.
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
            // An endpoint other than AWS's has no host name for each bucket.
            .force_path_style(sdk.endpoint_url().is_some())
            .build();
        Self { client: aws_sdk_s3::Client::from_conf(config), name: name.into(), scan: ScanGate::Off }
    }

    /// The same; if the stack asks for scans, the result of a version's scan is read beside its first bytes.
    #[must_use]
    pub fn with_scan(self, scan: ScanGate) -> Self {
        Self { scan, ..self }
    }

    /// The scanner's result for a version.
    async fn scan_of(&self, key: ObjectKey, version: &VersionId) -> Result<Option<ScanStatus>, HeadFailure> {
        if self.scan == ScanGate::Off {
            return Ok(None);
        }
        let tags = self
            .client
            .get_object_tagging()
            .bucket(&self.name)
            .key(key.to_string())
            .version_id(version.as_str())
            .send()
            .await
            .map_err(|error| failure(error, "read the tags of a version"))?;
        let result = tags.tag_set().iter().find(|tag| tag.key() == SCAN_TAG);
        Ok(result.map(|tag| ScanStatus::read(tag.value())))
    }

    async fn head(&self, key: ObjectKey, version: &VersionId) -> Result<HeadObjectOutput, HeadFailure> {
        self.client
            .head_object()
            .bucket(&self.name)
            .key(key.to_string())
            .version_id(version.as_str())
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .map_err(|error| failure(error, "look at a version"))
    }

    async fn get(
        &self,
        key: ObjectKey,
        version: &VersionId,
        range: String,
    ) -> Result<GetObjectOutput, HeadFailure> {
        self.client
            .get_object()
            .bucket(&self.name)
            .key(key.to_string())
            .version_id(version.as_str())
            .range(range)
            .send()
            .await
            .map_err(|error| failure(error, READ_PART))
    }

    /// The first bytes, and the headers that come with them.
    async fn first_look(&self, key: ObjectKey, version: &VersionId) -> Result<ObservedObject, HeadFailure> {
        match self.get(key, version, format!("bytes=0-{}", HEAD_BYTES - 1)).await {
            Ok(mut output) => {
                let body = std::mem::take(&mut output.body);
                let first = ByteRange { from: 0, length: HEAD_BYTES };
                let head = part_of(body, first).await.map_err(HeadFailure::Unavailable)?;
                Ok(of_get(&output, head))
            }
            Err(HeadFailure::Empty) => self.head(key, version).await.map(|output| of_head(&output)),
            Err(failure) => Err(failure),
        }
    }
}

/// The meaning of the status of a refused read.
enum HeadFailure {
    Missing,
    DeleteMarker,
    /// The range begins beyond the end: the object is empty.
    Empty,
    Unavailable(Unavailable),
}

/// Without permission to list, S3 answers 403 for a missing version. The recorder has it, so 403 is an error
/// and not an answer.
fn failure<E>(error: SdkError<E>, operation: &'static str) -> HeadFailure
where
    E: std::error::Error + Send + Sync + 'static,
{
    match error.raw_response().map(|response| response.status().as_u16()) {
        Some(404) => HeadFailure::Missing,
        Some(405) => HeadFailure::DeleteMarker,
        Some(416) => HeadFailure::Empty,
        _ => HeadFailure::Unavailable(Unavailable::new(operation, error)),
    }
}

impl ObjectStore for Bucket {
    async fn observe(&self, key: ObjectKey, version: &VersionId) -> Result<Observation, Unavailable> {
        let (object, scan) = join(self.first_look(key, version), self.scan_of(key, version)).await;
        let observed = match object {
            Ok(object) => scan.map(|scan| ObservedObject { scan, ..object }),
            Err(failure) => Err(failure),
        };
        match observed {
            Ok(object) => Ok(Observation::Object(Box::new(object))),
            Err(HeadFailure::Missing) => Ok(Observation::Missing),
            Err(HeadFailure::DeleteMarker) => Ok(Observation::DeleteMarker),
            Err(HeadFailure::Unavailable(error)) => Err(error),
            Err(HeadFailure::Empty) => {
                Err(Unavailable::new("look at a version", "an answer to HEAD named a range"))
            }
        }
    }

    async fn stored_checksum(
        &self,
        key: ObjectKey,
        version: &VersionId,
    ) -> Result<Option<ChecksumSha256>, Unavailable> {
        match self.head(key, version).await {
            // A checksum of parts is written with their number. It is not a digest of the whole object.
            Ok(output) => Ok(output.checksum_sha256().and_then(|text| text.parse().ok())),
            Err(HeadFailure::Unavailable(error)) => Err(error),
            // The version was removed since it was read. The event is redelivered, and the recorder looks
            // again.
            Err(_) => Err(Unavailable::new("look at a version", "the version was removed during the read")),
        }
    }

    async fn read_part(
        &self,
        key: ObjectKey,
        version: &VersionId,
        range: ByteRange,
    ) -> Result<Vec<u8>, Unavailable> {
        Metrics::count(metrics::SECOND_READS);
        let last = range.from.saturating_add(range.length as u64).saturating_sub(1);
        let get = self.get(key, version, format!("bytes={}-{last}", range.from)).await;
        match get {
            // A server that ignores the range sends the whole object.
            Ok(output) if output.content_range().is_none() => part_of(output.body, range).await,
            Ok(output) => part_of(output.body, ByteRange { from: 0, ..range }).await,
            Err(HeadFailure::Empty) => Ok(Vec::new()),
            Err(HeadFailure::Unavailable(error)) => Err(error),
            Err(_) => Err(Unavailable::new(READ_PART, "the version was removed during the read")),
        }
    }

    async fn versions(&self, key: ObjectKey) -> Result<Vec<VersionId>, Unavailable> {
        let key = key.to_string();
        let list = self.client.list_object_versions().bucket(&self.name).prefix(&key);
        let (mut versions, mut start) = (Vec::new(), (None, None));
        loop {
            let (key_marker, version_marker) = start;
            let page = list.clone().set_key_marker(key_marker).set_version_id_marker(version_marker);
            let page = page.send().await.map_err(|error| Unavailable::new("list versions", error))?;
            let objects = page.versions().iter().map(|version| (version.key(), version.version_id()));
            let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
            for (_, id) in objects.chain(markers).filter(|(of, _)| *of == Some(key.as_str())) {
                let id = id.unwrap_or_default().parse();
                versions.push(id.map_err(|error: postern::value::id::ParseIdError| {
                    Unavailable::new("list versions", error)
                })?);
            }
            if page.is_truncated() != Some(true) {
                return Ok(versions);
            }
            start = (page.next_key_marker, page.next_version_id_marker);
        }
    }

    async fn versions_below(
        &self,
        digits: &str,
        start: Option<&VersionCursor>,
    ) -> Result<VersionPage, Unavailable> {
        let list =
            self.client.list_object_versions().bucket(&self.name).prefix(format!("{OBJECT_PREFIX}{digits}"));
        let list = list.set_key_marker(start.map(|start| start.key.clone()));
        let list = list.set_version_id_marker(start.and_then(|start| start.version.clone()));
        let page = list.send().await.map_err(|error| Unavailable::new("list versions", error))?;
        let versions = page.versions().iter().filter_map(listed).collect();
        let next = page.next_key_marker.filter(|_| page.is_truncated == Some(true));
        Ok(VersionPage {
            versions,
            next: next.map(|key| VersionCursor { key, version: page.next_version_id_marker }),
        })
    }

    /// A part that is on its way may be stored after the abort. So S3 is asked until it lists no part.
    async fn drop_parts(&self, key: ObjectKey, id: &S3UploadId) -> Result<(), Unavailable> {
        const OPERATION: &str = "abort a multipart upload";
        let key = key.to_string();
        for _ in 0..ABORTS {
            let abort = self.client.abort_multipart_upload().bucket(&self.name).key(&key);
            is_gone(OPERATION, abort.upload_id(id.as_str()).send().await)?;
            let list = self.client.list_parts().bucket(&self.name).key(&key).max_parts(1);
            if is_gone(OPERATION, list.upload_id(id.as_str()).send().await)? {
                return Ok(());
            }
        }
        Err(Unavailable::new(OPERATION, "S3 still lists it after it was aborted"))
    }

    async fn remove(&self, key: ObjectKey, version: &VersionId) -> Result<(), Unavailable> {
        self.client
            .delete_object()
            .bucket(&self.name)
            .key(key.to_string())
            .version_id(version.as_str())
            .send()
            .await
            .map(|_| ())
            .map_err(|error| Unavailable::new("remove a version", error))
    }
}

fn listed(version: &ObjectVersion) -> Option<ListedVersion> {
    let came_at = Timestamp::from_epoch_s(u64::try_from(version.last_modified()?.secs()).ok()?);
    let (key, version) = (version.key()?.parse().ok()?, version.version_id()?.parse().ok()?);
    Some(ListedVersion { key, version, came_at })
}

/// Whether S3 answered that the multipart upload does not exist.
fn is_gone<T, E>(operation: &'static str, sent: Result<T, SdkError<E>>) -> Result<bool, Unavailable>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match sent {
        Ok(_) => Ok(false),
        Err(error) if error.code() == Some("NoSuchUpload") => Ok(true),
        Err(error) => Err(Unavailable::new(operation, error)),
    }
}

/// Reads the bytes of `range` from a body and drops the others chunk by chunk.
async fn part_of(mut body: ByteStream, range: ByteRange) -> Result<Vec<u8>, Unavailable> {
    let (mut skip, mut part) = (range.from, Vec::new());
    while part.len() < range.length {
        let chunk = body.try_next().await.map_err(|error| Unavailable::new(READ_PART, error))?;
        let Some(chunk) = chunk else { break };
        let skipped = usize::try_from(skip).unwrap_or(usize::MAX).min(chunk.len());
        skip -= skipped as u64;
        let wanted = chunk.iter().skip(skipped).take(range.length - part.len());
        part.extend(wanted);
    }
    Ok(part)
}

const READ_PART: &str = "read a part of a version";

fn of_get(output: &GetObjectOutput, head: Vec<u8>) -> ObservedObject {
    let whole = output
        .content_range()
        .and_then(|range| range.rsplit_once('/'))
        .and_then(|(_, size)| size.parse().ok());
    ObservedObject {
        size_bytes: whole.unwrap_or_else(|| size(output.content_length())),
        etag: unquoted(output.e_tag()),
        content_type: output.content_type().map(ToOwned::to_owned),
        content_encoding: output.content_encoding().map(ToOwned::to_owned),
        kms_key_arn: kms_key(output.server_side_encryption(), output.ssekms_key_id()),
        metadata: output.metadata().cloned().unwrap_or_default().into_iter().collect(),
        head,
        scan: None,
    }
}

fn of_head(output: &HeadObjectOutput) -> ObservedObject {
    ObservedObject {
        size_bytes: size(output.content_length()),
        etag: unquoted(output.e_tag()),
        content_type: output.content_type().map(ToOwned::to_owned),
        content_encoding: output.content_encoding().map(ToOwned::to_owned),
        kms_key_arn: kms_key(output.server_side_encryption(), output.ssekms_key_id()),
        metadata: output.metadata().cloned().unwrap_or_default().into_iter().collect(),
        head: Vec::new(),
        scan: None,
    }
}

fn size(content_length: Option<i64>) -> u64 {
    content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or(0)
}

fn unquoted(etag: Option<&str>) -> String {
    etag.unwrap_or_default().trim_matches('"').to_owned()
}

fn kms_key(encryption: Option<&ServerSideEncryption>, key: Option<&str>) -> Option<String> {
    key.filter(|_| encryption == Some(&ServerSideEncryption::AwsKms)).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_is_cut_out_of_a_whole_object_and_nothing_else_is_kept() {
        let whole: Vec<u8> = (0..1_000_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
        for (from, length) in [(0, HEAD_BYTES), (934_464, HEAD_BYTES), (999_990, HEAD_BYTES), (2_000_000, 10)]
        {
            let range = ByteRange { from, length };
            let part = part_of(ByteStream::from(whole.clone()), range).await.unwrap();
            let from = usize::try_from(from).unwrap().min(whole.len());
            let until = (from + length).min(whole.len());
            assert!(part == whole[from..until], "{from}");
            assert!(part.capacity() <= 2 * HEAD_BYTES, "{}", part.capacity());
        }
    }
}
