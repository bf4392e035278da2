//! Which entity types there are, which fields they have, and which fields are two sides of one relation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::permission::RuleSet;
use super::value::TypeId;

mod change;
mod check;
mod data_type;
mod error;
mod file;
mod load;
#[cfg(test)]
mod tests;

pub(crate) use change::FieldState;
pub use data_type::DataType;
pub use error::{SchemaError, SchemaRule};
pub(crate) use file::{FieldLine, SchemaFile, StatusLine};

/// The place of a field among those of its type.
pub type FieldIndex = usize;

/// The entity types of a site and their fields.
#[derive(Debug, Clone)]
pub struct Schema {
    types: Vec<EntityType>,
    by_name: BTreeMap<String, TypeId>,
    /// By code.
    pub(crate) statuses: BTreeMap<String, StatusLine>,
    /// The permission rule sets, by the order of the files.
    pub(crate) rule_sets: Vec<RuleSet>,
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
    /// Not offered in these projects.
    pub hidden_in: BTreeSet<u64>,
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
    /// Valid values that people are not offered anywhere.
    pub hidden_values: Vec<String>,
    /// Valid values that people are not offered in a project.
    pub hidden_values_in: BTreeMap<u64, Vec<String>>,
    pub default: serde_json::Value,
    /// What the web page shows below a column.
    pub summary_default: String,
    pub unique: bool,
    /// A record cannot be created without it.
    pub mandatory: bool,
    pub write: Write,
    /// Whether a site may hide or delete it.
    pub custom: bool,
    /// Holds something else for everybody who looks.
    pub personal: bool,
    /// Hidden in these projects.
    pub hidden_in: BTreeSet<u64>,
    /// A field that was deleted: its column stays, its name is taken.
    pub retired: bool,
    /// Whether it is another one than the schema files say, by a change over the API.
    pub altered: bool,
    /// For each type that this field links to, the field there that shows the link from the other side.
    pub mirrors: BTreeMap<TypeId, FieldIndex>,
}

/// The files of the built-in schema.
const BUILT_IN: [(&str, &str); 2] = [
    ("production.json", include_str!("../schema/production.json")),
    ("permissions.json", include_str!("../schema/permissions.json")),
];

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
        static PRODUCTION: LazyLock<Schema> = LazyLock::new(|| {
            let files = BUILT_IN.map(|(name, text)| {
                SchemaFile::read(name, text).expect("a test loads the built-in schema")
            });
            Schema::from_files(files.to_vec()).expect("a test loads the built-in schema")
        });
        PRODUCTION.clone()
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

    /// The place of the field called `name`, deleted or not.
    pub fn any_field_index(&self, name: &str) -> Option<FieldIndex> {
        self.by_name.get(name).copied()
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
