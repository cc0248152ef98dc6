//! What a signed URL or form says to anyone who has it: who signed it, when, with what, until when, and what it
//! discloses.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3_presigned::Timestamp;
use s3_presigned::post_policy::Condition;
use s3_presigned::verify::PolicyDocument;
use serde::Serialize;
use serde_json::Value;

use super::recognize::{Form, Scheme, SignedUrl};
use super::settings::Settings;
use super::time;

/// What is known of a signed URL or form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Signed {
    /// `S3 URL`, `S3 form` or `CloudFront URL`.
    pub what: &'static str,
    /// What it allows: the bucket and the key, or the URL.
    pub leads_to: String,
    /// The access key id, or the id of CloudFront's key.
    pub key_id: Option<String>,
    /// The kind of the credentials.
    pub credentials: String,
    /// The account to which the access key belongs, as far as its id shows it.
    pub account: Option<String>,
    /// The algorithm, region and service.
    pub signed_with: String,
    /// When it was signed.
    pub signed_at: Option<String>,
    /// When it expires by its own statement.
    pub expires_at: Option<String>,
    /// Until when it works in effect.
    pub works_until: String,
    /// What anyone who has it can read.
    pub discloses: Vec<String>,
}

/// The times that count of a signed URL or form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// When it was signed.
    pub signed_at: Option<Timestamp>,
    /// When it becomes usable.
    pub starts_at: Option<Timestamp>,
    /// When it expires by its own statement.
    pub expires_at: Option<Timestamp>,
}

/// What a person means by an access key id.
pub fn kind_of_credentials(access_key_id: &str) -> &'static str {
    match access_key_id.get(..4) {
        Some("AKIA") => "long-lived access key of a user",
        Some("ASIA") => "temporary credentials of a role or a session",
        _ => "access key of an unknown kind (perhaps not of AWS)",
    }
}

/// Returns whether credentials with this access key id need a session token.
pub fn is_temporary(access_key_id: &str) -> bool {
    access_key_id.starts_with("ASIA")
}

/// Returns the account to which an access key belongs: the id contains it
/// ([GetAccessKeyInfo](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html) answers the same).
pub fn account_of(access_key_id: &str) -> Option<String> {
    let digits = access_key_id.strip_prefix("AKIA").or_else(|| access_key_id.strip_prefix("ASIA"))?;
    // Keys that were made before 2019 contain no account. Their fifth character is an I or a J.
    if digits.len() != 16 || digits.starts_with(['I', 'J']) {
        return None;
    }
    let number = digits.chars().take(10).try_fold(0_u64, |number, digit| {
        let value = match digit {
            'A'..='Z' => u64::from(digit) - u64::from('A'),
            '2'..='7' => u64::from(digit) - u64::from('2') + 26,
            _ => return None,
        };
        Some(number << 5 | value)
    })?;
    // Ten digits are 50 bits; the account is 40 bits after the first one.
    Some(format!("{:012}", number >> 9 & 0xff_ffff_ffff))
}

/// Returns the times of a URL.
pub fn times_of_url(url: &SignedUrl) -> Times {
    match url.scheme {
        Scheme::S3V4 => {
            let signed_at = url.param("X-Amz-Date").and_then(|date| time::parse(&date));
            let seconds = url.param("X-Amz-Expires").and_then(|seconds| seconds.parse().ok());
            let expires_at = signed_at.zip(seconds).map(|(at, s)| at + Duration::from_secs(s));
            Times { signed_at, starts_at: None, expires_at }
        }
        Scheme::S3V2 => Times { expires_at: epoch(url.param("Expires").as_deref()), ..Times::default() },
        Scheme::CloudFront => match cloudfront_policy(url) {
            Some(policy) => Times {
                signed_at: None,
                starts_at: cloudfront_time(&policy, "DateGreaterThan"),
                expires_at: cloudfront_time(&policy, "DateLessThan"),
            },
            None => Times { expires_at: epoch(url.param("Expires").as_deref()), ..Times::default() },
        },
        Scheme::Unsigned => Times::default(),
    }
}

fn epoch(seconds: Option<&str>) -> Option<Timestamp> {
    Some(Timestamp::from_epoch_s(seconds?.parse().ok()?))
}

