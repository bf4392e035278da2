//! Fields that were created or changed over the API, on top of the schema files.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::file::FieldLine;
use super::{Field, FieldIndex, Schema};
use crate::model::value::TypeId;

/// A field as changes over the API left it: what a snapshot keeps of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldState {
    entity_type: String,
    line: FieldLine,
    hidden_in: BTreeSet<u64>,
    hidden_values_in: BTreeMap<u64, Vec<String>>,
    retired: bool,
}

impl Schema {
    /// Puts a field in the place of another one of its name, or adds it as the last one.
    pub(crate) fn put_field(&mut self, entity_type: TypeId, field: Field) -> FieldIndex {
        let known = self.entity_type_mut(entity_type);
        let field = Field { altered: true, ..field };
        match known.any_field_index(&field.name) {
            Some(index) => {
                known.fields[index] = field;
                index
            }
            None => known.add_field(field),
        }
    }

    /// The fields that are other ones than the schema files say, in the order in which they are to be restored.
    pub(crate) fn changes(&self) -> Vec<FieldState> {
        let of_type = |(_, known): (TypeId, &super::EntityType)| {
            let name = known.name.clone();
            let altered = known.fields.iter().filter(|field| field.altered);
            altered.map(|field| FieldState::of(&name, field)).collect::<Vec<_>>()
        };
        self.types().flat_map(of_type).collect()
    }

    /// Makes a field what it was. False if there is no such entity type.
    pub(crate) fn restore(&mut self, state: FieldState) -> bool {
        let Some(entity_type) = self.type_id(&state.entity_type) else { return false };
        let known = self.entity_type(entity_type);
        let before = known.any_field_index(&state.line.field).map(|index| &known.fields[index]);
        let mut field = Field {
            hidden_in: state.hidden_in,
            hidden_values_in: state.hidden_values_in,
            retired: state.retired,
            ..Field::new(&state.line)
        };
        if let Some(before) = before {
            field.mirrors = before.mirrors.clone();
            field.mandatory = before.mandatory;
        }
        self.put_field(entity_type, field);
        true
    }
}

impl FieldState {
    /// Where it belongs, for messages.
    pub(crate) fn place(&self) -> String {
        format!("a change of {}.{}", self.entity_type, self.line.field)
    }

    fn of(entity_type: &str, field: &Field) -> Self {
        Self {
            entity_type: entity_type.to_owned(),
            line: FieldLine {
                field: field.name.clone(),
                name: field.display_name.clone(),
                data_type: field.data_type,
                description: field.description.clone(),
                valid_types: field.valid_types.clone(),
                valid_values: field.valid_values.clone(),
                hidden_values: field.hidden_values.clone(),
                default: field.default.clone(),
                summary_default: Some(field.summary_default.clone()),
                unique: field.unique,
                write: field.write,
                custom: Some(field.custom),
                reverse: Vec::new(),
                cascade: false,
                cascade_from: Vec::new(),
            },
            hidden_in: field.hidden_in.clone(),
            hidden_values_in: field.hidden_values_in.clone(),
            retired: field.retired,
        }
    }
}
