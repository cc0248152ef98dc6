//! The key that signs for a distribution, read once per cold start.
//!
//! It lives in Secrets Manager under our KMS key
//! ([`GetSecretValue`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html)),
//! as the text of a PEM file. A new key takes over with a new configuration, which starts every
//! environment anew: no process goes on signing with a key that was taken away.

use aws_config::SdkConfig;

use postern::config::DistributionRef;
use postern::ports::Unavailable;
use postern::serve::distribution::Distribution;
use s3_presigned::cloudfront::CloudFrontKey;

/// Reads the key of a distribution, if there is one.
///
/// # Errors
/// If Secrets Manager does not answer or refuses, or the secret is no key that CloudFront takes.
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
