//! A compiled plugin file.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::bindings::PluginPre;
use crate::capability::Capabilities;

/// SHA-256 of what makes a plugin's version, the bytes of its component mostly: what the version is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// A component that was compiled and fits this host. Cheap to clone; any number of instances can be made of it.
#[derive(Clone)]
pub struct Component {
    pub(crate) digest: Digest,
    pub(crate) pre: PluginPre<Capabilities>,
    /// What it runs, if it is an interpreter.
    pub(crate) script: Option<Arc<str>>,
    pub(crate) initial_memory_bytes: u64,
}

/// A component that runs scripts, compiled once for all of them. Cheap to clone.
#[derive(Clone)]
pub struct Interpreter {
    pub(crate) digest: Digest,
    pub(crate) pre: PluginPre<Capabilities>,
    pub(crate) initial_memory_bytes: u64,
}

impl Component {
    /// What this version is known by.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What its memories begin with, together; of a script, those of its interpreter.
    #[must_use]
    pub fn initial_memory_bytes(&self) -> u64 {
        self.initial_memory_bytes
    }
}

impl Interpreter {
    /// The plugin that this text is, run by this interpreter: another one when either of them changes.
    #[must_use]
    pub fn component(&self, script: &str) -> Component {
        let digest = Digest::of_parts(&[&self.digest.0, script.as_bytes()]);
        Component {
            digest,
            pre: self.pre.clone(),
            script: Some(script.into()),
            initial_memory_bytes: self.initial_memory_bytes,
        }
    }
}

impl Digest {
    /// The digest of a file's bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of several things. Each part but the last has a fixed length.
    fn of_parts(parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part);
        }
        Self(digest.finalize().into())
    }

    /// The first twelve hexadecimal digits: enough to tell versions apart on a screen.
    #[must_use]
    pub fn short(&self) -> String {
        hex::encode(&self.0[..6])
    }
}

impl FromStr for Digest {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, hex::FromHexError> {
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest)?;
        Ok(Self(digest))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}
