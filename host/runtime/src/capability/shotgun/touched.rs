//! What a call touches, in the words of the policy: pure, from what the guest sent.

use ::shotgun::query::{Fields, Filters, Read, Summary};
use policy::shotgun::{Condition, Filter, Need, Operation, ProjectValue, Question, Write};
use serde_json::{Map, Value, json};

use crate::capability::change::Wanted;
use crate::effect::{SiteWrite, WriteKind};

#[cfg(test)]
mod tests;

/// One write of a call, and the paths that it answers besides what it sets.
#[derive(Debug, PartialEq)]
pub(super) struct Part {
    pub write: Write,
    pub return_fields: Vec<String>,
}

/// What a question for rows touches. `Err` says what of it cannot be understood, and so not be narrowed.
pub(super) fn by_read(read: &Read) -> Result<Question<Value>, String> {
    Ok(Question {
        entity_type: read.entity_type.clone(),
        filter: filter_of(read.filters.as_wire())?,
        fields: read.fields.clone(),
        order: read.order.iter().map(|sort| sort.field.clone()).collect(),
        summaries: Vec::new(),
        grouping: Vec::new(),
    })
}

/// What a question for sums touches.
pub(super) fn by_summary(summary: &Summary) -> Result<Question<Value>, String> {
    Ok(Question {
        entity_type: summary.entity_type().to_owned(),
        filter: filter_of(summary.filters().as_wire())?,
        fields: Vec::new(),
        order: Vec::new(),
        summaries: fields_of("summary_fields", summary.summaries(), &["field", "type", "value"])?,
        grouping: fields_of("grouping", summary.grouping(), &["field", "type", "direction"])?,
    })
}

/// What a change touches: its writes, in order. None for a method that is called by its name.
pub(super) fn by_change(wanted: &Wanted<'_>) -> Option<Vec<Part>> {
    let fieldless = |operation, entity_type: &str, id| {
        part(operation, entity_type, Some(id), Vec::new(), ProjectValue::Unmentioned)
    };
    Some(match *wanted {
        Wanted::Create { entity_type, fields, return_fields } => {
            vec![creation(entity_type, fields, return_fields)]
        }
        Wanted::Update { entity_type, id, fields, .. } => vec![update(entity_type, id, fields)],
        Wanted::Delete { entity_type, id } => vec![fieldless(Operation::Delete, entity_type, id)],
        Wanted::Revive { entity_type, id } => vec![fieldless(Operation::Revive, entity_type, id)],
        Wanted::Upload(upload) => {
            let fields = upload.field.iter().cloned().collect();
            let unmentioned = ProjectValue::Unmentioned;
            vec![part(Operation::Upload, &upload.entity_type, Some(upload.id), fields, unmentioned)]
        }
        Wanted::Batch(batch) => {
            let parts = batch.requests().iter().map(|request| by_change(&request.into()));
            parts.flatten().flatten().collect()
        }
        Wanted::Call { .. } => return None,
    })
}

/// What a change writes, record by record. Nothing is known of a method that is called by its name.
pub(super) fn written_by(wanted: &Wanted<'_>) -> Vec<SiteWrite> {
    let write = |Part { write, .. }: Part| SiteWrite {
        kind: match write.operation {
            Operation::Create => WriteKind::Create,
            Operation::Delete | Operation::Revive => WriteKind::Delete,
            _ => WriteKind::Update,
        },
        entity_type: write.entity_type,
        id: write.id,
        fields: write.fields,
    };
    by_change(wanted).into_iter().flatten().map(write).collect()
}

/// What stands for a whole call where only its kind counts.
pub(super) fn kind_of(wanted: &Wanted<'_>) -> Need {
    let operation = match wanted {
        Wanted::Create { .. } => Operation::Create,
        Wanted::Update { .. } => Operation::Update,
        Wanted::Delete { .. } => Operation::Delete,
        Wanted::Revive { .. } => Operation::Revive,
        Wanted::Upload(_) => Operation::Upload,
        Wanted::Batch(_) | Wanted::Call { .. } => Operation::Call,
    };
    Need::of(operation, wanted.subject(), None)
}

/// A filter in the wire's form.
pub(super) fn wire_of(filter: Filter<Value>) -> Filters {
    Filters::from_wire(match wire(filter) {
        group if group.get("conditions").is_some() => group,
        condition => json!({"logical_operator": "and", "conditions": [condition]}),
    })
}

