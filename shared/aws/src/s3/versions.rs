//! Checks as the download signer whether a version exists: the function's own role may read no object.
//!
//! The signer may not list, so S3 answers 403 for a missing version
//! ([`HeadObject`](https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html)), as for one that it
//! may not read. In both cases the visitor would get no file.

use aws_config::SdkConfig;
use aws_credential_types::Credentials;

use crate::RoleSigner;
use postern::ports::{Signer, Unavailable, VersionCheck};
use postern::value::id::{ObjectKey, VersionId};
use s3_presigned::Timestamp;

/// The stack's bucket, through the download signer.
#[derive(Debug, Clone)]
pub struct Versions {
    config: aws_sdk_s3::Config,
    bucket: String,
    signer: RoleSigner,
}

impl Versions {
    /// The bucket `name`.
    pub fn new(sdk: &SdkConfig, name: impl Into<String>, signer: RoleSigner) -> Self {
        let config = aws_sdk_s3::config::Builder::from(sdk)
            // Another endpoint than AWS's has no host of its own for each bucket.
            .force_path_style(sdk.endpoint_url().is_some())
            .build();
        Self { config, bucket: name.into(), signer }
    }
}

impl VersionCheck for Versions {
    async fn is_there(
        &self,
        now: Timestamp,
        key: ObjectKey,
        version: &VersionId,
    ) -> Result<bool, Unavailable> {
        let session = self.signer.credentials(now, 1).await?;
        let credentials = Credentials::new(
            &session.access_key_id,
            &session.secret_access_key,
            session.session_token.clone(),
            session.expires_at.map(Timestamp::system_time),
            "the download signer",
        );
        let config = self.config.to_builder().credentials_provider(credentials).build();
        let head = aws_sdk_s3::Client::from_conf(config)
            .head_object()
            .bucket(&self.bucket)
            .key(key.to_string())
            .version_id(version.as_str());
        match head.send().await {
            Ok(_) => Ok(true),
            // 405: a delete marker.
            Err(error) => match error.raw_response().map(|response| response.status().as_u16()) {
                Some(403..=405) => Ok(false),
                _ => Err(Unavailable::new("look at a version", error)),
            },
        }
    }
}
