//! `cuebox plugins replay` and `replays`: events that a plugin is handed again, beside those that come in.
//!
//! What is handed over again is never ahead of the stream: entries that the plugin has not reached yet, and ids that are still missing,
//! come to it by the stream, and are left out here.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use config::Config;
use database::{Database, PluginRow, Replay, ReplayEntry};
use eventlog::{EventId, EventLogEntry, Seq};
use serde::Serialize;
use serde_json::json;
use shotgun::query::Filters;
use shotgun::{Caller, EventPage};

use crate::cli::{ExitCode, PluginReplay};
use crate::clock;
use crate::command::plugins::{find, say};
use crate::command::{self, events, moment};
use crate::failure::{self, Failure};
use crate::host;

/// Entries that are read from the journal at a time.
const PAGE: usize = 5_000;

/// Events that can be handed over again by one command: their text is held in memory, and stored in one transaction.
const EVENTS_MAX: usize = 200_000;

/// One replay, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Printed<'a> {
    number: u64,
    plugin: &'a str,
    /// In milliseconds since the Unix epoch.
    at: i64,
    events: u64,
    /// How many of them the plugin's lane has not taken over yet.
    waiting: u64,
    chosen: &'a str,
    reason: &'a str,
}

/// What was chosen, and what of it comes by the stream anyway.
#[derive(Default)]
struct Chosen {
    entries: Vec<ReplayEntry>,
    to_come: usize,
}

/// Has events handed over again, or says what that would mean.
pub async fn run(config_path: &Path, choice: PluginReplay) -> anyhow::Result<()> {
    let config = command::read_config(config_path)?;
    let mut database = host::open_database_for_tools(&config)?;
    let row = find(&database, &choice.name)?;
    let chosen = match choice.from_site {
        true => from_site(&config, &database, &row, &choice).await?,
        false => from_journal(&database, &row, &choice)?,
    };
    let Chosen { entries, to_come } = chosen;
    let mut meaning =
        format!("Plugin `{}` is handed {} again", row.name, events(entries.len() as u64));
    if let (Some(first), Some(last)) = (entries.first(), entries.last()) {
        meaning.push_str(&format!(", from {} to {}", first.event, last.event));
    }
    meaning.push('.');
    if to_come > 0 {
        let events = events(to_come as u64);
        meaning.push_str(&format!(
            " {events} of that range are still to come by the stream, and are left to it."
        ));
    }
    if entries.is_empty() {
        return say(&meaning);
    }
    let Some(reason) = choice.reason.as_deref().filter(|_| choice.yes) else {
        return say(&format!(
            "{meaning}\nNothing was done. To do it, give the reason and say yes: --reason TEXT --yes"
        ));
    };
    let number =
        database.begin_replay(&row.name, &entries, &describe(&choice), reason, clock::now())?;
    say(&format!(
        "{meaning} A running host begins within a second; `cuebox plugins replays` shows how far replay {number} is, and what \
         fails is among `cuebox dead-letters`."
    ))
}

/// Lists what was handed over again.
pub fn list(config_path: &Path, json: bool) -> anyhow::Result<()> {
    let database = command::plugins::open(config_path)?;
    let replays = database.replays()?;
    let mut out = std::io::stdout().lock();
    if json {
        let printed: Vec<Printed<'_>> = replays.iter().map(printed).collect();
        command::write_json(&mut out, &printed)?;
        return Ok(());
    }
    if replays.is_empty() {
        writeln!(out, "Nothing was ever handed over again.")?;
    }
    for replay in &replays {
        let at = moment(replay.at);
        let Replay { number, plugin, waiting, chosen, reason, .. } = replay;
        let waits = if *waiting > 0 { format!(", {waiting} still wait") } else { String::new() };
        let count = events(replay.entries);
        let reason = failure::one_line(reason);
        writeln!(
            out,
            "{number:>5}  {at}  plugin {plugin}, {count}{waits}: {chosen}. Reason: {reason}"
        )?;
    }
    Ok(())
}

fn printed(replay: &Replay) -> Printed<'_> {
    Printed {
        number: replay.number,
        plugin: &replay.plugin,
        at: replay.at.0,
        events: replay.entries,
        waiting: replay.waiting,
        chosen: &replay.chosen,
        reason: &replay.reason,
    }
}

fn from_journal(
    database: &Database,
    row: &PluginRow,
    choice: &PluginReplay,
) -> anyhow::Result<Chosen> {
    let mut chosen = Chosen::default();
    let mut after = Seq(0);
    loop {
        let page = database.entries_after(after, PAGE)?;
        let Some(last) = page.last() else { return Ok(chosen) };
        after = last.seq;
        for stored in page {
            // What can be told without reading the entry.
            let (from, to) = (choice.range.from.unwrap_or(0), choice.range.to.unwrap_or(u64::MAX));
            if !(from..=to).contains(&stored.id.0) {
                continue;
            }
            let entry = shotgun::wire::parse_entry(&stored.json)
                .with_context(|| format!("failed to read entry {} of the journal", stored.seq))?;
            if !choice.wants(&entry) {
                continue;
            }
            if stored.seq > row.position {
                chosen.to_come += 1;
                continue;
            }
            let (event, seq, late) = (stored.id, stored.seq, stored.late);
            chosen.push(ReplayEntry { event, seq, late, json: stored.json })?;
        }
    }
}

