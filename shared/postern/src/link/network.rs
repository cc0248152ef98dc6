//! The network from which a link may be opened, in CIDR notation
//! ([RFC 4632](https://www.rfc-editor.org/rfc/rfc4632)).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// One network of either family; one address is a network too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNet);

/// The text is not a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "write a network as 192.0.2.0/24 or 2001:db8::/32, or one address; an IPv4 network in IPv6 notation ends in /96 or more"
)]
pub struct ParseNetworkError;

impl Network {
    /// Whether the network contains `address`. An IPv4 address in IPv6 notation counts as the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Every notation in which a stored link may have the network: older versions of Postern kept an IPv4
    /// network in IPv6 notation as it was given.
    pub fn writings(&self) -> [String; 2] {
        let own = self.to_string();
        match self.0 {
            IpNet::V4(network) => {
                let bits = network.prefix_len() + MAPPED_BITS;
                [own, format!("{}/{bits}", network.addr().to_ipv6_mapped())]
            }
            IpNet::V6(_) => [own.clone(), own],
        }
    }

    /// Whether CloudFront's policies can name the network: only IPv4.
    pub fn is_ipv4(&self) -> bool {
        matches!(self.0, IpNet::V4(_))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Network {
    type Err = ParseNetworkError;

    /// Bits beyond the prefix are dropped, and an IPv4 network in IPv6 notation becomes an IPv4 network, as
    /// an address does in [`Network::contains`]. So each network has one notation.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let one = || text.parse::<IpAddr>().map(IpNet::from);
        let network = text.parse::<IpNet>().or_else(|_| one()).map_err(|_| ParseNetworkError)?;
        Ok(Self(canonical(network)?.trunc()))
    }
}

/// The number of bits of `::ffff:0:0/96`, after which an IPv6 address contains an IPv4 address ([RFC 4291,
/// section 2.5.5.2](https://www.rfc-editor.org/rfc/rfc4291#section-2.5.5.2)).
const MAPPED_BITS: u8 = 96;

/// Converts an IPv4 network in IPv6 notation. A network that is wider than all of IPv4 contains addresses of
/// both families and stays as it is.
fn canonical(network: IpNet) -> Result<IpNet, ParseNetworkError> {
    match network.addr().to_canonical() {
        IpAddr::V4(address) if matches!(network, IpNet::V6(_)) => {
            let bits = network.prefix_len().checked_sub(MAPPED_BITS).ok_or(ParseNetworkError)?;
            IpNet::new(address.into(), bits).map_err(|_| ParseNetworkError)
        }
        _ => Ok(network),
    }
}

impl TryFrom<String> for Network {
    type Error = ParseNetworkError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_its_network_and_in_no_other() {
        for (network, inside, outside) in [
            ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("192.0.2.0/24", "::ffff:192.0.2.7", "::ffff:192.0.3.7"),
            ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("::ffff:192.0.2.7", "::ffff:192.0.2.7", "::ffff:192.0.2.8"),
            ("::ffff:192.0.2.0/120", "192.0.2.255", "192.0.3.0"),
            ("::ffff:0.0.0.0/96", "198.51.100.1", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:1::7", "2001:db9::1"),
            ("0.0.0.0/0", "198.51.100.1", "2001:db8::1"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{network} {inside}");
            assert!(!network.contains(outside.parse().unwrap()), "{network} {outside}");
        }
    }

    #[test]
    fn a_network_of_an_older_version_is_known_in_its_writing() {
        for (text, writings) in [
            ("127.0.0.1", ["127.0.0.1/32", "::ffff:127.0.0.1/128"]),
            ("::ffff:192.0.2.0/120", ["192.0.2.0/24", "::ffff:192.0.2.0/120"]),
            ("2001:db8::/32", ["2001:db8::/32", "2001:db8::/32"]),
        ] {
            assert_eq!(text.parse::<Network>().unwrap().writings(), writings);
        }
    }

    #[test]
    fn a_network_is_written_in_one_way() {
        for (text, written) in [
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("192.0.2.7", "192.0.2.7/32"),
            ("2001:DB8:0::1/32", "2001:db8::/32"),
            ("::ffff:127.0.0.1", "127.0.0.1/32"),
            ("::ffff:7f00:1/104", "127.0.0.0/8"),
        ] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), written);
        }
        for text in [
            "",
            "::ffff:192.0.2.0/95",
            "192.0.2.0/33",
            "192.0.2",
            "office",
            "192.0.2.0/24,198.51.100.0/24",
            "192.0.2.0/24 ",
        ] {
            assert_eq!(text.parse::<Network>(), Err(ParseNetworkError), "{text:?}");
        }
    }

    #[test]
    fn a_network_is_kept_as_a_text_that_reads_the_same() {
        for text in ["192.0.2.0/24", "2001:db8::/32"] {
            let network: Network = text.parse().unwrap();
            assert_eq!(String::from(network), text);
            assert_eq!(Network::try_from(text.to_owned()), Ok(network));
        }
    }
}
