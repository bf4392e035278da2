//! Where the site is, and the proxy on the way: parsed once, so that nothing later has to doubt them.

use std::fmt;

use reqwest::Url;

/// The address of a site: scheme, host and port, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteUrl(Url);

/// The address of an HTTP proxy, with its user and password if it wants them. Prints without them.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

/// Why a text is not the address of a site or of a proxy. Never holds the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not a URL at all.
    #[error("not a url: {0}; expected one like https://studio.example.com")]
    Malformed(String),
    /// Neither http nor https.
    #[error("scheme `{0}` is not http or https")]
    Scheme(String),
    /// No host.
    #[error("no host")]
    Host,
    /// A user name or a password.
    #[error("a user name or password does not belong into the url of a site")]
    UserInfo,
    /// Something after the host.
    #[error("path `{0}` must be left out: a site is always at the root of its host")]
    Path(String),
    /// A `?` or a `#`.
    #[error("a query or fragment does not belong into the url")]
    Query,
}

impl SiteUrl {
    /// Reads the address of a site.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = parse_http(text)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::UserInfo);
        }
        if url.path() != "/" {
            return Err(UrlError::Path(url.path().to_owned()));
        }
        Ok(Self(url))
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The address of `path` on this site. `path` is absolute and ours.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }

    /// Whether `url` is on this site: same scheme, host and port.
    pub(crate) fn holds(&self, url: &Url) -> bool {
        self.0.origin() == url.origin()
    }
}

impl ProxyUrl {
    /// Reads the address of a proxy.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = parse_http(text)?;
        if url.path() != "/" {
            return Err(UrlError::Path(url.path().to_owned()));
        }
        Ok(Self(url))
    }

    /// The address with user and password: for the transport alone.
    pub(crate) fn expose(&self) -> &Url {
        &self.0
    }
}

fn parse_http(text: &str) -> Result<Url, UrlError> {
    let url = Url::parse(text.trim()).map_err(|error| UrlError::Malformed(error.to_string()))?;
    // `studio.example.com:8080` is, to the letter, a URL with the scheme `studio.example.com`.
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlError::Scheme(url.scheme().to_owned()));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(UrlError::Host);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(UrlError::Query);
    }
    Ok(url)
}

impl fmt::Display for SiteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({self})")
    }
}

#[cfg(test)]
mod tests;