async fn from_site(
    config: &Config,
    database: &Database,
    row: &PluginRow,
    choice: &PluginReplay,
) -> anyhow::Result<Chosen> {
    let Some(stream) = database.load_stream()? else {
        return Err(
            Failure::new(ExitCode::Failed, "the stream has not begun; run the host first").into()
        );
    };
    let missing: BTreeSet<EventId> = stream.gaps.iter().map(|gap| gap.id).collect();
    let client = host::client(config)?;
    let script = &config.site.script;
    let caller = Caller::script(&script.name, script.key.clone());
    client.info().await.context("failed to reach the site")?;
    let mut chosen = Chosen::default();
    let mut after = EventId(choice.range.from.unwrap_or(1).saturating_sub(1));
    loop {
        let filters = choice.filters(after)?;
        let page = client.events(&caller, filters, config.stream.page_size).await;
        let EventPage { entries, malformed, is_full, .. } =
            page.context("failed to read the event log")?;
        if let Some(malformed) = malformed.first() {
            return Err(Failure::new(
                ExitCode::Failed,
                format!("an event cannot be read: {malformed}"),
            )
            .into());
        }
        let last = entries.last().map(|fetched| fetched.entry.id);
        for fetched in entries.into_iter().filter(|fetched| choice.wants(&fetched.entry)) {
            let event = fetched.entry.id;
            let known = database.entry_by_id(event)?;
            let is_to_come = event > stream.high_water
                || missing.contains(&event)
                || known.as_ref().is_some_and(|known| known.seq > row.position);
            if is_to_come {
                chosen.to_come += 1;
                continue;
            }
            let (seq, late) = known.map_or((Seq(0), false), |known| (known.seq, known.late));
            chosen.push(ReplayEntry { event, seq, late, json: fetched.json })?;
        }
        match last {
            Some(last) if is_full => after = last,
            _ => return Ok(chosen),
        }
    }
}

impl Chosen {
    fn push(&mut self, entry: ReplayEntry) -> anyhow::Result<()> {
        if self.entries.len() == EVENTS_MAX {
            let text = format!(
                "the range holds more than {EVENTS_MAX} events, which is the limit of one replay; choose a smaller one"
            );
            return Err(Failure::new(ExitCode::Failed, text).into());
        }
        self.entries.push(entry);
        Ok(())
    }
}

impl PluginReplay {
    fn wants(&self, entry: &EventLogEntry) -> bool {
        let range = &self.range;
        let is_of_type =
            self.event_types.is_empty() || self.event_types.contains(&entry.event_type);
        let is_about = |choice: &crate::cli::EntityChoice| {
            entry.entity.as_ref().is_some_and(|entity| {
                entity.entity_type == choice.entity_type
                    && choice.id.is_none_or(|id| id == entity.id)
            })
        };
        range.from.is_none_or(|from| entry.id.0 >= from)
            && range.to.is_none_or(|to| entry.id.0 <= to)
            && range.since.is_none_or(|since| entry.created_at >= since)
            && range.until.is_none_or(|until| entry.created_at <= until)
            && is_of_type
            && (self.entities.is_empty() || self.entities.iter().any(is_about))
    }

    /// What the site is asked for; what it answers is looked at again.
    fn filters(&self, after: EventId) -> anyhow::Result<Filters> {
        let mut conditions = vec![json!(["id", "greater_than", after.0])];
        if let Some(to) = self.range.to {
            conditions.push(json!(["id", "less_than", to.saturating_add(1)]));
        }
        let moment =
            |at: i64| jiff::Timestamp::from_second(at).map(|at| at.strftime("%FT%TZ").to_string());
        if let Some(since) = self.range.since {
            let before = moment(since.0.div_euclid(1000) - 1)?;
            conditions.push(json!(["created_at", "greater_than", before]));
        }
        if let Some(until) = self.range.until {
            let beyond = moment(until.0.div_euclid(1000) + 1)?;
            conditions.push(json!(["created_at", "less_than", beyond]));
        }
        if !self.event_types.is_empty() {
            conditions.push(json!(["event_type", "in", self.event_types]));
        }
        Ok(Filters::parse(&json!(conditions).to_string())?)
    }
}

fn describe(choice: &PluginReplay) -> String {
    let range = &choice.range;
    let moment = |at: eventlog::SiteTime| {
        jiff::Timestamp::from_millisecond(at.0)
            .map_or_else(|_| at.0.to_string(), |at| at.to_string())
    };
    let entity = |choice: &crate::cli::EntityChoice| match choice.id {
        None => choice.entity_type.clone(),
        Some(id) => format!("{} {id}", choice.entity_type),
    };
    let parts = [
        range.from.map(|id| format!("from event {id}")),
        range.to.map(|id| format!("to event {id}")),
        range.since.map(|at| format!("since {}", moment(at))),
        range.until.map(|at| format!("until {}", moment(at))),
        (!choice.event_types.is_empty()).then(|| format!("of {}", choice.event_types.join(", "))),
        (!choice.entities.is_empty())
            .then(|| choice.entities.iter().map(entity).collect::<Vec<_>>().join(", "))
            .map(|entities| format!("about {entities}")),
        choice.from_site.then(|| "asked of the site".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
