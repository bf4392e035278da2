//! From the text of a schema file to a [`Schema`] whose relations are tied together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{DataType, EntityType, Field, Schema, Write};
use crate::model::value::TypeId;

/// Entity types are numbered in 16 bits.
const ENTITY_TYPES_MAX: usize = 1000;

/// Why a schema file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// It is not JSON of the right shape.
    #[error("the schema is not valid JSON of the expected shape")]
    Malformed {
        /// What the JSON reader said.
        #[source]
        source: serde_json::Error,
    },
    /// The entity type has no field to take its name from.
    #[error("entity type `{entity_type}` has the display field `{field}`, which it does not have")]
    NoDisplayField {
        /// The entity type.
        entity_type: String,
        /// The missing field.
        field: String,
    },
    /// Two fields claim the same field as their other side.
    #[error("field `{field}` of `{entity_type}` is already the other side of another relation")]
    MirrorTaken {
        /// The entity type that is linked to.
        entity_type: String,
        /// Its field.
        field: String,
    },
    /// Something names what is not there.
    #[error("field `{entity_type}.{field}` names `{missing}`, which the schema does not have")]
    Missing {
        /// The entity type.
        entity_type: String,
        /// The field.
        field: String,
        /// What it names.
        missing: String,
    },
    /// There are more types than the model can number.
    #[error("the schema has {found} entity types, more than {ENTITY_TYPES_MAX}")]
    TooManyTypes {
        /// How many there are.
        found: usize,
    },
}

/// A schema file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SchemaFile {
    statuses: BTreeMap<String, String>,
    common_fields: Vec<FieldLine>,
    entity_types: Vec<TypeLine>,
    templates: BTreeMap<String, Vec<FieldLine>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeLine {
    #[serde(rename = "type")]
    entity_type: String,
    name: String,
    display_field: String,
    #[serde(default = "yes")]
    names_itself: bool,
    #[serde(default)]
    project: Option<Membership>,
    #[serde(default)]
    bare: bool,
    #[serde(default)]
    template: Option<String>,
    #[serde(default)]
    fields: Vec<FieldLine>,
}

/// Whether records of a type live in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Membership {
    Required,
    Optional,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldLine {
    field: String,
    name: String,
    #[serde(rename = "type")]
    data_type: DataType,
    #[serde(default)]
    description: String,
    #[serde(default)]
    valid_types: Vec<String>,
    #[serde(default)]
    valid_values: Vec<String>,
    #[serde(default)]
    default: serde_json::Value,
    #[serde(default)]
    unique: bool,
    #[serde(default)]
    write: Write,
    /// The field of the linked types that shows the link from the other side; the first that a type has.
    #[serde(default)]
    reverse: Vec<String>,
    /// A record goes when the record that this field links to goes.
    #[serde(default)]
    cascade: bool,
    /// The same, for links to these types only.
    #[serde(default)]
    cascade_from: Vec<String>,
}

fn yes() -> bool {
    true
}

impl Schema {
    /// Reads a schema from the text of a schema file. Fails when it is not valid or does not fit together.
    pub fn from_json(text: &str) -> Result<Self, SchemaError> {
        let file =
            serde_json::from_str(text).map_err(|source| SchemaError::Malformed { source })?;
        Self::from_files(vec![file])
    }

    /// This schema with the types and fields of another schema file added.
    pub fn extended(&self, text: &str) -> Result<Self, SchemaError> {
        let file =
            serde_json::from_str(text).map_err(|source| SchemaError::Malformed { source })?;
        let mut files = self.sources.clone();
        files.push(file);
        Self::from_files(files)
    }

    pub(crate) fn from_files(files: Vec<SchemaFile>) -> Result<Self, SchemaError> {
        let merged = merge(&files);
        let found = merged.entity_types.len();
        if found > ENTITY_TYPES_MAX {
            return Err(SchemaError::TooManyTypes { found });
        }
        let mut schema = Self {
            types: Vec::new(),
            by_name: BTreeMap::new(),
            statuses: merged.statuses.clone(),
            sources: files,
        };
        for line in &merged.entity_types {
            let id = super::type_id_at(schema.types.len());
            schema.by_name.insert(line.entity_type.clone(), id);
            schema.types.push(entity_type(line, &merged)?);
        }
        for line in &merged.entity_types {
            for field in lines_of(line, &merged) {
                schema.tie(&line.entity_type, field)?;
            }
        }
        Ok(schema)
    }

    /// The files this schema was made of.
    pub(crate) fn sources(&self) -> &[SchemaFile] {
        &self.sources
    }

