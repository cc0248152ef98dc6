//! Reads the bucket.

use std::time::SystemTime;

use aws_sdk_s3::types::{FilterRule, LifecycleExpiration, LifecycleRule as Rule};
use reqwest::Method;
use reqwest::header::DATE;
use s3_presigned::BucketEndpoint;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::{known, no_http, unseen, unset};
use crate::clients::Clients;
use crate::doctor::bucket::{Bucket, CorsRule, Encryption, LifecycleRule, Preflight, QueueEvents};
use crate::doctor::observed::{Observed, Unseen};
use crate::stack::Stack;

/// Reads all of it.
pub async fn bucket(clients: &Clients, stack: &Stack) -> Bucket {
    let bucket = match known(stack.bucket.as_ref(), "bucket") {
        Ok(bucket) => bucket,
        Err(why) => return unknown(&why),
    };
    let (
        (preflight, clock_ahead_s),
        versioning,
        encryption,
        ownership,
        public_access,
        policy,
        cors,
        lifecycle,
        events,
    ) = tokio::join!(
        preflight(clients, stack, bucket),
        versioning(clients, bucket),
        encryption(clients, bucket),
        ownership(clients, bucket),
        public_access(clients, bucket),
        policy(clients, bucket),
        cors(clients, bucket),
        lifecycle(clients, bucket),
        events(clients, bucket),
    );
    Bucket {
        versioning,
        encryption,
        ownership,
        public_access,
        policy,
        cors,
        preflight,
        lifecycle,
        events,
        clock_ahead_s,
    }
}

fn unknown(why: &Unseen) -> Bucket {
    Bucket {
        versioning: Err(why.clone()),
        encryption: Err(why.clone()),
        ownership: Err(why.clone()),
        public_access: Err(why.clone()),
        policy: Err(why.clone()),
        cors: Err(why.clone()),
        preflight: Err(why.clone()),
        lifecycle: Err(why.clone()),
        events: Err(why.clone()),
        clock_ahead_s: Err(why.clone()),
    }
}

async fn versioning(clients: &Clients, bucket: &str) -> Observed<Option<String>> {
    let answer = clients.s3.get_bucket_versioning().bucket(bucket).send().await;
    let answer = answer.map_err(|error| unseen("s3:GetBucketVersioning", &error))?;
    Ok(answer.status.map(|status| status.as_str().to_owned()))
}

async fn encryption(clients: &Clients, bucket: &str) -> Observed<Option<Encryption>> {
    let answer = clients.s3.get_bucket_encryption().bucket(bucket).send().await;
    let codes = ["ServerSideEncryptionConfigurationNotFoundError"];
    let answer = unset("s3:GetEncryptionConfiguration", &codes, answer)?;
    let rules = answer.and_then(|answer| answer.server_side_encryption_configuration);
    let rule = rules.and_then(|rules| rules.rules.into_iter().next());
    Ok(rule.and_then(|rule| {
        let default = rule.apply_server_side_encryption_by_default?;
        Some(Encryption {
            algorithm: default.sse_algorithm.as_str().to_owned(),
            key: default.kms_master_key_id,
            bucket_key: rule.bucket_key_enabled.unwrap_or_default(),
        })
    }))
}

async fn ownership(clients: &Clients, bucket: &str) -> Observed<Option<String>> {
    let answer = clients.s3.get_bucket_ownership_controls().bucket(bucket).send().await;
    let answer = unset("s3:GetBucketOwnershipControls", &["OwnershipControlsNotFoundError"], answer)?;
    let controls = answer.and_then(|answer| answer.ownership_controls);
    let rule = controls.and_then(|controls| controls.rules.into_iter().next());
    Ok(rule.map(|rule| rule.object_ownership.as_str().to_owned()))
}

async fn public_access(clients: &Clients, bucket: &str) -> Observed<Vec<bool>> {
    let answer = clients.s3.get_public_access_block().bucket(bucket).send().await;
    let answer = unset("s3:GetBucketPublicAccessBlock", &["NoSuchPublicAccessBlockConfiguration"], answer)?;
    let block = answer.and_then(|answer| answer.public_access_block_configuration);
    let settings = block.map(|block| {
        [
            block.block_public_acls,
            block.block_public_policy,
            block.ignore_public_acls,
            block.restrict_public_buckets,
        ]
    });
    Ok(settings.into_iter().flatten().map(Option::unwrap_or_default).collect())
}

async fn policy(clients: &Clients, bucket: &str) -> Observed<serde_json::Value> {
    let answer = clients.s3.get_bucket_policy().bucket(bucket).send().await;
    let policy =
        unset("s3:GetBucketPolicy", &["NoSuchBucketPolicy"], answer)?.and_then(|answer| answer.policy);
    let policy = policy.unwrap_or_else(|| "{}".to_owned());
    serde_json::from_str(&policy).map_err(|error| Unseen::Because(format!("the policy is no JSON: {error}")))
}

