//! Which entity types there are, which fields they have, and which fields are two sides of one relation.

use std::collections::{BTreeMap, BTreeSet};

use super::value::TypeId;

mod data_type;
mod load;

pub use data_type::DataType;
pub use load::SchemaError;
pub(crate) use load::SchemaFile;

/// The place of a field among those of its type.
pub type FieldIndex = usize;

/// The entity types of a site and their fields.
#[derive(Debug, Clone)]
pub struct Schema {
    types: Vec<EntityType>,
    by_name: BTreeMap<String, TypeId>,
    pub(crate) statuses: BTreeMap<String, String>,
    sources: Vec<SchemaFile>,
}

/// One entity type, such as `Shot`.
#[derive(Debug, Clone)]
pub(crate) struct EntityType {
    pub name: String,
    pub display_name: String,
    /// Where the name of a record stands.
    pub display_field: FieldIndex,
    /// Whether a record without a name gets one, such as `New Shot 12`.
    pub names_itself: bool,
    /// The field `project`, for types that live in a project.
    pub project: Option<FieldIndex>,
    pub fields: Vec<Field>,
    by_name: BTreeMap<String, FieldIndex>,
    /// The fields of other types whose records are retired together with a record of this one.
    pub cascades: Vec<(TypeId, FieldIndex)>,
}

/// One field of one entity type.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub name: String,
    pub display_name: String,
    pub description: String,
    pub data_type: DataType,
    pub valid_types: Vec<String>,
    pub valid_values: Vec<String>,
    pub default: serde_json::Value,
    pub unique: bool,
    pub mandatory: bool,
    pub write: Write,
    pub custom: bool,
    /// Hidden in these projects.
    pub hidden_in: BTreeSet<u64>,
    /// A field that was deleted: its column stays, its name is taken.
    pub retired: bool,
    /// For each type that this field links to, the field there that shows the link from the other side.
    pub mirrors: BTreeMap<TypeId, FieldIndex>,
}

/// Who may write a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Write {
    #[default]
    Always,
    CreateOnly,
    /// Only the site itself.
    Computed,
}

impl Schema {
    /// The built-in schema: the entity types that productions use.
    #[must_use]
    pub fn production() -> Self {
        Self::from_json(include_str!("../schema/production.json"))
            .expect("a test loads the built-in schema")
    }

    /// The place of the type called `name`.
    pub(crate) fn type_id(&self, name: &str) -> Option<TypeId> {
        self.by_name.get(name).copied()
    }

    /// The type at `id`.
    pub(crate) fn entity_type(&self, id: TypeId) -> &EntityType {
        &self.types[usize::from(id.0)]
    }

    pub(crate) fn entity_type_mut(&mut self, id: TypeId) -> &mut EntityType {
        &mut self.types[usize::from(id.0)]
    }

    /// All types, in the order of the schema file.
    pub(crate) fn types(&self) -> impl Iterator<Item = (TypeId, &EntityType)> {
        self.types.iter().enumerate().map(|(index, entity_type)| (type_id_at(index), entity_type))
    }

    /// The names of all entity types.
    pub fn type_names(&self) -> impl Iterator<Item = &str> {
        self.types.iter().map(|entity_type| entity_type.name.as_str())
    }
}

impl EntityType {
    /// The place of the field called `name`, if it is not deleted.
    pub fn field_index(&self, name: &str) -> Option<FieldIndex> {
        self.by_name.get(name).copied().filter(|index| !self.fields[*index].retired)
    }

    /// Adds a field as the last one.
    pub fn add_field(&mut self, field: Field) -> FieldIndex {
        let index = self.fields.len();
        self.by_name.insert(field.name.clone(), index);
        self.fields.push(field);
        index
    }
}

fn type_id_at(index: usize) -> TypeId {
    TypeId(u16::try_from(index).expect("loading a schema limits the number of types"))
}
