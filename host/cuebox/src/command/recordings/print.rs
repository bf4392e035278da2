//! What `cuebox replay` prints for people.

use std::io::{self, Write};
use std::path::Path;

use super::{Line, Verdict};
use crate::command;
use crate::failure::one_line;
use crate::recording::{Comparison, EffectChange};

/// The most lines of a log that are shown of each run.
const LOG_LINES_MAX: usize = 20;

/// Prints each replay, and a table if they are several.
pub fn print(out: &mut impl Write, lines: &[Line]) -> io::Result<()> {
    for line in lines {
        print_line(out, line)?;
    }
    if lines.len() > 1 {
        table(out, lines)?;
    }
    Ok(())
}

fn print_line(out: &mut impl Write, line: &Line) -> io::Result<()> {
    writeln!(out, "{}", one_line(&line.recording))?;
    if let Some(error) = &line.error {
        return writeln!(out, "  not run: {}", one_line(error));
    }
    let Some(comparison) = &line.comparison else { return Ok(()) };
    writeln!(
        out,
        "  event {} to `{}`, recorded {}",
        line.event.unwrap_or_default(),
        one_line(line.callback.as_deref().unwrap_or_default()),
        command::moment(eventlog::Timestamp(line.recorded_at.unwrap_or_default())),
    )?;
    let counts = format!(
        "{}, {}, outcome {}",
        counted(comparison.effects, "effect"),
        counted(comparison.log_lines, "line of log"),
        one_line(line.outcome.as_deref().unwrap_or_default()),
    );
    match line.result {
        Verdict::Identical => writeln!(out, "  identical: {counts}")?,
        Verdict::SameEffects => writeln!(out, "  same effects and outcome; recorded: {counts}")?,
        Verdict::Differs | Verdict::NotRun => writeln!(out, "  differs; recorded: {counts}")?,
    }
    if let (true, Some(call)) = (line.result != Verdict::Identical, &comparison.first_call) {
        let shown = |call: &Option<String>| call.as_deref().map_or("none".to_owned(), one_line);
        writeln!(out, "  first at call {} to the host", call.place)?;
        writeln!(out, "    recorded: {}", shown(&call.recorded))?;
        writeln!(out, "    now:      {}", shown(&call.now))?;
    }
    effects(out, comparison)?;
    if let Some(outcome) = &comparison.outcome {
        writeln!(out, "  outcome")?;
        writeln!(out, "    recorded: {}", one_line(&outcome.recorded))?;
        writeln!(out, "    now:      {}", one_line(&outcome.now))?;
    }
    if let Some(log) = &comparison.log {
        writeln!(out, "  log")?;
        log_lines(out, '-', &log.recorded)?;
        log_lines(out, '+', &log.now)?;
    }
    let fuel = &comparison.fuel;
    match fuel.recorded == fuel.now {
        true => writeln!(out, "  fuel {}, as recorded", fuel.now),
        false => writeln!(out, "  fuel {}, recorded {}", fuel.now, fuel.recorded),
    }
}

fn effects(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    if comparison.is_reordered {
        writeln!(out, "  the same effects in another order")?;
    }
    for change in &comparison.changes {
        match change {
            EffectChange::Added(effect) => {
                writeln!(out, "  + {}", one_line(&effect.to_string()))?;
            }
            EffectChange::Removed(effect) => {
                writeln!(out, "  - {}", one_line(&effect.to_string()))?;
            }
            EffectChange::Changed { effect, fields } => {
                let what = format!("{} {}", effect.function, effect.target);
                writeln!(out, "  ~ {}", one_line(&what))?;
                for field in fields {
                    let shown = |value: &Option<serde_json::Value>| {
                        value.as_ref().map_or("nothing".to_owned(), |it| one_line(&it.to_string()))
                    };
                    let (before, now) = (shown(&field.recorded), shown(&field.now));
                    writeln!(out, "      {}: {before} -> {now}", one_line(&field.field))?;
                }
            }
        }
    }
    Ok(())
}

fn log_lines(out: &mut impl Write, mark: char, lines: &[String]) -> io::Result<()> {
    for line in lines.iter().take(LOG_LINES_MAX) {
        writeln!(out, "    {mark} {}", one_line(line))?;
    }
    match lines.len().saturating_sub(LOG_LINES_MAX) {
        0 => Ok(()),
        more => writeln!(out, "    {mark} … and {more} more"),
    }
}

fn table(out: &mut impl Write, lines: &[Line]) -> io::Result<()> {
    let name = |line: &Line| {
        let path = Path::new(&line.recording);
        one_line(&path.file_name().unwrap_or_default().to_string_lossy())
    };
    let width = lines.iter().map(|line| name(line).chars().count()).max().unwrap_or_default();
    writeln!(out)?;
    writeln!(out, "{:width$}  effects  outcome  log", "recording")?;
    for line in lines {
        let said = |is_same: bool| if is_same { "same" } else { "differ" };
        let (effects, outcome, log) = match &line.comparison {
            None => ("not run", "", ""),
            Some(comparison) => (
                said(comparison.has_same_effects()),
                said(comparison.outcome.is_none()),
                said(comparison.log.is_none()),
            ),
        };
        let text = format!("{:width$}  {effects:7}  {outcome:7}  {log}", name(line));
        writeln!(out, "{}", text.trim_end())?;
    }
    Ok(())
}

fn counted(count: usize, what: &str) -> String {
    match (count, what.split_once(' ')) {
        (1, _) => format!("1 {what}"),
        (_, Some((first, rest))) => format!("{count} {first}s {rest}"),
        (_, None) => format!("{count} {what}s"),
    }
}
