//! Grants: what the operator's configuration allows to one plugin; and requests: what its author asks for. What a plugin can do lies
//! within both. Knows no file format.

use std::sync::Arc;

use crate::manifest::Needs;
use crate::network::{HttpGrant, Line};
use crate::shotgun;

#[cfg(test)]
mod tests;

/// All that one plugin is allowed. The default is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    /// On the site, through the Shotgun connection.
    pub shotgun: Arc<shotgun::Grants>,
    /// HTTP requests: what any of these lines allows.
    pub http: Vec<HttpGrant>,
}

/// All that the author of one plugin asks for. A file without `plugin.toml` makes no statement, and has none of this.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requests {
    /// Of the site.
    pub shotgun: Arc<shotgun::Grants>,
    /// Of other hosts.
    pub http: Vec<Line>,
}

impl From<&Needs> for Requests {
    fn from(needs: &Needs) -> Self {
        Self { shotgun: needs.shotgun_lines().into(), http: needs.http_lines() }
    }
}
