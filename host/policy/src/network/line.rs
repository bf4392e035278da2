//! One line of a request or of a grant: `GET,POST https://*.example.com:8443/api/ via 10.1.0.0/16`.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::address::{Network, is_public};
use super::path;
use super::target::{Host, Scheme, Target, TargetError, authority, is_name, split_port};

/// Which requests are allowed, and which addresses they may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    methods: Methods,
    scheme: Scheme,
    host: HostPattern,
    port: u16,
    /// What the path begins with, up to the border of a segment.
    path: String,
    /// The only networks that the host's addresses may be in; empty for the public network.
    via: Vec<Network>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Methods {
    /// All but those of [`REFUSED_METHODS`].
    Every,
    These(BTreeSet<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostPattern {
    Is(Host),
    /// Any name below this one, at any depth.
    Below(String),
    /// Any address of a network.
    In(Network),
}

/// Methods that no line allows: a tunnel leads past every rule, and an echo shows what the host put in.
const REFUSED_METHODS: [&str; 2] = ["CONNECT", "TRACE"];

/// Why a text is not a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Not the parts of a line.
    #[error(
        "must be methods and an address, such as \"GET,POST https://hooks.example.com/services/\""
    )]
    Shape,
    /// Not methods.
    #[error("must begin with methods in capitals, such as GET,POST, or with * for every method")]
    Method,
    /// One that no line allows.
    #[error("names the method {0}, which is never allowed")]
    RefusedMethod(String),
    /// The address is none.
    #[error("has an address that cannot be used: {0}")]
    Address(#[from] TargetError),
    /// A `*` that stands for too much, or not at the beginning.
    #[error(
        "may have * only as the first part of a name of three parts or more, such as *.example.com"
    )]
    Wildcard,
    /// A path that servers read in different ways.
    #[error(
        "must have a path without ., .., //, \\, ;, ?, # and without codes for characters that need none"
    )]
    Path,
    /// What follows `via`.
    #[error(
        "must name networks after via, such as 10.1.0.0/16 or fd00:1::/32, with commas between them"
    )]
    Network,
    /// An address needs no more permission.
    #[error("has an address as its host, which needs no via")]
    NeedlessVia,
}

impl Line {
    /// Whether a request may be made, as far as can be told before the host's addresses are known.
    #[must_use]
    pub fn allows(&self, method: &str, target: &Target) -> bool {
        self.methods.hold(method) && self.is_at(target) && path::is_below(&target.path, &self.path)
    }

    /// Whether scheme, host and port are this line's.
    #[must_use]
    pub fn is_at(&self, target: &Target) -> bool {
        self.scheme == target.scheme && self.port == target.port && self.host.holds(&target.host)
    }

    /// Whether a request that this line allows may reach this address. A line that names an address or a network grants it.
    #[must_use]
    pub fn admits(&self, address: IpAddr) -> bool {
        match &self.host {
            HostPattern::Is(Host::Address(own)) => *own == address,
            HostPattern::In(network) => network.contains(address),
            HostPattern::Is(Host::Name(_)) | HostPattern::Below(_) if self.via.is_empty() => {
                is_public(address)
            }
            _ => self.via.iter().any(|network| network.contains(address)),
        }
    }

    /// What both lines allow; none if that is nothing. Networks after `via` are the operator's matter: where only one line
    /// has them, they hold.
    fn meet(&self, other: &Self) -> Option<Self> {
        if self.scheme != other.scheme || self.port != other.port {
            return None;
        }
        let via = match (self.via.is_empty(), other.via.is_empty()) {
            (_, true) => self.via.clone(),
            (true, false) => other.via.clone(),
            (false, false) => {
                let both = networks_in_both(&self.via, &other.via);
                if both.is_empty() {
                    return None;
                }
                both
            }
        };
        let path = if path::is_below(&self.path, &other.path) {
            &self.path
        } else if path::is_below(&other.path, &self.path) {
            &other.path
        } else {
            return None;
        };
        Some(Self {
            methods: self.methods.meet(&other.methods)?,
            scheme: self.scheme,
            host: self.host.meet(&other.host)?,
            port: self.port,
            path: path.clone(),
            via,
        })
    }

    /// Whether `other` allows every request that this line does.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let is_in_theirs =
            |network: &Network| other.via.iter().any(|other| network.is_within(other));
        let has_room = other.via.is_empty() || self.via.iter().all(is_in_theirs);
        has_room
            && self.meet(other).is_some_and(|both| Self { via: self.via.clone(), ..both } == *self)
    }
}

/// What of `wanted` no line of `held` allows: the lines to ask for, each with the methods that are missing. Lines are taken
/// one by one; what several of `held` allow only together counts as missing, except for methods.
#[must_use]
pub fn difference(wanted: &[Line], held: &[Line]) -> Vec<Line> {
    wanted.iter().filter_map(|line| missing(line, held)).collect()
}

fn missing(line: &Line, held: &[Line]) -> Option<Line> {
    let Methods::These(methods) = &line.methods else {
        return (!held.iter().any(|held| line.is_within(held))).then(|| line.clone());
    };
    let with = |methods| Line { methods: Methods::These(methods), ..line.clone() };
    let is_missing = |method: &&String| {
        let line = with(BTreeSet::from([(*method).clone()]));
        !held.iter().any(|held| line.is_within(held))
    };
    let methods: BTreeSet<String> = methods.iter().filter(is_missing).cloned().collect();
    (!methods.is_empty()).then(|| with(methods))
}

