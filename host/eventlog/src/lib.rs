//! What cuebox exists for, in pure code: the stream of a site's event log, with its gaps.
//!
//! Nothing here reads a clock, a file or a socket, draws a random number or depends on the order of a hash map: every
//! answer follows from values and a `now` that is passed in. So the same code runs in the host and, thousands of times
//! faster, in generated histories. `clippy.toml` beside this crate holds that.

pub mod cursor;
mod entry;
pub mod matching;
pub mod pacing;

pub use entry::{EntityRef, EventId, EventLogEntry, Seq, SiteTime, Timestamp};
