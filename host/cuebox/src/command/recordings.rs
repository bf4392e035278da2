//! `cuebox replay`: runs recorded deliveries again, without a site and a configuration.

mod print;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use crate::cli::{ExitCode, Replay};
use crate::command;
use crate::failure::{Failure, chain};
use crate::recording::{Comparison, Recording, Replayed, Versions, replay};

/// How deep folders are looked into: `FOLDER/PLUGIN/VERSION/`, and two more for where that was put.
const DEPTH_MAX: usize = 5;

/// One recording, and what came of it.
#[derive(Debug, Serialize)]
struct Line {
    recording: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_at: Option<i64>,
    /// How the recorded run ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    result: Verdict,
    /// Why it was not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<Comparison>,
}

/// What a replay says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    /// Effects, log and outcome are the same.
    Identical,
    /// Another version has the same effects and the same outcome, and logs something else.
    SameEffects,
    /// Something differs that counts.
    Differs,
    /// It could not be run.
    NotRun,
}

/// Runs a recording, or all in a folder.
pub async fn run(choice: &Replay) -> anyhow::Result<()> {
    let paths = recordings(&choice.path)?;
    let mut versions = Versions::new(choice.plugin.clone())?;
    let mut lines = Vec::new();
    for path in &paths {
        lines.push(line(&mut versions, path).await);
    }
    let mut out = std::io::stdout().lock();
    if choice.json {
        command::write_json(&mut out, &lines)?;
    } else {
        print::print(&mut out, &lines).context("cannot print")?;
    }
    let count = |verdict| lines.iter().filter(|line| line.result == verdict).count();
    match (count(Verdict::NotRun), count(Verdict::Differs)) {
        (0, 0) => Ok(()),
        (0, differ) => Err(failed(format!("{differ} of {} replays differ", lines.len()))),
        (broken, 0) => Err(failed(format!("{broken} of {} were not run", lines.len()))),
        (broken, differ) => Err(failed(format!(
            "{differ} of {} replays differ, and {broken} were not run",
            lines.len()
        ))),
    }
}

fn failed(what: String) -> anyhow::Error {
    Failure::new(ExitCode::Failed, what).into()
}

async fn line(versions: &mut Versions, path: &Path) -> Line {
    let shown = path.display().to_string();
    let not_run = |error: String| Line {
        recording: shown.clone(),
        event: None,
        callback: None,
        recorded_at: None,
        outcome: None,
        result: Verdict::NotRun,
        error: Some(error),
        comparison: None,
    };
    let recording = match Recording::read(path) {
        Ok(recording) => recording,
        Err(error) => return not_run(chain(&error)),
    };
    let Replayed { transcript, is_recorded } = match replay(versions, path, &recording).await {
        Ok(replayed) => replayed,
        Err(error) => return not_run(chain(&error)),
    };
    let recorded = &recording.transcript;
    let comparison = Comparison::of(recorded, &transcript);
    let result = match () {
        () if comparison.is_identical() => Verdict::Identical,
        () if !is_recorded && comparison.has_same_effects() && comparison.outcome.is_none() => {
            Verdict::SameEffects
        }
        () => Verdict::Differs,
    };
    Line {
        recording: shown,
        event: Some(recorded.event.id),
        callback: Some(recorded.callback.clone()),
        recorded_at: Some(recording.recorded_at),
        outcome: Some(recorded.handle.ending.outcome.clone()),
        result,
        error: None,
        comparison: Some(comparison),
    }
}

/// The recordings at a path, in the order of their names.
fn recordings(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![(path.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("cannot list the folder {}", folder.display()))?;
        for entry in entries {
            let path = entry.context("cannot list a folder")?.path();
            if path.is_dir() && depth < DEPTH_MAX {
                folders.push((path, depth + 1));
            } else if path.extension().is_some_and(|ending| ending == "json") {
                found.push(path);
            }
        }
    }
    if found.is_empty() {
        let what = format!("there is no recording in {}", path.display());
        return Err(failed(what));
    }
    found.sort();
    Ok(found)
}
