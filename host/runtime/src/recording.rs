//! What a guest asks the host and is answered, written down as the guest sees it; and a host made of what was written down.
//!
//! Everything that a guest can learn from outside goes over one border: the functions that it imports. [`taped::Taped`] stands
//! there, before the capabilities. With a tape that records, it lets each call through and writes down what was asked and what
//! was answered. With one that replays, nothing behind it is reached: the same question gets the same answer, in order among
//! equals. Keys that the host puts into requests are put in behind this border, so that none can be written down.

mod http;
mod played;
mod tape;
pub(crate) mod taped;
mod transcript;

pub use tape::{Incomplete, Tape};
pub use transcript::{CallEnding, Content, Exchange, LogLine, Section, Transcript};

pub(crate) use http::HttpExchange;
pub(crate) use tape::Stop;
