//! Grows a production from a plan. Its records are there without a word in the event log, as those are that were made
//! before the log begins; the last working day is written by the crew, so that the log has something to tell.

mod records;
mod work;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::scene::Plan;
use super::{ARCHIVED_PROJECT, Production, ScriptUser, secret};
use crate::crew::{Crew, Member, Roster};
use crate::model::{Model, Now};
use crate::random::Random;
use crate::wire::ApiError;

/// How long the last working day was.
const LAST_DAY: Duration = Duration::from_secs(9 * 3_600);
/// The storage that published files are on.
const STORAGE: &str = "/studio/projects";

/// Makes the records.
struct Grower<'a> {
    model: &'a mut Model,
    plan: Plan,
    /// When the production is as old as it is.
    now: Now,
    random: Random,
    project: Value,
    /// Links to the people.
    people: Vec<Value>,
    /// Versions that a playlist can hold.
    recent: Vec<Value>,
    file_types: Vec<Value>,
    shot_steps: Vec<Step>,
    asset_steps: Vec<Step>,
}

/// A step, as tasks are made from it.
#[derive(Debug, Clone)]
struct Step {
    link: Value,
    name: &'static str,
    short_name: &'static str,
}

/// Makes the whole production and lets its crew work for a day.
pub(super) fn grow(
    model: &mut Model,
    plan: Plan,
    seed: u64,
    now: Now,
    random: Random,
    scripts: Vec<ScriptUser>,
) -> Result<Production, ApiError> {
    // The day that the log tells of begins where the records end.
    let day_began = Now(now.0 - i64::try_from(LAST_DAY.as_millis()).unwrap_or(0));
    let mut grower = Grower {
        model,
        plan,
        now: day_began,
        random,
        project: Value::Null,
        people: Vec::new(),
        recent: Vec::new(),
        file_types: Vec::new(),
        shot_steps: Vec::new(),
        asset_steps: Vec::new(),
    };
    let (roster, archived_project) = grower.everything()?;
    let roster = work_for_a_day(model, Crew::new(seed, roster), plan.writes, day_began);
    let project = roster.project["id"].as_u64().expect("a link has an id");
    Ok(Production { project, project_name: plan.project, archived_project, scripts, roster })
}

/// Lets the crew make so many writes in the course of a day, and says what it knows afterwards.
fn work_for_a_day(model: &mut Model, mut crew: Crew, writes: usize, began: Now) -> Roster {
    for number in 0..writes {
        let Some(write) = crew.next_write() else { break };
        let now = began.plus(LAST_DAY.mul_f64((number + 1) as f64 / writes as f64));
        // As with a crew at work: what is refused is left.
        if let Ok(answer) = model.rpc(&write.request, now) {
            crew.remember(&write, &answer.results());
        }
    }
    crew.into_roster()
}

impl Grower<'_> {
    fn everything(&mut self) -> Result<(Roster, u64), ApiError> {
        let members = self.people()?;
        let plan = self.plan;
        let began = self.days_ago(plan.days);
        self.project = self.add(
            "Project",
            json!({"name": plan.project, "code": plan.code, "sg_status": "Active", "sg_type": plan.project_type,
                "users": self.people, "start_date": date(began), "created_at": moment(began)}),
        )?;
        let archived = self.add(
            "Project",
            json!({"name": ARCHIVED_PROJECT, "code": "sal", "archived": true, "sg_status": "Archived"}),
        )?;
        self.standards()?;
        let mut roster = Roster::new(members, self.project.clone());
        let assets = self.assets(&mut roster)?;
        self.sequences(&mut roster, &assets)?;
        self.playlists()?;
        let archived = archived["id"].as_u64().expect("a link has an id");
        Ok((roster, archived))
    }

    /// Adds a record and gives its link.
    fn add(&mut self, entity_type: &str, fields: Value) -> Result<Value, ApiError> {
        let Value::Object(fields) = fields else { unreachable!("fields are written as an object") };
        let link = self.model.seed_entity(entity_type, &fields)?;
        Ok(json!({"type": link.entity_type, "id": link.id}))
    }

    /// Adds a record of the project, made at a moment by somebody.
    fn add_made(
        &mut self,
        entity_type: &str,
        mut fields: Value,
        at: Now,
        by: &Value,
    ) -> Result<Value, ApiError> {
        fields["project"] = self.project.clone();
        let at = moment(at);
        for (time, person) in [("created_at", "created_by"), ("updated_at", "updated_by")] {
            fields[time] = at.clone();
            fields[person] = by.clone();
        }
        self.add(entity_type, fields)
    }

    fn days_ago(&self, days: i64) -> Now {
        Now(self.now.0 - days * 86_400_000)
    }

    /// A moment of the past by how much of the production was over, from 0 to 1.
    fn moment_at(&self, fraction: f64) -> Now {
        let days = self.plan.days as f64 * (1.0 - fraction.clamp(0.0, 1.0));
        Now(self.now.0 - (days * 86_400_000.0) as i64)
    }

    fn somebody(&mut self) -> Value {
        self.random.pick(&self.people).cloned().unwrap_or_default()
    }
}

/// As a field of date and time is written.
fn moment(now: Now) -> Value {
    let at = Timestamp::from_second(now.seconds());
    at.map_or(Value::Null, |at| Value::from(at.to_string()))
}

/// As a field of a date is written.
fn date(now: Now) -> Value {
    let Value::String(mut text) = moment(now) else { return Value::Null };
    text.truncate("2026-03-01".len());
    Value::from(text)
}
