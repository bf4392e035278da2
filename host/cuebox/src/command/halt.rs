//! `cuebox halt` and `cuebox release`: the kill switch. Works beside a running host, and returns when that obeys; without one, the
//! next one obeys from its start.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use database::{Database, HaltScope, Halting};
use serde::Serialize;

use crate::cli::{ExitCode, Halt, HaltChoice, Release};
use crate::command;
use crate::command::moment;
use crate::command::plugins::{find, open, say};
use crate::failure::{self, Failure};
use crate::{clock, halts};

/// How long the host is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to look whether it obeys.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What is kept where no reason is given.
const NO_REASON: &str = "no reason given";

/// One halt, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Line<'a> {
    /// The plugin that is halted.
    plugin: Option<&'a str>,
    /// The project that is halted.
    project: Option<u64>,
    /// Whether everything is.
    all: bool,
    /// In milliseconds since the Unix epoch.
    since: i64,
    reason: &'a str,
}

/// What became of a change.
enum Answer {
    Obeyed,
    NoHost,
    Silent,
}

/// Halts something, or lists what is halted.
pub fn halt(config_path: &Path, choice: Halt) -> anyhow::Result<()> {
    let mut database = open(config_path)?;
    let Some(scope) = scope(&choice.what) else {
        return list(&database.halting()?, choice.json);
    };
    if let HaltScope::Plugin(name) = &scope {
        find(&database, name)?;
    }
    let reason = choice.reason.as_deref().unwrap_or(NO_REASON);
    let change = database.halt(&scope, reason, clock::now())?;
    let name = halts::name(&scope);
    match answer(&database, change)? {
        Answer::Obeyed => {
            say(&format!("{name} is halted: nothing of it is under way any more. Its events wait."))
        }
        Answer::NoHost => {
            say(&format!("{name} is halted. No host runs; the next one obeys from its start."))
        }
        Answer::Silent => Err(Failure::new(
            ExitCode::Failed,
            format!(
                "{name} is to be halted, and the host that runs has not obeyed within {PATIENCE:?}"
            ),
        )
        .with_remedy(
            "look at its log; to stop it stops all plugins, and the next one obeys from its start",
        )
        .into()),
    }
}

/// Lets something go on.
pub fn release(config_path: &Path, choice: &Release) -> anyhow::Result<()> {
    let mut database = open(config_path)?;
    let scope = scope(&choice.what).expect("the command line demands one");
    let name = halts::name(&scope);
    let Some(change) = database.release(&scope)? else {
        let rest = database.halting()?.halts;
        let halted: Vec<String> = rest.iter().map(|halt| halts::name(&halt.scope)).collect();
        let there = match halted.is_empty() {
            true => "nothing is".to_owned(),
            false => format!("halted: {}", halted.join(", ")),
        };
        return Err(Failure::new(ExitCode::Failed, format!("{name} is not halted; {there}")).into());
    };
    let still = match &scope {
        HaltScope::Plugin(plugin) => halts::halt_of(&database.halting()?, plugin).is_some(),
        HaltScope::All | HaltScope::Project(_) => false,
    };
    let still = if still { " Every plugin is halted, and so is it still." } else { "" };
    match answer(&database, change)? {
        Answer::Obeyed => say(&format!("{name} goes on.{still}")),
        Answer::NoHost => say(&format!("{name} goes on when a host runs; none does.{still}")),
        Answer::Silent => say(&format!(
            "{name} goes on as soon as the host looks, which it has not within {PATIENCE:?}.{still}"
        )),
    }
}

fn scope(choice: &HaltChoice) -> Option<HaltScope> {
    match (&choice.name, choice.project) {
        _ if choice.all => Some(HaltScope::All),
        (Some(name), _) => Some(HaltScope::Plugin(name.clone())),
        (None, Some(id)) => Some(HaltScope::Project(id)),
        (None, None) => None,
    }
}

/// Waits until the host obeys a change.
fn answer(database: &Database, change: u64) -> anyhow::Result<Answer> {
    let begun = Instant::now();
    loop {
        if database.halting()?.obeyed >= change {
            return Ok(Answer::Obeyed);
        }
        if !database.has_host() {
            return Ok(Answer::NoHost);
        }
        if begun.elapsed() >= PATIENCE {
            return Ok(Answer::Silent);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn list(halting: &Halting, json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        let lines: Vec<Line<'_>> = halting.halts.iter().map(line).collect();
        command::write_json(&mut out, &lines)?;
        return Ok(());
    }
    if halting.halts.is_empty() {
        writeln!(out, "Nothing is halted.")?;
    }
    for halt in &halting.halts {
        writeln!(out, "{}", describe(halt))?;
    }
    Ok(())
}

/// A halt in one line.
pub fn describe(halt: &database::Halt) -> String {
    let reason = failure::one_line(&halt.reason);
    format!("{} is halted since {}: {reason}", halts::name(&halt.scope), moment(halt.at))
}

fn line(halt: &database::Halt) -> Line<'_> {
    let (plugin, project) = match &halt.scope {
        HaltScope::All => (None, None),
        HaltScope::Plugin(name) => (Some(name.as_str()), None),
        HaltScope::Project(id) => (None, Some(*id)),
    };
    let all = halt.scope == HaltScope::All;
    Line { plugin, project, all, since: halt.at.0, reason: &halt.reason }
}
