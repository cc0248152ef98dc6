//! The bucket, with versioning, encryption, CORS, a policy, and public access blocked.

use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CorsConfiguration, CorsRule, CreateBucketConfiguration,
    Event, FilterRule, FilterRuleName, NotificationConfiguration, NotificationConfigurationFilter,
    ObjectOwnership, OwnershipControls, OwnershipControlsRule, PublicAccessBlockConfiguration,
    QueueConfiguration, S3KeyFilter, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, VersioningConfiguration,
};

use super::{ProvisionError, Step};
use crate::{
    clients::Clients,
    description::Description,
    policies::{Policies, Principal},
};

pub(super) async fn create(
    clients: &Clients,
    bucket: &str,
    region: &str,
    key_arn: &str,
    description: &Description,
    origins: &[String],
) -> Result<(), ProvisionError> {
    let location = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(region))
        .build();
    clients
        .s3
        .create_bucket()
        .bucket(bucket)
        .create_bucket_configuration(location)
        .send()
        .await
        .step("create the bucket")?;
    tokio::try_join!(
        keep_versions(clients, bucket),
        own_and_close(clients, bucket),
        encrypt(clients, bucket, key_arn),
        allow_origins(clients, bucket, description, origins),
    )?;
    Ok(())
}

/// Sends the bucket's events to the queue.
pub(super) async fn notify(
    clients: &Clients,
    bucket: &str,
    account: &str,
    queue_arn: &str,
    description: &Description,
) -> Result<(), ProvisionError> {
    const STEP: &str = "send the bucket's events to the queue";
    let prefix = FilterRule::builder().name(FilterRuleName::Prefix).value(&description.object_prefix).build();
    let filter = NotificationConfigurationFilter::builder()
        .key(S3KeyFilter::builder().filter_rules(prefix).build())
        .build();
    let events = description.events.bucket.iter().map(|event| Event::from(event.as_str())).collect();
    let queue = QueueConfiguration::builder().queue_arn(queue_arn).set_events(Some(events)).filter(filter);
    clients
        .s3
        .put_bucket_notification_configuration()
        .bucket(bucket)
        .expected_bucket_owner(account)
        .notification_configuration(
            NotificationConfiguration::builder().queue_configurations(queue.build().step(STEP)?).build(),
        )
        .send()
        .await
        .step(STEP)?;
    Ok(())
}

/// Puts the bucket's policy in force, with the observer as a further reader.
pub(super) async fn guard(
    clients: &Clients,
    policies: &Policies,
    bucket: &str,
    observer: &Principal,
) -> Result<(), ProvisionError> {
    const STEP: &str = "put the bucket's policy in force";
    let policy = policies.bucket(&[observer]).step(STEP)?;
    clients.s3.put_bucket_policy().bucket(bucket).policy(policy.to_string()).send().await.step(STEP)?;
    Ok(())
}

async fn keep_versions(clients: &Clients, bucket: &str) -> Result<(), ProvisionError> {
    let versioning = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let request = clients.s3.put_bucket_versioning().bucket(bucket).versioning_configuration(versioning);
    request.send().await.step("enable versioning of the bucket")?;
    Ok(())
}

async fn own_and_close(clients: &Clients, bucket: &str) -> Result<(), ProvisionError> {
    const STEP: &str = "block public access to the bucket";
    let rule = OwnershipControlsRule::builder().object_ownership(ObjectOwnership::BucketOwnerEnforced);
    let controls = OwnershipControls::builder().rules(rule.build().step(STEP)?).build().step(STEP)?;
    let request = clients.s3.put_bucket_ownership_controls().bucket(bucket).ownership_controls(controls);
    request.send().await.step(STEP)?;
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .block_public_policy(true)
        .ignore_public_acls(true)
        .restrict_public_buckets(true)
        .build();
    let request =
        clients.s3.put_public_access_block().bucket(bucket).public_access_block_configuration(block);
    request.send().await.step(STEP)?;
    Ok(())
}

async fn encrypt(clients: &Clients, bucket: &str, key_arn: &str) -> Result<(), ProvisionError> {
    const STEP: &str = "encrypt the bucket";
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::AwsKms)
        .kms_master_key_id(key_arn)
        .build()
        .step(STEP)?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(true)
        .build();
    let configuration = ServerSideEncryptionConfiguration::builder().rules(rule).build().step(STEP)?;
    let request =
        clients.s3.put_bucket_encryption().bucket(bucket).server_side_encryption_configuration(configuration);
    request.send().await.step(STEP)?;
    Ok(())
}

async fn allow_origins(
    clients: &Clients,
    bucket: &str,
    description: &Description,
    origins: &[String],
) -> Result<(), ProvisionError> {
    const STEP: &str = "set the CORS rules of the bucket";
    let cors = &description.bucket_cors;
    let uploads = CorsRule::builder()
        .set_allowed_origins(Some(origins.to_vec()))
        .set_allowed_methods(Some(cors.allow_methods.clone()))
        .set_allowed_headers(Some(cors.allow_headers.clone()))
        .set_expose_headers(Some(cors.expose_headers.clone()))
        .max_age_seconds(cors.max_age_s)
        .build()
        .step(STEP)?;
    let cors = &description.media_cors;
    let media = CorsRule::builder()
        .set_allowed_origins(Some(cors.allow_origins.clone()))
        .set_allowed_methods(Some(cors.allow_methods.clone()))
        .set_allowed_headers(Some(cors.allow_headers.clone()))
        .max_age_seconds(cors.max_age_s)
        .build()
        .step(STEP)?;
    let configuration =
        CorsConfiguration::builder().cors_rules(uploads).cors_rules(media).build().step(STEP)?;
    let request = clients.s3.put_bucket_cors().bucket(bucket).cors_configuration(configuration);
    request.send().await.step(STEP)?;
    Ok(())
}
