//! CloudFront's policy document.

use serde::Serialize;

use crate::Timestamp;

/// A custom policy: an expiry, and optionally a start time and a source IP.
///
/// The URL contains the whole policy. A canned policy ([`CloudFrontKey::sign`](super::CloudFrontKey::sign)) has only
/// an expiry, and makes a shorter URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomPolicy {
    expires_at: Timestamp,
    starts_at: Option<Timestamp>,
    source_ip: Option<String>,
}

impl CustomPolicy {
    /// Makes a policy that expires at `expires_at`, rounded down to a second.
    pub fn new(expires_at: impl Into<Timestamp>) -> Self {
        Self { expires_at: expires_at.into(), starts_at: None, source_ip: None }
    }

    /// Sets when the URL becomes usable, rounded down to a second.
    #[must_use]
    pub fn starts_at(mut self, starts_at: impl Into<Timestamp>) -> Self {
        self.starts_at = Some(starts_at.into());
        self
    }

    /// Sets the only IPv4 address or network (CIDR) that may use the URL, such as `192.0.2.0/24`. CloudFront takes no
    /// IPv6 addresses here.
    #[must_use]
    pub fn source_ip(mut self, network: impl Into<String>) -> Self {
        self.source_ip = Some(network.into());
        self
    }

    /// Writes the policy for `url` as JSON. With only an expiry, this is the canned policy.
    pub(super) fn document(&self, url: &str) -> String {
        let time = |at: Timestamp| EpochTime { epoch_s: at.epoch_s() };
        let condition = Condition {
            date_less_than: time(self.expires_at),
            ip_address: self.source_ip.as_deref().map(|network| SourceIp { network }),
            date_greater_than: self.starts_at.map(time),
        };
        let policy = Policy { statement: [Statement { resource: url, condition }] };
        // These types always serialize; CloudFront refuses an empty policy.
        serde_json::to_string(&policy).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct Policy<'a> {
    #[serde(rename = "Statement")]
    statement: [Statement<'a>; 1],
}

/// The resource is required: a policy without one would allow every URL of the distribution.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'a> {
    resource: &'a str,
    condition: Condition<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Condition<'a> {
    date_less_than: EpochTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_address: Option<SourceIp<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_greater_than: Option<EpochTime>,
}

#[derive(Serialize)]
struct EpochTime {
    #[serde(rename = "AWS:EpochTime")]
    epoch_s: u64,
}

#[derive(Serialize)]
struct SourceIp<'a> {
    #[serde(rename = "AWS:SourceIp")]
    network: &'a str,
}
