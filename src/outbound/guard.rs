//! Checks which addresses may be dialed. The resolver returns only those.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Lookup;

/// The error for an address that may not be dialed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the address is in a private network")]
pub(super) struct Inner;

/// The networks that may be dialed; cheap to clone.
#[derive(Clone, Debug)]
pub struct Networks(Arc<[IpNet]>);

impl Networks {
    /// All public addresses, and these networks.
    pub fn new(allowed: &[IpNet]) -> Self {
        Self(allowed.into())
    }

    fn allow(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()) || network.contains(&address))
    }

    /// Whether an address may be dialed; with `only_allowed`, public addresses aren't enough.
    pub fn may_dial(&self, address: IpAddr, only_allowed: bool) -> bool {
        self.allow(address) || (!only_allowed && is_public(address))
    }

    /// Whether any private network is allowed.
    pub fn has_inner(&self) -> bool {
        !self.0.is_empty()
    }
}

/// Whether an address is on the public internet (IANA's registries of special-purpose addresses). An IPv6 address that
/// contains an IPv4 address is treated like that IPv4 address.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let carried = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        // IPv4-mapped, NAT64 with the well-known prefix, and 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            carried(high, low)
        }
        // Teredo and other protocol assignments; documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

/// A DNS resolver that returns only addresses that may be dialed.
pub(super) struct Guarded {
    pub(super) networks: Networks,
    /// Whether public addresses are excluded unless they are allowed.
    pub(super) only_allowed: bool,
    pub(super) lookup: Lookup,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (networks, only_allowed) = (self.networks.clone(), self.only_allowed);
        let found = (self.lookup)(name.as_str().to_owned());
        Box::pin(async move {
            let found = found.await?;
            let dialed: Vec<SocketAddr> = found
                .iter()
                .filter(|address| networks.may_dial(**address, only_allowed))
                .map(|address| SocketAddr::new(*address, 0))
                .collect();
            if dialed.is_empty() && !found.is_empty() {
                return Err(Inner.into());
            }
            let addresses: Addrs = Box::new(dialed.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_and_private_addresses_are_distinguished() {
        for public in [
            "93.184.215.14",
            "100.63.0.1",
            "172.32.0.1",
            "2606:4700::1111",
            "::ffff:93.184.215.14",
            "64:ff9b::5db8:d70e",
            "2002:5db8:d70e::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for inner in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.168.0.1",
            "198.18.0.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::",
            "fc00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "3fff::1",
            "5f00::1",
        ] {
            assert!(!is_public(inner.parse().unwrap()), "{inner}");
        }
    }

    #[test]
    fn allowed_networks_are_found_in_both_spellings() {
        let networks = Networks::new(&["10.1.2.0/24".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        for allowed in ["10.1.2.3", "::ffff:10.1.2.3", "fd12::1"] {
            assert!(networks.may_dial(allowed.parse().unwrap(), true), "{allowed}");
        }
        assert!(!networks.may_dial("10.1.3.1".parse().unwrap(), false));
        assert!(!networks.may_dial("93.184.215.14".parse().unwrap(), true));
    }
}