/// Returns the custom policy of a CloudFront URL.
pub fn cloudfront_policy(url: &SignedUrl) -> Option<Value> {
    let text = url.param("Policy")?.replace('-', "+").replace('_', "=").replace('~', "/");
    serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()
}

fn cloudfront_time(policy: &Value, name: &str) -> Option<Timestamp> {
    let condition = policy.pointer("/Statement/0/Condition")?;
    condition.get(name)?.get("AWS:EpochTime")?.as_u64().map(Timestamp::from_epoch_s)
}

/// Describes a signed URL.
pub fn url(url: &SignedUrl, settings: &Settings) -> Option<Signed> {
    let times = times_of_url(url);
    match url.scheme {
        Scheme::Unsigned => None,
        Scheme::CloudFront => Some(cloudfront(url, times)),
        Scheme::S3V4 | Scheme::S3V2 => Some(s3_url(url, times, settings)),
    }
}

fn s3_url(url: &SignedUrl, times: Times, settings: &Settings) -> Signed {
    let (bucket, key, host_region) = url.location();
    let credential =
        url.param("X-Amz-Credential").or_else(|| url.param("AWSAccessKeyId")).unwrap_or_default();
    let mut scope = credential.split('/');
    let key_id = scope.next().unwrap_or_default().to_owned();
    let region = scope.nth(1).map(str::to_owned).or(host_region).unwrap_or_else(|| "unknown".to_owned());
    let version = if url.scheme == Scheme::S3V4 { "signature version 4" } else { "signature version 2" };
    let headers = url.signed_headers().join(", ");
    let mut discloses = vec![format!("bucket {bucket}"), format!("key {key}"), format!("region {region}")];
    for (name, what) in [
        ("versionId", "version"),
        ("response-content-disposition", "file name and disposition"),
        ("response-content-type", "content type"),
        ("x-id", "operation"),
        ("partNumber", "part number"),
    ] {
        discloses.extend(url.param(name).map(|value| format!("{what} {value}")));
    }
    let account = account_of(&key_id);
    discloses.extend(account.iter().map(|account| format!("account {account}")));
    Signed {
        what: "S3 URL",
        leads_to: format!("s3://{bucket}/{key}"),
        credentials: kind_of_credentials(&key_id).to_owned(),
        account,
        signed_with: format!("{version}, region {region}, signed headers: {headers}"),
        signed_at: times.signed_at.map(time::shown),
        expires_at: times.expires_at.map(time::shown),
        works_until: works_until(&key_id, url.param("X-Amz-Security-Token").is_some(), times, settings),
        key_id: (!key_id.is_empty()).then_some(key_id),
        discloses,
    }
}

fn cloudfront(url: &SignedUrl, times: Times) -> Signed {
    let policy = cloudfront_policy(url);
    let at = |pointer: &str| {
        policy.as_ref().and_then(|policy| policy.pointer(pointer)?.as_str().map(str::to_owned))
    };
    let resource = at("/Statement/0/Resource").unwrap_or_else(|| format!("https://{}{}", url.host, url.path));
    let network = at("/Statement/0/Condition/IpAddress/AWS:SourceIp");
    let mut discloses = vec![format!("distribution {}", url.host), format!("path {}", url.path)];
    discloses.extend(network.map(|network| format!("only from the network {network}")));
    let kind = if policy.is_some() { "a custom policy" } else { "a canned policy" };
    Signed {
        what: "CloudFront URL",
        leads_to: resource,
        key_id: url.param("Key-Pair-Id"),
        credentials: "private key of a CloudFront key group".to_owned(),
        account: None,
        signed_with: format!("CloudFront's signature over {kind}"),
        signed_at: None,
        expires_at: times.expires_at.map(time::shown),
        works_until: times
            .expires_at
            .map_or_else(|| "unknown: the URL has no expiry".to_owned(), time::shown),
        discloses,
    }
}

/// Returns the times of a form.
pub fn times_of_form(form: &Form) -> Times {
    let policy = form.policy().and_then(|policy| PolicyDocument::parse(&policy).ok());
    Times {
        signed_at: form.field("x-amz-date").and_then(time::parse),
        starts_at: None,
        expires_at: policy.map(|policy| policy.expires_at),
    }
}

