//! Judges the bucket.

use std::collections::BTreeSet;

use reqwest::Url;
use serde_json::Value;

use super::bucket_policy;
use super::observed::{Findings, Judged, Observed, Unseen, is};
use super::settings::Description;
use crate::stack::Stack;

/// What was read of the bucket.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    pub versioning: Observed<Option<String>>,
    pub encryption: Observed<Option<Encryption>>,
    pub ownership: Observed<Option<String>>,
    /// How many of the four settings are on.
    pub public_access: Observed<Vec<bool>>,
    pub policy: Observed<Value>,
    pub cors: Observed<Vec<CorsRule>>,
    pub preflight: Observed<Preflight>,
    pub lifecycle: Observed<Vec<LifecycleRule>>,
    pub events: Observed<Vec<QueueEvents>>,
    /// S3's clock minus this machine's, in seconds.
    pub clock_ahead_s: Observed<i64>,
}

/// Default encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    pub algorithm: String,
    pub key: Option<String>,
    pub bucket_key: bool,
}

/// A CORS rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorsRule {
    pub origins: BTreeSet<String>,
    pub methods: BTreeSet<String>,
    pub exposed: BTreeSet<String>,
}

/// The answer to a preflight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    pub origin: String,
    pub status: u16,
    pub allowed_origin: Option<String>,
}

/// A lifecycle rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecycleRule {
    pub id: String,
    pub is_enabled: bool,
    pub ends_parts: bool,
    /// Whether it removes objects or versions, other than delete markers without versions.
    pub removes: bool,
}

/// Events that go to a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueEvents {
    pub queue_arn: String,
    pub events: BTreeSet<String>,
    pub prefix: Option<String>,
    pub suffix: Option<String>,
}

/// Judges all of it.
pub fn judge(
    stack: &Stack,
    description: &Description,
    bucket: &Bucket,
    api_origins: &Observed<Vec<String>>,
    findings: &mut Findings,
) {
    findings.judge("bucket-versioning", &bucket.versioning, |status| {
        is("versioning", status.as_deref(), "Enabled")
    });
    findings.judge("bucket-encryption", &bucket.encryption, |seen| encryption(stack, seen.as_ref()));
    findings.judge("bucket-ownership", &bucket.ownership, |rule| {
        is("ownership", rule.as_deref(), "BucketOwnerEnforced")
    });
    findings.judge("bucket-public-access", &bucket.public_access, |settings| public_access(settings));
    findings.judge("bucket-policy", &bucket.policy, |policy| bucket_policy::judge(stack, policy));
    findings.judge("bucket-cors", &uploads_rule(stack, &bucket.cors, api_origins), |rule| {
        cors(stack, description, rule)
    });
    findings.judge("bucket-preflight", &bucket.preflight, preflight);
    findings.judge("bucket-lifecycle", &bucket.lifecycle, |rules| lifecycle(rules));
    findings.judge("bucket-abandoned-parts", &bucket.lifecycle, |rules| abandoned_parts(rules));
    findings.judge("bucket-events", &bucket.events, |queues| events(stack, description, queues));
}

fn encryption(stack: &Stack, seen: Option<&Encryption>) -> Judged {
    let Some(Encryption { algorithm, key, bucket_key }) = seen else {
        return Err("no default encryption".to_owned());
    };
    if algorithm != "aws:kms" {
        return Err(format!("encrypted with {algorithm}, not aws:kms"));
    }
    let key = key.as_deref().ok_or_else(|| "encrypted with the key of AWS".to_owned())?;
    let seen = match &stack.files_key_arn {
        Some(wanted) => {
            is("key", Some(key), wanted)?;
            "the files key".to_owned()
        }
        None => format!("{key} (no source names the files key)"),
    };
    match bucket_key {
        true => Ok(format!("aws:kms with {seen}, and bucket keys")),
        false => Err("bucket keys are off".to_owned()),
    }
}

fn public_access(settings: &[bool]) -> Judged {
    let on = settings.iter().filter(|on| **on).count();
    if on == 4 { Ok("all blocked".to_owned()) } else { Err(format!("{on} of 4 settings are on")) }
}

/// What a browser's uploads need of CORS.
enum UploadsRule {
    Found(CorsRule),
    Lacking,
    /// The API allows no origin either, and has no known address with pages for upload tokens.
    NotWanted,
}

fn uploads_rule(
    stack: &Stack,
    rules: &Observed<Vec<CorsRule>>,
    api_origins: &Observed<Vec<String>>,
) -> Observed<UploadsRule> {
    let rules = rules.as_ref().map_err(Clone::clone)?;
    if let Some(rule) = rules.iter().find(|rule| rule.methods.contains("POST")) {
        return Ok(UploadsRule::Found(rule.clone()));
    }
    let origins = api_origins.as_ref().map_err(|why| {
        Unseen::Because(match why {
            Unseen::Because(why) | Unseen::Missing(why) => {
                format!("no rule allows POST, and whether the API allows origins is unknown: {why}")
            }
        })
    })?;
    let has_pages = own_origin(stack).is_some();
    Ok(if origins.is_empty() && !has_pages { UploadsRule::NotWanted } else { UploadsRule::Lacking })
}