fn networks_in_both(one: &[Network], other: &[Network]) -> Vec<Network> {
    let within = |one: &[Network], other: &[Network]| -> Vec<Network> {
        let is_within = |network: &&Network| other.iter().any(|other| network.is_within(other));
        one.iter().filter(is_within).copied().collect()
    };
    let mut both = within(one, other);
    both.extend(within(other, one));
    both.sort_unstable();
    both.dedup();
    both
}

impl Methods {
    fn parse(text: &str) -> Result<Self, LineError> {
        if text == "*" {
            return Ok(Self::Every);
        }
        let methods: BTreeSet<String> = text.split(',').map(str::to_owned).collect();
        let is_method = |method: &String| {
            !method.is_empty()
                && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-')
        };
        if !methods.iter().all(is_method) {
            return Err(LineError::Method);
        }
        match methods.iter().find(|method| REFUSED_METHODS.contains(&method.as_str())) {
            Some(refused) => Err(LineError::RefusedMethod(refused.clone())),
            None => Ok(Self::These(methods)),
        }
    }

    fn hold(&self, method: &str) -> bool {
        match self {
            Self::Every => {
                !REFUSED_METHODS.iter().any(|refused| refused.eq_ignore_ascii_case(method))
            }
            Self::These(methods) => methods.contains(method),
        }
    }

    fn meet(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Every, other) => Some(other.clone()),
            (own, Self::Every) => Some(own.clone()),
            (Self::These(own), Self::These(other)) => {
                let both: BTreeSet<String> = own.intersection(other).cloned().collect();
                (!both.is_empty()).then_some(Self::These(both))
            }
        }
    }
}

impl HostPattern {
    fn parse(text: &str) -> Result<Self, LineError> {
        if let Some(below) = text.strip_prefix("*.") {
            let is_narrow = is_name(below) && below.contains('.') && Host::parse(below).is_ok();
            return if is_narrow {
                Ok(Self::Below(below.to_ascii_lowercase()))
            } else {
                Err(LineError::Wildcard)
            };
        }
        if text.contains('*') {
            return Err(LineError::Wildcard);
        }
        let inner = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
        if let Some(inner) = inner.filter(|inner| inner.contains('/')) {
            return inner.parse().map(Self::In).map_err(|()| LineError::Network);
        }
        Ok(Self::Is(Host::parse(text)?))
    }

    fn holds(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Is(own), host) => own == host,
            (Self::Below(below), Host::Name(name)) => is_below(name, below),
            (Self::In(network), Host::Address(address)) => network.contains(*address),
            (Self::Below(_), Host::Address(_)) | (Self::In(_), Host::Name(_)) => false,
        }
    }

    fn meet(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Is(own), other) => other.holds(own).then(|| self.clone()),
            (own, Self::Is(host)) => own.holds(host).then(|| other.clone()),
            (Self::Below(own), Self::Below(below)) => {
                if own == below || is_below(own, below) {
                    Some(self.clone())
                } else {
                    is_below(below, own).then(|| other.clone())
                }
            }
            (Self::In(own), Self::In(network)) => {
                if own.is_within(network) {
                    Some(self.clone())
                } else {
                    network.is_within(own).then(|| other.clone())
                }
            }
            (Self::Below(_), Self::In(_)) | (Self::In(_), Self::Below(_)) => None,
        }
    }
}

fn is_below(name: &str, below: &str) -> bool {
    name.strip_suffix(below).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

impl FromStr for Line {
    type Err = LineError;

    fn from_str(text: &str) -> Result<Self, LineError> {
        let mut words = text.split_ascii_whitespace();
        let (Some(methods), Some(url)) = (words.next(), words.next()) else {
            return Err(LineError::Shape);
        };
        let methods = Methods::parse(methods)?;
        let (scheme, rest) = url.split_once("://").ok_or(LineError::Shape)?;
        let scheme = Scheme::parse(scheme)?;
        // The `/` of a network in brackets begins no path.
        let brackets = if rest.starts_with('[') { rest.find(']').unwrap_or(0) } else { 0 };
        let end = rest[brackets..].find('/').map_or(rest.len(), |at| brackets + at);
        let (authority, path) = rest.split_at(end);
        let (host, port) = split_port(authority)?;
        let host = HostPattern::parse(host)?;
        let path = if path.is_empty() { "/" } else { path };
        if !path::is_plain(path) {
            return Err(LineError::Path);
        }
        let via = match (words.next(), words.next(), words.next()) {
            (None, ..) => Vec::new(),
            (Some("via"), Some(networks), None) => {
                let networks: Result<Vec<Network>, ()> =
                    networks.split(',').map(str::parse).collect();
                networks.map_err(|()| LineError::Network)?
            }
            (Some("via"), ..) => return Err(LineError::Network),
            _ => return Err(LineError::Shape),
        };
        if !via.is_empty() && matches!(host, HostPattern::In(_) | HostPattern::Is(Host::Address(_)))
        {
            return Err(LineError::NeedlessVia);
        }
        let port = port.unwrap_or(scheme.port());
        Ok(Self { methods, scheme, host, port, path: path.to_owned(), via })
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { methods, scheme, host, port, path, via } = self;
        let host = authority(*scheme, &host.to_string(), *port);
        write!(f, "{methods} {scheme}://{host}{path}")?;
        for (index, network) in via.iter().enumerate() {
            let before = if index == 0 { " via " } else { "," };
            write!(f, "{before}{network}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Methods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => f.write_str("*"),
            Self::These(methods) => {
                let methods: Vec<&str> = methods.iter().map(String::as_str).collect();
                f.write_str(&methods.join(","))
            }
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(host) => host.fmt(f),
            Self::Below(below) => write!(f, "*.{below}"),
            Self::In(network) => write!(f, "[{network}]"),
        }
    }
}

#[cfg(test)]
mod tests;
