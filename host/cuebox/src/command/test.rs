//! `cuebox test`: a plugin's tests, offline.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use config::{Log, LogFormat, LogMode};
use runtime::REFUSALS_TARGET;
use serde::Serialize;

use crate::authoring::build::Project;
use crate::authoring::case::Case;
use crate::authoring::engine::engine;
use crate::authoring::trial::{Bench, Trial};
use crate::cli::{ExitCode, Test};
use crate::command;
use crate::failure::Failure;
use crate::log;

/// What `--json` prints. Other programs read it: keys are added, and neither renamed nor removed.
#[derive(Serialize)]
struct Printed<'a> {
    plugin: &'a str,
    component: &'a Path,
    passed: usize,
    failed: usize,
    cases: &'a [Trial],
}

/// Builds the plugin if it is not told which component to take, runs its cases, and fails if one of them does.
pub async fn run(choice: Test) -> anyhow::Result<()> {
    let project = Project::open(&choice.folder)?;
    let cases = cases(&project.folder, choice.only.as_deref())?;
    let engine = engine()?;
    let component = match choice.component {
        Some(component) => component,
        None => project.build(&engine)?.path,
    };
    let (bench, sink) = Bench::new(engine);
    let logging = log::start_with(&quiet(), false, Some(sink))?;
    let mut trials = Vec::new();
    for (path, case) in cases {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let trial = bench.run(name, &case, &project, &component).await;
        if !choice.json {
            trial.print(&mut std::io::stdout().lock()).context("cannot print")?;
        }
        trials.push(trial);
    }
    drop(logging);
    let failed = trials.iter().filter(|trial| !trial.is_good()).count();
    let passed = trials.len() - failed;
    let mut out = std::io::stdout().lock();
    if choice.json {
        let plugin = project.manifest.name.as_str();
        let printed = Printed { plugin, component: &component, passed, failed, cases: &trials };
        command::write_json(&mut out, &printed)?;
    } else {
        writeln!(out, "\n{passed} passed, {failed} failed")?;
    }
    match failed {
        0 => Ok(()),
        1 => Err(Failure::new(ExitCode::Failed, "1 case failed").into()),
        count => Err(Failure::new(ExitCode::Failed, format!("{count} cases failed")).into()),
    }
}

/// The cases of a plugin by their files, in the order of their names. One that cannot be read fails all.
fn cases(folder: &Path, only: Option<&str>) -> anyhow::Result<Vec<(PathBuf, Case)>> {
    let folder = folder.join("tests");
    let none = |what: String| {
        Failure::new(ExitCode::Failed, what)
            .with_remedy("A case is a file such as those that `cuebox new` writes: plugin-sdk/GUIDE.md shows the form.")
    };
    let entries = std::fs::read_dir(&folder)
        .map_err(|error| none(format!("cannot read {}: {error}", folder.display())))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot read {}", folder.display()))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_wanted = only.is_none_or(|text| name.contains(text));
        if is_wanted && path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        let which = only.map(|text| format!(" with `{text}` in its name")).unwrap_or_default();
        return Err(none(format!("there is no case{which} in {}", folder.display())).into());
    }
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let case = Case::parse(&text)
            .map_err(|why| Failure::new(ExitCode::Failed, format!("{}: {why}", path.display())))?;
        Ok((path, case))
    };
    paths.into_iter().map(read).collect()
}

/// Nothing but what the plugin says and is refused, which goes to the cases.
pub fn quiet() -> Log {
    Log {
        level: format!("off,plugin=trace,{REFUSALS_TARGET}=warn"),
        format: LogFormat::Human,
        directory: None,
        mode: LogMode::One,
        keep: 1,
        timing: false,
    }
}
