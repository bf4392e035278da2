//! What a user may see and do: the rule sets of the schema files, which users name in `permission_rule_set`.
//!
//! Whoever asks is looked up once per request; rules are looked at when a request is understood, never per record.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Model;
use super::auth::Actor;
use super::event_log::EventRow;
use super::params::Params;
use super::schema::FieldIndex;
use super::value::{Ref, TypeId, Value};
use crate::wire::ApiError;

mod compile;
#[cfg(test)]
mod tests;

pub(crate) use compile::compile;

/// Methods that tell of fields without being asked for them: links, changes, and how records are grouped.
const TELLING: [&str; 5] = [
    "activity_stream",
    "nav_expand",
    "nav_search",
    "note_thread_contents",
    "query_display_name_cache",
];
/// The fields that those methods tell of.
const TOLD: [&str; 10] = [
    "attachments",
    "entity",
    "note_links",
    "replies",
    "sg_asset_type",
    "sg_sequence",
    "sg_status",
    "sg_task",
    "task_assignees",
    "user",
];

/// A rule set in a schema file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSetLine {
    pub code: String,
    #[serde(default)]
    pub name: Option<String>,
    /// What its users are: `ApiUser`, `HumanUser` or `ClientUser`.
    #[serde(default)]
    pub entity_type: Option<String>,
    #[serde(default)]
    pub rules: Vec<RuleLine>,
}

/// A rule in a schema file. Of the rules that fit, the last counts; without one all is allowed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleLine {
    #[serde(default)]
    pub deny: Vec<Action>,
    #[serde(default)]
    pub allow: Vec<Action>,
    /// All types if none is named.
    #[serde(default)]
    pub types: Vec<String>,
    /// All fields if none is named.
    #[serde(default)]
    pub fields: Vec<String>,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Find records of a type.
    Read,
    Create,
    /// Write a field.
    Update,
    /// Retire and revive.
    Delete,
    /// Know that a field is there.
    See,
    /// Create, change and delete fields of a type.
    AlterSchema,
}

/// A rule set, understood.
#[derive(Debug, Clone)]
pub(crate) struct RuleSet {
    pub code: String,
    pub name: String,
    pub entity_type: String,
    rules: Vec<Rule>,
    /// The fields that are not seen, and the other sides of those that are links.
    hidden: BTreeSet<(TypeId, FieldIndex)>,
    /// The attributes whose changes are not seen in the event log, by event type.
    hidden_events: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug, Clone)]
struct Rule {
    /// Counted over all rule sets from 1, for messages.
    number: usize,
    allow: bool,
    line: RuleLine,
}

/// The place of a rule set among those of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleSetId(usize);

impl RuleSet {
    /// The rule that denies an action.
    fn denial(&self, action: Action, type_name: &str, field: Option<&str>) -> Option<&Rule> {
        let fits = |rule: &&Rule| rule.fits(action, type_name, field);
        self.rules.iter().rev().find(fits).filter(|rule| !rule.allow)
    }
}

impl Rule {
    fn fits(&self, action: Action, type_name: &str, field: Option<&str>) -> bool {
        let actions = if self.allow { &self.line.allow } else { &self.line.deny };
        let names = |names: &[String], name: &str| {
            names.is_empty() || names.iter().any(|known| known == name)
        };
        actions.contains(&action)
            && names(&self.line.types, type_name)
            && field.map_or(self.line.fields.is_empty(), |field| names(&self.line.fields, field))
    }
}

impl Model {
    /// The rules for whoever calls; none for who may do everything.
    pub(super) fn rules_of(&self, actor: &Actor) -> Option<RuleSetId> {
        let user = actor.user?;
        let set = self.field_of(user, "permission_rule_set")?.links().first().copied()?;
        let code = self.field_of(set, "code")?.as_text()?;
        self.schema.rule_sets.iter().position(|known| known.code == code).map(RuleSetId)
    }

    fn field_of(&self, record: Ref, name: &str) -> Option<&Value> {
        let index = self.schema.entity_type(record.entity_type).field_index(name)?;
        self.tables.live(record).map(|row| row.value(index))
    }

    fn rules(&self) -> Option<&RuleSet> {
        self.viewer.map(|RuleSetId(index)| &self.schema.rule_sets[index])
    }

    /// The place of a field that the caller may know of.
    pub(super) fn visible_field(&self, entity_type: TypeId, name: &str) -> Option<FieldIndex> {
        let index = self.schema.entity_type(entity_type).field_index(name)?;
        self.sees(entity_type, index).then_some(index)
    }

    /// Whether the caller may know of a field.
    pub(super) fn sees(&self, entity_type: TypeId, field: FieldIndex) -> bool {
        self.rules().is_none_or(|rules| !rules.hidden.contains(&(entity_type, field)))
    }

    /// Whether the caller may know of all fields of a type.
    pub(super) fn sees_all(&self, entity_type: TypeId) -> bool {
        self.rules()
            .is_none_or(|rules| rules.hidden.iter().all(|(hidden, _)| *hidden != entity_type))
    }

