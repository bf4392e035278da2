//! The decision about one request, and the refusal that says what is missing.

use super::HttpGrant;
use super::line::Line;
use super::target::{Target, TargetError};
use crate::Phase;
use crate::shotgun::PluginKey;

/// Why a request was not made, in words for the plugin's author and its operator. Names the host, and nothing else that was
/// in the request but its method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpRefusal {
    /// The request's address is none.
    #[error("cannot make an HTTP request: {0}")]
    Unclear(#[from] TargetError),
    /// Only a plugin that the host has called may make requests.
    #[error(
        "cannot {method} {origin}: HTTP requests can be made only inside `register` and `handle`"
    )]
    Outside {
        /// What was tried.
        method: String,
        /// Where.
        origin: String,
    },
    /// `register` only reads.
    #[error(
        "cannot {method} {origin}: inside `register` only GET and HEAD are allowed; do it in `handle`"
    )]
    ChangeInRegister {
        /// What was tried.
        method: String,
        /// Where.
        origin: String,
    },
    /// No line is about this host.
    #[error(
        "cannot {method} {origin}: nothing granted allows it; write http = [\"{method} {origin}/\"] under \
         [plugin.{plugin}.grant], with as much of the path as the plugin needs"
    )]
    NotGranted {
        /// Whose grants these are.
        plugin: PluginKey,
        /// What was tried.
        method: String,
        /// Where.
        origin: String,
    },
    /// Lines are about this host, and not about this method or path.
    #[error(
        "cannot {method} {origin}: the method or the path is outside of what is granted, {granted}; write another line \
         in `http` under [plugin.{plugin}.grant]"
    )]
    Narrower {
        /// Whose grants these are.
        plugin: PluginKey,
        /// What was tried.
        method: String,
        /// Where.
        origin: String,
        /// The lines, each in quotes.
        granted: String,
    },
    /// The operator allows it, and the plugin's own `plugin.toml` does not ask for it.
    #[error(
        "cannot {method} {origin}: the plugin does not ask for it; its author writes it under `http` in [needs] of its plugin.toml"
    )]
    NotAsked {
        /// What was tried.
        method: String,
        /// Where.
        origin: String,
    },
    /// The host has an address that no line allows.
    #[error(
        "cannot {method} {origin}: its address {address} is not allowed; if it is meant, end the line with \
         `via {address}` in `http` under [plugin.{plugin}.grant]"
    )]
    Address {
        /// Whose grants these are.
        plugin: PluginKey,
        /// What was tried.
        method: String,
        /// Where.
        origin: String,
        /// The address.
        address: std::net::IpAddr,
    },
}

/// Whether a method only reads.
pub fn reads(method: &str) -> bool {
    matches!(method, "GET" | "HEAD")
}

/// A method as a message may hold it.
fn shown(method: &str) -> String {
    let is_method = method.len() <= 20 && method.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_method { method } else { "(a method of its own)" }.to_owned()
}

/// Decides about one request: the granted lines that allow it, in the order in which they were written; at least one. Which of them
/// counts is known when the host's addresses are. `requests` are the lines that the plugin's author asks for, if there is a
/// statement: one of them must allow it, too.
pub fn decide<'g>(
    plugin: &str,
    phase: Phase,
    grants: &'g [HttpGrant],
    requests: Option<&[Line]>,
    method: &str,
    target: &Target,
) -> Result<Vec<&'g HttpGrant>, HttpRefusal> {
    let (origin, plugin) = (target.origin(), PluginKey::of(plugin));
    let asked = method;
    let method = shown(method);
    match phase {
        Phase::Outside => return Err(HttpRefusal::Outside { method, origin }),
        Phase::Register if !reads(asked) => {
            return Err(HttpRefusal::ChangeInRegister { method, origin });
        }
        Phase::Register | Phase::Handle => {}
    }
    let allowing: Vec<_> = grants.iter().filter(|grant| grant.line.allows(asked, target)).collect();
    let is_asked = requests.is_none_or(|lines| lines.iter().any(|line| line.allows(asked, target)));
    match (allowing.is_empty(), is_asked) {
        (false, true) => return Ok(allowing),
        (false, false) => return Err(HttpRefusal::NotAsked { method, origin }),
        (true, _) => {}
    }
    let near = grants.iter().filter(|grant| grant.line.is_at(target));
    let near: Vec<String> = near.map(|grant| format!("\"{}\"", grant.line)).collect();
    if near.is_empty() {
        return Err(HttpRefusal::NotGranted { plugin, method, origin });
    }
    Err(HttpRefusal::Narrower { plugin, method, origin, granted: near.join(", ") })
}

impl HttpRefusal {
    /// The refusal of an address.
    #[must_use]
    pub fn address(plugin: &str, method: &str, target: &Target, address: std::net::IpAddr) -> Self {
        let (plugin, method) = (PluginKey::of(plugin), shown(method));
        Self::Address { plugin, method, origin: target.origin(), address }
    }
}
