//! The form of a schema file. The site's manual explains it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{DataType, SchemaError, Write};
use crate::model::permission::RuleSetLine;

/// A schema file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SchemaFile {
    /// For messages; the reader sets it.
    pub file: String,
    pub statuses: BTreeMap<String, StatusLine>,
    pub common_fields: Vec<FieldLine>,
    pub entity_types: Vec<TypeLine>,
    pub templates: BTreeMap<String, Vec<FieldLine>>,
    pub permission_rule_sets: Vec<RuleSetLine>,
}

/// A status, by its code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusLine {
    pub name: String,
    /// As `r,g,b`.
    #[serde(default)]
    pub color: Option<String>,
}

/// An entity type, or what another file adds to one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypeLine {
    #[serde(rename = "type")]
    pub entity_type: String,
    #[serde(default)]
    pub name: Option<String>,
    /// `code` if not given.
    #[serde(default)]
    pub display_field: Option<String>,
    #[serde(default = "yes")]
    pub names_itself: bool,
    #[serde(default)]
    pub project: Option<Membership>,
    /// Without the common fields.
    #[serde(default)]
    pub bare: bool,
    #[serde(default)]
    pub template: Option<String>,
    #[serde(default)]
    pub hidden_in: BTreeSet<u64>,
    #[serde(default)]
    pub fields: Vec<FieldLine>,
}

/// Whether records of a type live in a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Membership {
    Required,
    Optional,
}

/// A field.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldLine {
    pub field: String,
    pub name: String,
    #[serde(rename = "type")]
    pub data_type: DataType,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub valid_types: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub valid_values: Vec<String>,
    /// Valid values that people are not offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden_values: Vec<String>,
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub default: serde_json::Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary_default: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    #[serde(default)]
    pub write: Write,
    /// Whether a site may hide or delete it; what begins with `sg_` unless this says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<bool>,
    /// The field of the linked types that shows the link from the other side; the first that a type has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reverse: Vec<String>,
    /// A record goes when the record that this field links to goes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cascade: bool,
    /// The same, for links to these types only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cascade_from: Vec<String>,
}

fn yes() -> bool {
    true
}

impl SchemaFile {
    /// Reads the text of a file called `name`.
    pub fn read(name: &str, text: &str) -> Result<Self, SchemaError> {
        let mut file: Self = serde_json::from_str(text)
            .map_err(|source| SchemaError::Malformed { file: name.to_owned(), source })?;
        file.file = name.to_owned();
        Ok(file)
    }

    /// One file out of several: what has the same name is one with the lines of all, and later lines count.
    pub fn merged(files: &[Self]) -> Self {
        let mut merged = Self::default();
        for file in files {
            merged.statuses.extend(file.statuses.clone());
            merged.common_fields.extend(file.common_fields.clone());
            merged.templates.extend(file.templates.clone());
            file.entity_types.iter().for_each(|line| merged.add_type(line));
            for line in &file.permission_rule_sets {
                match merged.permission_rule_sets.iter_mut().find(|known| known.code == line.code) {
                    Some(known) => known.add(line),
                    None => merged.permission_rule_sets.push(line.clone()),
                }
            }
        }
        merged
    }

    fn add_type(&mut self, line: &TypeLine) {
        let known =
            self.entity_types.iter_mut().find(|known| known.entity_type == line.entity_type);
        let Some(known) = known else { return self.entity_types.push(line.clone()) };
        known.fields.extend(line.fields.clone());
        known.hidden_in.extend(&line.hidden_in);
        known.name = line.name.clone().or_else(|| known.name.take());
        known.display_field = line.display_field.clone().or_else(|| known.display_field.take());
    }

    /// The lines of a type's fields: its own, those of its template, and the common ones. Of lines of one name the last
    /// own one counts.
    pub fn lines_of<'a>(&'a self, line: &'a TypeLine) -> Vec<&'a FieldLine> {
        let mut lines: Vec<&FieldLine> = Vec::new();
        for field in &line.fields {
            match lines.iter_mut().find(|known| known.field == field.field) {
                Some(known) => *known = field,
                None => lines.push(field),
            }
        }
        let template = line.template.as_ref().and_then(|name| self.templates.get(name));
        let common = if line.bare { &[][..] } else { &self.common_fields[..] };
        for field in template.into_iter().flatten().chain(common) {
            if !lines.iter().any(|known| known.field == field.field) {
                lines.push(field);
            }
        }
        lines
    }
}

impl TypeLine {
    /// The field that holds the name of a record.
    pub fn display_field(&self) -> &str {
        self.display_field.as_deref().unwrap_or("code")
    }
}
