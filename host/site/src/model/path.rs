//! Paths to fields, over links: `code`, `entity.Shot.sg_sequence.Sequence.code`.

use std::borrow::Cow;

use super::Model;
use super::event_log::EventRow;
use super::schema::{DataType, FieldIndex};
use super::table::Row;
use super::value::{Ref, TypeId, Value};
use crate::wire::ApiError;

/// A path may go over this many links; each multiplies what a filter has to look at.
const STEPS_MAX: usize = 8;

/// A path that fits the schema.
#[derive(Debug, Clone)]
pub struct Path {
    pub steps: Vec<Step>,
    /// The type that the last field belongs to.
    pub end: TypeId,
    pub column: Column,
}

/// One link of a path.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub field: FieldIndex,
    /// Links to other types are not followed.
    pub target: TypeId,
}

/// What stands at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Id,
    DisplayName,
    Field(FieldIndex),
}

/// A record of a table, or a row of the event log.
#[derive(Debug, Clone, Copy)]
pub enum Record<'a> {
    Row(TypeId, &'a Row),
    Event(TypeId, &'a EventRow),
}

static NULL: Value = Value::Null;
static NO: Value = Value::Bool(false);

impl Path {
    /// Reads a path that starts at a type. Fails if a field on it is not there for the caller.
    pub fn parse(model: &Model, method: &str, root: TypeId, text: &str) -> Result<Self, ApiError> {
        let mut parts = text.split('.');
        let mut steps = Vec::new();
        let mut here = root;
        loop {
            let name = parts.next().unwrap_or_default();
            let Some(target) = parts.next() else {
                if name.is_empty() {
                    return Err(unknown(model, method, root, text));
                }
                let column =
                    column(model, here, name).ok_or_else(|| unknown(model, method, here, name))?;
                return Ok(Self { steps, end: here, column });
            };
            let known = model.schema.entity_type(here);
            let link = model.visible_field(here, name);
            let link = link.filter(|index| known.fields[*index].data_type.is_link());
            let field = link.ok_or_else(|| unknown(model, method, here, name))?;
            let target = model.schema.type_id(target).filter(|_| steps.len() < STEPS_MAX);
            let target = target.ok_or_else(|| unknown(model, method, root, text))?;
            model.may_read(method, target)?;
            steps.push(Step { field, target });
            here = target;
        }
    }

    /// Whether it ends where it starts.
    pub fn is_direct(&self) -> bool {
        self.steps.is_empty()
    }

    /// The data type of what it ends at; none for the id, which is a number of its own kind.
    pub fn data_type(&self, model: &Model) -> Option<DataType> {
        match self.column {
            Column::Id => None,
            Column::DisplayName => Some(DataType::Text),
            Column::Field(index) => {
                Some(model.schema.entity_type(self.end).fields[index].data_type)
            }
        }
    }

    /// `Sequence.code`, as messages name it.
    pub fn end_name(&self, model: &Model) -> String {
        let known = model.schema.entity_type(self.end);
        let name = match self.column {
            Column::Id => "id",
            Column::DisplayName => "cached_display_name",
            Column::Field(index) => &known.fields[index].name,
        };
        format!("{}.{name}", known.name)
    }

    /// Whether any value at the end of the path passes `test`. Where a link leads nowhere, or to another type, the value
    /// is null.
    pub fn any(&self, model: &Model, record: Record<'_>, test: impl Fn(&Value) -> bool) -> bool {
        any(&self.steps, self.column, model, record, &test)
    }

    /// The record the last field belongs to. None where a link leads nowhere, or where the path goes over a list.
    pub fn follow<'a>(&self, model: &'a Model, record: Record<'a>) -> Option<Record<'a>> {
        self.steps.iter().try_fold(record, |record, step| match &*record.field(model, step.field) {
            Value::Link(link) if link.entity_type == step.target => model.live_record(*link),
            _ => None,
        })
    }
}

/// Whether any value at the end of `steps` passes `test`; see [`Path::any`].
pub fn any(
    steps: &[Step],
    column: Column,
    model: &Model,
    record: Record<'_>,
    test: &impl Fn(&Value) -> bool,
) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return test(&record.value(model, column));
    };
    let links = record.field(model, step.field);
    let mut led_somewhere = false;
    for link in links.links().iter().filter(|link| link.entity_type == step.target) {
        if let Some(next) = model.live_record(*link) {
            led_somewhere = true;
            if any(rest, column, model, next, test) {
                return true;
            }
        }
    }
    !led_somewhere && test(&NULL)
}

