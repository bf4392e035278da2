//! Records and events as the page and the tests see them.

use serde_json::Value as Json;

use super::event_log::EventRow;
use super::table::Row;
use super::value::{Ref, TypeId};
use super::{EntityLink, Model, render, sort};

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

    /// The schema's name of its type.
    #[must_use]
    pub fn type_name(&self) -> &'a str {
        &self.model.schema.entity_type(self.entity_type).name
    }

    /// The project it lives in; a project lives in itself.
    #[must_use]
    pub fn project(&self) -> Option<Self> {
        view_of(self.model, self.model.project_of(self.reference())?)
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

    /// Whether its display name has `part` in it, in any case.
    #[must_use]
    pub fn name_contains(&self, part: &str) -> bool {
        self.name().to_lowercase().contains(&part.to_lowercase())
    }

    /// Puts records of one type in the order of a field, nulls first. Links, and a field that is not there, are in the order
    /// of names. Records that are equal stay as they are.
    pub fn sort(views: &mut [Self], field: &str) {
        let Some(first) = views.first() else { return };
        let entity_type = first.model.schema.entity_type(first.entity_type);
        let index = entity_type.field_index(field);
        match index.filter(|index| !entity_type.fields[*index].data_type.is_link()) {
            Some(index) => views
                .sort_by(|one, other| sort::compare(one.row.value(index), other.row.value(index))),
            None => views.sort_by_cached_key(|view| match index {
                Some(index) => {
                    let link = view.row.value(index).links().first();
                    link.map(|link| view.model.display_name(*link)).unwrap_or_default()
                }
                None => view.name(),
            }),
        }
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

    /// When it happened, in seconds since the Unix epoch.
    #[must_use]
    pub fn created_at(&self) -> i64 {
        self.row.created_at
    }

    /// The record it is about, retired or not.
    #[must_use]
    pub fn entity(&self) -> Option<EntityView<'a>> {
        view_of(self.model, self.row.entity?)
    }

    /// The project it happened in, retired or not.
    #[must_use]
    pub fn project(&self) -> Option<EntityView<'a>> {
        view_of(self.model, self.row.project?)
    }

    /// Who did it.
    #[must_use]
    pub fn user(&self) -> Option<EntityView<'a>> {
        view_of(self.model, self.row.user?)
    }

    /// The browser session it was done in.
    #[must_use]
    pub fn session_uuid(&self) -> Option<&'a str> {
        self.row.session_uuid.as_deref()
    }

    /// The document of what happened, as JSON text.
    #[must_use]
    pub fn meta_text(&self) -> &'a str {
        &self.row.meta
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

/// A record, if it was not taken back with the transaction that made it.
fn view_of(model: &Model, record: Ref) -> Option<EntityView<'_>> {
    model.tables.row(record).map(|row| EntityView::new(model, record.entity_type, row))
}
