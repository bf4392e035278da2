//! On which days work is done: the weeks that the site's settings name, and the exceptions that clients write, which are
//! records of `WorkDayRule`. A person's rules come before those of the project, and those before the studio's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::Model;
use super::params::Params;
use super::render;
use super::schema::FieldIndex;
use super::time;
use super::transaction::Transaction;
use super::value::{Ref, TypeId, Value};
use crate::wire::{Answer, ApiError};

#[cfg(test)]
mod tests;

/// The type whose records are exceptions of the schedule.
pub const RULES: &str = "WorkDayRule";
/// A read tells of this many days at most: ten years.
const DAYS_MAX: i32 = 3_660;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// The days of a week on which a project or a person works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkWeek {
    /// What works on other days than the studio.
    #[serde(rename = "type")]
    pub holder: Holder,
    /// Its id.
    pub id: u64,
    /// When it works.
    pub days: Vec<Weekday>,
}

/// What can have a week of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are those of the entity types")]
pub enum Holder {
    Project,
    HumanUser,
}

impl Weekday {
    /// The week of most studios.
    pub(super) const USUAL: [Self; 5] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday];

    /// The weekday of a date, given in days since 1970-01-01, which was a Thursday.
    fn of(day: i32) -> Self {
        match (day + 3).rem_euclid(7) {
            0 => Self::Monday,
            1 => Self::Tuesday,
            2 => Self::Wednesday,
            3 => Self::Thursday,
            4 => Self::Friday,
            5 => Self::Saturday,
            _ => Self::Sunday,
        }
    }
}

/// When work is done on a project, by a person, or in the studio at large.
pub struct Calendar {
    /// The strongest first.
    levels: Vec<Level>,
}

/// What one of studio, project and person says about days.
struct Level {
    name: &'static str,
    week: Option<Vec<Weekday>>,
    exceptions: BTreeMap<i32, Exception>,
}

#[derive(Clone)]
struct Exception {
    working: bool,
    description: Value,
}

/// When work is done on a task: on every day on which one of its people works.
pub struct Workdays {
    calendars: Vec<Calendar>,
    pub minutes_of_day: i64,
}

impl Workdays {
    pub fn works(&self, day: i32) -> bool {
        self.calendars.iter().any(|calendar| calendar.works(day))
    }
}

impl Calendar {
    /// Whether work is done on a day.
    fn works(&self, day: i32) -> bool {
        match self.exception(day) {
            Some((_, exception)) => exception.working,
            None => self.week(day).1,
        }
    }

    /// A day as `work_schedule_read` tells of it.
    fn told(&self, day: i32) -> Json {
        match self.exception(day) {
            Some((level, exception)) => json!({
                "working": exception.working,
                "description": exception.description.as_text(),
                "reason": format!("{}_EXCEPTION", level.name),
            }),
            None => {
                let (name, working) = self.week(day);
                json!({"working": working, "description": null, "reason": format!("{name}_WORK_WEEK")})
            }
        }
    }

    fn exception(&self, day: i32) -> Option<(&Level, &Exception)> {
        self.levels.iter().find_map(|level| Some((level, level.exceptions.get(&day)?)))
    }

    fn week(&self, day: i32) -> (&'static str, bool) {
        let found = self.levels.iter().find_map(|level| Some((level.name, level.week.as_ref()?)));
        found.map_or(("STUDIO", false), |(name, week)| (name, week.contains(&Weekday::of(day))))
    }
}

/// Where the parts of an exception stand.
struct RuleFields {
    entity_type: TypeId,
    date: FieldIndex,
    working: FieldIndex,
    description: FieldIndex,
    project: FieldIndex,
    user: FieldIndex,
}

impl RuleFields {
    fn of(model: &Model) -> Option<Self> {
        let entity_type = model.schema.type_id(RULES)?;
        let known = model.schema.entity_type(entity_type);
        Some(Self {
            entity_type,
            date: known.field_index("date")?,
            working: known.field_index("is_working")?,
            description: known.field_index("description")?,
            project: known.field_index("project")?,
            user: known.field_index("user")?,
        })
    }
}

impl Model {
    /// When work is done on a project and by a person.
    fn calendar(&self, project: Option<Ref>, user: Option<Ref>) -> Calendar {
        let week_of = |holder: Holder, record: Ref| {
            let weeks = &self.settings.work_weeks;
            let found = weeks.iter().find(|week| week.holder == holder && week.id == record.id);
            found.map(|week| week.days.clone())
        };
        let level = |name, week| Level { name, week, exceptions: BTreeMap::new() };
        let mut levels = vec![
            level("USER", user.and_then(|user| week_of(Holder::HumanUser, user))),
            level("PROJECT", project.and_then(|project| week_of(Holder::Project, project))),
            level("STUDIO", Some(self.settings.work_week.clone())),
        ];
        let Some(fields) = RuleFields::of(self) else { return Calendar { levels } };
        for row in self.tables.rows(fields.entity_type).filter(|row| row.retired.is_none()) {
            let link = |field| row.value(field).links().first().copied();
            let place = match (link(fields.user), link(fields.project)) {
                (Some(holder), _) if Some(holder) == user => 0,
                (None, Some(holder)) if Some(holder) == project => 1,
                (None, None) => 2,
                _ => continue,
            };
            let Value::Date(day) = row.value(fields.date) else { continue };
            let exception = Exception {
                working: row.value(fields.working) == &Value::Bool(true),
                description: row.value(fields.description).clone(),
            };
            levels[place].exceptions.insert(*day, exception);
        }
        Calendar { levels }
    }

