//! `cuebox approve`: shows what a file asks for that the one that runs does not, and lets it run.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::Context as _;
use database::{ArtifactRow, ArtifactState};
use policy::Manifest;
use policy::manifest::New;

use crate::admission;
use crate::cli::ExitCode;
use crate::clock;
use crate::command::plugins::{find, open, say};
use crate::failure::Failure;

/// Shows it, and approves it if `yes`, or if the person at the terminal says so.
pub fn run(config_path: &Path, name: &str, yes: bool) -> anyhow::Result<()> {
    let mut database = open(config_path)?;
    find(&database, name)?;
    let rows = database.artifacts(name)?;
    let with = |state| rows.iter().find(|row| row.state == state);
    let (Some(held), Some(running)) = (with(ArtifactState::Held), with(ArtifactState::Running))
    else {
        return Err(Failure::new(
            ExitCode::Plugin,
            format!("plugin `{name}` has no file that waits for approval"),
        )
        .into());
    };
    say(&text(name, held, running))?;
    if !yes && !is_confirmed()? {
        return say(&format!(
            "It is not approved; the version before it runs on. `cuebox approve {name} --yes` approves it."
        ));
    }
    if !database.approve_artifact(name, &held.digest, clock::now())? {
        let what = format!("the file of plugin `{name}` was replaced while you read; look again");
        return Err(Failure::new(ExitCode::Plugin, what).into());
    }
    say(&format!("Approved {}; a running host takes it within a second.", held.digest))
}

/// What the person is to know.
fn text(name: &str, held: &ArtifactRow, running: &ArtifactRow) -> String {
    let manifest = held.manifest.as_deref().and_then(|text| Manifest::parse(text).ok());
    let news = admission::beyond(running, manifest.as_ref());
    let mut text = format!(
        "Plugin `{name}`: {} asks for more than {}, which runs:\n",
        called(held),
        called(running)
    );
    for new in &news {
        text += &match new {
            New::Everything => {
                "\n  everything that is granted: it does not say any more what it needs\n"
                    .to_owned()
            }
            New::Line { service, line, why } => format!("\n  {service}  {line}\n      {why}\n"),
        };
    }
    text += &format!(
        "\nIt has of these what stands under [plugin.{name}.grant], and no more. The reasons are its author's.\n"
    );
    text
}

fn called(row: &ArtifactRow) -> String {
    let digest = &row.digest[..row.digest.len().min(12)];
    let manifest = row.manifest.as_deref().and_then(|text| Manifest::parse(text).ok());
    match manifest {
        Some(manifest) => format!("version {} ({digest})", manifest.version),
        None => format!("version {digest}"),
    }
}

/// Asks, if there is somebody to ask.
fn is_confirmed() -> anyhow::Result<bool> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Ok(false);
    }
    let mut out = std::io::stdout().lock();
    write!(out, "Approve it? [y/N] ").and_then(|()| out.flush()).context("cannot print")?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer).context("cannot read an answer")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
