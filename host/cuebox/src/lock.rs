//! The lock file: which file of each plugin may run, by its digest. Pure; the caller reads and writes.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// What the lock file says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// By the plugins' names.
    #[serde(default)]
    pub plugin: BTreeMap<String, Pin>,
}

/// One plugin's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// SHA-256 of it, in 64 hexadecimal digits.
    pub digest: String,
    /// Its author's number for it, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// How what is there differs from what is locked, for one plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The lock file does not have it.
    Added { plugin: String, now: Pin },
    /// It is another file.
    Changed { plugin: String, locked: Pin, now: Pin },
    /// There is no such file any more.
    Gone { plugin: String, locked: Pin },
}

const HEAD: &str = "\
# The files of plugins that may run, by their SHA-256. `cuebox lock` writes it; with `locked = true` under [plugins] nothing
# else runs. Keep it under version control.

";

impl Lock {
    /// Reads a lock file. An `Err` says where in the text what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lock: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            format!("line {line}: {}", error.message().trim().replace('\n', ", "))
        })?;
        let is_digest = |text: &str| {
            text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        match lock.plugin.iter().find(|(_, pin)| !is_digest(&pin.digest)) {
            None => Ok(lock),
            Some((name, _)) => {
                Err(format!("plugin.{name}.digest must be 64 hexadecimal digits, in small letters"))
            }
        }
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let tables = toml::to_string(self).expect("names, digests and numbers are TOML");
        format!("{HEAD}{tables}")
    }

    /// How what is there now differs from this, by name.
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        let added = now.plugin.iter().filter_map(|(name, now)| {
            let (plugin, now) = (name.clone(), now.clone());
            match self.plugin.get(name) {
                None => Some(Difference::Added { plugin, now }),
                Some(locked) if locked.digest != now.digest => {
                    Some(Difference::Changed { plugin, locked: locked.clone(), now })
                }
                Some(_) => None,
            }
        });
        let gone = self.plugin.iter().filter(|(name, _)| !now.plugin.contains_key(*name));
        let gone = gone.map(|(name, locked)| Difference::Gone {
            plugin: name.clone(),
            locked: locked.clone(),
        });
        added.chain(gone).collect()
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{} ({version})", self.digest),
            None => f.write_str(&self.digest),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { plugin, now } => write!(f, "{plugin}: not locked -> {now}"),
            Self::Changed { plugin, locked, now } => write!(f, "{plugin}: {locked} -> {now}"),
            Self::Gone { plugin, locked } => write!(f, "{plugin}: {locked} -> no file"),
        }
    }
}
