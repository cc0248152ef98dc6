//! What a link keeps of its openings for its owner, and what it announces of them.
//!
//! Each counted opening writes when it was and what kind of client made it. Where the visitor comes from is
//! written only for a link that tracks its openings ([`LinkTerms::track`](super::LinkTerms::track)), on a
//! stack that says so ([`TrackNetwork`]). A link keeps the last opening only; the table's stream tells the
//! app each of them.

use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use s3_presigned::Timestamp;

/// What kind of client opened a link, by what its request says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Client {
    /// A browser.
    Browser,
    /// Another program, such as curl or a download manager.
    #[default]
    Program,
    /// Software that fetches without a person, such as a chat's preview.
    Previewer,
}

/// How much of a visitor's address is kept of an opening that is tracked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TrackNetwork {
    /// Nothing.
    #[default]
    None,
    /// The first 24 bits of an IPv4 address, the first 48 of an IPv6 one, and the country.
    Prefix,
    /// The address and the country.
    Full,
}

/// Who opens a link, as far as the stack keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visitor {
    /// The kind of client.
    pub client: Client,
    /// The address or its network.
    pub network: Option<String>,
    /// The country, as CloudFront names it.
    pub country: Option<String>,
}

/// The last opening that was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastOpening {
    /// When.
    pub at: Timestamp,
    /// By what kind of client.
    pub client: Client,
    /// From where, if the link tracks and the stack keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// From which country, under the same conditions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// The text is not one of the three words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write none, prefix or full")]
pub struct ParseTrackNetworkError;

impl FromStr for TrackNetwork {
    type Err = ParseTrackNetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::None),
            "prefix" => Ok(Self::Prefix),
            "full" => Ok(Self::Full),
            _ => Err(ParseTrackNetworkError),
        }
    }
}

impl TrackNetwork {
    /// What is kept of a visitor. `country` is empty where no header names one.
    pub fn visitor(self, client: Client, address: Option<IpAddr>, country: &str) -> Visitor {
        // Pipes does not escape what it writes into an event.
        let is_code = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let country = Some(country.to_owned()).filter(|_| is_code && self != Self::None);
        let address = address.map(|address| address.to_canonical());
        let network = match self {
            Self::None => None,
            Self::Prefix => address.map(prefix),
            Self::Full => address.map(|address| address.to_string()),
        };
        Visitor { client, network, country }
    }
}

/// The network of an address: `192.0.2.0/24`, `2001:db8:7::/48`.
fn prefix(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let network = std::net::Ipv4Addr::from(u32::from(address) & (u32::MAX << 8));
            format!("{network}/24")
        }
        IpAddr::V6(address) => {
            let network = std::net::Ipv6Addr::from(u128::from(address) & (u128::MAX << 80));
            format!("{network}/48")
        }
    }
}

impl Visitor {
    /// Whether it has more than the kind of client.
    pub fn tells_where(&self) -> bool {
        self.network.is_some() || self.country.is_some()
    }

    /// What a link keeps of it: where the visitor comes from only if the link tracks.
    #[must_use]
    pub fn kept(&self, tracks: bool) -> Self {
        if tracks { self.clone() } else { Self { client: self.client, ..Self::default() } }
    }
}

impl LastOpening {
    /// An opening at `at`.
    pub fn new(at: Timestamp, visitor: Visitor) -> Self {
        let Visitor { client, network, country } = visitor;
        Self { at, client, network, country }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_says_how_much_of_an_address_is_kept() {
        let kept = |how: &str, address: &str, country: &str| {
            let how: TrackNetwork = how.parse().unwrap();
            let visitor = how.visitor(Client::Browser, address.parse().ok(), country);
            (visitor.network.unwrap_or_default(), visitor.country.unwrap_or_default())
        };
        for (how, address, network) in [
            ("none", "192.0.2.77", ""),
            ("prefix", "192.0.2.77", "192.0.2.0/24"),
            ("prefix", "::ffff:192.0.2.77", "192.0.2.0/24"),
            ("prefix", "2001:db8:7:8:9::a", "2001:db8:7::/48"),
            ("full", "192.0.2.77", "192.0.2.77"),
            ("full", "2001:db8::1", "2001:db8::1"),
            ("prefix", "", ""),
        ] {
            let country = if how == "none" { "" } else { "DE" };
            assert_eq!(kept(how, address, "DE"), (network.to_owned(), country.to_owned()), "{how} {address}");
        }
        for country in ["", "D", "DEU", "D\"", "\u{e5}"] {
            assert_eq!(kept("full", "", country).1, "", "{country}");
        }
        assert_eq!("all".parse::<TrackNetwork>(), Err(ParseTrackNetworkError));
    }

    #[test]
    fn a_link_that_does_not_track_keeps_only_the_kind_of_client() {
        let visitor = TrackNetwork::Full.visitor(Client::Browser, "192.0.2.7".parse().ok(), "DE");
        assert!(visitor.tells_where() && visitor.kept(true) == visitor);
        let kept = visitor.kept(false);
        assert_eq!(kept, Visitor { client: Client::Browser, ..Visitor::default() });
        assert!(!kept.tells_where());
        assert!(TrackNetwork::Full.visitor(Client::Browser, None, "DE").tells_where());
        assert!(TrackNetwork::Full.visitor(Client::Browser, "192.0.2.7".parse().ok(), "").tells_where());
    }
}
