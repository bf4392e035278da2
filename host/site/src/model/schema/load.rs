//! From schema files to a [`Schema`] whose relations are tied together.

use std::collections::{BTreeMap, BTreeSet};

use super::check;
use super::error::{ENTITY_TYPES_MAX, SchemaRule};
use super::file::{FieldLine, Membership, SchemaFile, TypeLine};
use super::{DataType, EntityType, Field, Schema, SchemaError, Write};
use crate::model::permission;
use crate::model::personal::{READ, VISITED};
use crate::model::value::TypeId;

/// What a file is called that was given as text only.
const UNNAMED: &str = "the schema";

impl Schema {
    /// Reads a schema from the text of a schema file. Fails when it is not valid or does not fit together.
    pub fn from_json(text: &str) -> Result<Self, SchemaError> {
        Self::from_files(vec![SchemaFile::read(UNNAMED, text)?])
    }

    /// This schema with the types, fields, statuses and permission rules of another schema file added. `file` is its name
    /// in messages. Changes that were made over the API are not taken along.
    pub fn extended(&self, file: &str, text: &str) -> Result<Self, SchemaError> {
        let mut files = self.sources.clone();
        files.push(SchemaFile::read(file, text)?);
        Self::from_files(files)
    }

    pub(crate) fn from_files(files: Vec<SchemaFile>) -> Result<Self, SchemaError> {
        let merged = SchemaFile::merged(&files);
        check::files(&files, &merged)?;
        let mut schema = Self {
            types: Vec::new(),
            by_name: BTreeMap::new(),
            statuses: merged.statuses.clone(),
            rule_sets: Vec::new(),
            sources: files,
        };
        for line in &merged.entity_types {
            let id = super::type_id_at(schema.types.len());
            schema.by_name.insert(line.entity_type.clone(), id);
            schema.types.push(entity_type(line, &merged));
        }
        for line in &merged.entity_types {
            for field in merged.lines_of(line) {
                schema.tie(&line.entity_type, field)?;
            }
        }
        let rule_sets = permission::compile(&schema, &merged.permission_rule_sets)?;
        schema.rule_sets = rule_sets;
        Ok(schema)
    }

    /// The files this schema was made of.
    pub(crate) fn sources(&self) -> &[SchemaFile] {
        &self.sources
    }

    /// An error about a permission rule set.
    pub(crate) fn broken_rules(&self, code: &str, rule: SchemaRule) -> SchemaError {
        let names =
            |file: &SchemaFile| file.permission_rule_sets.iter().any(|line| line.code == code);
        check::broken(&self.sources, names, format!("permission rule set `{code}`"), rule)
    }

    /// Ties a field to its other sides, and to the records it goes with.
    fn tie(&mut self, type_name: &str, line: &FieldLine) -> Result<(), SchemaError> {
        let id = self.type_id(type_name).expect("every type was added before");
        let index =
            self.entity_type(id).field_index(&line.field).expect("every field was added before");
        for target_name in &line.valid_types {
            let target = self.type_id(target_name).expect("the types that links name were checked");
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
        let before = self.entity_type_mut(target).fields[mirror].mirrors.insert(id, index);
        if before.is_some_and(|before| before != index) {
            let (here, there) = (self.entity_type(id), self.entity_type(target));
            let place = format!("field `{}.{}`", here.name, here.fields[index].name);
            let other = format!("{}.{}", there.name, there.fields[mirror].name);
            let names = |file: &SchemaFile| {
                file.entity_types.iter().any(|line| line.entity_type == here.name)
            };
            return Err(check::broken(&self.sources, names, place, SchemaRule::Mirror(other)));
        }
        self.entity_type_mut(id).fields[index].mirrors.insert(target, mirror);
        Ok(())
    }
}

fn entity_type(line: &TypeLine, file: &SchemaFile) -> EntityType {
    let mut made = EntityType {
        name: line.entity_type.clone(),
        display_name: line.name.clone().unwrap_or_default(),
        display_field: 0,
        names_itself: line.names_itself,
        project: None,
        fields: Vec::new(),
        by_name: BTreeMap::new(),
        cascades: Vec::new(),
        hidden_in: line.hidden_in.clone(),
    };
    for field in file.lines_of(line) {
        made.add_field(Field::new(field));
    }
    if let Some(membership) = line.project {
        made.project = Some(made.add_field(project_field(membership)));
    }
    made.display_field =
        made.field_index(line.display_field()).expect("the display fields were checked");
    made
}

impl Field {
    /// The field that a line describes.
    pub(crate) fn new(line: &FieldLine) -> Self {
        let summary = match line.data_type {
            DataType::StatusList => "status_list",
            _ => "none",
        };
        Self {
            name: line.field.clone(),
            display_name: line.name.clone(),
            description: line.description.clone(),
            data_type: line.data_type,
            valid_types: line.valid_types.clone(),
            valid_values: line.valid_values.clone(),
            hidden_values: line.hidden_values.clone(),
            hidden_values_in: BTreeMap::new(),
            default: line.default.clone(),
            summary_default: line.summary_default.clone().unwrap_or_else(|| summary.to_owned()),
            unique: line.unique,
            mandatory: false,
            write: line.write,
            custom: line.custom.unwrap_or_else(|| line.field.starts_with("sg_")),
            personal: matches!(line.field.as_str(), READ | VISITED),
            hidden_in: BTreeSet::new(),
            retired: false,
            altered: false,
            mirrors: BTreeMap::new(),
        }
    }
}

fn project_field(membership: Membership) -> Field {
    let line = FieldLine {
        field: "project".to_owned(),
        name: "Project".to_owned(),
        data_type: DataType::Entity,
        description: String::new(),
        valid_types: vec!["Project".to_owned()],
        valid_values: Vec::new(),
        hidden_values: Vec::new(),
        default: serde_json::Value::Null,
        summary_default: None,
        unique: false,
        write: Write::Always,
        custom: None,
        reverse: Vec::new(),
        cascade: false,
        cascade_from: Vec::new(),
    };
    Field { mandatory: membership == Membership::Required, ..Field::new(&line) }
}

/// The number of types a schema can have.
pub(super) fn fits(types: usize) -> bool {
    types <= ENTITY_TYPES_MAX
}
