//! Grants: what the operator's configuration allows to one plugin. Knows no file format; `cuebox` reads the text.

use std::sync::Arc;

use crate::network::HttpGrant;
use crate::shotgun;

/// All that one plugin is allowed. The default is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    /// On the site, through the Shotgun connection.
    pub shotgun: Arc<shotgun::Grants>,
    /// HTTP requests: what any of these lines allows.
    pub http: Vec<HttpGrant>,
}
