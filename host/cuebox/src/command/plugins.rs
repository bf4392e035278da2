//! `cuebox plugins`: what the database knows of the plugins, and the operator's wishes. Works beside a running host, which
//! follows within a moment, and without one.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use database::{ArtifactState, Database, PluginRow, PluginState, QueryError};
use serde::Serialize;

use crate::cli::ExitCode;
use crate::command;
use crate::command::halt::describe;
use crate::failure::{self, Failure};
use crate::halts;
use crate::host;

/// One plugin, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Line {
    name: String,
    /// `running`, `halted`, `held` (it runs, while a newer file waits for approval), `stopped`, `storm` (stopped, as
    /// plugins set each other off), `disabled` or `removed`.
    state: &'static str,
    /// Whether the configuration has it in shadow: it changes nothing.
    shadow: bool,
    /// The place in the journal that it has finished with.
    position: u64,
    /// How many entries of the journal are after that.
    lag: u64,
    handled: u64,
    failed: u64,
    /// Events that were put aside.
    dead_letters: u64,
    /// Those of them that wait for the release of a project.
    held_back: u64,
    /// Since when the plugin is halted, in milliseconds since the Unix epoch.
    halted_since: Option<i64>,
    /// Why.
    halt_reason: Option<String>,
    version: Option<String>,
    /// The digest of a newer file that waits for approval.
    held: Option<String>,
    last_error: Option<String>,
    /// The event that the last error was about.
    last_error_event: Option<u64>,
    /// In milliseconds since the Unix epoch.
    last_error_at: Option<i64>,
    /// How often it met each limit, by the limit's name; `grant` for what was not granted, `halt` for calls that were cut off.
    refused: BTreeMap<String, Refused>,
}

/// How often a plugin met a limit.
#[derive(Debug, Serialize)]
struct Refused {
    times: u64,
    /// In milliseconds since the Unix epoch.
    last_at: i64,
}

/// Lists the plugins.
pub fn list(config_path: &Path, json: bool) -> anyhow::Result<()> {
    let config = command::read_config(config_path)?;
    let database = host::open_database_for_tools(&config)?;
    let (last, halting) = (database.last_seq()?.0, database.halting()?);
    let mut lines = Vec::new();
    for row in database.plugins()? {
        let dead_letters = database.dead_letter_count(&row.name)?;
        let mut artifacts = database.artifacts(&row.name)?.into_iter();
        let held = artifacts.find(|file| file.state == ArtifactState::Held);
        let line = line(row, last);
        let halt = halts::halt_of(&halting, &line.name);
        let state = match line.state {
            "running" | "stopped" | "storm" if halt.is_some() => "halted",
            "running" if held.is_some() => "held",
            state => state,
        };
        lines.push(Line {
            dead_letters,
            held_back: database.held_back(&line.name)?,
            refused: refused(&database, &line.name)?,
            state,
            shadow: config.plugin(&line.name).shadow,
            held: held.map(|file| file.digest),
            halted_since: halt.map(|halt| halt.at.0),
            halt_reason: halt.map(|halt| halt.reason.clone()),
            ..line
        });
    }
    let mut out = std::io::stdout().lock();
    if json {
        command::write_json(&mut out, &lines)?;
        return Ok(());
    }
    if lines.is_empty() {
        writeln!(
            out,
            "No plugin has run yet. `cuebox run` finds them in the folders of `paths` under [plugins]."
        )?;
        return Ok(());
    }
    write_table(&mut out, &lines)?;
    for halt in &halting.halts {
        writeln!(out, "{}", describe(halt))?;
    }
    Ok(())
}

/// Lets a plugin run: turns it on, and lets it go on after a failure.
pub fn enable(config_path: &Path, name: &str) -> anyhow::Result<()> {
    let mut database = open(config_path)?;
    find(&database, name)?;
    database.set_enabled(name, true)?;
    database.resume_plugin(name)?;
    say(&format!("Plugin `{name}` is enabled; a running host lets it go on within a second."))
}

/// Lets a plugin rest. It keeps its position, and the journal keeps what comes after it.
pub fn disable(config_path: &Path, name: &str) -> anyhow::Result<()> {
    let mut database = open(config_path)?;
    find(&database, name)?;
    database.set_enabled(name, false)?;
    say(&format!(
        "Plugin `{name}` is disabled; a running host stops it after the call in progress (`cuebox halt {name}` does at once). Its events \
         wait for it."
    ))
}