/// Describes a form.
pub fn form(form: &Form, settings: &Settings) -> Option<Signed> {
    let credential = form.field("x-amz-credential").or_else(|| form.field("AWSAccessKeyId"))?;
    let mut scope = credential.split('/');
    let key_id = scope.next().unwrap_or_default().to_owned();
    let region = scope.nth(1).unwrap_or("unknown").to_owned();
    let times = times_of_form(form);
    let mut discloses: Vec<_> = form.policy().iter().flat_map(|policy| disclosed_by(policy)).collect();
    let account = account_of(&key_id);
    discloses.extend(account.iter().map(|account| format!("account {account}")));
    let has_token = form.field("x-amz-security-token").is_some();
    Some(Signed {
        what: "S3 form",
        leads_to: format!("{} key {}", form.url, form.field("key").unwrap_or("(none)")),
        credentials: kind_of_credentials(&key_id).to_owned(),
        account,
        signed_with: format!("signature version 4 over the policy, region {region}"),
        signed_at: times.signed_at.map(time::shown),
        expires_at: times.expires_at.map(time::shown),
        works_until: works_until(&key_id, has_token, times, settings),
        key_id: (!key_id.is_empty()).then_some(key_id),
        discloses,
    })
}

/// The policy is no secret: anyone who has the form reads its conditions.
fn disclosed_by(policy: &[u8]) -> Vec<String> {
    let Ok(policy) = PolicyDocument::parse(policy) else { return Vec::new() };
    let of_the_signature = ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token"];
    let shown = policy.conditions().filter(|condition| {
        condition.field().is_none_or(|field| !of_the_signature.contains(&field.as_str()))
    });
    shown
        .take(40)
        .map(|condition| match condition {
            Condition::ContentLengthRange(min, max) => format!("size {min} to {max} bytes"),
            Condition::StartsWith(field, prefix) => format!("{field} begins with \"{prefix}\""),
            Condition::Equals(field, value) => format!("{field} {value}"),
            other => other.to_string(),
        })
        .collect()
}

/// Until when it works: the earlier of its own expiry and the end of its credentials.
fn works_until(key_id: &str, has_token: bool, times: Times, settings: &Settings) -> String {
    let own = times.expires_at;
    match (own, settings.session_ends) {
        (None, _) => "unknown: it states no expiry".to_owned(),
        (Some(own), Some(end)) if end < own => {
            format!("{}, when the session of its credentials ends", time::shown(end))
        }
        (Some(own), None) if is_temporary(key_id) || has_token => format!(
            "{} at the latest. It ends earlier if the session of its credentials does: 12 hours at most after a role was \
             assumed, 1 hour at most if a role assumed it, and the token does not say when",
            time::shown(own)
        ),
        (Some(own), _) => time::shown(own),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pair is published in [this note](https://medium.com/@TalBeerySec/a-short-note-on-aws-key-id-f88cc4317489).
    #[test]
    fn an_access_key_id_contains_its_account() {
        assert_eq!(account_of("ASIAQNZGKIQY56JQ7WML").as_deref(), Some("029608264753"));
        assert_eq!(account_of("AKIAIOSFODNN7EXAMPLE"), None);
        assert_eq!(account_of("AKIA"), None);
        assert_eq!(account_of("test"), None);
    }

    #[test]
    fn a_session_that_ends_earlier_bounds_the_url() {
        let text = "https://a.s3.eu-central-1.amazonaws.com/k?X-Amz-Credential=ASIAQNZGKIQY56JQ7WML%2F20261124%2Feu-central-1%2Fs3%2Faws4_request\
            &X-Amz-Date=20261124T100000Z&X-Amz-Expires=604800&X-Amz-Signature=0";
        let parsed = SignedUrl::parse(text).unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut settings = Settings::at(at("2026-11-24T11:00:00Z"));
        let facts = url(&parsed, &settings).unwrap();
        assert_eq!(facts.expires_at.as_deref(), Some("2026-12-01T10:00:00Z"));
        assert!(facts.works_until.contains("at the latest"), "{}", facts.works_until);
        settings.session_ends = Some(at("2026-11-24T12:00:00Z"));
        assert!(url(&parsed, &settings).unwrap().works_until.starts_with("2026-11-24T12:00:00Z"));
    }
}
