//! From the rule sets of schema files to rules that can be asked.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Rule, RuleLine, RuleSet, RuleSetLine};
use crate::model::schema::{FieldIndex, Schema, SchemaError, SchemaRule};
use crate::model::value::TypeId;

/// Fields that show in other places than in themselves.
const NEVER_HIDDEN: [&str; 5] =
    ["project", "cached_display_name", "sg_status_list", "image", "archived"];

/// Understands rule sets. Fails if one names what is not there, or hides what cannot be hidden.
pub(crate) fn compile(schema: &Schema, lines: &[RuleSetLine]) -> Result<Vec<RuleSet>, SchemaError> {
    let mut number = 0;
    let mut sets = Vec::new();
    for line in lines {
        let broken = |rule| schema.broken_rules(&line.code, rule);
        let (Some(name), Some(entity_type)) = (&line.name, &line.entity_type) else {
            return Err(broken(SchemaRule::RuleSet));
        };
        let mut rules = Vec::new();
        for line in &line.rules {
            number += 1;
            check(schema, line).map_err(broken)?;
            rules.push(Rule { number, allow: line.deny.is_empty(), line: line.clone() });
        }
        let mut set = RuleSet {
            code: line.code.clone(),
            name: name.clone(),
            entity_type: entity_type.clone(),
            rules,
            hidden: BTreeSet::new(),
            hidden_events: BTreeMap::new(),
        };
        set.hide(schema).map_err(broken)?;
        sets.push(set);
    }
    Ok(sets)
}

fn check(schema: &Schema, line: &RuleLine) -> Result<(), SchemaRule> {
    if line.deny.is_empty() == line.allow.is_empty() {
        return Err(SchemaRule::Rule);
    }
    if line.deny.contains(&Action::See) && line.fields.is_empty() {
        return Err(SchemaRule::HidingAll);
    }
    if let Some(missing) = line.types.iter().find(|name| schema.type_id(name).is_none()) {
        return Err(SchemaRule::Type(missing.clone()));
    }
    let has = |field: &str| {
        schema.types().any(|(_, known)| {
            (line.types.is_empty() || line.types.contains(&known.name))
                && known.field_index(field).is_some()
        })
    };
    match line.fields.iter().find(|field| !has(field)) {
        Some(missing) => Err(SchemaRule::Field(missing.clone())),
        None => Ok(()),
    }
}

impl RuleSet {
    /// Finds the fields that are not seen. The other sides of a link that is not seen would tell of it.
    fn hide(&mut self, schema: &Schema) -> Result<(), SchemaRule> {
        let mut open = Vec::new();
        for (id, known) in schema.types() {
            for (index, field) in known.fields.iter().enumerate() {
                if self.denial(Action::See, &known.name, Some(&field.name)).is_some() {
                    open.push((id, index));
                }
            }
        }
        while let Some((id, index)) = open.pop() {
            let known = schema.entity_type(id);
            let field = &known.fields[index];
            if index == known.display_field || NEVER_HIDDEN.contains(&field.name.as_str()) {
                return Err(SchemaRule::Hiding(format!("{}.{}", known.name, field.name)));
            }
            if self.hidden.insert((id, index)) {
                self.hide_events(schema, (id, index));
                open.extend(field.mirrors.iter().map(|(id, index)| (*id, *index)));
            }
        }
        Ok(())
    }

    fn hide_events(&mut self, schema: &Schema, (id, index): (TypeId, FieldIndex)) {
        let known = schema.entity_type(id);
        let events = self.hidden_events.entry(format!("Shotgun_{}_Change", known.name));
        events.or_default().insert(known.fields[index].name.clone());
    }
}

impl RuleSetLine {
    /// Adds the rules of another file, which count before these.
    pub(crate) fn add(&mut self, other: &Self) {
        self.rules.extend(other.rules.clone());
        self.name = other.name.clone().or_else(|| self.name.take());
        self.entity_type = other.entity_type.clone().or_else(|| self.entity_type.take());
    }
}
