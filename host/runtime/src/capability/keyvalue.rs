//! `wasi:keyvalue`: keys that are one plugin's alone.
//!
//! What a call writes is an overlay until the call is finished; then it becomes the plugin's, in memory at once and on disk
//! in the same transaction as the position. A call that fails leaves no trace.
//!
//! Calls that run side by side take turns: from the first look at a key to its end, a call is the only one that sees or changes
//! any. So each finds what the ones before it have left, as if they had run one after the other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use policy::Phase;
use tokio::sync::OwnedMutexGuard;
use wasmtime::component::Resource;

use super::Capabilities;
use crate::bindings::wasi::keyvalue::atomics;
use crate::bindings::wasi::keyvalue::store::{Error, Host, HostBucket, KeyResponse};

/// The only bucket there is.
const BUCKET: &str = "default";

/// How many keys one `list-keys` answers; the cursor asks for the rest.
const KEYS_PER_PAGE: usize = 1000;

/// All keys of one plugin, as finished calls left them. Shared by the instances of the plugin.
#[derive(Debug, Clone, Default)]
pub struct KeyValues {
    stored: Arc<Mutex<Stored>>,
    /// Held by the call that uses them.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Stored {
    values: BTreeMap<String, Vec<u8>>,
    /// Of all keys and values.
    bytes: usize,
}

/// One key as a finished call left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyValueChange {
    /// The key.
    pub key: String,
    /// Its new value; none if it is gone.
    pub value: Option<Vec<u8>>,
}

/// What the call in progress wrote.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    writes: BTreeMap<String, Option<Vec<u8>>>,
    /// By how much they make all keys and values larger; negative if smaller.
    growth: isize,
    /// Once the call has used a key, until it ends.
    turn: Option<OwnedMutexGuard<()>>,
}

/// A guest's handle on its keys. There is nothing in it: the keys are found through the plugin.
pub struct Bucket;

impl KeyValues {
    /// The keys as they were stored.
    pub fn new(stored: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let values: BTreeMap<String, Vec<u8>> = stored.into_iter().collect();
        let bytes = values.iter().map(|(key, value)| size(key, Some(value))).sum();
        let stored = Arc::new(Mutex::new(Stored { values, bytes }));
        Self { stored, turn: Arc::default() }
    }

