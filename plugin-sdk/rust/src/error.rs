//! Why a call to the host failed, and why a callback did.

use std::fmt;

/// What a plugin's functions return.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a call to the host, or a callback, failed. A callback that returns one has failed at its event; its text is what
/// the operator reads.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The operator has not granted this, or the call was made outside of `register` and the callbacks, or it writes
    /// inside `register`. The text names what is missing.
    Denied(String),
    /// The site refused.
    Fault {
        /// The site's code: 102 sign-in, 103 request, 104 rule or permission.
        code: u32,
        /// The site's own words.
        message: String,
    },
    /// The site could not be reached, or did not answer in time. A write may or may not have been made.
    Unavailable(String),
    /// Another host could not be reached, or did not answer as it should. What was asked may or may not have been done.
    Unreachable(String),
    /// A limit of the host: which one, and its value.
    Limit(String),
    /// The call makes no sense: a value that is no JSON, an unknown option.
    Invalid(String),
    /// The answer does not have the shape that the plugin asked for.
    Answer {
        /// What was asked, such as `find Task`.
        call: String,
        /// What does not fit.
        reason: String,
    },
    /// A setting of the plugin is missing or cannot be used.
    Setting {
        /// Its name in `[plugin.NAME.settings]`.
        key: String,
        /// What it must be.
        rule: String,
    },
    /// A key-value could not be read or written.
    KeyValue {
        /// The key; empty where the call has none.
        key: String,
        /// What the host said.
        reason: String,
    },
    /// The plugin's own reason.
    Plugin(String),
}

impl Error {
    /// The plugin's own reason, from anything that has a text: `.map_err(Error::plugin)`.
    pub fn plugin(reason: impl fmt::Display) -> Self {
        Self::Plugin(format!("{reason:#}"))
    }

    /// A setting that cannot be used: `Error::setting("frames", "is not a whole number")`.
    pub fn setting(key: impl Into<String>, rule: impl fmt::Display) -> Self {
        Self::Setting { key: key.into(), rule: rule.to_string() }
    }

    /// Whether the same call may succeed later: the site, or another host, was away; nothing is wrong with the plugin or its grants.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Unreachable(_))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(what) => write!(f, "denied: {what}"),
            Self::Fault { code, message } => {
                write!(f, "the site refused with code {code}: {message}")
            }
            Self::Unavailable(what) => write!(f, "the site is unavailable: {what}"),
            Self::Unreachable(what) => write!(f, "the other host is unreachable: {what}"),
            Self::Limit(what) => write!(f, "a limit was reached: {what}"),
            Self::Invalid(what) => write!(f, "the call is invalid: {what}"),
            Self::Answer { call, reason } => {
                write!(f, "the answer to `{call}` does not fit: {reason}")
            }
            Self::Setting { key, rule } => write!(f, "setting `{key}` {rule}"),
            Self::KeyValue { key, reason } if key.is_empty() => write!(f, "key-values: {reason}"),
            Self::KeyValue { key, reason } => write!(f, "key-value `{key}`: {reason}"),
            Self::Plugin(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Error {}

impl From<&str> for Error {
    fn from(reason: &str) -> Self {
        Self::Plugin(reason.to_owned())
    }
}

impl From<String> for Error {
    fn from(reason: String) -> Self {
        Self::Plugin(reason)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::plugin(error)
    }
}

impl From<Box<dyn std::error::Error + Send + Sync>> for Error {
    fn from(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        Self::plugin(error)
    }
}
