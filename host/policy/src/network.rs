//! Grants for HTTP: which requests a plugin may make, line by line, and which addresses they may reach.
//!
//! A line is `METHODS SCHEME://HOST[:PORT]/PATH [via NETWORK,…]`, as in `GET,POST https://hooks.example.com/services/`. An
//! author's requests and an operator's grants are lists of such lines; what is allowed is what a line of each allows.

mod address;
mod decision;
mod header;
mod line;
mod path;
mod target;

pub use address::{Network, is_public};
pub use decision::{HttpRefusal, decide, reads};
pub use header::{HeaderError, HeaderTemplate, check_header_name};
pub use line::{Line, LineError, difference};
pub use target::{Host, Scheme, Target, TargetError};

use crate::Place;

/// One line that an operator granted, and the headers that the host puts into the requests it allows.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpGrant {
    /// What is allowed.
    pub line: Line,
    /// Headers by their names in lower case. The guest can neither read nor set them.
    pub headers: Vec<(String, HeaderTemplate)>,
    /// Where it stands.
    pub place: Place,
}

impl HttpGrant {
    /// A line without headers, in no place that is known.
    #[must_use]
    pub fn new(line: Line) -> Self {
        Self { line, headers: Vec::new(), place: Place::default() }
    }
}

/// Shows the names of the headers and not what is in them.
impl std::fmt::Debug for HttpGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("HttpGrant")
            .field("line", &self.line)
            .field("headers", &headers)
            .field("place", &self.place)
            .finish()
    }
}

#[cfg(test)]
mod tests;
