//! Addresses: which of them belong to the public network, and networks that a line can name.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A network, as `10.1.0.0/16`; one address is a network of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// Ranges of version 4 that are no public hosts: private, shared, loopback, link-local (with the metadata service of clouds),
/// documentation, benchmarks, multicast, reserved; and the one public address that is a cloud's own.
const SPECIAL_V4: [(Ipv4Addr, u8); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Ranges within 2000::/3 that are no public hosts: Teredo and its neighbours, documentation, and 6to4, which holds an address
/// of version 4.
const SPECIAL_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether an address belongs to a host of the public network. Everything else must be granted by address.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    let within = |special: IpAddr, prefix| Network { address: special, prefix }.contains(address);
    match address {
        IpAddr::V4(_) => !SPECIAL_V4.iter().any(|(special, bits)| within((*special).into(), *bits)),
        IpAddr::V6(v6) => {
            if let Some(v4) = embedded(v6) {
                return is_public(v4.into());
            }
            let is_unicast = v6.segments()[0] & 0xe000 == 0x2000;
            is_unicast && !SPECIAL_V6.iter().any(|(special, bits)| within((*special).into(), *bits))
        }
    }
}

/// The address of version 4 that a connection to this one goes to: mapped (`::ffff:0:0/96`), or translated on the way
/// (NAT64, `64:ff9b::/96`).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., high, low] = address.segments();
    let [a, b, c, d, e, f, ..] = address.segments();
    let is_mapped = [a, b, c, d, e, f] == [0, 0, 0, 0, 0, 0xffff];
    let is_translated = [a, b, c, d, e, f] == [0x64, 0xff9b, 0, 0, 0, 0];
    let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
    (is_mapped || is_translated).then(|| Ipv4Addr::new(a, b, c, d))
}

impl Network {
    /// The network of one address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self { address, prefix: bits(address) }
    }

    /// Whether a connection to `address` goes into this network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let own = match (self.address, address) {
            (IpAddr::V4(_), IpAddr::V6(v6)) => match embedded(v6) {
                Some(v4) => return self.contains(v4.into()),
                None => return false,
            },
            (IpAddr::V6(_), IpAddr::V4(_)) => return false,
            (own, _) => own,
        };
        let shift = u32::from(bits(own) - self.prefix);
        let high = |address| number(address).checked_shr(shift).unwrap_or(0);
        high(own) == high(address)
    }

    /// Whether all of it is part of `other`.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.address.is_ipv4() == other.address.is_ipv4()
            && self.prefix >= other.prefix
            && other.contains(self.address)
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_bits().into(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl FromStr for Network {
    type Err = ();

    /// Reads an address, or one and the length of its prefix. What stands after the prefix must be zero.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = match text.split_once('/') {
            None => return text.parse().map(Self::of).map_err(|_| ()),
            Some((address, prefix)) => (address.parse::<IpAddr>().map_err(|_| ())?, prefix),
        };
        let is_number = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = prefix.parse().ok().filter(|prefix| is_number && *prefix <= bits(address));
        let network = Self { address, prefix: prefix.ok_or(())? };
        let low = u32::from(bits(address) - network.prefix);
        let host = number(address) & 1_u128.checked_shl(low).map_or(u128::MAX, |bit| bit - 1);
        if host == 0 { Ok(network) } else { Err(()) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.prefix == bits(self.address) {
            return self.address.fmt(f);
        }
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests;
