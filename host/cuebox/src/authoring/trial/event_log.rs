//! The event log of a site, as a host reads it.

use config::Config;
use eventlog::{EventId, EventLogEntry};
use shotgun::{CallError, Caller, Client};

use crate::host;

/// Entries that are read at a time: more than a person brings about at once.
const ENTRIES_MAX: usize = 500;

/// The event log of a site.
pub struct EventLog {
    client: Client,
    /// Who follows it.
    caller: Caller,
}

impl EventLog {
    /// That of the configuration's site, by the site's script user. Asks nothing yet.
    pub fn of(config: &Config) -> anyhow::Result<Self> {
        let script = &config.site.script;
        let caller = Caller::script(&script.name, script.key.clone());
        Ok(Self { client: host::client(config)?, caller })
    }

    /// Asks the site whether it is one, signed in as nobody.
    pub async fn is_there(&self) -> Result<(), CallError> {
        self.client.info().await.map(drop)
    }

    /// The newest entries, lowest id first.
    pub async fn newest(&self) -> Result<Vec<EventLogEntry>, CallError> {
        let ids = self.client.recent_event_ids(&self.caller, ENTRIES_MAX).await?;
        match ids.iter().min() {
            Some(oldest) => self.after(oldest.0.saturating_sub(1)).await,
            None => Ok(Vec::new()),
        }
    }

    /// What is in it after an event.
    pub async fn after(&self, event: u64) -> Result<Vec<EventLogEntry>, CallError> {
        let after = EventId(event);
        let page = self.client.events_newer(&self.caller, after, ENTRIES_MAX).await?;
        Ok(page.entries.into_iter().map(|fetched| fetched.entry).collect())
    }
}
