//! The client of an FPT site: API3 JSON-RPC over HTTP.
//!
//! One [`Client`] holds the connections; one [`Caller`] says in whose name a call is made. What is asked is built by the
//! pure module [`query`], what the event log answers is read by the pure module [`wire`]. Knows no plugin, no policy and
//! no clock but for time limits, and logs nothing: it returns facts.

mod caller;
mod client;
mod download;
mod envelope;
mod error;
mod events;
mod form;
mod info;
mod lookup;
mod methods;
mod object;
pub mod query;
mod read;
pub mod retry;
mod rows;
mod secret;
mod site_url;
#[cfg(test)]
mod test_server;
mod transport;
mod upload;
pub mod wire;

pub use caller::{Caller, Credentials};
pub use client::{Client, ClientError, Options};
pub use download::Attachment;
pub use error::{CallError, Fault};
pub use events::{EventPage, Fetched};
pub use info::Info;
pub use lookup::Wanted;
pub use methods::{Params, ProjectId, SchemaRead, gives_credentials, is_read_method};
pub use rows::Rows;
pub use secret::Secret;
pub use site_url::{ProxyUrl, SiteUrl, UrlError};
pub use upload::Upload;
