//! A stand-in Flow Production Tracking site: the model of a production with its event log, and a server that speaks
//! API3 JSON-RPC in front of it.
//!
//! [`model`] and [`wire`] are pure: requests and the time go in, answers come out.

pub mod model;
pub mod wire;
