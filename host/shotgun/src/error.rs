//! Why a call to the site has no answer, and what follows from it for a caller: is it worth asking again, and can the
//! site have acted on it.
//!
//! No error holds a key, a token, a field's value or a request's body. What a library reported is reduced to its
//! innermost cause, because the outer ones quote addresses.

use std::fmt;
use std::time::Duration;

use crate::query::QueryError;

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The call makes no sense, and was not made.
    #[error(transparent)]
    Invalid(QueryError),
    /// All connections were in use for too long.
    #[error("none of the {connections_max} connections to {peer} became free within {limit:?}")]
    Busy {
        /// Where the call was going.
        peer: String,
        /// How long a call waits for a connection.
        limit: Duration,
        /// How many connections there may be.
        connections_max: usize,
    },
    /// No connection could be made.
    #[error("no connection to {peer}: {reason}")]
    Unreachable {
        /// Where the call was going.
        peer: String,
        /// The innermost cause.
        reason: String,
    },
    /// The peer's certificate is not trusted.
    #[error("the certificate of {peer} is not trusted: {reason}")]
    Untrusted {
        /// Where the call was going.
        peer: String,
        /// What is wrong with the certificate.
        reason: String,
    },
    /// No whole answer came in time.
    #[error("{peer} did not answer within {limit:?}")]
    TimedOut {
        /// Who was asked.
        peer: String,
        /// How long a call may take.
        limit: Duration,
    },
    /// The connection ended in the middle of the call.
    #[error("the connection to {peer} broke off: {reason}")]
    Interrupted {
        /// Who was asked.
        peer: String,
        /// The innermost cause.
        reason: String,
    },
    /// An HTTP status other than success. A redirect counts: the endpoint never redirects.
    #[error("{peer} answered with http status {status}")]
    Status {
        /// Who was asked.
        peer: String,
        /// The status.
        status: u16,
        /// How long the peer asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// The answer is larger than we are willing to hold.
    #[error("the answer of {peer} is larger than {bytes_max} bytes")]
    TooLarge {
        /// Who was asked.
        peer: String,
        /// The limit.
        bytes_max: usize,
    },
    /// The answer is not a JSON document.
    #[error("{peer} answered with {content} instead of json")]
    NotJson {
        /// Who was asked.
        peer: String,
        /// What came instead, in our own words.
        content: String,
    },
    /// The answer is JSON of a shape that the method does not have.
    #[error("{peer} answered `{method}` with something else than {expected}")]
    WrongShape {
        /// Who was asked.
        peer: String,
        /// The method of the API.
        method: String,
        /// What the answer should have been.
        expected: &'static str,
    },
    /// The site understood the call and refused it.
    #[error("{peer} refused `{method}`: {fault}")]
    Refused {
        /// Who was asked.
        peer: String,
        /// The method of the API.
        method: String,
        /// What the site said.
        fault: Fault,
    },
}

/// What the site said when it refused a call.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault {
    /// 100 internal error, 102 sign-in, 103 request, 104 rule or permission; 0 where the site gives none.
    pub code: u32,
    message: String,
}

/// The longest message of the site that is kept: enough for its lists of valid values.
const MESSAGE_BYTES_MAX: usize = 4096;

/// The longest part of a message that is shown in a log.
const SHOWN_CHARS_MAX: usize = 200;

/// The site's code for "something went wrong inside": as good as a status 500.
const FAULT_INTERNAL: u32 = 100;

impl CallError {
    /// Whether the same call may succeed later, with nobody having done anything about it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Busy { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Interrupted { .. }
            | Self::NotJson { .. } => true,
            // 501 and 505 say that the peer will never do this.
            Self::Status { status, .. } => {
                matches!(status, 408 | 425 | 429)
                    || (*status >= 500 && !matches!(status, 501 | 505))
            }
            Self::Refused { fault, .. } => fault.code == FAULT_INTERNAL,
            Self::Invalid(_)
            | Self::Untrusted { .. }
            | Self::TooLarge { .. }
            | Self::WrongShape { .. } => false,
        }
    }

    /// Whether not one byte of the call left this host: only then is a write safe to make again.
    #[must_use]
    pub fn was_certainly_not_sent(&self) -> bool {
        matches!(
            self,
            Self::Invalid(_)
                | Self::Busy { .. }
                | Self::Unreachable { .. }
                | Self::Untrusted { .. }
        )
    }

    /// Whether the site may have seen the call.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        !self.was_certainly_not_sent()
    }

    /// Whether nobody can say if a write was made: it may have arrived, and there is no answer that says it was refused.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        match self {
            Self::Refused { fault, .. } => fault.code == FAULT_INTERNAL,
            Self::Status { status, .. } => *status == 408 || *status >= 500,
            error => error.may_have_arrived(),
        }
    }

    /// How long the site asked to be left alone, if it did.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// What the site said when it refused the call, if it did.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Refused { fault, .. } => Some(fault),
            _ => None,
        }
    }
}

impl Fault {
    /// Takes a message that the site wrote; what is too long of it is cut off.
    #[must_use]
    pub fn new(code: u32, message: &str) -> Self {
        let end = message.floor_char_boundary(MESSAGE_BYTES_MAX);
        Self { code, message: message[..end].to_owned() }
    }

    /// What the site wrote, for whoever made the call. It may quote values, so it does not belong into the host's log.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The part of the message that says what is wrong, without the values that the site quotes after a colon or in
    /// brackets.
    fn shown(&self) -> String {
        let end = self.message.find([':', '\n', '{', '[', '"']).unwrap_or(self.message.len());
        let shown = self.message[..end].trim_end_matches([' ', '.']);
        shown.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS_MAX).collect()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "code {}, {}", self.code, self.shown())
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({self})")
    }
}

#[cfg(test)]
mod tests;