/// The origin of the pages for upload tokens.
fn own_origin(stack: &Stack) -> Option<String> {
    let url = stack.api_url.as_deref().and_then(|url| Url::parse(url).ok())?;
    Some(url.origin().ascii_serialization())
}

fn cors(stack: &Stack, description: &Description, rule: &UploadsRule) -> Judged {
    let wanted = &description.bucket_cors;
    let rule = match rule {
        UploadsRule::Found(rule) => rule,
        UploadsRule::Lacking => return Err("no rule allows POST".to_owned()),
        UploadsRule::NotWanted => return Ok("no rule allows POST, and the API allows no origin".to_owned()),
    };
    let missing = |wanted: &BTreeSet<String>, seen: &BTreeSet<String>| -> Vec<String> {
        let seen: BTreeSet<String> = seen.iter().map(|name| name.to_lowercase()).collect();
        wanted.iter().filter(|name| !seen.contains(&name.to_lowercase())).cloned().collect()
    };
    let missing =
        [missing(&wanted.allow_methods, &rule.methods), missing(&wanted.expose_headers, &rule.exposed)]
            .concat();
    if !missing.is_empty() {
        return Err(format!("lacks {}", missing.join(", ")));
    }
    match own_origin(stack).filter(|own| !rule.origins.contains(own) && !rule.origins.contains("*")) {
        Some(own) => Err(format!("does not allow {own}, the origin of the pages for upload tokens")),
        None => Ok("origin of the API, methods and exposed headers".to_owned()),
    }
}

/// Judges a preflight to the bucket or to the API.
pub fn preflight(seen: &Preflight) -> Judged {
    let Preflight { origin, status, allowed_origin } = seen;
    match allowed_origin.as_deref() {
        Some(allowed) if (200..300).contains(status) && (allowed == origin || allowed == "*") => {
            Ok(format!("{origin} is allowed"))
        }
        _ => Err(format!(
            "{origin} gets {status} and {}",
            allowed_origin.as_deref().unwrap_or("no allowed origin")
        )),
    }
}

fn lifecycle(rules: &[LifecycleRule]) -> Judged {
    let bad: Vec<&str> =
        rules.iter().filter(|rule| rule.is_enabled && rule.removes).map(|rule| rule.id.as_str()).collect();
    if bad.is_empty() {
        Ok("no rule removes files".to_owned())
    } else {
        Err(format!("removes files: {}", bad.join(", ")))
    }
}

fn abandoned_parts(rules: &[LifecycleRule]) -> Judged {
    match rules.iter().find(|rule| rule.is_enabled && rule.ends_parts) {
        Some(rule) => Ok(rule.id.clone()),
        None => Err("no rule ends abandoned multipart uploads".to_owned()),
    }
}

fn events(stack: &Stack, description: &Description, queues: &[QueueEvents]) -> Judged {
    let Some(name) = stack.queues.get("uploads") else {
        return if queues.is_empty() {
            Err("no queue is told".to_owned())
        } else {
            Ok("a queue is told".to_owned())
        };
    };
    let ours = queues.iter().find(|queue| queue.queue_arn.ends_with(&format!(":{name}")));
    let Some(ours) = ours else { return Err(format!("{name} is not told")) };
    let missing: Vec<&str> = description.events.bucket.difference(&ours.events).map(String::as_str).collect();
    if !missing.is_empty() {
        return Err(format!("{name} is not told of {}", missing.join(", ")));
    }
    if let Some(suffix) = ours.suffix.as_deref().filter(|suffix| !suffix.is_empty()) {
        return Err(format!("only keys that end with {suffix} are told"));
    }
    match ours.prefix.as_deref() {
        Some(prefix) if !description.object_prefix.starts_with(prefix) => {
            Err(format!("only keys with {prefix} are told"))
        }
        _ => Ok(format!("{name} is told")),
    }
}

/// Judges the clock of this machine against S3's.
pub fn clock(ahead_s: i64) -> Judged {
    const FIFTEEN_MINUTES: u64 = 900;
    const A_MINUTE: u64 = 60;
    match ahead_s.unsigned_abs() {
        off if off >= FIFTEEN_MINUTES => Err(format!("off by {off} s: AWS refuses signatures")),
        off if off >= A_MINUTE => {
            Err(format!("off by {off} s: signatures still pass, and lives of URLs seem wrong"))
        }
        off => Ok(format!("off by {off} s")),
    }
}
