//! Places of the tree, and how they are spelt: `/Project/70/Shot/sg_sequence/Sequence/5/id/860`.

use std::collections::BTreeMap;

use super::{branch, group_of, projects, records};
use crate::model::Model;
use crate::model::value::Ref;
use crate::wire::{ApiError, ErrorCode};

/// The segment of what is in no group.
const NO_GROUP: &str = "__none__";

/// What a project makes, and how that is grouped.
#[derive(Debug, PartialEq, Eq)]
pub struct Branch {
    pub entity_type: &'static str,
    /// In the plural.
    pub label: &'static str,
    pub field: &'static str,
    /// What the field is called.
    pub field_label: &'static str,
}

/// The branches of every project.
pub static TREE: [Branch; 2] = [
    Branch { entity_type: "Asset", label: "Assets", field: "sg_asset_type", field_label: "Type" },
    Branch { entity_type: "Shot", label: "Shots", field: "sg_sequence", field_label: "Sequence" },
];

/// A place of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Root,
    Project(Ref),
    Branch(Ref, &'static Branch),
    Group(Ref, &'static Branch, Group),
    Record(Ref, &'static Branch, Group, Ref),
}

/// What records of a branch have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Of(Ref),
    Value(String),
    None,
}

impl Place {
    /// Reads a path. Fails with 107 where it leads out of the tree.
    pub fn parse(model: &Model, path: &str) -> Result<Self, ApiError> {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (project, rest) = match segments.as_slice() {
            [""] => return Ok(Self::Root),
            ["Project", id, rest @ ..] => (project(model, id)?, rest),
            _ => return Err(lost(format!("Unexpected path: {path} (expecting /Project/<id>)"))),
        };
        let [entity_type, rest @ ..] = rest else { return Ok(Self::Project(project)) };
        let branch = branch(entity_type).ok_or_else(|| {
            lost(format!("Entity type provided is not part of the tree: {entity_type}"))
        })?;
        let [field, rest @ ..] = rest else { return Ok(Self::Branch(project, branch)) };
        if *field != branch.field {
            let expected = branch.field;
            return Err(lost(format!(
                "Unexpected field name in path: {field} (expecting {expected})"
            )));
        }
        let (group, id) = match rest {
            [group @ .., "id", id] => (group, Some(*id)),
            group => (group, None),
        };
        let group = Group::parse(model, group)
            .ok_or_else(|| lost(format!("Unexpected value of {field} in path: {path}")))?;
        let Some(id) = id else { return Ok(Self::Group(project, branch, group)) };
        let found = records(model, project, branch).into_iter().find(|record| {
            record.id.to_string() == id && group_of(model, branch, *record) == group
        });
        let record = found.ok_or_else(|| {
            lost(format!("Unexpected result looking for {entity_type}: {id}: 0 found."))
        })?;
        Ok(Self::Record(project, branch, group, record))
    }

    /// How it is spelt.
    pub fn path(&self, model: &Model) -> String {
        let above = self.parent().filter(|parent| *parent != Self::Root);
        let above = above.map(|parent| parent.path(model)).unwrap_or_default();
        match self {
            Self::Root => "/".to_owned(),
            Self::Project(project) => format!("/Project/{}", project.id),
            Self::Branch(_, branch) => format!("{above}/{}", branch.entity_type),
            Self::Group(_, branch, group) => {
                let field = branch.field;
                match group {
                    Group::Of(record) => {
                        format!("{above}/{field}/{}/{}", model.type_name(*record), record.id)
                    }
                    Group::Value(value) => format!("{above}/{field}/{value}"),
                    Group::None => format!("{above}/{field}/{NO_GROUP}"),
                }
            }
            Self::Record(_, _, _, record) => format!("{above}/id/{}", record.id),
        }
    }

    /// What people read.
    pub fn label(&self, model: &Model) -> String {
        match self {
            Self::Root => "Site".to_owned(),
            Self::Branch(_, branch) => branch.label.to_owned(),
            Self::Group(_, _, Group::Value(value)) => value.clone(),
            Self::Group(_, branch, Group::None) => {
                format!("{} with no {}", branch.label, branch.field_label)
            }
            Self::Project(record)
            | Self::Group(_, _, Group::Of(record))
            | Self::Record(_, _, _, record) => model.display_name(*record),
        }
    }

    /// The record that stands here.
    pub fn record(&self) -> Option<Ref> {
        match self {
            Self::Project(record)
            | Self::Group(_, _, Group::Of(record))
            | Self::Record(_, _, _, record) => Some(*record),
            Self::Root | Self::Branch(..) | Self::Group(..) => None,
        }
    }

    pub fn project(&self) -> Option<Ref> {
        match self {
            Self::Root => None,
            Self::Project(project)
            | Self::Branch(project, _)
            | Self::Group(project, ..)
            | Self::Record(project, ..) => Some(*project),
        }
    }

    pub fn branch(&self) -> Option<&'static Branch> {
        match self {
            Self::Root | Self::Project(_) => None,
            Self::Branch(_, branch) | Self::Group(_, branch, _) | Self::Record(_, branch, ..) => {
                Some(branch)
            }
        }
    }

    pub fn parent(&self) -> Option<Self> {
        Some(match self {
            Self::Root => return None,
            Self::Project(_) => Self::Root,
            Self::Branch(project, _) => Self::Project(*project),
            Self::Group(project, branch, _) => Self::Branch(*project, branch),
            Self::Record(project, branch, group, _) => Self::Group(*project, branch, group.clone()),
        })
    }

    /// Whether it is worth expanding.
    pub fn has_children(&self) -> bool {
        !matches!(self, Self::Record(..))
    }

    /// What is directly below it.
    pub fn children(&self, model: &Model) -> Vec<Self> {
        match self {
            Self::Root => projects(model).into_iter().map(Self::Project).collect(),
            Self::Project(project) => {
                TREE.iter().map(|branch| Self::Branch(*project, branch)).collect()
            }
            Self::Branch(project, branch) => {
                let groups = grouped(model, *project, branch).into_iter();
                groups.map(|(group, _)| Self::Group(*project, branch, group)).collect()
            }
            Self::Group(project, branch, group) => records(model, *project, branch)
                .into_iter()
                .filter(|record| group_of(model, branch, *record) == *group)
                .map(|record| Self::Record(*project, branch, group.clone(), record))
                .collect(),
            Self::Record(..) => Vec::new(),
        }
    }
}