fn column(model: &Model, entity_type: TypeId, name: &str) -> Option<Column> {
    match name {
        "id" => Some(Column::Id),
        "cached_display_name" => Some(Column::DisplayName),
        name => model.visible_field(entity_type, name).map(Column::Field),
    }
}

/// The error for a field that a type does not have.
pub fn unknown(model: &Model, method: &str, entity_type: TypeId, name: &str) -> ApiError {
    let type_name = &model.schema.entity_type(entity_type).name;
    ApiError::invalid(format!("API {method}() {type_name}.{name} doesn't exist."))
}

impl<'a> Record<'a> {
    pub fn id(self) -> u64 {
        match self {
            Self::Row(_, row) => row.id,
            Self::Event(_, row) => row.id,
        }
    }

    /// What a column holds. A checkbox that was never set is off.
    pub fn value(self, model: &'a Model, column: Column) -> Cow<'a, Value> {
        match column {
            Column::Id => Cow::Owned(Value::Int(i64::try_from(self.id()).unwrap_or(i64::MAX))),
            Column::DisplayName => match self {
                Self::Row(entity_type, row) => {
                    Cow::Owned(Value::text(&model.display_name(Ref { entity_type, id: row.id })))
                }
                Self::Event(_, row) => Cow::Owned(Value::text(&model.event_description(row))),
            },
            Column::Field(index) => self.field(model, index),
        }
    }

    fn field(self, model: &'a Model, index: FieldIndex) -> Cow<'a, Value> {
        match self {
            Self::Row(entity_type, row) => match row.value(index) {
                value @ Value::Null => {
                    let field = &model.schema.entity_type(entity_type).fields[index];
                    if field.data_type == DataType::Checkbox {
                        Cow::Borrowed(&NO)
                    } else if field.personal {
                        Cow::Owned(
                            model.personal_value(Ref { entity_type, id: row.id }, &field.name),
                        )
                    } else {
                        Cow::Borrowed(value)
                    }
                }
                value => Cow::Borrowed(value),
            },
            Self::Event(entity_type, row) => {
                let name = &model.schema.entity_type(entity_type).fields[index].name;
                if matches!(name.as_str(), "description" | "cached_display_name") {
                    return self.value(model, Column::DisplayName);
                }
                Cow::Owned(row.value(name))
            }
        }
    }
}

impl EventRow {
    /// A field by name. The metadata is for reading only, and the description is the model's.
    pub fn value(&self, name: &str) -> Value {
        let text =
            |text: &Option<std::sync::Arc<str>>| text.clone().map_or(Value::Null, Value::Text);
        let link = |link: Option<Ref>| link.map_or(Value::Null, Value::Link);
        match name {
            "event_type" => Value::Text(self.event_type.clone()),
            "attribute_name" => text(&self.attribute_name),
            "entity" => link(self.entity),
            "project" => link(self.project),
            "user" => link(self.user),
            "session_uuid" => text(&self.session_uuid),
            "created_at" => Value::Moment(self.created_at),
            _ => Value::Null,
        }
    }
}

impl Model {
    /// A record that is not retired.
    pub(super) fn live_record(&self, record: Ref) -> Option<Record<'_>> {
        self.tables.live(record).map(|row| Record::Row(record.entity_type, row))
    }
}
