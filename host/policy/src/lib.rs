//! What a plugin may do: what its author says it needs, grants that an operator wrote, and the decision about one call.
//!
//! Pure: a decision follows from the grants, from the call, and from whether the host is inside the plugin at all. Nothing
//! here performs a call, logs one or counts one.

mod grant;
pub mod manifest;
pub mod network;
mod on_error;
mod phase;
mod place;
mod problem;
pub mod setting;
pub mod shotgun;

pub use grant::{Grants, Requests};
pub use manifest::Manifest;
pub use on_error::OnError;
pub use phase::Phase;
pub use place::Place;
pub use problem::{Position, Problem, Problems};