/// The database of a configuration, for a command that works beside a running host.
pub fn open(config_path: &Path) -> anyhow::Result<Database> {
    let config = command::read_config(config_path)?;
    host::open_database_for_tools(&config)
}

/// What is kept of a plugin; an error that offers the nearest name if there is none.
pub fn find(database: &Database, name: &str) -> anyhow::Result<PluginRow> {
    if let Some(row) = database.plugin(name)? {
        return Ok(row);
    }
    let known: Vec<String> = database.plugins()?.into_iter().map(|row| row.name).collect();
    let nearest = known
        .iter()
        .map(|known| (strsim::jaro_winkler(known, name), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0));
    let hint = match nearest {
        Some((_, nearest)) => format!("did you mean `{nearest}`?"),
        None if known.is_empty() => "none has run yet".to_owned(),
        None => format!("there are {}", known.join(", ")),
    };
    Err(Failure::new(ExitCode::Plugin, format!("there is no plugin `{name}`; {hint}")).into())
}

fn refused(database: &Database, name: &str) -> Result<BTreeMap<String, Refused>, QueryError> {
    let rows = database.refusals(name)?.into_iter();
    Ok(rows.map(|row| (row.what, Refused { times: row.times, last_at: row.last_at.0 })).collect())
}

fn line(row: PluginRow, last: u64) -> Line {
    let state = match (&row.removed_at, row.enabled, row.state) {
        (Some(_), ..) => "removed",
        (None, false, _) => "disabled",
        (None, true, PluginState::Stopped { .. }) if row.storm => "storm",
        (None, true, PluginState::Stopped { .. }) => "stopped",
        (None, true, PluginState::Active) => "running",
    };
    let failure = row.last_failure;
    Line {
        state,
        shadow: false,
        position: row.position.0,
        lag: last.saturating_sub(row.position.0),
        handled: row.handled,
        failed: row.failed,
        dead_letters: 0,
        held_back: 0,
        halted_since: None,
        halt_reason: None,
        version: row.digest,
        held: None,
        last_error_event: failure.as_ref().map(|failure| failure.event.0),
        last_error_at: failure.as_ref().map(|failure| failure.at.0),
        last_error: failure.map(|failure| failure.error),
        refused: BTreeMap::new(),
        name: row.name,
    }
}

fn write_table(out: &mut impl std::io::Write, lines: &[Line]) -> std::io::Result<()> {
    let width = lines.iter().map(|line| line.name.len()).max().unwrap_or(0).max("PLUGIN".len());
    writeln!(
        out,
        "{:<width$}  {:<8}  {:>10}  {:>8}  {:>10}  {:>6}  {:>7}  VERSION",
        "PLUGIN", "STATE", "POSITION", "LAG", "HANDLED", "FAILED", "LETTERS"
    )?;
    for line in lines {
        let version = line.version.as_deref().unwrap_or("-");
        let version = &version[..version.len().min(12)];
        writeln!(
            out,
            "{:<width$}  {:<8}  {:>10}  {:>8}  {:>10}  {:>6}  {:>7}  {version}",
            line.name,
            line.state,
            line.position,
            line.lag,
            line.handled,
            line.failed,
            line.dead_letters
        )?;
        if line.shadow {
            let name = &line.name;
            writeln!(
                out,
                "{:width$}  in shadow: it changes nothing; `cuebox audit list --shadow --plugin {name}` shows what it would",
                ""
            )?;
        }
        if let Some(held) = &line.held {
            let (name, held) = (&line.name, &held[..held.len().min(12)]);
            writeln!(
                out,
                "{:width$}  version {held} is held: `cuebox approve {name}` shows why",
                ""
            )?;
        }
        if let (Some(error), Some(event)) = (&line.last_error, line.last_error_event) {
            let error = failure::one_line(error);
            writeln!(out, "{:width$}  last error, at event {event}: {error}", "")?;
        }
        if !line.refused.is_empty() {
            let refused =
                line.refused.iter().map(|(what, refused)| format!("{what} {}", refused.times));
            let refused = refused.collect::<Vec<_>>().join(", ");
            writeln!(out, "{:width$}  refused so far, by limit: {refused}", "")?;
        }
    }
    Ok(())
}

/// Prints a line.
pub fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("cannot print")
}
