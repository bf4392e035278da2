//! Many rows in one transaction: what editorial and other studios bring, and what the script of the night does.

use serde_json::{Value, json};

use super::moves::FIRST_FRAME;
use super::roster::STATUS_PATH;
use super::{Crew, Purpose, SHOTS_MAX, Write};
use crate::call::Call;
use crate::script::Asker;
use crate::seed::NIGHTLY_SCRIPT;
use crate::wire::Request;

/// Rows of an import.
pub(super) const IMPORT_ROWS: usize = 500;
/// Shots that a new cut adds at most.
const NEW_SHOTS: usize = 10;
/// Published files that are delivered at most, so that a crew that works for months does not fill the memory.
const DELIVERED_MAX: usize = 50_000;
/// Tasks that the script of the night makes ready at most.
const READY_MAX: usize = 200;
/// Versions that the script of the night lets be; of those beyond it retires so many.
const VERSIONS_KEPT: usize = 60;
const NIGHTLY_RETIRED_MAX: usize = 20;

impl Crew {
    /// A new cut: shots change their length, and some are new.
    pub(super) fn turnover(&mut self) -> Option<Write> {
        let mut calls = Vec::with_capacity(IMPORT_ROWS);
        let room = SHOTS_MAX.saturating_sub(self.roster.shots.len());
        for _ in 0..NEW_SHOTS.min(room) {
            let (call, purpose) = self.add_shot()?;
            calls.push((call, purpose));
        }
        while calls.len() < IMPORT_ROWS {
            calls.push(self.cut_shot()?);
        }
        self.imported(calls)
    }

    /// Files that another studio made.
    pub(super) fn delivery(&mut self) -> Option<Write> {
        if self.roster.delivered + IMPORT_ROWS > DELIVERED_MAX {
            return self.turnover();
        }
        let mut calls = Vec::with_capacity(IMPORT_ROWS);
        for _ in 0..IMPORT_ROWS {
            let shot = self.random.pick(&self.roster.shots)?.clone();
            let number = self.number();
            let fields = json!({
                "project": self.roster.project,
                "code": format!("delivery_{number:06}.{FIRST_FRAME}.exr"),
                "name": format!("delivery_{number:06}"),
                "version_number": 1,
                "entity": shot,
            });
            calls.push((Call::create("PublishedFile", fields), Purpose::Delivered));
        }
        self.imported(calls)
    }

    /// Tasks that wait become ready, and the oldest versions go to the bin.
    pub(super) fn nightly(&mut self) -> Option<Write> {
        let waiting = self.roster.tasks.iter().enumerate().filter(|(_, line)| line.status == 0);
        let mut calls: Vec<(Call, Purpose)> = waiting
            .take(READY_MAX)
            .map(|(task, line)| {
                let call = Call::update("Task", line.id, json!({"sg_status_list": STATUS_PATH[1]}));
                (call, Purpose::Status { task, next: 1 })
            })
            .collect();
        let beyond = self.roster.versions.len().saturating_sub(VERSIONS_KEPT);
        let oldest = self.roster.versions.iter().take(beyond.min(NIGHTLY_RETIRED_MAX));
        calls.extend(oldest.map(|version| {
            (Call::delete("Version", *version), Purpose::Retire { version: *version })
        }));
        if calls.is_empty() {
            return None;
        }
        let (request, purposes) = batch(json!({}), calls);
        let by = Asker::Named(NIGHTLY_SCRIPT.to_owned());
        Some(Write { by, request, purpose: Purpose::All(purposes) })
    }

    /// What the first of the people imports.
    fn imported(&mut self, calls: Vec<(Call, Purpose)>) -> Option<Write> {
        let member = self.roster.members.first()?;
        let (request, purposes) = batch(member.credentials(), calls);
        Some(Write::of(request, Purpose::All(purposes)))
    }
}

/// One transaction of all these.
fn batch(credentials: Value, calls: Vec<(Call, Purpose)>) -> (Request, Vec<Purpose>) {
    let (calls, purposes): (Vec<Call>, Vec<Purpose>) = calls.into_iter().unzip();
    let calls: Vec<Value> = calls.into_iter().map(Call::in_batch).collect();
    (Request::new("batch", vec![credentials, calls.into()]), purposes)
}
