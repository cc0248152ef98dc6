//! The functions' archives, laid where Lambda fetches them.
//!
//! A request that carries an archive holds it as text; building that text takes an unoptimised
//! program a second for each function, and this way a tenth.

use aws_sdk_s3::{
    config::{Config, RequestChecksumCalculation},
    types::{BucketLocationConstraint, CreateBucketConfiguration},
};
use futures::future::try_join_all;

use super::{NAME, ProvisionError, Step};
use crate::{binaries::Archives, clients::Clients};

/// Puts every archive into a bucket of its own, under the name of its function; the answer is the
/// bucket's name.
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
