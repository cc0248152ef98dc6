//! The signing key of a distribution, read once per cold start.
//!
//! Secrets Manager holds it under the stack's KMS key
//! ([`GetSecretValue`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html)),
//! as the text of a PEM file. To replace the key, change the function's configuration. Lambda then starts new
//! environments, so no process keeps the old key.

use aws_config::SdkConfig;

use postern::config::DistributionRef;
use postern::ports::Unavailable;
use postern::serve::distribution::Distribution;
use s3_presigned::cloudfront::CloudFrontKey;

/// Reads the signing key of a distribution, if the stack has one.
///
/// # Errors
/// If Secrets Manager does not answer or refuses, or the secret is not a key that CloudFront accepts.
pub async fn read_distribution(
    sdk: &SdkConfig,
    of: Option<&DistributionRef>,
) -> Result<Option<Distribution>, Unavailable> {
    let failed =
        |error: Box<dyn std::error::Error + Send + Sync>| Unavailable::new("read the CloudFront key", error);
    let Some(of) = of else { return Ok(None) };
    let client = aws_sdk_secretsmanager::Client::new(sdk);
    let secret = client.get_secret_value().secret_id(&of.secret_arn).send().await;
    let pem = secret.map_err(|error| failed(error.into()))?.secret_string;
    let pem = pem.ok_or_else(|| failed("the secret holds no text".into()))?;
    let key = CloudFrontKey::from_pem(&of.key_pair_id, &pem).map_err(|error| failed(error.into()))?;
    Ok(Some(Distribution { url: format!("https://{}/", of.domain), key, window: of.window }))
}