    /// Ties a field to its other sides, and to the records it goes with.
    fn tie(&mut self, type_name: &str, line: &FieldLine) -> Result<(), SchemaError> {
        let missing = |name: &str| SchemaError::Missing {
            entity_type: type_name.to_owned(),
            field: line.field.clone(),
            missing: name.to_owned(),
        };
        let id = self.type_id(type_name).expect("every type was added before");
        let index =
            self.entity_type(id).field_index(&line.field).expect("every field was added before");
        for target_name in &line.valid_types {
            let target = self.type_id(target_name).ok_or_else(|| missing(target_name))?;
            if let Some(mirror) =
                line.reverse.iter().find_map(|name| self.entity_type(target).field_index(name))
            {
                self.mirror(id, index, target, mirror)?;
            }
            if line.cascade || line.cascade_from.contains(target_name) {
                self.entity_type_mut(target).cascades.push((id, index));
            }
        }
        Ok(())
    }

    fn mirror(
        &mut self,
        id: TypeId,
        index: usize,
        target: TypeId,
        mirror: usize,
    ) -> Result<(), SchemaError> {
        let other = &mut self.entity_type_mut(target).fields[mirror];
        if other.mirrors.insert(id, index).is_some_and(|before| before != index) {
            let field = other.name.clone();
            return Err(SchemaError::MirrorTaken {
                entity_type: self.entity_type(target).name.clone(),
                field,
            });
        }
        self.entity_type_mut(id).fields[index].mirrors.insert(target, mirror);
        Ok(())
    }
}

/// One file out of several: types of the same name are one type with the fields of both.
fn merge(files: &[SchemaFile]) -> SchemaFile {
    let mut merged = SchemaFile::default();
    for file in files {
        merged.statuses.extend(file.statuses.clone());
        merged.common_fields.extend(file.common_fields.clone());
        merged.templates.extend(file.templates.clone());
        for line in &file.entity_types {
            match merged.entity_types.iter_mut().find(|known| known.entity_type == line.entity_type)
            {
                Some(known) => known.fields.extend(line.fields.clone()),
                None => merged.entity_types.push(line.clone()),
            }
        }
    }
    merged
}

/// The lines of a type's fields: its own, those of its template, and the common ones.
fn lines_of<'a>(line: &'a TypeLine, file: &'a SchemaFile) -> impl Iterator<Item = &'a FieldLine> {
    let template = line.template.as_ref().and_then(|name| file.templates.get(name));
    let common = if line.bare { &[][..] } else { &file.common_fields[..] };
    line.fields.iter().chain(template.into_iter().flatten()).chain(common)
}

fn entity_type(line: &TypeLine, file: &SchemaFile) -> Result<EntityType, SchemaError> {
    let mut made = EntityType {
        name: line.entity_type.clone(),
        display_name: line.name.clone(),
        display_field: 0,
        names_itself: line.names_itself,
        project: None,
        fields: Vec::new(),
        by_name: BTreeMap::new(),
        cascades: Vec::new(),
    };
    for field in lines_of(line, file) {
        match made.field_index(&field.field) {
            Some(index) => made.fields[index] = field_of(field),
            None => _ = made.add_field(field_of(field)),
        }
    }
    if let Some(membership) = line.project {
        made.project = Some(made.add_field(project_field(membership)));
    }
    made.display_field =
        made.field_index(&line.display_field).ok_or_else(|| SchemaError::NoDisplayField {
            entity_type: line.entity_type.clone(),
            field: line.display_field.clone(),
        })?;
    Ok(made)
}

fn field_of(line: &FieldLine) -> Field {
    Field {
        name: line.field.clone(),
        display_name: line.name.clone(),
        description: line.description.clone(),
        data_type: line.data_type,
        valid_types: line.valid_types.clone(),
        valid_values: line.valid_values.clone(),
        default: line.default.clone(),
        unique: line.unique,
        mandatory: false,
        write: line.write,
        custom: line.field.starts_with("sg_"),
        hidden_in: BTreeSet::new(),
        retired: false,
        mirrors: BTreeMap::new(),
    }
}

fn project_field(membership: Membership) -> Field {
    Field {
        name: "project".to_owned(),
        display_name: "Project".to_owned(),
        description: String::new(),
        data_type: DataType::Entity,
        valid_types: vec!["Project".to_owned()],
        valid_values: Vec::new(),
        default: serde_json::Value::Null,
        unique: false,
        mandatory: membership == Membership::Required,
        write: Write::Always,
        custom: false,
        hidden_in: BTreeSet::new(),
        retired: false,
        mirrors: BTreeMap::new(),
    }
}
