//! Multipart uploads in S3, as the upload signer: the function itself may write no object.
//!
//! [`CompleteMultipartUpload`](https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html)
//! may take minutes. It has a timeout of its own and is sent once. If the answer is late, the outcome is
//! unknown, and the caller reads the record and S3's list. Assumption: S3 continues after the client has
//! disconnected. If it does not, the client's repetition starts the completion again.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::Credentials;
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::complete_multipart_upload::CompleteMultipartUploadError;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart, ServerSideEncryption,
};

use crate::lambda::causes;
use crate::time_limits::operation_timeout;
use postern::ports::{Completed, PartStore, StoredPart, Unavailable};
use postern::upload::Upload;
use postern::value::checksum::ChecksumCrc64Nvme;
use postern::value::id::{ObjectKey, S3UploadId};
use s3_presigned::SigningCredentials;

/// Multipart uploads into the stack's bucket.
#[derive(Debug, Clone)]
pub struct Parts {
    config: aws_sdk_s3::Config,
    bucket: String,
    /// How long to wait for a completion.
    completion: Duration,
}

impl Parts {
    /// The bucket `name`.
    pub fn new(sdk: &SdkConfig, name: impl Into<String>) -> Self {
        let config = aws_sdk_s3::config::Builder::from(sdk)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            // Another endpoint than AWS's has no host of its own for each bucket.
            .force_path_style(sdk.endpoint_url().is_some())
            .build();
        Self { config, bucket: name.into(), completion: operation_timeout(sdk) }
    }

    /// For a call that is not retried, because the first one may still be running.
    fn sent_once(&self) -> aws_sdk_s3::config::Builder {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(self.completion)
            .operation_timeout(self.completion)
            .build();
        aws_sdk_s3::Config::builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts)
    }

    /// A client with the signer's credentials. All of them share connections.
    fn client(&self, signer: &SigningCredentials) -> aws_sdk_s3::Client {
        let credentials = Credentials::new(
            &signer.access_key_id,
            &signer.secret_access_key,
            signer.session_token.clone(),
            signer.expires_at.map(s3_presigned::Timestamp::system_time),
            "the upload signer",
        );
        aws_sdk_s3::Client::from_conf(self.config.to_builder().credentials_provider(credentials).build())
    }
}

impl PartStore for Parts {
    async fn begin_parts(
        &self,
        signer: &SigningCredentials,
        upload: &Upload,
        files_key_arn: &str,
    ) -> Result<S3UploadId, Unavailable> {
        let metadata = upload.metadata.clone().into_iter().collect();
        let begun = self
            .client(signer)
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(upload.object_key().to_string())
            .content_type(upload.content_type.as_str())
            .server_side_encryption(ServerSideEncryption::AwsKms)
            .ssekms_key_id(files_key_arn)
            .set_metadata(Some(metadata))
            // A checksum of the whole object, not of digests. S3 computes it, also of parts that come without
            // a checksum, and compares it with the one that the completion may state.
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .checksum_type(ChecksumType::FullObject)
            .send()
            .await
            .map_err(|error| Unavailable::new("begin a multipart upload", error))?;
        let id = begun.upload_id.unwrap_or_default().parse();
        id.map_err(|error: postern::value::id::ParseIdError| {
            Unavailable::new("begin a multipart upload", error)
        })
    }

    async fn list_parts(
        &self,
        signer: &SigningCredentials,
        key: ObjectKey,
        id: &S3UploadId,
    ) -> Result<Option<Vec<StoredPart>>, Unavailable> {
        let list =
            self.client(signer).list_parts().bucket(&self.bucket).key(key.to_string()).upload_id(id.as_str());
        let (mut parts, mut marker) = (Vec::new(), None);
        loop {
            let page = match list.clone().set_part_number_marker(marker).send().await {
                Ok(page) => page,
                Err(error) if code(&error) == Some("NoSuchUpload") => return Ok(None),
                Err(error) => return Err(Unavailable::new("list parts", error)),
            };
            parts.extend(page.parts().iter().filter_map(stored));
            match (page.is_truncated(), page.next_part_number_marker) {
                (Some(true), Some(next)) => marker = Some(next),
                _ => return Ok(Some(parts)),
            }
        }
    }

    async fn complete_parts(
        &self,
        signer: &SigningCredentials,
        key: ObjectKey,
        id: &S3UploadId,
        parts: &[StoredPart],
        checksum: Option<ChecksumCrc64Nvme>,
    ) -> Result<Completed, Unavailable> {
        let part = |part: &StoredPart| {
            CompletedPart::builder().part_number(i32::from(part.number)).e_tag(&part.etag).build()
        };
        let list =
            CompletedMultipartUpload::builder().set_parts(Some(parts.iter().map(part).collect())).build();
        let sent = self
            .client(signer)
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(key.to_string())
            .upload_id(id.as_str())
            .if_none_match("*")
            .checksum_type(ChecksumType::FullObject)
            .set_checksum_crc64_nvme(checksum.map(|checksum| checksum.to_string()))
            // S3 refuses an object whose size differs from that of the parts that were checked.
            .mpu_object_size(
                parts.iter().map(|part| part.size_bytes).sum::<u64>().try_into().unwrap_or(i64::MAX),
            )
            .multipart_upload(list)
            .customize()
            .config_override(self.sent_once())
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Completed::Done),
            Err(error) => completed(error),
        }
    }

    async fn abort_parts(
        &self,
        signer: &SigningCredentials,
        key: ObjectKey,
        id: &S3UploadId,
    ) -> Result<(), Unavailable> {
        let abort = self.client(signer).abort_multipart_upload().bucket(&self.bucket).key(key.to_string());
        match abort.upload_id(id.as_str()).send().await {
            Err(error) if code(&error) != Some("NoSuchUpload") => {
                Err(Unavailable::new("abort a multipart upload", error))
            }
            _ => Ok(()),
        }
    }
}

/// The result of a completion that failed.
fn completed(error: SdkError<CompleteMultipartUploadError>) -> Result<Completed, Unavailable> {
    match code(&error) {
        Some("NoSuchUpload") => Ok(Completed::Unknown),
        Some("PreconditionFailed") => Ok(Completed::ObjectExists),
        Some(
            refused @ ("InvalidPart" | "InvalidPartOrder" | "EntityTooSmall" | "EntityTooLarge"
            | "InvalidRequest"),
        ) => Ok(Completed::Refused(refused.to_owned())),
        // The completion states no other digest than that of the whole object.
        Some("BadDigest") => Ok(Completed::ChecksumMismatch),
        // Another completion of the same upload is running.
        Some("ConditionalRequestConflict" | "OperationAborted") => Ok(Completed::Underway),
        _ if may_have_begun(&error) => {
            tracing::warn!(
                cause = causes(&error),
                "the outcome of a completion of a multipart upload is unknown"
            );
            Ok(Completed::Underway)
        }
        _ => Err(Unavailable::new("complete a multipart upload", error)),
    }
}

/// Whether the completion may have begun: not if the request was never sent, or S3 refused it without doing
/// anything.
fn may_have_begun(error: &SdkError<CompleteMultipartUploadError>) -> bool {
    match error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::ServiceError(refused) => {
            refused.raw().status().as_u16() != 503 && !refused.raw().status().is_client_error()
        }
        _ => true,
    }
}

fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

fn stored(part: &aws_sdk_s3::types::Part) -> Option<StoredPart> {
    Some(StoredPart {
        number: part.part_number()?.try_into().ok()?,
        etag: part.e_tag()?.to_owned(),
        size_bytes: part.size()?.try_into().ok()?,
    })
}