    /// When work is done on a task of a project by these people.
    pub(super) fn workdays(&self, project: Option<Ref>, people: &[Ref]) -> Workdays {
        let calendars = if people.is_empty() {
            vec![self.calendar(project, None)]
        } else {
            people.iter().map(|person| self.calendar(project, Some(*person))).collect()
        };
        Workdays { calendars, minutes_of_day: self.settings.preferences.minutes_of_day() }
    }

    /// The exception for a day of exactly this project, person, or neither.
    fn rule_of(&self, day: i32, project: Option<Ref>, user: Option<Ref>) -> Option<Ref> {
        let fields = RuleFields::of(self)?;
        let mut live = self.tables.rows(fields.entity_type).filter(|row| row.retired.is_none());
        let found = live.find(|row| {
            let link = |field| row.value(field).links().first().copied();
            row.value(fields.date) == &Value::Date(day)
                && (link(fields.project), link(fields.user)) == (project, user)
        });
        found.map(|row| Ref { entity_type: fields.entity_type, id: row.id })
    }
}

/// Answers `work_schedule_read`: every day from the first to the last.
pub fn read(model: &Model, params: &Params<'_>) -> Result<Answer, ApiError> {
    let (first, last) = (day_of(params, "start_date")?, day_of(params, "end_date")?);
    if last.saturating_sub(first) >= DAYS_MAX {
        let method = params.method;
        return Err(ApiError::invalid(format!("API {method}() tells of {DAYS_MAX} days at most")));
    }
    let calendar =
        model.calendar(holder(model, params, "project")?, holder(model, params, "user")?);
    let days: Map<_, _> = (first..=last).map(|day| (shown(day), calendar.told(day))).collect();
    Ok(Answer::from_results(&Json::Object(days).to_string()))
}

/// Performs `work_schedule_update` and returns its results as JSON text.
pub fn update(transaction: &mut Transaction<'_>, params: &Params<'_>) -> Result<String, ApiError> {
    let model = &*transaction.model;
    let day = day_of(params, "date")?;
    let working = params.fields.get("working").and_then(Json::as_bool);
    let working = working.ok_or_else(|| params.missing("boolean 'working'"))?;
    let description = params.optional_text("description")?;
    let (project, user) = (holder(model, params, "project")?, holder(model, params, "user")?);
    if project.is_some() && user.is_some() {
        return Err(params.missing("'project' or 'user' (one of them at most)"));
    }
    let duration = match params.optional_text("recalculate_field")? {
        None | Some("due_date") => false,
        Some("duration") => true,
        Some(_) => return Err(params.missing("'recalculate_field' ('due_date' or 'duration')")),
    };
    let link = |record: Option<Ref>| {
        let mut text = String::from("null");
        if let Some(record) = record {
            text.clear();
            model.write_link(record, &mut text);
        }
        render::parse(&text)
    };
    let (project_link, user_link) = (link(project), link(user));
    let results = json!({"date": shown(day), "working": working, "description": description,
        "project": project_link, "user": user_link});
    let affected = transaction.tasks_on(day, project, user);
    let request = match transaction.model.rule_of(day, project, user) {
        Some(rule) => json!({"type": RULES, "id": rule.id, "fields": [
            {"field_name": "is_working", "value": working},
            {"field_name": "description", "value": description}]}),
        None => json!({"type": RULES, "fields": [
            {"field_name": "date", "value": shown(day)},
            {"field_name": "is_working", "value": working},
            {"field_name": "description", "value": description},
            {"field_name": "project", "value": project_link},
            {"field_name": "user", "value": user_link}]}),
    };
    let request = Params::new(params.method, Some(&request))?;
    if request.fields.contains_key("id") {
        transaction.update(&request)?;
    } else {
        transaction.create(&request)?;
    }
    transaction.recalculate(params.method, day, affected, duration)?;
    Ok(results.to_string())
}

/// A day that must be there, as `2026-01-31`.
fn day_of(params: &Params<'_>, name: &str) -> Result<i32, ApiError> {
    let day = time::parse_date(params.text(name)?);
    day.ok_or_else(|| params.missing(&format!("date '{name}' (YYYY-MM-DD)")))
}

/// Whose schedule is meant; none for the studio's.
fn holder(model: &Model, params: &Params<'_>, name: &str) -> Result<Option<Ref>, ApiError> {
    let type_name = if name == "project" { "Project" } else { "HumanUser" };
    match params.optional_link(model, name)? {
        Some(record) if model.type_name(record) != type_name => {
            Err(params.missing(&format!("{type_name} '{name}'")))
        }
        holder => Ok(holder),
    }
}

fn shown(day: i32) -> String {
    let mut text = String::new();
    time::write_date(day, &mut text);
    text
}
