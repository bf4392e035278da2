//! log-events
