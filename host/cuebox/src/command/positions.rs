//! `cuebox plugins move` and `moves`: where in the journal a plugin is, as the operator wants it.

use std::io::Write as _;
use std::path::Path;

use database::{Database, Move, MoveError, PluginRow, PluginState};
use eventlog::{EventId, Seq};
use serde::Serialize;

use crate::cli::{ExitCode, MoveTo, PluginMove};
use crate::clock;
use crate::command;
use crate::command::plugins::{find, open, say};
use crate::command::{events, moment};
use crate::failure::{self, Failure};

/// One move, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Printed<'a> {
    plugin: &'a str,
    /// In milliseconds since the Unix epoch.
    at: i64,
    from: u64,
    to: u64,
    /// How many events were skipped; below zero, how many were handed over again.
    skipped: i64,
    reason: &'a str,
}

/// Moves a plugin's position, or says what that would mean.
pub fn move_plugin(config_path: &Path, choice: PluginMove) -> anyhow::Result<()> {
    let mut database = open(config_path)?;
    let PluginMove { name, to, reason, yes } = choice;
    let row = find(&database, &name)?;
    let target = target(&database, &row, &to)?;
    let Some(reason) = reason.filter(|_| yes) else {
        return say(&format!(
            "{}\nNothing was done. To do it, give the reason and say yes: --reason TEXT --yes",
            meaning(&name, row.position, target)
        ));
    };
    let moved = database.move_plugin(&name, target, &reason, clock::now()).map_err(refused)?;
    let mut text =
        format!("{} A running host follows within a second.", meaning(&name, moved.from, moved.to));
    if matches!(row.state, PluginState::Stopped { .. }) {
        text.push_str(&format!(" It is stopped: `cuebox plugins enable {name}` lets it go on."));
    }
    say(&text)
}

/// Lists how positions were moved.
pub fn list(config_path: &Path, json: bool) -> anyhow::Result<()> {
    let moves = open(config_path)?.moves()?;
    let mut out = std::io::stdout().lock();
    if json {
        let printed: Vec<Printed<'_>> = moves.iter().map(printed).collect();
        command::write_json(&mut out, &printed)?;
        return Ok(());
    }
    if moves.is_empty() {
        writeln!(out, "No position was ever moved.")?;
    }
    for moved in &moves {
        let at = moment(moved.at);
        let what = meaning(&moved.plugin, moved.from, moved.to);
        writeln!(out, "{at}  {what} Reason: {}", failure::one_line(&moved.reason))?;
    }
    Ok(())
}

fn printed(moved: &Move) -> Printed<'_> {
    Printed {
        plugin: &moved.plugin,
        at: moved.at.0,
        from: moved.from.0,
        to: moved.to.0,
        skipped: moved.entries(),
        reason: &moved.reason,
    }
}

/// Where the operator wants a plugin to be.
fn target(database: &Database, row: &PluginRow, to: &MoveTo) -> anyhow::Result<Seq> {
    let last = database.last_seq()?;
    if let Some(event) = to.event {
        let entry = database.entry_by_id(EventId(event))?.ok_or_else(|| {
            let text = format!("event {event} is not in the journal: it never came, or was dropped after `retention`");
            Failure::new(ExitCode::Failed, text)
        })?;
        return Ok(Seq(entry.seq.0 - 1));
    }
    let position = row.position.0;
    let beyond = |rule: String| Failure::new(ExitCode::Failed, rule).into();
    match (to.skip, to.back) {
        (Some(skip), _) => match last.0 - position {
            left if skip > left => Err(beyond(format!(
                "plugin `{}` has {left} events before it, and {skip} cannot be skipped",
                row.name
            ))),
            _ => Ok(Seq(position + skip)),
        },
        (None, Some(back)) => position.checked_sub(back).map(Seq).ok_or_else(|| {
            beyond(format!("plugin `{}` has {position} events behind it, and {back} cannot be handed over again", row.name))
        }),
        (None, None) => Ok(last),
    }
}

fn meaning(plugin: &str, from: Seq, to: Seq) -> String {
    let places =
        |after: Seq, last: Seq| format!("places {} to {} of the journal", after.next(), last);
    if to > from {
        format!("Plugin `{plugin}` skips {}: {}.", events(to.0 - from.0), places(from, to))
    } else if to < from {
        format!(
            "Plugin `{plugin}` is handed {} again: {}.",
            events(from.0 - to.0),
            places(to, from)
        )
    } else {
        format!("Plugin `{plugin}` stays where it is, at {from}.")
    }
}

fn refused(error: MoveError) -> anyhow::Error {
    Failure::new(ExitCode::Failed, failure::chain(&error)).into()
}
