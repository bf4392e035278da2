//! What a callback says it did.

use std::time::Duration;

/// What a callback says it did. A callback that returns `Ok(())` means [`Outcome::Done`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Finished with the event.
    Done,
    /// There was nothing to do, and why; shown in the debug log.
    Skipped(String),
    /// Hand the event over again, to this callback, after so long (in whole seconds, rounded up). The events after it wait.
    RetryAfter(Duration),
    /// The event cannot be handled, now or later, and why. A failure, like an `Err`.
    Rejected(String),
}

impl Outcome {
    /// [`Outcome::Skipped`], ready to be returned.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self::Skipped(why.into())
    }

    /// [`Outcome::Rejected`], ready to be returned.
    pub fn rejected(why: impl Into<String>) -> Self {
        Self::Rejected(why.into())
    }

    /// Whether key-values that were set in the call are kept: after `Done` and `Skipped`, and after nothing else.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Done | Self::Skipped(_))
    }
}

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Self::Done
    }
}
