//! `cuebox grants suggest`: the smallest grants that a plugin's calls needed. Works beside a running host and without one.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use database::UsageRow;
use policy::Grants;
use policy::network::{self, Line};
use policy::shotgun::{self, Need, Needed, Operation, Projects};
use serde::Serialize;

use crate::cli::GrantsAction;
use crate::command::{self, plugins::find, plugins::say};
use crate::host;
use crate::usage::{HTTP, SHOTGUN};

/// What is suggested, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Suggestion {
    /// Lines for `grant.shotgun`, and for `grant.http`: all that the plugin's calls needed.
    shotgun: Vec<String>,
    http: Vec<String>,
    /// What of them is not granted today.
    missing: Lines,
    /// What is granted today, and was not needed.
    unused: Lines,
}

/// Lines of both kinds.
#[derive(Debug, Serialize)]
struct Lines {
    shotgun: Vec<String>,
    http: Vec<String>,
}

/// Does what the command line says about grants.
pub fn run(config_path: &Path, action: GrantsAction) -> anyhow::Result<()> {
    let GrantsAction::Suggest { name, json, forget } = action;
    let config = command::read_config(config_path)?;
    let mut database = host::open_database_for_tools(&config)?;
    find(&database, &name)?;
    if forget {
        database.forget_usage(&name)?;
        return say(&format!(
            "What plugin `{name}` needed is forgotten. A running host keeps what is needed for the first time; start it anew to see all."
        ));
    }
    let suggestion = suggest(&database.usage(&name)?, &config.plugin(&name).grants);
    let mut out = std::io::stdout().lock();
    if json {
        command::write_json(&mut out, &suggestion)?;
        return Ok(());
    }
    write_suggestion(&mut out, &name, &suggestion)?;
    Ok(())
}

fn suggest(usage: &[UsageRow], granted: &Grants) -> Suggestion {
    let needed = usage.iter().filter(|row| row.kind == SHOTGUN).filter_map(needed);
    let needed: BTreeSet<Needed> = needed.flat_map(|one| within(one, &granted.shotgun)).collect();
    let smallest = shotgun::smallest(&needed);
    let mut asked: Vec<Line> =
        usage.iter().filter(|row| row.kind == HTTP).filter_map(line).collect();
    asked.sort_by_key(ToString::to_string);
    let held: Vec<Line> = granted.http.iter().map(|grant| grant.line.clone()).collect();
    let unused = held.iter().filter(|held| !asked.iter().any(|asked| asked.is_within(held)));
    Suggestion {
        missing: Lines {
            shotgun: texts(smallest.without(&granted.shotgun).iter()),
            http: texts(network::difference(&asked, &held).iter()),
        },
        unused: Lines {
            shotgun: texts(granted.shotgun.without(&smallest).iter()),
            http: texts(unused),
        },
        shotgun: texts(smallest.iter()),
        http: texts(asked.iter()),
    }
}

fn needed(row: &UsageRow) -> Option<Needed> {
    let operation = Operation::ALL.into_iter().find(|one| one.as_str() == row.operation)?;
    let need = Need::of(operation, &row.subject, row.field.as_deref());
    Some(Needed { need, project: row.project })
}

/// What was needed wherever it is granted is suggested for no more projects than that.
fn within(needed: Needed, granted: &shotgun::Grants) -> Vec<Needed> {
    let covered = granted.cover(&needed.need);
    match (needed.project, covered) {
        (None, Some(Projects::Only(projects))) => {
            let in_project = |id| Needed { project: Some(id), ..needed.clone() };
            projects.into_iter().map(in_project).collect()
        }
        _ => vec![needed],
    }
}

fn line(row: &UsageRow) -> Option<Line> {
    format!("{} {}", row.operation, row.subject).parse().ok()
}

fn texts<T: ToString>(lines: impl Iterator<Item = T>) -> Vec<String> {
    lines.map(|line| line.to_string()).collect()
}

fn write_suggestion(
    out: &mut impl Write,
    name: &str,
    suggestion: &Suggestion,
) -> std::io::Result<()> {
    let Suggestion { shotgun, http, missing, unused } = suggestion;
    if shotgun.is_empty() && http.is_empty() {
        writeln!(out, "# No call of plugin `{name}` needed a grant yet.")?;
    } else {
        writeln!(out, "[plugin.{name}]")?;
        write_list(out, "grant.shotgun", shotgun)?;
        write_list(out, "grant.http", http)?;
    }
    for (what, lines) in [("not granted today", missing), ("granted, and never used", unused)] {
        for line in lines.shotgun.iter().chain(&lines.http) {
            writeln!(out, "# {what}: {line}")?;
        }
    }
    Ok(())
}

/// Names of types and fields come from a plugin: they are written as TOML holds them.
fn write_list(out: &mut impl Write, key: &str, lines: &[String]) -> std::io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "{key} = [")?;
    for line in lines {
        writeln!(out, "    {},", toml::Value::String(line.clone()))?;
    }
    writeln!(out, "]")
}
