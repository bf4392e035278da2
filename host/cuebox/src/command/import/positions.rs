//! Where the daemon's plugins stand, as places in a new journal: what they have not handled is fetched from the site, so that each
//! goes on after its last event, and is handed what it still waited for.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use database::{Append, Database, Gap, NewEntry, ReplayEntry, Stream};
use eventlog::{EventId, Seq, Timestamp};
use shotgun::{Caller, Client, EventPage, Fetched};

use super::states::State;
use crate::cli::ExitCode;
use crate::failure::Failure;

/// How far apart plugins can be: what lies between them is fetched, and stored in one transaction.
const IDS_MAX: u64 = 200_000;

/// A plugin, and where it stood; none to begin with the newest event.
pub type Standing = (String, Option<State>);

/// What a database is to begin with.
#[derive(Debug)]
pub struct Plan {
    /// The last event that every plugin has handled.
    low: EventId,
    /// The last event that any plugin has handled.
    high: EventId,
    /// The entries between, in order.
    entries: Vec<Fetched>,
    /// The ids that the site does not show.
    missing: BTreeSet<EventId>,
    plugins: Vec<Planned>,
}

/// One plugin of it.
#[derive(Debug)]
pub struct Planned {
    pub name: String,
    /// The last event it has handled, but for those below; none to begin with the newest.
    pub last: Option<EventId>,
    /// What it still waited for, and the site has by now.
    pub due: Vec<Fetched>,
}

impl Plan {
    /// Asks the site for what is needed. None if no plugin stood anywhere.
    pub async fn make(
        client: &Client,
        caller: &Caller,
        page_size: usize,
        standings: Vec<Standing>,
    ) -> anyhow::Result<Option<Self>> {
        let stood = || standings.iter().filter_map(|(name, state)| Some((name, state.as_ref()?)));
        let (Some(first), Some(last)) = (
            stood().min_by_key(|(_, state)| state.last),
            stood().max_by_key(|(_, state)| state.last),
        ) else {
            return Ok(None);
        };
        let (low, high) = (first.1.last, last.1.last);
        if high.0 - low.0 > IDS_MAX {
            let (name, apart) = (first.0, high.0 - low.0);
            let what = format!(
                "plugin `{name}` stands at event {low}, {apart} before event {high}, where `{}` is, and no more than {IDS_MAX} \
                 are fetched",
                last.0
            );
            let remedy = format!("`--newest {name}` lets it begin with the newest event");
            return Err(Failure::new(ExitCode::Failed, what).with_remedy(remedy).into());
        }
        client.info().await.context("failed to reach the site")?;
        check_site(client, caller, high).await?;
        let entries = between(client, caller, page_size, low, high).await?;
        let awaited: BTreeSet<EventId> =
            stood().flat_map(|(_, state)| state.backlog.iter().copied()).collect();
        let found = by_id(client, caller, page_size, &awaited).await?;
        let shown: BTreeSet<EventId> = entries.iter().map(|fetched| fetched.entry.id).collect();
        let between = (low.0 + 1..=high.0).map(EventId).filter(|id| !shown.contains(id));
        let missing =
            between.chain(awaited.iter().copied().filter(|id| !found.contains_key(id))).collect();
        let plugins = standings.into_iter().map(|(name, state)| {
            let Some(State { last, backlog }) = state else {
                return Planned { name, last: None, due: Vec::new() };
            };
            let due = backlog.iter().filter(|id| **id <= last).filter_map(|id| found.get(id));
            Planned { name, last: Some(last), due: due.cloned().collect() }
        });
        let plugins = plugins.collect();
        Ok(Some(Self { low, high, entries, missing, plugins }))
    }

    /// What becomes of each plugin.
    pub fn plugins(&self) -> &[Planned] {
        &self.plugins
    }

    /// How many ids are waited for.
    pub fn missing(&self) -> usize {
        self.missing.len()
    }

