//! Tasks that wait for others. `upstream_tasks` and `downstream_tasks` of tasks and the records of `TaskDependency` say the
//! same, and whichever is written, the others follow.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::Sent;
use super::schedule::TaskFields;
use crate::model::Model;
use crate::model::params::parse_link;
use crate::model::schema::FieldIndex;
use crate::model::transaction::Transaction;
use crate::model::value::{Ref, TypeId, Value};
use crate::wire::ApiError;

mod fit;

/// Where the parts of a dependency stand.
#[derive(Debug, Clone, Copy)]
struct DependencyFields {
    entity_type: TypeId,
    /// The task downstream.
    task: FieldIndex,
    /// The task upstream.
    dependent_task: FieldIndex,
    kind: FieldIndex,
    offset: Option<FieldIndex>,
}

impl DependencyFields {
    fn of(model: &Model) -> Option<Self> {
        let entity_type = model.schema.type_id("TaskDependency")?;
        let known = model.schema.entity_type(entity_type);
        Some(Self {
            entity_type,
            task: known.field_index("task")?,
            dependent_task: known.field_index("dependent_task")?,
            kind: known.field_index("dependency_type")?,
            offset: known.field_index("offset"),
        })
    }
}

/// The kinds of dependency that a write names in its links, by the other task.
pub(super) fn kinds_sent(model: &Model, sent: &[Sent<'_>]) -> Vec<(Ref, String)> {
    let written =
        sent.iter().filter(|sent| matches!(sent.name, "upstream_tasks" | "downstream_tasks"));
    let hashes = written.flat_map(|sent| match sent.value {
        Json::Array(hashes) => &hashes[..],
        one => std::slice::from_ref(one),
    });
    hashes
        .filter_map(|hash| {
            let kind = hash.get("dependency_type")?.as_str()?;
            Some((parse_link(model, hash).ok()?, kind.to_owned()))
        })
        .collect()
}

impl Transaction<'_> {
    /// Lets the dependencies of a task be those that its lists say.
    pub(super) fn tie_tasks(
        &mut self,
        method: &str,
        task: Ref,
        fields: TaskFields,
        kinds: &[(Ref, String)],
    ) -> Result<(), ApiError> {
        let Some(known) = DependencyFields::of(self.model) else { return Ok(()) };
        let sides = [(fields.upstream, known.task), (fields.downstream, known.dependent_task)];
        for (list, side) in sides {
            let is_upstream = list == fields.upstream;
            let linked = self.links_of(task, list);
            let mut missing = linked.clone();
            for (dependency, other) in self.dependencies(known, side, task, !is_upstream) {
                match missing.iter().position(|link| *link == other) {
                    Some(place) => _ = missing.remove(place),
                    None if self.model.tables.live(other).is_some() && !linked.contains(&other) => {
                        self.drop_dependency(method, dependency)?;
                    }
                    None => {}
                }
            }
            for other in missing {
                let (down, up) = if is_upstream { (task, other) } else { (other, task) };
                let kind = kinds.iter().find(|(link, _)| *link == other);
                self.add_dependency(down, up, kind.map(|(_, kind)| kind.as_str()), None)?;
                if !is_upstream {
                    self.fit(other, fields, false)?;
                }
            }
        }
        Ok(())
    }

    /// Makes a dependency; its record shows in the lists of both tasks.
    pub(super) fn add_dependency(
        &mut self,
        task: Ref,
        upstream: Ref,
        kind: Option<&str>,
        offset: Option<i64>,
    ) -> Result<(), ApiError> {
        let Some(known) = DependencyFields::of(self.model) else { return Ok(()) };
        let link = |task: Ref| json!({"type": "Task", "id": task.id});
        let mut values = Map::new();
        values.insert("task".to_owned(), link(task));
        values.insert("dependent_task".to_owned(), link(upstream));
        if let Some(kind) = kind {
            values.insert("dependency_type".to_owned(), kind.into());
        }
        if let Some(offset) = offset {
            values.insert("offset".to_owned(), offset.into());
        }
        let id = self.model.tables.next_id(known.entity_type);
        self.create_from_map(Ref { entity_type: known.entity_type, id }, &values)
    }

    fn drop_dependency(&mut self, method: &str, record: Ref) -> Result<(), ApiError> {
        let tied = self.tied_by(record);
        self.retire(record, None);
        self.follow_dependency(method, record, tied)
    }

    /// The dependencies between the first tasks of these pairs, for the second ones: task, upstream, kind and offset.
    pub(super) fn ties_among(
        &self,
        pairs: &[(Ref, Ref)],
    ) -> Vec<(Ref, Ref, Option<String>, Option<i64>)> {
        let Some(known) = DependencyFields::of(self.model) else { return Vec::new() };
        let mut ties = Vec::new();
        for (source, task) in pairs {
            for (record, upstream) in self.dependencies(known, known.task, *source, false) {
                let made = pairs.iter().find(|(source, _)| *source == upstream);
                let (Some((_, upstream)), Some(row)) = (made, self.model.tables.live(record))
                else {
                    continue;
                };
                let kind = row.value(known.kind).as_text().map(str::to_owned);
                let offset = match known.offset.map(|field| row.value(field)) {
                    Some(Value::Int(offset)) => Some(*offset),
                    _ => None,
                };
                ties.push((*task, *upstream, kind, offset));
            }
        }
        ties
    }

    /// Follows a write to a record of `TaskDependency`: `before` are the tasks that it tied together until then.
    pub(in crate::model) fn follow_dependency(
        &mut self,
        method: &str,
        record: Ref,
        before: Option<(Ref, Ref)>,
    ) -> Result<(), ApiError> {
        let after = self.tied_by(record);
        if before.is_none() && after.is_none() {
            return Ok(());
        }
        let Some((_, fields)) = self.task_type() else { return Ok(()) };
        if let Some((task, upstream)) = before.filter(|pair| Some(*pair) != after) {
            if self.links_of(task, fields.upstream).contains(&upstream) {
                self.change_links(task, fields.upstream, &[], &[upstream], false);
            }
            self.fit(task, fields, false)?;
        }
        let Some((task, upstream)) = after else { return Ok(()) };
        if self.is_upstream(task, upstream, fields) {
            return Err(ApiError::refused(format!(
                "API {method}() CRUD ERROR #5: Update failed for [Task.upstream_tasks]: (task.rb) Task {} can not wait for Task {}, \
                 which waits for it",
                task.id, upstream.id
            )));
        }
        self.number_tasks(record, task, upstream);
        if !self.links_of(task, fields.upstream).contains(&upstream) {
            self.change_links(task, fields.upstream, &[upstream], &[], false);
        }
        self.fit(task, fields, false)?;
        self.push_downstream(task, fields)
    }

    /// The tasks that a live dependency ties together: the one downstream, and the one upstream.
    pub(in crate::model) fn tied_by(&self, record: Ref) -> Option<(Ref, Ref)> {
        if self.model.type_name(record) != "TaskDependency" {
            return None;
        }
        let known = DependencyFields::of(self.model)?;
        let row = self.model.tables.live(record)?;
        let link = |field| row.value(field).links().first().copied();
        Some((link(known.task)?, link(known.dependent_task)?))
    }

    /// Both tasks by number, which is how some filters ask.
    fn number_tasks(&mut self, record: Ref, task: Ref, upstream: Ref) {
        let entity_type = self.model.schema.entity_type(record.entity_type);
        let numbered = [("task_id", task), ("dependent_task_id", upstream)];
        let fields = numbered.map(|(name, task)| (entity_type.field_index(name), task));
        for (field, task) in fields {
            if let (Some(field), Ok(id)) = (field, i64::try_from(task.id)) {
                self.model.tables.set(record, field, Value::Int(id));
            }
        }
    }

    /// The live dependencies of a task on one side, with the task on the other.
    fn dependencies(
        &self,
        known: DependencyFields,
        side: FieldIndex,
        task: Ref,
        is_upstream: bool,
    ) -> Vec<(Ref, Ref)> {
        let ids = self.model.tables.linking(known.entity_type, side, task);
        let live = ids.iter().filter_map(|id| {
            let record = Ref { entity_type: known.entity_type, id: u64::from(*id) };
            let (down, up) = self.tied_by(record)?;
            Some((record, if is_upstream { down } else { up }))
        });
        live.collect()
    }

    fn links_of(&self, task: Ref, field: FieldIndex) -> Vec<Ref> {
        self.model.tables.row(task).map(|row| row.value(field).links().to_vec()).unwrap_or_default()
    }

    /// Whether `task` is `other`, or somewhere upstream of it.
    fn is_upstream(&self, task: Ref, other: Ref, fields: TaskFields) -> bool {
        let (mut seen, mut waiting) = (BTreeSet::new(), vec![other]);
        while let Some(here) = waiting.pop() {
            if here == task {
                return true;
            }
            if seen.insert(here) {
                waiting.extend(self.links_of(here, fields.upstream));
            }
        }
        false
    }

    /// Lets a task that was revived show in the lists of those it is tied to: its dependencies came back with it.
    pub(in crate::model) fn retie(&mut self, method: &str, task: Ref) -> Result<(), ApiError> {
        let Some(known) = DependencyFields::of(self.model) else { return Ok(()) };
        if TaskFields::of(self.model, task.entity_type).is_none() {
            return Ok(());
        }
        let mut dependencies = self.dependencies(known, known.task, task, false);
        dependencies.extend(self.dependencies(known, known.dependent_task, task, true));
        for (dependency, other) in dependencies {
            if self.model.tables.live(other).is_some() {
                self.follow_dependency(method, dependency, None)?;
            }
        }
        Ok(())
    }
}