impl Group {
    fn parse(model: &Model, segments: &[&str]) -> Option<Self> {
        match segments {
            [] => None,
            [.., NO_GROUP] => Some(Self::None),
            [entity_type, id] if model.schema.type_id(entity_type).is_some() => {
                let entity_type = model.schema.type_id(entity_type)?;
                let record = Ref { entity_type, id: id.parse().ok()? };
                model.tables.live(record).map(|_| Self::Of(record))
            }
            // A value may have slashes of its own.
            value => Some(Self::Value(value.join("/"))),
        }
    }
}

/// The groups that have records, by label, with these, and last what is in none.
pub fn grouped(model: &Model, project: Ref, branch: &Branch) -> Vec<(Group, Vec<Ref>)> {
    let mut groups: BTreeMap<Group, Vec<Ref>> = BTreeMap::new();
    for record in records(model, project, branch) {
        groups.entry(group_of(model, branch, record)).or_default().push(record);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_cached_key(|(group, _)| match group {
        Group::Of(record) => (false, model.display_name(*record).to_lowercase()),
        Group::Value(value) => (false, value.to_lowercase()),
        Group::None => (true, String::new()),
    });
    groups
}

fn project(model: &Model, id: &str) -> Result<Ref, ApiError> {
    let found = model.schema.type_id("Project").and_then(|entity_type| {
        let project = Ref { entity_type, id: id.parse().ok()? };
        model.tables.live(project).map(|_| project)
    });
    found.ok_or_else(|| lost(format!("Unexpected result looking for project: {id}: 0 found.")))
}

/// The error for a path that leads nowhere.
fn lost(message: String) -> ApiError {
    ApiError::new(ErrorCode::NotInTree, message)
}
