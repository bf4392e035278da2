//! One case of a plugin's tests: the plugin's component, in the runtime that a host has, against a stand-in site in this process.
//!
//! What is checked is the plugin and not the host: each event that it wants is handed to it once, in the order of the log, with one
//! instance for all. What it writes makes new events on the site, as it would; they are not handed over. Other hosts are not reached:
//! the case answers in their place.

mod event_log;
mod others;
mod report;
mod stage;
mod subject;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use runtime::{Engine, Forgetful, KeyValues, Outcome};

use super::build::Project;
use super::case::{Case, Cost, Event, UNWANTED};
use super::writes::{Line, compare};
use crate::failure::chain;
use crate::log::{GuestLine, GuestLineSink};
use others::Others;
use stage::Stage;

pub use event_log::EventLog;
pub use report::{Call, Trial};
pub use stage::{Granted, PLUGIN_SCRIPT, bare, config, config_in_shadow};
pub use subject::{Subject, Surroundings};

/// What the cases of one run share.
pub struct Bench {
    /// What compiles and runs the plugin.
    pub engine: Engine,
    /// What the plugin logged and was refused since this was last looked at.
    lines: Arc<Mutex<Vec<GuestLine>>>,
}

impl Bench {
    /// With this engine, and the end of the log that hands out the plugin's lines.
    pub fn new(engine: Engine) -> (Self, GuestLineSink) {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = lines.clone();
        let sink = GuestLineSink::new(move |line| {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        });
        (Self { engine, lines }, sink)
    }

    /// What the plugin logged and was refused since this was last asked.
    pub fn take_lines(&self) -> Vec<String> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.drain(..).map(|line| format!("{} {}", line.level, line.message)).collect()
    }

    /// Runs a case. What keeps it from being run is a problem of the case, too.
    pub async fn run(
        &self,
        name: String,
        case: &Case,
        project: &Project,
        component: &Path,
    ) -> Trial {
        let mut trial = Trial::new(name, case.about.clone());
        self.take_lines();
        if let Err(error) = self.perform(&mut trial, case, project, component).await {
            trial.problems.push(chain(error.as_ref()));
        }
        trial.log.extend(self.take_lines());
        for text in &case.log {
            if !trial.log.iter().any(|line| line.contains(text.as_str())) {
                trial.problems.push(format!("no line of its log says `{text}`"));
            }
        }
        trial
    }

    async fn perform(
        &self,
        trial: &mut Trial,
        case: &Case,
        project: &Project,
        component: &Path,
    ) -> anyhow::Result<()> {
        let mut stage = Stage::set(case).await?;
        let manifest = &project.manifest;
        let granted = Granted::in_case(case, manifest);
        let config = config(&stage.site, &manifest.name, granted, &case.settings)?;
        let keys = case.keys.iter().map(|(key, value)| (key.clone(), value.clone().into_bytes()));
        let others = Others::new(case, &stage.names);
        let surroundings = Surroundings {
            keys: KeyValues::new(keys),
            connector: others.connector(),
            journal: Arc::new(Forgetful),
        };
        let log = EventLog::of(&config)?;
        let mut subject =
            Subject::load(&self.engine, config, &manifest.name, component, surroundings).await?;
        stage.misbehave(case)?;
        stage.site.watch_writes();
        for (index, event) in case.events.iter().enumerate() {
            let after = stage.newest();
            let number = index + 1;
            stage.perform(event).with_context(|| format!("[[event]] number {number}"))?;
            others.learn(&stage.names);
            let mut calls = Vec::new();
            for entry in log.after(after).await? {
                calls.extend(subject.hand_over(&entry).await);
            }
            trial.judge(number, event, &calls, &case.cost);
            trial.calls.extend(calls);
        }
        let mut written = stage.site.take_writes();
        written.retain(|written| written.by == PLUGIN_SCRIPT);
        let written: Vec<Line> = written.iter().flat_map(Line::written).collect();
        let expected = case.writes.iter().map(|write| Line::expected(write, &stage.names));
        let expected: Vec<Line> = expected.collect();
        trial.compared = compare(&expected, &written, &stage.names);
        trial.requests = others.compared();
        stage.site.stop().await;
        Ok(())
    }
}

impl Trial {
    /// Holds the calls that an event led to against what is expected of them.
    fn judge(&mut self, number: usize, event: &Event, calls: &[Call], cost: &Cost) {
        let place = format!("[[event]] number {number}");
        match (event.outcome.as_str(), calls.len()) {
            (UNWANTED, 0) => {}
            (UNWANTED, count) => self.problems.push(format!(
                "{place}: no callback was to want it, and there was a call: {}",
                calls[count - 1].callback
            )),
            (_, 0) => self.problems.push(format!("{place}: no callback wanted it")),
            (expected, _) => {
                for call in calls {
                    if call.outcome != expected {
                        self.problems.push(format!(
                            "{place}: `{}` was to end `{expected}`, and {}",
                            call.callback, call.says
                        ));
                    }
                    if let Some(text) =
                        event.says.as_deref().filter(|text| !call.says.contains(text))
                    {
                        self.problems.push(format!(
                            "{place}: how `{}` ended was to say `{text}`, and it {}",
                            call.callback, call.says
                        ));
                    }
                    self.problems.extend(call.over(cost));
                }
            }
        }
    }
}

/// How a call ended, for people.
fn ended(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done => "was done".to_owned(),
        Outcome::Skipped(why) => format!("skipped it: {why}"),
        other => other.to_string(),
    }
}
