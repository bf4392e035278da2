//! What a plugin may do: grants that an operator wrote, requests that an author wrote, and the decision about one call.
//!
//! Pure: a decision follows from the grants, from the call, and from whether the host is inside the plugin at all. Nothing
//! here performs a call, logs one or counts one.

mod grant;
pub mod network;
mod phase;
pub mod shotgun;

pub use grant::Grants;
pub use phase::Phase;
