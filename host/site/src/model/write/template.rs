//! The tasks that a record gets from its task template.

use super::schedule::TaskFields;
use super::{Assigned, Assignment};
use crate::model::schema::{DataType, FieldIndex, Write};
use crate::model::transaction::Transaction;
use crate::model::value::{Ref, TypeId, Value};
use crate::wire::ApiError;

/// What a task does not take over from the task it is made after: where it belongs, when it is done, and what was made of it.
const NOT_COPIED: [&str; 16] = [
    "dependency_violation",
    "downstream_tasks",
    "due_date",
    "entity",
    "notes",
    "pinned",
    "project",
    "sg_published_files",
    "sg_versions",
    "start_date",
    "task_template",
    "template_task",
    "time_logs",
    "upstream_tasks",
    "created_at",
    "updated_at",
];

/// Where the parts of a task stand that tie it to a template.
struct TemplateFields {
    entity_type: TypeId,
    project: FieldIndex,
    entity: FieldIndex,
    /// On the tasks of a template.
    template: FieldIndex,
    /// On the tasks that were made after them.
    made_after: FieldIndex,
    schedule: TaskFields,
}

impl Transaction<'_> {
    /// Makes the tasks of a record's template that the record does not have yet, and ties them together as the template's are.
    pub(super) fn apply_template(&mut self, method: &str, record: Ref) -> Result<(), ApiError> {
        let Some((fields, template)) = self.template_of(record) else { return Ok(()) };
        let project = self.model.project_of(record).map_or(Value::Null, Value::Link);
        let mut made: Vec<(Ref, Ref)> = Vec::new();
        for source in self.tasks_with(&fields, fields.template, template) {
            let after = self.tasks_with(&fields, fields.made_after, source);
            let is_of_record = |task: &&Ref| {
                let row = self.model.tables.row(**task);
                row.is_some_and(|row| row.value(fields.entity) == &Value::Link(record))
            };
            if let Some(task) = after.iter().find(is_of_record) {
                made.push((source, *task));
                continue;
            }
            let mut assigned = self.copied(source);
            for (field, value) in [
                (fields.project, project.clone()),
                (fields.entity, Value::Link(record)),
                (fields.made_after, Value::Link(source)),
            ] {
                assigned.push(Assigned { field, assignment: Assignment::Value(value) });
            }
            let id = self.model.tables.next_id(fields.entity_type);
            let task = Ref { entity_type: fields.entity_type, id };
            self.create_assigned(method, task, assigned, &[])?;
            made.push((source, task));
        }
        for (task, upstream, kind, offset) in self.ties_among(&made) {
            let known = self.model.tables.row(task);
            let known = known.map(|row| row.value(fields.schedule.upstream).links());
            if !known.unwrap_or_default().contains(&upstream) {
                self.add_dependency(task, upstream, kind.as_deref(), offset)?;
            }
        }
        Ok(())
    }

    /// The template of a record that can have tasks.
    fn template_of(&self, record: Ref) -> Option<(TemplateFields, Ref)> {
        let known = self.model.schema.entity_type(record.entity_type);
        let field = known.field_index("task_template").filter(|_| known.name != "Task")?;
        let template = self.model.tables.row(record)?.value(field).links().first().copied()?;
        let (entity_type, schedule) = self.task_type()?;
        let task = self.model.schema.entity_type(entity_type);
        let fields = TemplateFields {
            entity_type,
            schedule,
            project: task.project?,
            entity: task.field_index("entity")?,
            template: task.field_index("task_template")?,
            made_after: task.field_index("template_task")?,
        };
        Some((fields, template))
    }

    /// The live tasks whose field links to a record, by id.
    fn tasks_with(&self, fields: &TemplateFields, field: FieldIndex, target: Ref) -> Vec<Ref> {
        let entity_type = fields.entity_type;
        let ids = self.model.tables.linking(entity_type, field, target).iter();
        let tasks = ids.map(|id| Ref { entity_type, id: u64::from(*id) });
        tasks.filter(|task| self.model.tables.live(*task).is_some()).collect()
    }

    /// What a new task takes over from a task of a template.
    fn copied(&self, source: Ref) -> Vec<Assigned> {
        let Some(row) = self.model.tables.row(source) else { return Vec::new() };
        let known = self.model.schema.entity_type(source.entity_type);
        let mut copied = Vec::new();
        for (index, field) in known.fields.iter().enumerate() {
            let is_copied = field.write == Write::Always
                && !field.retired
                && !field.personal
                && !matches!(field.data_type, DataType::Image | DataType::Url)
                && !NOT_COPIED.contains(&field.name.as_str());
            let value = match row.value(index) {
                Value::Links(links) => {
                    let live = |link: &&Ref| self.model.tables.live(**link).is_some();
                    Value::Links(links.iter().filter(live).copied().collect())
                }
                Value::Link(link) if self.model.tables.live(*link).is_none() => Value::Null,
                value => value.clone(),
            };
            if is_copied && !value.is_null() {
                copied.push(Assigned { field: index, assignment: Assignment::Value(value) });
            }
        }
        copied
    }
}
