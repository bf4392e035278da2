//! What a plugin's author proposes for failures, and what its operator decides.

/// What happens when a callback fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// The plugin stops before the event.
    Deactivate,
    /// The event is gone, and the plugin goes on.
    Continue,
    /// The event is put aside for the operator, and the plugin goes on.
    DeadLetter,
}