    /// Puts it into a database that is new.
    pub fn store(&self, database: &mut Database, at: Timestamp) -> anyhow::Result<()> {
        let gap = |id: &EventId| Gap { id: *id, first_seen: at, given_up: None };
        let (before, between): (Vec<Gap>, Vec<Gap>) =
            self.missing.iter().map(gap).partition(|gap| gap.id <= self.low);
        database.start_stream(&Stream { high_water: self.low, gaps: before })?;
        let entries: Vec<NewEntry<'_>> = self.entries.iter().map(new_entry).collect();
        let first = database.append(&Append {
            entries: &entries,
            received_at: at,
            high_water: self.high,
            opened: &between,
            given_up: &[],
            closed: &[],
            forgotten: &[],
            dropped: None,
        })?;
        for plugin in &self.plugins {
            let seq = self.seq(first, plugin.last.unwrap_or(self.high));
            database.ensure_plugin(&plugin.name, seq)?;
            if plugin.due.is_empty() {
                continue;
            }
            let due: Vec<ReplayEntry> =
                plugin.due.iter().map(|fetched| self.replay_entry(first, fetched)).collect();
            let why = "the Python daemon still waited for them";
            database.begin_replay(
                &plugin.name,
                &due,
                "the backlog of the Python daemon",
                why,
                at,
            )?;
        }
        Ok(())
    }

    /// The place of the last entry up to an event. The first entry is at `first`.
    fn seq(&self, first: Seq, last: EventId) -> Seq {
        let handled = self.entries.partition_point(|fetched| fetched.entry.id <= last);
        Seq(first.0 + handled as u64 - 1)
    }

    fn replay_entry(&self, first: Seq, fetched: &Fetched) -> ReplayEntry {
        let event = fetched.entry.id;
        // What every plugin has handled is in no journal.
        let seq = if event > self.low { self.seq(first, event) } else { Seq(0) };
        ReplayEntry { event, seq, late: false, json: fetched.json.clone() }
    }
}

fn new_entry(fetched: &Fetched) -> NewEntry<'_> {
    let (id, created_at) = (fetched.entry.id, fetched.entry.created_at);
    NewEntry { id, created_at, late: false, json: &fetched.json }
}

/// The file of another site would have plugins wait for events that never come.
async fn check_site(client: &Client, caller: &Caller, high: EventId) -> anyhow::Result<()> {
    let recent =
        client.recent_event_ids(caller, 1).await.context("failed to read the event log")?;
    match recent.first() {
        Some(newest) if *newest >= high => Ok(()),
        newest => {
            let newest = newest.map_or("none".to_owned(), ToString::to_string);
            let what = format!(
                "the daemon has handled event {high}, and the newest of the site is {newest}: this is another site's file"
            );
            Err(Failure::new(ExitCode::Site, what).into())
        }
    }
}

async fn between(
    client: &Client,
    caller: &Caller,
    page_size: usize,
    low: EventId,
    high: EventId,
) -> anyhow::Result<Vec<Fetched>> {
    let (mut entries, mut after) = (Vec::new(), low);
    while after < high {
        let page = client.events_newer(caller, after, page_size).await;
        let EventPage { entries: fetched, is_full, .. } =
            readable(page.context("failed to read the event log")?)?;
        let Some(last) = fetched.last() else { break };
        after = last.entry.id;
        entries.extend(fetched.into_iter().filter(|fetched| fetched.entry.id <= high));
        if !is_full {
            break;
        }
    }
    Ok(entries)
}

async fn by_id(
    client: &Client,
    caller: &Caller,
    page_size: usize,
    ids: &BTreeSet<EventId>,
) -> anyhow::Result<BTreeMap<EventId, Fetched>> {
    let ids: Vec<EventId> = ids.iter().copied().collect();
    let mut found = BTreeMap::new();
    for some in ids.chunks(page_size) {
        let page = client.events_by_id(caller, some).await;
        let page = readable(page.context("failed to read the event log")?)?;
        found.extend(page.entries.into_iter().map(|fetched| (fetched.entry.id, fetched)));
    }
    Ok(found)
}

fn readable(page: EventPage) -> anyhow::Result<EventPage> {
    match page.malformed.first() {
        None => Ok(page),
        Some(malformed) => {
            let what = format!("an event cannot be read: {malformed}");
            Err(Failure::new(ExitCode::Failed, what).into())
        }
    }
}