    /// Makes what a finished call wrote the plugin's own; answers it for storing.
    pub(crate) fn apply(&self, overlay: Overlay) -> Vec<KeyValueChange> {
        let mut stored = self.lock();
        stored.bytes = stored.bytes.saturating_add_signed(overlay.growth);
        overlay
            .writes
            .into_iter()
            .map(|(key, value)| {
                match &value {
                    Some(value) => stored.values.insert(key.clone(), value.clone()),
                    None => stored.values.remove(&key),
                };
                KeyValueChange { key, value }
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Stored> {
        // A panic between two statements of this file leaves a whole map behind.
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a key takes up, if it is there.
fn size(key: &str, value: Option<&[u8]>) -> usize {
    value.map_or(0, |value| key.len() + value.len())
}

impl Capabilities {
    /// Counts the call of the guest, and waits until no other one uses the keys. `register` changes none, and waits for none.
    async fn use_keys(&mut self) -> wasmtime::Result<()> {
        self.count_call()?;
        if self.overlay.turn.is_none() && self.call.phase == Phase::Handle {
            self.overlay.turn = Some(self.setup.key_values.turn.clone().lock_owned().await);
        }
        Ok(())
    }

    fn read(&self, key: &str) -> Option<Vec<u8>> {
        match self.overlay.writes.get(key) {
            Some(written) => written.clone(),
            None => self.setup.key_values.lock().values.get(key).cloned(),
        }
    }

    fn write(&mut self, key: String, value: Option<Vec<u8>>) -> Result<(), Error> {
        if self.call.phase != Phase::Handle {
            self.refusals.denied("cannot change its keys: that works only inside `handle`");
            return Err(Error::AccessDenied);
        }
        let before = size(&key, self.read(&key).as_deref());
        let growth = self.overlay.growth + signed(size(&key, value.as_deref())) - signed(before);
        let bytes = signed(self.setup.key_values.lock().bytes) + growth;
        let max = self.setup.limits.key_value_bytes;
        if value.is_some() && bytes > signed(max) {
            self.refusals.over("key_value_bytes", format_args!("{max} bytes"));
            return Err(Error::Other(format!(
                "the keys and values of this plugin would pass the limit `key_value_bytes` of {max} bytes"
            )));
        }
        self.overlay.growth = growth;
        if value.is_none() && !self.setup.key_values.lock().values.contains_key(&key) {
            // There is nothing to remove later, and names of keys that are gone would be beyond the limit.
            self.overlay.writes.remove(&key);
        } else {
            self.overlay.writes.insert(key, value);
        }
        Ok(())
    }

    fn keys(&self) -> Vec<String> {
        let mut keys: BTreeMap<String, bool> =
            self.setup.key_values.lock().values.keys().map(|key| (key.clone(), true)).collect();
        let written = &self.overlay.writes;
        keys.extend(written.iter().map(|(key, value)| (key.clone(), value.is_some())));
        keys.into_iter().filter_map(|(key, there)| there.then_some(key)).collect()
    }
}

/// Sizes of what is in memory fit.
fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

impl Host for Capabilities {
    async fn open(
        &mut self,
        identifier: String,
    ) -> wasmtime::Result<Result<Resource<Bucket>, Error>> {
        self.count_call()?;
        if identifier != BUCKET {
            return Ok(Err(Error::NoSuchStore));
        }
        // Nothing is kept for it, so that one that is never dropped costs nothing.
        Ok(Ok(Resource::new_own(0)))
    }
}

impl HostBucket for Capabilities {
    async fn get(
        &mut self,
        _bucket: Resource<Bucket>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        self.use_keys().await?;
        Ok(Ok(self.read(&key)))
    }

    async fn set(
        &mut self,
        _bucket: Resource<Bucket>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        self.use_keys().await?;
        Ok(self.write(key, Some(value)))
    }

    async fn delete(
        &mut self,
        _bucket: Resource<Bucket>,
        key: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        self.use_keys().await?;
        Ok(self.write(key, None))
    }

    async fn exists(
        &mut self,
        _bucket: Resource<Bucket>,
        key: String,
    ) -> wasmtime::Result<Result<bool, Error>> {
        self.use_keys().await?;
        Ok(Ok(self.read(&key).is_some()))
    }

    async fn list_keys(
        &mut self,
        _bucket: Resource<Bucket>,
        cursor: Option<u64>,
    ) -> wasmtime::Result<Result<KeyResponse, Error>> {
        self.use_keys().await?;
        let start = usize::try_from(cursor.unwrap_or(0)).unwrap_or(usize::MAX);
        let mut keys = self.keys();
        let rest = keys.len().saturating_sub(start);
        let next = (rest > KEYS_PER_PAGE).then(|| (start + KEYS_PER_PAGE) as u64);
        keys = keys.into_iter().skip(start).take(KEYS_PER_PAGE).collect();
        Ok(Ok(KeyResponse { keys, cursor: next }))
    }

    async fn drop(&mut self, _bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl atomics::Host for Capabilities {
    /// Counters are decimal text, as in wasmtime's own implementation.
    async fn increment(
        &mut self,
        _bucket: Resource<Bucket>,
        key: String,
        delta: u64,
    ) -> wasmtime::Result<Result<u64, Error>> {
        self.use_keys().await?;
        let Some(sum) = add(self.read(&key).as_deref(), delta) else {
            return Ok(Err(Error::Other(
                "the value is not a counter, or it would overflow".to_owned(),
            )));
        };
        Ok(self.write(key, Some(sum.to_string().into_bytes())).map(|()| sum))
    }
}

pub(crate) fn add(value: Option<&[u8]>, delta: u64) -> Option<u64> {
    let current: u64 = match value {
        None => 0,
        Some(value) => std::str::from_utf8(value).ok()?.parse().ok()?,
    };
    current.checked_add(delta)
}

#[cfg(test)]
mod tests;
