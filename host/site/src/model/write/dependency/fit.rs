//! Moves the tasks that must not begin or end so early, because of the tasks that they wait for.

use std::collections::VecDeque;

use super::DependencyFields;
use crate::model::schema::FieldIndex;
use crate::model::task_dates::{Dates, Written};
use crate::model::transaction::Transaction;
use crate::model::value::{Ref, Value};
use crate::model::write::schedule::TaskFields;
use crate::wire::ApiError;

/// One write moves this many tasks at most; what comes after them stays where it is.
const MOVES_MAX: usize = 10_000;

/// The days that a task may not start or end before.
#[derive(Debug, Clone, Copy, Default)]
struct Needed {
    start: Option<i32>,
    due: Option<i32>,
}

impl Needed {
    fn is_violated_by(self, dates: Dates) -> bool {
        let early = |needed: Option<i32>, day: Option<i32>| match (needed, day) {
            (Some(needed), Some(day)) => day < needed,
            _ => false,
        };
        early(self.start, dates.start) || early(self.due, dates.due)
    }
}

impl Transaction<'_> {
    /// The days that a task may not start or end before, by the tasks it waits for.
    fn needed(&self, task: Ref, fields: TaskFields) -> Needed {
        let mut needed = Needed::default();
        let Some(known) = DependencyFields::of(self.model) else { return needed };
        let dependencies = self.dependencies(known, known.task, task, false);
        if dependencies.is_empty() {
            return needed;
        }
        let workdays = self.workdays_of(task, fields);
        let works = |day: i32| workdays.works(day);
        let days = workdays.days(&works);
        for (record, upstream) in dependencies {
            let (Some(row), Some(_)) =
                (self.model.tables.live(record), self.model.tables.live(upstream))
            else {
                continue;
            };
            let offset = known.offset.map(|field| row.value(field));
            let offset = if let Some(Value::Int(offset)) = offset { *offset } else { 0 };
            let kind = row.value(known.kind).as_text().unwrap_or_default();
            let dates = self.dates_of(upstream, fields);
            let (from, same_day) = match kind {
                "start-to-start" => (dates.start, true),
                "finish-to-finish" => (dates.due, true),
                "start-to-finish-next-day" => (dates.start, false),
                _ => (dates.due, false),
            };
            let Some(from) = from else { continue };
            let day = match (same_day, offset) {
                (true, ..=0) => Ok(from),
                (true, offset) => days.next(from, offset - 1),
                (false, offset) => days.next(from, offset),
            };
            let of_due = kind.contains("to-finish");
            let slot = if of_due { &mut needed.due } else { &mut needed.start };
            *slot = (*slot).max(day.ok());
        }
        needed
    }

    /// Fits a task to those it waits for: moves it later, unless it is pinned or its dates were `chosen`. Says whether it
    /// moved.
    pub(in crate::model::write) fn fit(
        &mut self,
        task: Ref,
        fields: TaskFields,
        chosen: bool,
    ) -> Result<bool, ApiError> {
        if self.model.tables.live(task).is_none() {
            return Ok(false);
        }
        let needed = self.needed(task, fields);
        let dates = self.dates_of(task, fields);
        if !needed.is_violated_by(dates) {
            self.mark(task, fields.violation, false);
            return Ok(false);
        }
        if chosen {
            self.mark(task, fields.pinned, true);
        }
        if self.holds(task, fields.pinned) {
            self.mark(task, fields.violation, true);
            return Ok(false);
        }
        self.move_to(task, fields, needed)?;
        self.mark(task, fields.violation, false);
        self.stamp(task, &["updated_at"], &["updated_by"], &[]);
        Ok(true)
    }

    fn move_to(&mut self, task: Ref, fields: TaskFields, needed: Needed) -> Result<(), ApiError> {
        let dates = self.dates_of(task, fields);
        if needed.start > dates.start && dates.start.is_some() {
            let written = Written { start: Some(needed.start), ..Written::default() };
            self.write_dates("update", task, fields, written, false)?;
        }
        let dates = self.dates_of(task, fields);
        let (Some(due), Some(due_before)) = (needed.due, dates.due) else { return Ok(()) };
        if due <= due_before {
            return Ok(());
        }
        let workdays = self.workdays_of(task, fields);
        let works = |day: i32| workdays.works(day);
        let start =
            dates.duration.and_then(|minutes| workdays.days(&works).first(due, minutes).ok());
        let written = match (dates.start, start) {
            (Some(_), Some(start)) => Written { start: Some(Some(start)), ..Written::default() },
            _ => Written { due: Some(Some(due)), ..Written::default() },
        };
        self.write_dates("update", task, fields, written, false).map(drop)
    }

    /// Moves the tasks that wait for a task, and those that wait for them, as far as they must.
    pub(in crate::model::write) fn push_downstream(
        &mut self,
        task: Ref,
        fields: TaskFields,
    ) -> Result<(), ApiError> {
        let mut waiting = VecDeque::from([task]);
        let mut moves = 0;
        while let Some(here) = waiting.pop_front() {
            for next in self.links_of(here, fields.downstream) {
                if self.fit(next, fields, false)? {
                    moves += 1;
                    waiting.push_back(next);
                }
            }
            if moves > MOVES_MAX {
                break;
            }
        }
        Ok(())
    }

    /// Fits the tasks that wait for one that came or went.
    pub(in crate::model) fn fit_around(&mut self, task: Ref) -> Result<(), ApiError> {
        match TaskFields::of(self.model, task.entity_type) {
            Some(fields) => self.push_downstream(task, fields),
            None => Ok(()),
        }
    }

    /// Ticks a box or clears it, if it is not so already.
    fn mark(&mut self, task: Ref, field: FieldIndex, ticked: bool) {
        if self.holds(task, field) != ticked {
            self.change(task, field, Value::Bool(ticked), false);
        }
    }
}
