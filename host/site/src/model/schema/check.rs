//! Whether schema files keep to the rules, each file by its name.

use serde_json::Value as Json;

use super::error::{SchemaError, SchemaRule};
use super::file::{FieldLine, SchemaFile, TypeLine};
use super::{DataType, load};

/// Checks all lines of all files; `merged` is what they come to together.
pub(super) fn files(files: &[SchemaFile], merged: &SchemaFile) -> Result<(), SchemaError> {
    for file in files {
        let broken = |place, rule| SchemaError::Broken { file: file.file.clone(), place, rule };
        for line in &file.entity_types {
            entity_type(line, merged)
                .map_err(|rule| broken(format!("type `{}`", line.entity_type), rule))?;
            for line_of in &line.fields {
                let place = format!("field `{}.{}`", line.entity_type, line_of.field);
                field(line_of, merged).map_err(|rule| broken(place, rule))?;
            }
        }
        for line in &file.common_fields {
            let place = format!("common field `{}`", line.field);
            field(line, merged).map_err(|rule| broken(place, rule))?;
        }
        for (template, lines) in &file.templates {
            for line in lines {
                let place = format!("field `{}` of template `{template}`", line.field);
                field(line, merged).map_err(|rule| broken(place, rule))?;
            }
        }
    }
    Ok(())
}

/// An error about a place, in the last of the files for which `is_in` holds.
pub(super) fn broken(
    files: &[SchemaFile],
    is_in: impl Fn(&SchemaFile) -> bool,
    place: String,
    rule: SchemaRule,
) -> SchemaError {
    let file = files.iter().rev().find(|file| is_in(file)).or(files.last());
    SchemaError::Broken {
        file: file.map(|file| file.file.clone()).unwrap_or_default(),
        place,
        rule,
    }
}

fn entity_type(line: &TypeLine, merged: &SchemaFile) -> Result<(), SchemaRule> {
    name(&line.entity_type)?;
    let whole = merged.entity_types.iter().position(|known| known.entity_type == line.entity_type);
    let whole = whole.expect("every type is among the merged ones");
    if !load::fits(whole + 1) {
        return Err(SchemaRule::TooManyTypes);
    }
    let whole = &merged.entity_types[whole];
    if whole.name.is_none() {
        return Err(SchemaRule::Nameless);
    }
    if let Some(template) =
        line.template.as_ref().filter(|name| !merged.templates.contains_key(*name))
    {
        return Err(SchemaRule::Template(template.clone()));
    }
    let lines = merged.lines_of(whole);
    let display = lines.iter().find(|field| field.field == whole.display_field());
    if display.is_none_or(|field| field.data_type != DataType::Text) {
        return Err(SchemaRule::DisplayField(whole.display_field().to_owned()));
    }
    Ok(())
}

fn field(line: &FieldLine, merged: &SchemaFile) -> Result<(), SchemaRule> {
    name(&line.field)?;
    let is_type =
        |name: &String| merged.entity_types.iter().any(|known| known.entity_type == *name);
    if let Some(missing) =
        line.valid_types.iter().chain(&line.cascade_from).find(|name| !is_type(name))
    {
        return Err(SchemaRule::Type(missing.clone()));
    }
    if line.data_type == DataType::StatusList
        && let Some(missing) =
            line.valid_values.iter().find(|code| !merged.statuses.contains_key(*code))
    {
        return Err(SchemaRule::Status(missing.clone()));
    }
    if !is_default(line) {
        return Err(SchemaRule::Default(line.default.to_string()));
    }
    Ok(())
}

fn is_default(line: &FieldLine) -> bool {
    match (&line.default, line.data_type) {
        (Json::Null, _) => true,
        (Json::String(text), DataType::List | DataType::StatusList) => {
            line.valid_values.contains(text)
        }
        (
            Json::String(_),
            DataType::Text | DataType::Color | DataType::Date | DataType::DateTime,
        ) => true,
        (Json::Bool(_), DataType::Checkbox) => true,
        (Json::Number(number), DataType::Float | DataType::Currency) => number.is_f64(),
        (
            Json::Number(number),
            DataType::Number | DataType::Percent | DataType::Duration | DataType::Timecode,
        ) => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        (Json::Object(_) | Json::Array(_), DataType::Serializable) => true,
        _ => false,
    }
}

fn name(name: &str) -> Result<(), SchemaRule> {
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|first| first.is_ascii_alphabetic());
    if begins && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
        return Ok(());
    }
    Err(SchemaRule::Name(name.to_owned()))
}