    /// The rows of the event log that the caller does not see: those that tell of fields that are hidden.
    pub(super) fn unseen_events(&self) -> Option<&BTreeMap<String, BTreeSet<String>>> {
        self.rules().map(|rules| &rules.hidden_events).filter(|hidden| !hidden.is_empty())
    }

    /// Whether the caller may not see a row of the event log.
    pub(super) fn hides_event(&self, row: &EventRow) -> bool {
        self.unseen_events().is_some_and(|hidden| is_unseen(hidden, row))
    }

    /// Fails for a method that would tell the caller of fields that are hidden.
    pub(super) fn may_call(&self, method: &str) -> Result<(), ApiError> {
        let Some(rules) = self.rules().filter(|_| TELLING.contains(&method)) else { return Ok(()) };
        let is_told = |(id, field): &&(TypeId, FieldIndex)| {
            TOLD.contains(&self.schema.entity_type(*id).fields[*field].name.as_str())
        };
        match rules.hidden.iter().find(is_told) {
            None => Ok(()),
            Some((id, field)) => {
                let known = self.schema.entity_type(*id);
                let (name, field) = (&known.name, &known.fields[*field].name);
                Err(ApiError::refused(format!(
                    "API {method}() tells of [{name}.{field}], which this user can not see. Rule: {}",
                    rules.name
                )))
            }
        }
    }

    /// Fails if the caller may not find records of a type.
    pub(super) fn may_read(&self, method: &str, entity_type: TypeId) -> Result<(), ApiError> {
        let name = &self.schema.entity_type(entity_type).name;
        self.may(Action::Read, name, None, |rule| {
            format!("API {method}() Entity of type {name} can not be accessed by this user. {rule}")
        })
    }

    /// Fails if the caller may not create records of a type.
    pub(super) fn may_create(&self, method: &str, entity_type: TypeId) -> Result<(), ApiError> {
        let name = &self.schema.entity_type(entity_type).name;
        self.may(Action::Create, name, None, |rule| {
            format!("API {method}() CRUD ERROR #6: Entity of type {name} cannot be created by this user. {rule}")
        })
    }

    /// Fails if the caller may not write a field of a record that is there.
    pub(super) fn may_update(
        &self,
        method: &str,
        entity_type: TypeId,
        field: FieldIndex,
    ) -> Result<(), ApiError> {
        let known = self.schema.entity_type(entity_type);
        let (name, field) = (&known.name, &known.fields[field].name);
        self.may(Action::Update, name, Some(field), |rule| {
            format!("API {method}() CRUD ERROR #5: The field is not editable for this user: [{name}.{field}]. {rule}")
        })
    }

    /// Whether the caller may write a field of records that are there.
    pub(super) fn can_update(&self, entity_type: TypeId, field: FieldIndex) -> bool {
        self.may_update("", entity_type, field).is_ok()
    }

    /// Fails if the caller may not retire or revive a record.
    pub(super) fn may_delete(&self, method: &str, record: Ref) -> Result<(), ApiError> {
        let name = &self.schema.entity_type(record.entity_type).name;
        let done = if method == "revive" { "revived" } else { "deleted" };
        self.may(Action::Delete, name, None, |rule| {
            let id = record.id;
            format!("API {method}() CRUD ERROR #4.1: Entity {name} {id} can not be {done} by this user. {rule}")
        })
    }

    /// Fails if the caller may not change the fields of a type.
    pub(super) fn may_alter(
        &self,
        params: &Params<'_>,
        entity_type: TypeId,
    ) -> Result<(), ApiError> {
        let (method, name) = (params.method, &self.schema.entity_type(entity_type).name);
        self.may(Action::AlterSchema, name, None, |rule| {
            format!("API {method}() The fields of {name} can not be changed by this user. {rule}")
        })
    }

    fn may(
        &self,
        action: Action,
        type_name: &str,
        field: Option<&str>,
        refusal: impl FnOnce(String) -> String,
    ) -> Result<(), ApiError> {
        let Some(rules) = self.rules() else { return Ok(()) };
        match rules.denial(action, type_name, field) {
            None => Ok(()),
            Some(rule) => {
                Err(ApiError::refused(refusal(rules.wording(rule, action, type_name, field))))
            }
        }
    }
}

impl RuleSet {
    /// A rule as the service's messages name it.
    fn wording(&self, rule: &Rule, action: Action, type_name: &str, field: Option<&str>) -> String {
        let what = match action {
            Action::Read => "read_entity",
            Action::Create => "create_entity",
            Action::Update => "update_field",
            Action::Delete => "retire_entity",
            Action::See => "see_field",
            Action::AlterSchema => "edit_schema",
        };
        let (name, number) = (&self.name, rule.number);
        let field = field.map(|field| format!(", field_name => {field}")).unwrap_or_default();
        format!(
            "Rule: {name} -- PermissionRule {number}: DENY {what} FOR entity_type => {type_name}{field}"
        )
    }
}

/// Whether a row of the event log tells of a field that is hidden.
pub(super) fn is_unseen(hidden: &BTreeMap<String, BTreeSet<String>>, row: &EventRow) -> bool {
    let Some(attribute) = row.attribute_name.as_deref() else { return false };
    hidden.get(&*row.event_type).is_some_and(|attributes| attributes.contains(attribute))
}
