//! `cuebox dead-letters`: events that were put aside, and what becomes of them. Works beside a running host, which follows
//! within a moment, and without one.

use std::io::Write as _;
use std::path::Path;

use database::{Database, DeadLetter, LetterError};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cli::{DeadLettersAction, ExitCode, LetterList, Letters};
use crate::command;
use crate::command::moment;
use crate::command::plugins::{find, open, say};
use crate::failure::{self, Failure};

/// One dead letter, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Printed<'a> {
    number: u64,
    plugin: &'a str,
    callback: &'a str,
    event: u64,
    /// The event's place in the journal.
    seq: u64,
    /// Whether the event had appeared late.
    late: bool,
    error: &'a str,
    attempts: u32,
    /// In milliseconds since the Unix epoch.
    failed_at: i64,
    /// The version that failed.
    version: Option<&'a str>,
    /// Whether it waits to be handed over again.
    redrive: bool,
    /// The halted project that it is held back for; it is handed over when that is released.
    halted_project: Option<u64>,
    note: &'a str,
    /// The last lines that the plugin logged.
    log: &'a str,
    /// The event, as the site sent it.
    entry: &'a RawValue,
}

/// Does what the command line says about dead letters.
pub fn run(config_path: &Path, action: DeadLettersAction) -> anyhow::Result<()> {
    let mut database = open(config_path)?;
    match action {
        DeadLettersAction::List(list) => self::list(&database, &list),
        DeadLettersAction::Show { number, json } => show(&database, number, json),
        DeadLettersAction::Redrive(letters) => {
            let numbers = numbers(&database, letters)?;
            database.redrive(&numbers).map_err(refused)?;
            let them = counted(numbers.len());
            say(&format!("{them} handed over again; a running host begins within a second."))
        }
        DeadLettersAction::Discard(letters) => {
            let numbers = numbers(&database, letters)?;
            database.discard_dead_letters(&numbers).map_err(refused)?;
            say(&format!("{} dropped.", counted(numbers.len())))
        }
        DeadLettersAction::Note { number, text } => {
            database.annotate_dead_letter(number, &text).map_err(refused)?;
            say(&format!("The note is at dead letter {number}."))
        }
    }
}

fn list(database: &Database, list: &LetterList) -> anyhow::Result<()> {
    if let Some(plugin) = &list.plugin {
        find(database, plugin)?;
    }
    let letters = database.dead_letters(list.plugin.as_deref())?;
    let mut out = std::io::stdout().lock();
    if list.json {
        let printed: Vec<Printed<'_>> = letters.iter().map(printed).collect::<Result<_, _>>()?;
        command::write_json(&mut out, &printed)?;
        return Ok(());
    }
    if letters.is_empty() {
        writeln!(out, "No event is put aside.")?;
        return Ok(());
    }
    for letter in &letters {
        write_head(&mut out, letter)?;
    }
    Ok(())
}

fn show(database: &Database, number: u64, json: bool) -> anyhow::Result<()> {
    let letter = database.dead_letter(number)?.ok_or(LetterError::Unknown { number });
    let letter = letter.map_err(refused)?;
    let mut out = std::io::stdout().lock();
    let printed = printed(&letter)?;
    if json {
        command::write_json(&mut out, &printed)?;
        return Ok(());
    }
    write_head(&mut out, &letter)?;
    if let Some(version) = printed.version {
        writeln!(out, "  version {version}")?;
    }
    for line in printed.log.lines() {
        writeln!(out, "  log     {}", failure::one_line(line))?;
    }
    let entry: serde_json::Value = serde_json::from_str(printed.entry.get())?;
    writeln!(out, "{}", serde_json::to_string_pretty(&entry)?)?;
    Ok(())
}

fn write_head(out: &mut impl std::io::Write, letter: &DeadLetter) -> std::io::Result<()> {
    let DeadLetter { number, delivery, ending, redrive, note, .. } = letter;
    let (plugin, callback, event) = (&delivery.plugin, &delivery.callback, delivery.event);
    let times =
        if ending.attempts == 1 { "once".to_owned() } else { format!("{} times", ending.attempts) };
    let waits = if *redrive { ", to be handed over again" } else { "" };
    writeln!(
        out,
        "{number:>5}  {}  plugin {plugin}, callback {callback}, event {event}, tried {times}{waits}",
        moment(ending.at)
    )?;
    writeln!(out, "       {}", failure::one_line(&ending.error))?;
    if !note.is_empty() {
        writeln!(out, "       note: {}", failure::one_line(note))?;
    }
    Ok(())
}

fn printed(letter: &DeadLetter) -> anyhow::Result<Printed<'_>> {
    Ok(Printed {
        number: letter.number,
        plugin: &letter.delivery.plugin,
        callback: &letter.delivery.callback,
        event: letter.delivery.event.0,
        seq: letter.seq.0,
        late: letter.late,
        error: &letter.ending.error,
        attempts: letter.ending.attempts,
        failed_at: letter.ending.at.0,
        version: letter.digest.as_deref(),
        redrive: letter.redrive,
        halted_project: letter.halted_project,
        note: &letter.note,
        log: &letter.ending.log,
        entry: serde_json::from_str(&letter.json)?,
    })
}

/// Which letters are meant. None at all is a mistake: whoever says so expects some.
fn numbers(database: &Database, letters: Letters) -> anyhow::Result<Vec<u64>> {
    let Letters { numbers, plugin, all } = letters;
    if !all && plugin.is_none() {
        return Ok(numbers);
    }
    if let Some(plugin) = &plugin {
        find(database, plugin)?;
    }
    let letters = database.dead_letters(plugin.as_deref())?;
    if letters.is_empty() {
        let whose = plugin.map_or(String::new(), |plugin| format!(" of plugin `{plugin}`"));
        return Err(
            Failure::new(ExitCode::Failed, format!("there is no dead letter{whose}")).into()
        );
    }
    Ok(letters.into_iter().map(|letter| letter.number).collect())
}

fn counted(letters: usize) -> String {
    match letters {
        1 => "1 dead letter is".to_owned(),
        more => format!("{more} dead letters are"),
    }
}

fn refused(error: LetterError) -> anyhow::Error {
    match error {
        LetterError::Unknown { .. } => Failure::new(
            ExitCode::Failed,
            format!("{error}; `cuebox dead-letters` lists those there are"),
        )
        .into(),
        LetterError::Query(error) => error.into(),
    }
}