fn wire(filter: Filter<Value>) -> Value {
    let group = |operator: &str, filters: Vec<Filter<Value>>| {
        let conditions: Vec<_> = filters.into_iter().map(wire).collect();
        json!({"logical_operator": operator, "conditions": conditions})
    };
    match filter {
        Filter::All(filters) => group("and", filters),
        Filter::Any(filters) => group("or", filters),
        Filter::Condition(Condition { path, relation, values, .. }) => {
            json!({"path": path, "relation": relation, "values": values})
        }
        Filter::InProjects { path, projects } => {
            let is_number = path == "id" || path.ends_with(".id");
            let value =
                |id: u64| if is_number { json!(id) } else { json!({"type": "Project", "id": id}) };
            let values: Vec<_> = projects.into_iter().map(value).collect();
            json!({"path": path, "relation": "in", "values": values})
        }
    }
}

/// Strict: of a part that is not understood nobody knows what the site reads for it.
fn filter_of(json: &Value) -> Result<Filter<Value>, String> {
    let unknown = || {
        "filters: a part is neither {\"logical_operator\", \"conditions\"} nor {\"path\", \"relation\", \"values\"}"
            .to_owned()
    };
    let object = json.as_object().ok_or_else(unknown)?;
    if let (2, Some(Value::String(operator)), Some(Value::Array(conditions))) =
        (object.len(), object.get("logical_operator"), object.get("conditions"))
    {
        let filters = conditions.iter().map(filter_of).collect::<Result<_, _>>()?;
        return match operator.as_str() {
            "and" => Ok(Filter::All(filters)),
            "or" => Ok(Filter::Any(filters)),
            _ => Err("filters: `logical_operator` is not one of and, or".to_owned()),
        };
    }
    let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
    match (object.len(), text("path"), text("relation"), object.get("values")) {
        (3, Some(path), Some(relation), Some(values)) => Ok(Filter::Condition(Condition {
            path,
            relation,
            has_text: has_text(values),
            values: values.clone(),
        })),
        _ => Err(unknown()),
    }
}

/// Whether a site could compare a value with a name: all but numbers, truth values and links.
fn has_text(values: &Value) -> bool {
    match values {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(_) => true,
        Value::Array(values) => values.iter().any(has_text),
        Value::Object(object) => {
            !(object.get("id").is_some_and(Value::is_u64)
                && object.get("type").is_some_and(Value::is_string))
        }
    }
}

/// The paths of a list of objects that have only keys that are known.
fn fields_of(
    name: &str,
    items: &[Map<String, Value>],
    known: &[&str],
) -> Result<Vec<String>, String> {
    let field = |(index, item): (usize, &Map<String, Value>)| {
        if item.keys().any(|key| !known.contains(&key.as_str())) {
            return Err(format!(
                "{name}[{index}]: has a key that is not one of {}",
                known.join(", ")
            ));
        }
        let field = item.get("field").and_then(Value::as_str);
        field.map(str::to_owned).ok_or_else(|| format!("{name}[{index}]: `field` is missing"))
    };
    items.iter().enumerate().map(field).collect()
}

fn part(
    operation: Operation,
    entity_type: &str,
    id: Option<u64>,
    fields: Vec<String>,
    project: ProjectValue,
) -> Part {
    let write = Write { operation, entity_type: entity_type.to_owned(), id, fields, project };
    Part { write, return_fields: Vec::new() }
}

fn creation(entity_type: &str, fields: &Fields, return_fields: &[String]) -> Part {
    let names = fields.names().map(str::to_owned).collect();
    let part = part(Operation::Create, entity_type, None, names, project_of(fields));
    // These are always answered.
    let return_fields =
        return_fields.iter().filter(|field| !matches!(field.as_str(), "id" | "type"));
    Part { return_fields: return_fields.cloned().collect(), ..part }
}

fn update(entity_type: &str, id: u64, fields: &Fields) -> Part {
    let names = fields.names().map(str::to_owned).collect();
    part(Operation::Update, entity_type, Some(id), names, project_of(fields))
}

/// What is set as the project. A field that is given twice is sent twice, and could be either.
fn project_of(fields: &Fields) -> ProjectValue {
    let mut values = fields.iter().filter(|(name, _)| *name == "project").map(|(_, value)| value);
    match (values.next(), values.next()) {
        (None, _) => ProjectValue::Unmentioned,
        (Some(value), None) if value["type"] == "Project" => {
            value["id"].as_u64().map_or(ProjectValue::Other, ProjectValue::Project)
        }
        _ => ProjectValue::Other,
    }
}
