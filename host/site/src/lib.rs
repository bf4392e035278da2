//! A stand-in Flow Production Tracking site: the model of a production with its event log, and a server that speaks
//! API3 JSON-RPC in front of it.
//!
//! [`model`] and [`wire`] are pure: requests and the time go in, answers come out. So are [`clock`], [`faults`],
//! [`script`], [`seed`] and [`crew`], which decide how the site misbehaves, what it holds, and who works on it. Only [`server`] and
//! [`recording`] touch the world.

mod call;
pub mod clock;
pub mod crew;
pub mod faults;
pub mod model;
mod random;
pub mod recording;
pub mod script;
pub mod seed;
pub mod server;
mod stage;
pub mod wire;

pub use seed::Scene;
pub use server::Site;
pub use stage::{CommitOrder, CommitRule, SessionOrder};
