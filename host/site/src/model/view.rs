//! Records and events as the page and the tests see them.

use serde_json::Value as Json;

use super::event_log::EventRow;
use super::table::Row;
use super::value::{Ref, TypeId};
use super::{EntityLink, Model, render};

/// One record.
#[derive(Debug, Clone, Copy)]
pub struct EntityView<'a> {
    model: &'a Model,
    entity_type: TypeId,
    row: &'a Row,
}

/// One row of the event log.
#[derive(Debug, Clone, Copy)]
pub struct EventView<'a> {
    model: &'a Model,
    row: &'a EventRow,
}

impl<'a> EntityView<'a> {
    pub(super) fn new(model: &'a Model, entity_type: TypeId, row: &'a Row) -> Self {
        Self { model, entity_type, row }
    }

    /// Its number among those of its type.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.row.id
    }

    /// Its type and number.
    #[must_use]
    pub fn link(&self) -> EntityLink {
        EntityLink::new(self.model.schema.entity_type(self.entity_type).name.as_str(), self.row.id)
    }

    /// Whether it is in the trash.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.row.retired.is_some()
    }

    /// Its display name.
    #[must_use]
    pub fn name(&self) -> String {
        let mut name = String::new();
        self.model.write_display_name(self.reference(), &mut name);
        name
    }

    /// A field as a `read` shows it; null if there is no such field.
    #[must_use]
    pub fn field(&self, name: &str) -> Json {
        let entity_type = self.model.schema.entity_type(self.entity_type);
        let Some(index) = entity_type.field_index(name) else { return Json::Null };
        let mut text = String::new();
        self.model.write_field(self.entity_type, self.row, index, &mut text);
        render::parse(&text)
    }

    /// All its fields as a `read` shows them.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let fields = &self.model.schema.entity_type(self.entity_type).fields;
        let mut all = serde_json::Map::new();
        all.insert("type".to_owned(), self.link().entity_type.into());
        all.insert("id".to_owned(), self.row.id.into());
        for field in fields.iter().filter(|field| !field.retired) {
            all.insert(field.name.clone(), self.field(&field.name));
        }
        Json::Object(all)
    }

    fn reference(&self) -> Ref {
        Ref { entity_type: self.entity_type, id: self.row.id }
    }
}

impl<'a> EventView<'a> {
    pub(super) fn new(model: &'a Model, row: &'a EventRow) -> Self {
        Self { model, row }
    }

    /// The site's number of the row.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.row.id
    }

    /// Such as `Shotgun_Task_Change`.
    #[must_use]
    pub fn event_type(&self) -> &'a str {
        &self.row.event_type
    }

    /// The field that changed.
    #[must_use]
    pub fn attribute_name(&self) -> Option<&'a str> {
        self.row.attribute_name.as_deref()
    }

    /// The document of what happened.
    #[must_use]
    pub fn meta(&self) -> Json {
        render::parse(&self.row.meta)
    }

    /// Appends the row as a `read` of the nine usual fields shows it.
    pub fn write_json(&self, out: &mut String) {
        self.model.write_event(self.row, out);
    }

    /// The row as a `read` of the nine usual fields shows it.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut text = String::new();
        self.write_json(&mut text);
        render::parse(&text)
    }
}
