//! The records that every site has from the start: its statuses and its permission roles.

use serde_json::{Map, Value as Json, json};

use super::{EntityLink, Model};
use crate::wire::ApiError;

impl Model {
    /// Adds a Status for each status of the schema and a PermissionRuleSet for each of its rule sets, without event log
    /// entries.
    ///
    /// # Errors
    /// If the schema's types of these names lack the fields for it.
    pub fn add_standard_records(&mut self) -> Result<(), ApiError> {
        let statuses = self.schema.statuses.iter();
        let statuses: Vec<_> = statuses
            .map(|(code, line)| json!({"code": code, "name": line.name, "bg_color": line.color}))
            .collect();
        let rule_sets = self.schema.rule_sets.iter();
        let rule_sets: Vec<_> = rule_sets.map(|rules| {
            json!({"code": rules.code, "display_name": rules.name, "entity_type": rules.entity_type})
        }).collect();
        for fields in &statuses {
            self.seed_entity("Status", &map(fields))?;
        }
        for fields in &rule_sets {
            self.seed_entity("PermissionRuleSet", &map(fields))?;
        }
        Ok(())
    }

    /// The role of a code, among the records that are not retired.
    #[must_use]
    pub fn permission_rule_set(&self, code: &str) -> Option<EntityLink> {
        let found = super::auth::find(self, "PermissionRuleSet", "code", code)?;
        Some(EntityLink::new("PermissionRuleSet", found.id))
    }
}

fn map(fields: &Json) -> Map<String, Json> {
    fields.as_object().cloned().unwrap_or_default()
}
