//! Recordings: deliveries as the plugin saw them, in files that can be carried away and run again.

mod compare;
mod file;
mod recorded;
mod replay;
mod shelf;

pub use compare::{Comparison, EffectChange};
pub use file::Recording;
pub use recorded::Recorded;
pub use replay::{Replayed, Versions, replay};
pub use shelf::Shelf;