async fn cors(clients: &Clients, bucket: &str) -> Observed<Vec<CorsRule>> {
    let answer = clients.s3.get_bucket_cors().bucket(bucket).send().await;
    let answer = unset("s3:GetBucketCORS", &["NoSuchCORSConfiguration"], answer)?;
    let rules = answer.and_then(|answer| answer.cors_rules).unwrap_or_default();
    Ok(rules
        .into_iter()
        .map(|rule| CorsRule {
            origins: rule.allowed_origins.into_iter().collect(),
            methods: rule.allowed_methods.into_iter().collect(),
            exposed: rule.expose_headers.unwrap_or_default().into_iter().collect(),
        })
        .collect())
}

async fn lifecycle(clients: &Clients, bucket: &str) -> Observed<Vec<LifecycleRule>> {
    let answer = clients.s3.get_bucket_lifecycle_configuration().bucket(bucket).send().await;
    let answer = unset("s3:GetLifecycleConfiguration", &["NoSuchLifecycleConfiguration"], answer)?;
    Ok(answer.and_then(|answer| answer.rules).unwrap_or_default().into_iter().map(lifecycle_rule).collect())
}

fn lifecycle_rule(rule: Rule) -> LifecycleRule {
    let removes = |expiration: &LifecycleExpiration| {
        expiration.days.is_some_and(|days| days > 0) || expiration.date.is_some()
    };
    LifecycleRule {
        is_enabled: rule.status.as_str() == "Enabled",
        ends_parts: rule.abort_incomplete_multipart_upload.is_some(),
        removes: rule.expiration.as_ref().is_some_and(removes)
            || rule.noncurrent_version_expiration.is_some(),
        id: rule.id.unwrap_or_else(|| "a rule without an id".to_owned()),
    }
}

async fn events(clients: &Clients, bucket: &str) -> Observed<Vec<QueueEvents>> {
    let answer = clients.s3.get_bucket_notification_configuration().bucket(bucket).send().await;
    let answer = answer.map_err(|error| unseen("s3:GetBucketNotification", &error))?;
    Ok(answer
        .queue_configurations
        .unwrap_or_default()
        .into_iter()
        .map(|queue| {
            let rules = queue.filter.and_then(|filter| filter.key).and_then(|key| key.filter_rules);
            let rules = rules.unwrap_or_default();
            let value = |wanted: &str| {
                let of = |rule: &&FilterRule| {
                    rule.name.as_ref().is_some_and(|name| name.as_str().eq_ignore_ascii_case(wanted))
                };
                rules.iter().find(of).and_then(|rule| rule.value.clone())
            };
            QueueEvents {
                prefix: value("prefix"),
                suffix: value("suffix"),
                events: queue.events.iter().map(|event| event.as_str().to_owned()).collect(),
                queue_arn: queue.queue_arn,
            }
        })
        .collect())
}

/// The address of the bucket, as forms have it.
fn url(stack: &Stack, bucket: &str) -> Observed<String> {
    let region = known(stack.region.as_ref(), "region")?;
    let endpoint = match &stack.endpoint {
        Some(endpoint) => BucketEndpoint::at(endpoint, bucket, region),
        None => BucketEndpoint::regional(bucket, region),
    };
    Ok(endpoint.url)
}

/// Sends a preflight of a POST. Its answer has S3's clock too.
async fn preflight(clients: &Clients, stack: &Stack, bucket: &str) -> (Observed<Preflight>, Observed<i64>) {
    let url = match url(stack, bucket) {
        Ok(url) => url,
        Err(why) => return (Err(why.clone()), Err(why)),
    };
    let origin = stack.origin.clone().unwrap_or_else(|| "https://origin.invalid".to_owned());
    let request = clients.http.request(Method::OPTIONS, &url).header("origin", &origin);
    let request = request
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-requested-with");
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => return (Err(no_http(&error)), Err(no_http(&error))),
    };
    #[expect(clippy::disallowed_methods, reason = "the clock of this machine is what is looked at")]
    let here = OffsetDateTime::from(SystemTime::now());
    let header =
        |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let there = header(DATE.as_str())
        .and_then(|date| OffsetDateTime::parse(&date.replace("GMT", "+0000"), &Rfc2822).ok());
    let ahead_s = there
        .map(|there| (there - here).whole_seconds())
        .ok_or_else(|| Unseen::Because("S3's answer has no date".to_owned()));
    let seen = Preflight {
        origin,
        status: answer.status().as_u16(),
        allowed_origin: header("access-control-allow-origin"),
    };
    let seen = if stack.origin.is_some() {
        Ok(seen)
    } else {
        Err(Unseen::Because("no origin is known: give --origin".to_owned()))
    };
    (seen, ahead_s)
}

/// The key that encrypts an object.
pub async fn key_of_object(clients: &Clients, stack: &Stack, key: &str) -> Observed<Option<String>> {
    let bucket = known(stack.bucket.as_ref(), "bucket")?;
    let answer = clients.s3.head_object().bucket(bucket).key(key).send().await;
    // An answer to HEAD has no body, so no code either.
    let answer =
        answer.map_err(|error| match error.raw_response().map(|answer| answer.status().as_u16()) {
            Some(403) => Unseen::Because("the bucket lets only its readers look at objects (403)".to_owned()),
            _ => unseen("s3:GetObject", &error),
        })?;
    Ok(answer.ssekms_key_id)
}
