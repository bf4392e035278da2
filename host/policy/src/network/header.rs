//! Headers that the host puts into requests: a text with the names of secrets in braces.

/// The value of a header: `Bearer {slack}`. `{{` is a brace.
#[derive(Clone, PartialEq, Eq)]
pub struct HeaderTemplate(Vec<Part>);

#[derive(Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Secret(String),
}

/// Why a text is not the value of a header, or its name not one. Holds nothing of the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// A brace without its other one.
    #[error("has a brace without the other one; write a secret as {{name}}, and a brace as {{{{")]
    Brace,
    /// An empty name, or one with other characters.
    #[error("has a secret without a name; write it as {{name}}")]
    NoName,
    /// What cannot stand in a header.
    #[error("must be visible ASCII in one line")]
    Value,
    /// Not a name of a header.
    #[error("is not the name of a header")]
    Name,
    /// A header that the connection needs for itself.
    #[error("is a header that belongs to the connection, and cannot be set")]
    Reserved,
}

/// Headers that decide where a request goes and where it ends.
const RESERVED: [&str; 12] = [
    "connection",
    "content-encoding",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];

/// Checks the name of a header; it is used in lower case.
pub fn check_header_name(name: &str) -> Result<(), HeaderError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(HeaderError::Name);
    }
    let is_reserved = RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name));
    if is_reserved { Err(HeaderError::Reserved) } else { Ok(()) }
}

impl HeaderTemplate {
    /// Reads the text.
    pub fn parse(text: &str) -> Result<Self, HeaderError> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
            return Err(HeaderError::Value);
        }
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let (name, after) = rest.split_once('}').ok_or(HeaderError::Brace)?;
            if brace == "}" || name.contains('{') {
                return Err(HeaderError::Brace);
            }
            if name.trim().is_empty() {
                return Err(HeaderError::NoName);
            }
            parts.push(Part::Text(std::mem::take(&mut plain)));
            parts.push(Part::Secret(name.trim().to_owned()));
            rest = after;
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        Ok(Self(parts))
    }

    /// The names of the secrets in it.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Secret(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The value; none if a secret is not there.
    pub fn render<'a>(&self, secret: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Secret(name) => secret(name).map(str::to_owned),
        });
        parts.collect()
    }
}

/// Shows the names of the secrets; the text around them may be one, too.
impl std::fmt::Debug for HeaderTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.secrets()).finish()
    }
}
