//! Uploads the functions' archives to a bucket from which Lambda loads them.
//!
//! A `CreateFunction` request can carry the archive, but as base64 text. In a debug build, the SDK takes a
//! second for each function to make that text. An upload takes a tenth of a second.

use aws_sdk_s3::{
    config::{Config, RequestChecksumCalculation},
    types::{BucketLocationConstraint, CreateBucketConfiguration},
};
use futures::future::try_join_all;

use super::{NAME, ProvisionError, Step};
use crate::{binaries::Archives, clients::Clients};

/// Puts every archive into one new bucket, under the name of its function. Returns the bucket's name.
pub(super) async fn upload(
    clients: &Clients,
    account: &str,
    region: &str,
    archives: Archives,
) -> Result<String, ProvisionError> {
    let bucket = format!("{NAME}-code-{account}-{region}");
    let location = BucketLocationConstraint::from(region);
    clients
        .s3
        .create_bucket()
        .bucket(&bucket)
        .create_bucket_configuration(
            CreateBucketConfiguration::builder().location_constraint(location).build(),
        )
        .send()
        .await
        .step("create the bucket of code")?;
    let uploads = archives.into_iter().map(|(name, archive)| {
        let request = clients.s3.put_object().bucket(&bucket).key(&name).body(archive.into());
        let no_checksum =
            Config::builder().request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
        let request = request.customize().config_override(no_checksum).disable_payload_signing();
        async move { request.send().await.step(format!("upload the code of {name}")) }
    });
    try_join_all(uploads).await?;
    Ok(bucket)
}
