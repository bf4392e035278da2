//! What plugins keep between events: keys and values, each plugin's own.

use rusqlite::params;

use crate::checksum::Checksum;
use crate::open::Database;
use crate::query::{Query, QueryError};

#[cfg(test)]
mod tests;

const KEY_VALUES: &str =
    "SELECT key, value, checksum FROM key_value WHERE plugin = ?1 ORDER BY key";
const ALL: &str = "SELECT plugin, key, value, checksum FROM key_value";
const SET: &str =
    "INSERT OR REPLACE INTO key_value (plugin, key, checksum, value) VALUES (?1, ?2, ?3, ?4)";
const REMOVE: &str = "DELETE FROM key_value WHERE plugin = ?1 AND key = ?2";

/// One change of a plugin's key-values. Kept by [`Database::finish`] alone, together with the position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyValueChange {
    /// The key has this value from now on.
    Set {
        /// The key.
        key: String,
        /// The value.
        value: Vec<u8>,
    },
    /// The key is gone, if it was there.
    Remove {
        /// The key.
        key: String,
    },
}

impl Database {
    /// All that a plugin keeps, by key; nothing for one that is not known.
    pub fn key_values(&self, plugin: &str) -> Result<Vec<(String, Vec<u8>)>, QueryError> {
        self.ask("load a plugin's key-values").all(KEY_VALUES, [plugin], |row| {
            let (key, value): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
            checksum(plugin, &key, &value)
                .verify(row.get(2)?, || format!("a key-value of plugin `{plugin}`"))?;
            Ok((key, value))
        })
    }
}

/// Checks every row: one whose plugin was damaged would be missing, not wrong, when that plugin asks.
pub(crate) fn verify_all(query: Query<'_>) -> Result<(), QueryError> {
    query.all(ALL, [], |row| {
        let (plugin, key) = (row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
        let value = row.get_ref(2)?.as_blob()?;
        checksum(plugin, key, value)
            .verify(row.get(3)?, || format!("a key-value of plugin `{plugin}`"))
    })?;
    Ok(())
}

impl KeyValueChange {
    pub(crate) fn perform(&self, query: Query<'_>, plugin: &str) -> Result<(), QueryError> {
        match self {
            Self::Set { key, value } => {
                let checksum = checksum(plugin, key, value).stored();
                query.execute(SET, params![plugin, key, checksum, value])?;
            }
            Self::Remove { key } => {
                query.execute(REMOVE, params![plugin, key])?;
            }
        }
        Ok(())
    }
}

fn checksum(plugin: &str, key: &str, value: &[u8]) -> Checksum {
    Checksum::new().bytes(plugin.as_bytes()).bytes(key.as_bytes()).bytes(value)
}
