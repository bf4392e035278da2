//! The dates of a task, which follow from each other when one of them is written, and from the tasks upstream of it.

use super::{Assigned, Assignment, Sent};
use crate::model::Model;
use crate::model::schema::FieldIndex;
use crate::model::task_dates::{Conflict, Dates, Days, Written};
use crate::model::transaction::Transaction;
use crate::model::value::{Ref, TypeId, Value};
use crate::model::work_schedule::Workdays;
use crate::wire::ApiError;

/// Where the schedule of a task stands. Only types called `Task` with all of these fields have one.
#[derive(Debug, Clone, Copy)]
pub(super) struct TaskFields {
    start: FieldIndex,
    due: FieldIndex,
    duration: FieldIndex,
    milestone: FieldIndex,
    people: FieldIndex,
    pub pinned: FieldIndex,
    pub violation: FieldIndex,
    pub upstream: FieldIndex,
    pub downstream: FieldIndex,
}

/// What a write does to the schedule of a task. It is done after the rest, because project and people decide on which days
/// work is done.
pub(super) struct Plan {
    pub fields: TaskFields,
    dates: Written,
    milestone: Option<Value>,
    pinned: Option<Value>,
    /// Whether it was linked to other tasks, and as what.
    relinked: bool,
    kinds: Vec<(Ref, String)>,
}

impl TaskFields {
    pub fn of(model: &Model, entity_type: TypeId) -> Option<Self> {
        let known = model.schema.entity_type(entity_type);
        if known.name != "Task" {
            return None;
        }
        Some(Self {
            start: known.field_index("start_date")?,
            due: known.field_index("due_date")?,
            duration: known.field_index("duration")?,
            milestone: known.field_index("milestone")?,
            people: known.field_index("task_assignees")?,
            pinned: known.field_index("pinned")?,
            violation: known.field_index("dependency_violation")?,
            upstream: known.field_index("upstream_tasks")?,
            downstream: known.field_index("downstream_tasks")?,
        })
    }
}

impl Plan {
    /// Takes the fields of a task's schedule out of a write. None for other types.
    pub fn take(
        model: &Model,
        entity_type: TypeId,
        assigned: &mut Vec<Assigned>,
        sent: &[Sent<'_>],
    ) -> Option<Self> {
        let fields = TaskFields::of(model, entity_type)?;
        let mut plan = Self {
            fields,
            dates: Written::default(),
            milestone: None,
            pinned: None,
            relinked: false,
            kinds: super::dependency::kinds_sent(model, sent),
        };
        assigned.retain(|write| plan.leaves(write));
        Some(plan)
    }

    /// Whether a field is written with the rest.
    fn leaves(&mut self, write: &Assigned) -> bool {
        let Self { fields, .. } = *self;
        if write.field == fields.upstream || write.field == fields.downstream {
            self.relinked = true;
            return true;
        }
        let Assignment::Value(value) = &write.assignment else { return true };
        match write.field {
            field if field == fields.start => self.dates.start = Some(date_in(value)),
            field if field == fields.due => self.dates.due = Some(date_in(value)),
            field if field == fields.duration => self.dates.duration = Some(minutes_in(value)),
            field if field == fields.milestone => self.milestone = Some(value.clone()),
            field if field == fields.pinned => self.pinned = Some(value.clone()),
            _ => return true,
        }
        false
    }
}

fn date_in(value: &Value) -> Option<i32> {
    match value {
        Value::Date(day) => Some(*day),
        _ => None,
    }
}

fn minutes_in(value: &Value) -> Option<i64> {
    match value {
        Value::Int(minutes) => Some(*minutes),
        _ => None,
    }
}

impl Transaction<'_> {
    /// Writes the schedule of a task, and moves the tasks downstream that it pushes. Says whether the task itself changed.
    pub(super) fn carry_out(
        &mut self,
        method: &str,
        task: Ref,
        plan: Plan,
        in_create: bool,
    ) -> Result<bool, ApiError> {
        let fields = plan.fields;
        let mut changed = false;
        let becomes_milestone = plan.milestone == Some(Value::Bool(true));
        if let Some(milestone) = plan.milestone {
            changed |= self.change(task, fields.milestone, milestone, in_create);
        }
        let writes_dates = plan.dates != Written::default();
        if writes_dates || becomes_milestone {
            changed |= self.write_dates(method, task, fields, plan.dates, in_create)?;
        }
        let pins = plan.pinned.is_some();
        if let Some(pinned) = plan.pinned {
            changed |= self.change(task, fields.pinned, pinned, in_create);
        }
        if plan.relinked {
            self.tie_tasks(method, task, fields, &plan.kinds)?;
        }
        if writes_dates || becomes_milestone || pins || plan.relinked {
            self.fit(task, fields, writes_dates)?;
            self.push_downstream(task, fields)?;
        }
        Ok(changed)
    }

