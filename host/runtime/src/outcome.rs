//! Every way in which a call into a guest can end. Pure: knows neither wasmtime nor tokio.

use std::fmt;
use std::time::Duration;

/// How one call of `handle` ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The guest finished with the event.
    Done,
    /// The guest had nothing to do, and says why.
    Skipped(String),
    /// The guest wants the event again, after this time.
    RetryAfter(Duration),
    /// The guest says that the event can never be handled, and why.
    Rejected(String),
    /// The guest answered with an error.
    Failed(String),
    /// The guest answered with an error after the site had not answered it.
    SiteUnavailable(String),
    /// The guest broke: a panic, an exception, a broken contract. With the last it wrote to stderr.
    Trapped(String),
    /// The guest's calls went too deep.
    StackExhausted,
    /// The guest used up its fuel.
    OutOfFuel {
        /// The limit `fuel`.
        limit: u64,
    },
    /// The guest broke after it had been refused more memory.
    OutOfMemory {
        /// The limit `memory_bytes`.
        limit: usize,
    },
    /// The call was not over at its deadline.
    TimedOut {
        /// The limit `deadline`.
        limit: Duration,
        /// The function of the connection that it was waiting in for the site, if that took most of the time.
        inside: Option<&'static str>,
    },
    /// The guest called the host too often.
    TooManyHostCalls {
        /// The limit `host_calls`.
        limit: u32,
    },
    /// The host could not do its part.
    HostFailed(String),
    /// The operator halted it. The event is as if it had not been handed over.
    Halted {
        /// The project that is halted, if the plugin itself is not.
        project: Option<u64>,
        /// Why, in the operator's words.
        why: String,
    },
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The plugin: the same call would most likely end the same way.
    Guest,
    /// The site, or the way to it: the same call can work later.
    Site,
    /// This host.
    Host,
}

impl Outcome {
    /// Whether the event is finished, as far as this callback is concerned.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Done | Self::Skipped(_))
    }

    /// Whose fault it is; none if nothing failed.
    #[must_use]
    pub fn blame(&self) -> Option<Blame> {
        match self {
            Self::Done | Self::Skipped(_) | Self::RetryAfter(_) | Self::Halted { .. } => None,
            // Waiting for the site is not the guest's doing.
            Self::SiteUnavailable(_) | Self::TimedOut { inside: Some(_), .. } => Some(Blame::Site),
            Self::HostFailed(_) => Some(Blame::Host),
            Self::Rejected(_)
            | Self::Failed(_)
            | Self::Trapped(_)
            | Self::StackExhausted
            | Self::OutOfFuel { .. }
            | Self::OutOfMemory { .. }
            | Self::TimedOut { .. }
            | Self::TooManyHostCalls { .. } => Some(Blame::Guest),
        }
    }

    /// The limit that ended the call, by its name, if one did; `halt` if the operator did.
    #[must_use]
    pub fn limit(&self) -> Option<&'static str> {
        match self {
            Self::OutOfFuel { .. } => Some("fuel"),
            Self::OutOfMemory { .. } => Some("memory_bytes"),
            Self::TimedOut { .. } => Some("deadline"),
            Self::TooManyHostCalls { .. } => Some("host_calls"),
            Self::Halted { .. } => Some("halt"),
            _ => None,
        }
    }

    /// Whether the instance can take another call. After a trap, or a call that was cut off, its memory is in no known state.
    #[must_use]
    pub fn leaves_instance_usable(&self) -> bool {
        matches!(
            self,
            Self::Done
                | Self::Skipped(_)
                | Self::RetryAfter(_)
                | Self::Rejected(_)
                | Self::Failed(_)
                | Self::SiteUnavailable(_)
        )
    }
}

/// Says each outcome's word once: for one that is there, and for all that can be.
macro_rules! names {
    ($($outcome:pat => $name:literal,)*) => {
        impl Outcome {
            /// The words of all outcomes.
            pub const NAMES: &[&str] = &[$($name),*];

            /// One word for logs and metrics.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $($outcome => $name,)*
                }
            }
        }
    };
}

names! {
    Self::Done => "done",
    Self::Skipped(_) => "skipped",
    Self::RetryAfter(_) => "retry-after",
    Self::Rejected(_) => "rejected",
    Self::Failed(_) => "failed",
    Self::SiteUnavailable(_) => "site-unavailable",
    Self::Trapped(_) => "trapped",
    Self::StackExhausted => "stack-exhausted",
    Self::OutOfFuel { .. } => "out-of-fuel",
    Self::OutOfMemory { .. } => "out-of-memory",
    Self::TimedOut { .. } => "timed-out",
    Self::TooManyHostCalls { .. } => "too-many-host-calls",
    Self::HostFailed(_) => "host-failed",
    Self::Halted { .. } => "halted",
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => write!(f, "done"),
            Self::Skipped(why) => write!(f, "skipped: {why}"),
            Self::RetryAfter(delay) => write!(f, "asked for the event again in {delay:?}"),
            Self::Rejected(why) => write!(f, "rejected the event: {why}"),
            Self::Failed(why) => write!(f, "answered with an error: {why}"),
            Self::SiteUnavailable(why) => {
                write!(f, "failed because the site did not answer: {why}")
            }
            Self::Trapped(why) => write!(f, "broke: {why}"),
            Self::StackExhausted => write!(f, "recursed until its stack was exhausted"),
            Self::OutOfFuel { limit } => write!(f, "used up its fuel (limit `fuel` = {limit})"),
            Self::OutOfMemory { limit } => {
                write!(f, "ran out of memory (limit `memory_bytes` = {limit} bytes)")
            }
            Self::TimedOut { limit, inside: None } => {
                write!(f, "was not done in time (limit `deadline` = {limit:?})")
            }
            Self::TimedOut { limit, inside: Some(inside) } => {
                write!(
                    f,
                    "was not done in time (limit `deadline` = {limit:?}), waiting in `{inside}`"
                )
            }
            Self::TooManyHostCalls { limit } => {
                write!(f, "called the host too often (limit `host_calls` = {limit})")
            }
            Self::HostFailed(why) => write!(f, "could not be called: {why}"),
            Self::Halted { project: None, why } => write!(f, "was halted: {why}"),
            Self::Halted { project: Some(project), why } => {
                write!(f, "was held out of project {project}, which is halted: {why}")
            }
        }
    }
}
