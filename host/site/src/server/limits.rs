//! What one client may take of a server, and for how long.

use std::time::Duration;

/// A head is at most this large: larger ones are answered with 431.
pub(super) const HEAD_BYTES_MAX: usize = 256 * 1024;
/// A body that is not whole must bring so many bytes in each [`Limits::body_timeout`].
pub(super) const BODY_BYTES_MIN: usize = 64 * 1024;

/// Limits of connections. What is chosen by hand is for tests; the rest is for sites that run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once. Others are told 503 and closed.
    pub connections_max: usize,
    /// From the first byte of a request's head to its last.
    pub head_timeout: Duration,
    /// How long a body may take to bring its next 64 KiB, or its end.
    pub body_timeout: Duration,
    /// How long an answer may wait for a client that does not take it.
    pub answer_timeout: Duration,
    /// How long a connection may be kept without a request. Long: the official client does not survive that its
    /// connection is closed, and asks again only when the next call was lost.
    pub idle_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(120),
            idle_timeout: Duration::from_secs(3_600),
        }
    }
}
