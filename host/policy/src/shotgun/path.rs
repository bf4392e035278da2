//! Paths to fields: what they touch on their way.

use super::effective::PROJECT;
use super::grants::Need;
use super::refusal::Refusal;

/// A path that was taken apart: `entity.Shot.sg_sequence.Sequence.code`, seen from a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path<'a> {
    /// The links that it goes over.
    pub steps: Vec<Step<'a>>,
    /// The type that the last field is on.
    pub end: &'a str,
    /// The last field.
    pub field: &'a str,
}

/// One link of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step<'a> {
    /// The type that the link is on.
    pub from: &'a str,
    /// The field with the link.
    pub link: &'a str,
    /// The type that it leads to.
    pub target: &'a str,
    /// The path up to there.
    pub prefix: &'a str,
}

/// What a path over the records that link to a record begins with.
pub(super) const REVERSE: &str = "$FROM$";

impl<'a> Path<'a> {
    /// Takes a path apart. `what` says what it is there for.
    pub(super) fn parse(what: &'static str, root: &'a str, text: &'a str) -> Result<Self, Refusal> {
        let is_name = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let parts: Vec<&str> = text.split('.').collect();
        if parts.len().is_multiple_of(2) || !parts.iter().all(|part| is_name(part)) {
            let why = "it is neither a field nor a path like entity.Shot.code";
            return Err(Refusal::cannot_be_held(what, text, why));
        }
        let mut steps = Vec::new();
        let (mut from, mut length) = (root, 0);
        for pair in parts[..parts.len() - 1].chunks(2) {
            let [link, target] = pair else { continue };
            length += link.len() + 1 + target.len();
            steps.push(Step { from, link, target, prefix: &text[..length] });
            length += 1;
            from = target;
        }
        Ok(Self { steps, end: from, field: parts[parts.len() - 1] })
    }

    /// What it needs on the type it starts at, and what at each place that it leads to: the path up to there, the type, the need.
    pub(super) fn needs(&self) -> (Need, Vec<(&'a str, &'a str, Need)>) {
        let fields = self.steps.iter().map(|step| (step.from, step.link));
        let mut fields =
            fields.chain([(self.end, self.field)]).map(|(on, field)| Need::read(on, field));
        let first = fields.next().expect("a path has a field");
        let places = self.steps.iter().map(|step| (step.prefix, step.target));
        (first, places.zip(fields).map(|((prefix, target), need)| (prefix, target, need)).collect())
    }
}

/// The path to what says which project a record of this type is in, when the record is at `prefix`; none for the root.
pub(super) fn project_of(prefix: Option<&str>, entity_type: &str) -> String {
    let field = if entity_type == PROJECT { "id" } else { "project" };
    match prefix {
        None => field.to_owned(),
        Some(prefix) => format!("{prefix}.{field}"),
    }
}
