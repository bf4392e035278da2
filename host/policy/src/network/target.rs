//! Where a request goes. Read strictly: what could mean one thing here and another where the request is sent is refused.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `http` or `https`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// In clear.
    Http,
    /// Encrypted, with a certificate that is checked.
    Https,
}

/// A host, as it stands in a URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A name, in lower case.
    Name(String),
    /// An address.
    Address(IpAddr),
}

/// Where a request goes, exactly as it will be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// How.
    pub scheme: Scheme,
    /// To which host.
    pub host: Host,
    /// On which port.
    pub port: u16,
    /// The path, without the query.
    pub path: String,
}

/// Why a text says not clearly where a request goes. Holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Neither of the two.
    #[error("the scheme must be http or https")]
    Scheme,
    /// A name and a password before the host.
    #[error("a user and a password do not belong into the address")]
    UserInfo,
    /// No host at all.
    #[error("there is no host")]
    NoHost,
    /// A character, or a place for one, that names of hosts do not have.
    #[error(
        "the host must be a name of ASCII letters, digits, - and _ (in punycode), without a dot at its end"
    )]
    HostName,
    /// A number that some programs take for an address.
    #[error("the host must be an address in its usual form, such as 192.0.2.7 or [2001:db8::7]")]
    HostAddress,
    /// Not a number from 1 to 65535.
    #[error("the port must be a number from 1 to 65535")]
    Port,
    /// Not a path.
    #[error("the path must begin with a / and hold ASCII without spaces, control characters and #")]
    Path,
}

impl Target {
    /// Reads a whole URL.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        let (scheme, rest) = url.split_once("://").ok_or(TargetError::Scheme)?;
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, path_and_query) = rest.split_at(end);
        Self::new(scheme, authority, path_and_query)
    }

    /// Reads the parts of a request.
    pub fn new(scheme: &str, authority: &str, path_and_query: &str) -> Result<Self, TargetError> {
        let scheme = Scheme::parse(scheme)?;
        let (host, port) = split_port(authority)?;
        let host = Host::parse(host)?;
        let port = port.unwrap_or(scheme.port());
        if !path_and_query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return Err(TargetError::Path);
        }
        let path = path_and_query.split('?').next().unwrap_or_default();
        let path = if path.is_empty() { "/" } else { path };
        if !path.starts_with('/') {
            return Err(TargetError::Path);
        }
        Ok(Self { scheme, host, port, path: path.to_owned() })
    }

    /// Scheme, host and port, and nothing that a guest could hide a value in but the host itself.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority())
    }

    /// Host and port, the port only if it is not the scheme's own.
    #[must_use]
    pub fn authority(&self) -> String {
        authority(self.scheme, &self.host.to_string(), self.port)
    }
}

/// Host and port, the port only if it is not the scheme's own.
pub(super) fn authority(scheme: Scheme, host: &str, port: u16) -> String {
    if port == scheme.port() { host.to_owned() } else { format!("{host}:{port}") }
}

/// Splits the port off; the colons of an address in brackets are not it.
pub(super) fn split_port(authority: &str) -> Result<(&str, Option<u16>), TargetError> {
    if authority.contains('@') {
        return Err(TargetError::UserInfo);
    }
    let after_brackets = authority.rfind(']').map_or(0, |end| end + 1);
    let Some(colon) = authority[after_brackets..].find(':') else { return Ok((authority, None)) };
    let (host, port) = authority.split_at(after_brackets + colon);
    let port = &port[1..];
    let is_plain = !port.starts_with('0') && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|_| is_plain).ok_or(TargetError::Port)?;
    Ok((host, Some(port)))
}

impl Scheme {
    pub(super) fn parse(text: &str) -> Result<Self, TargetError> {
        match text.to_ascii_lowercase().as_str() {
            "http" => Ok(Self::Http),
            "https" => Ok(Self::Https),
            _ => Err(TargetError::Scheme),
        }
    }

    /// The port of a URL that names none.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Host {
    /// Reads a name or an address.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        if text.is_empty() {
            return Err(TargetError::NoHost);
        }
        if let Some(inner) = text.strip_prefix('[') {
            let address = inner.strip_suffix(']').and_then(|inner| inner.parse::<Ipv6Addr>().ok());
            return address.map(|v6| Self::Address(v6.into())).ok_or(TargetError::HostAddress);
        }
        if ends_in_number(text) {
            let address = text.parse::<Ipv4Addr>().map_err(|_| TargetError::HostAddress)?;
            return Ok(Self::Address(address.into()));
        }
        if is_name(text) {
            Ok(Self::Name(text.to_ascii_lowercase()))
        } else {
            Err(TargetError::HostName)
        }
    }
}

/// Whether programs take the text for an address of version 4: `2130706433`, `0x7f.1`, `127.0.0.1.`
fn ends_in_number(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or(host);
    let is_hex = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())) || hex.is_some_and(is_hex)
}

/// Whether it is the name of a host, in ASCII.
pub(super) fn is_name(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(is_inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(v4)) => v4.fmt(f),
            Self::Address(IpAddr::V6(v6)) => write!(f, "[{v6}]"),
        }
    }
}