    /// Writes dates of a task and what follows from them. Says whether anything changed.
    pub(super) fn write_dates(
        &mut self,
        method: &str,
        task: Ref,
        fields: TaskFields,
        written: Written,
        in_create: bool,
    ) -> Result<bool, ApiError> {
        let workdays = self.workdays_of(task, fields);
        let milestone = self.holds(task, fields.milestone);
        let before = self.dates_of(task, fields);
        let after = before
            .after(written, milestone, workdays.days(&|day| workdays.works(day)))
            .map_err(|conflict| refused(method, conflict))?;
        Ok(self.put_dates(task, fields, after, in_create))
    }

    fn put_dates(&mut self, task: Ref, fields: TaskFields, after: Dates, in_create: bool) -> bool {
        let date = |day: Option<i32>| day.map_or(Value::Null, Value::Date);
        let mut changed = self.change(task, fields.start, date(after.start), in_create);
        changed |= self.change(task, fields.due, date(after.due), in_create);
        let duration = after.duration.map_or(Value::Null, Value::Int);
        changed | self.change(task, fields.duration, duration, in_create)
    }

    pub(super) fn dates_of(&self, task: Ref, fields: TaskFields) -> Dates {
        let Some(row) = self.model.tables.row(task) else { return Dates::default() };
        Dates {
            start: date_in(row.value(fields.start)),
            due: date_in(row.value(fields.due)),
            duration: minutes_in(row.value(fields.duration)),
        }
    }

    /// Whether a checkbox is ticked.
    pub(super) fn holds(&self, task: Ref, field: FieldIndex) -> bool {
        self.model.tables.row(task).is_some_and(|row| row.value(field) == &Value::Bool(true))
    }

    pub(super) fn workdays_of(&self, task: Ref, fields: TaskFields) -> Workdays {
        let row = self.model.tables.row(task);
        let assigned = row.map(|row| row.value(fields.people).links()).unwrap_or_default();
        let is_person = |link: &&Ref| self.model.type_name(**link) == "HumanUser";
        let people: Vec<Ref> = assigned.iter().filter(is_person).copied().collect();
        self.model.workdays(self.model.project_of(task), &people)
    }

    /// The tasks that are worked on over a day, with whether it is a day of work for them: all, or those of a project or a
    /// person.
    pub fn tasks_on(&self, day: i32, project: Option<Ref>, user: Option<Ref>) -> Vec<(Ref, bool)> {
        let Some((entity_type, fields)) = self.task_type() else { return Vec::new() };
        let mut found = Vec::new();
        for row in self.model.tables.rows(entity_type).filter(|row| row.retired.is_none()) {
            let task = Ref { entity_type, id: row.id };
            let dates = self.dates_of(task, fields);
            let (Some(start), Some(due)) = (dates.start, dates.due) else { continue };
            let is_theirs = user
                .is_none_or(|user| row.value(fields.people).links().contains(&user))
                && (project.is_none() || self.model.project_of(task) == project);
            if start <= day && day <= due && is_theirs {
                found.push((task, self.workdays_of(task, fields).works(day)));
            }
        }
        found
    }

    /// Works out anew how long tasks take, or else when they end, if a day was given another rule for them.
    pub fn recalculate(
        &mut self,
        method: &str,
        day: i32,
        tasks: Vec<(Ref, bool)>,
        duration: bool,
    ) -> Result<(), ApiError> {
        let Some((_, fields)) = self.task_type() else { return Ok(()) };
        for (task, worked) in tasks {
            if self.workdays_of(task, fields).works(day) == worked {
                continue;
            }
            let before = self.dates_of(task, fields);
            let written = if duration || before.duration.is_none() {
                Written { due: Some(before.due), ..Written::default() }
            } else {
                Written { start: Some(before.start), ..Written::default() }
            };
            if self.write_dates(method, task, fields, written, false)? {
                self.stamp(task, &["updated_at"], &["updated_by"], &[]);
            }
            self.fit(task, fields, false)?;
            self.push_downstream(task, fields)?;
        }
        Ok(())
    }

    /// The type of tasks, if it has a schedule.
    pub(super) fn task_type(&self) -> Option<(TypeId, TaskFields)> {
        let entity_type = self.model.schema.type_id("Task")?;
        Some((entity_type, TaskFields::of(self.model, entity_type)?))
    }
}

impl Workdays {
    /// These days for the arithmetic of dates.
    pub(super) fn days<'a>(&self, works: &'a dyn Fn(i32) -> bool) -> Days<'a> {
        Days { works, minutes: self.minutes_of_day }
    }
}

/// The error for dates that cannot be.
fn refused(method: &str, conflict: Conflict) -> ApiError {
    let field = match conflict {
        Conflict::MilestoneOfTwoDays => "milestone",
        Conflict::DueBeforeStart => "due_date",
        Conflict::Length => "duration",
    };
    let what = if method == "create" {
        "Create failed for [Task]".to_owned()
    } else {
        format!("Update failed for [Task.{field}]")
    };
    ApiError::refused(format!("API {method}() CRUD ERROR #5: {what}: (task.rb) {conflict}"))
}
