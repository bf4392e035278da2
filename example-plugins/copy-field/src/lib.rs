//! Copies one field to another whenever it changes.

use cuebox_plugin::prelude::*;

cuebox_plugin::plugin!(register);

/// Types whose values cannot be written, or do not mean the same in a second field.
const NOT_COPIED: &[&str] = &["calculated", "image", "pivot_column", "summary", "url"];

/// What is copied where.
struct Copying {
    source: String,
    target: String,
}

/// Reads the settings and checks both fields against the site's schema.
pub fn register(registrar: &mut Registrar) -> Result<()> {
    let entity_type = config::require("entity_type")?;
    let copying = Copying {
        source: config::require("source_field")?,
        target: config::require("target_field")?,
    };
    check_fields(registrar.shotgun(), &entity_type, &copying)?;
    let source = copying.source.clone();
    registrar
        .callback("copy", move |sg, event| copy(sg, event, &copying))
        .on(format!("Shotgun_{entity_type}_Change"), &[&source]);
    Ok(())
}

fn check_fields(
    sg: &Shotgun,
    entity_type: &str,
    Copying { source, target }: &Copying,
) -> Result<()> {
    if source == target {
        return Err(Error::setting("target_field", "is the same as `source_field`"));
    }
    let source_type = sg.schema_field(entity_type, source)?.data_type;
    let target_schema = sg.schema_field(entity_type, target)?;
    if NOT_COPIED.contains(&source_type.as_str()) {
        return Err(Error::Plugin(format!(
            "{entity_type}.{source} is of type {source_type}, which cannot be copied"
        )));
    }
    if target_schema.data_type != source_type {
        return Err(Error::Plugin(format!(
            "{entity_type}.{source} is of type {source_type}, and {entity_type}.{target} of type {}",
            target_schema.data_type
        )));
    }
    if !target_schema.editable {
        return Err(Error::Plugin(format!("{entity_type}.{target} cannot be written")));
    }
    Ok(())
}

/// Copies what the source holds now, which may be newer than the event, so that the target ends up right in any order.
fn copy(sg: &Shotgun, event: &Event, Copying { source, target }: &Copying) -> Result<Outcome> {
    let entity = event.required_entity()?;
    let Some(mut row) = sg.read::<Row>(entity, [source, target])? else {
        return Ok(Outcome::skipped("the entity is gone"));
    };
    let value = row.remove(source).unwrap_or_default();
    if row.remove(target).unwrap_or_default() == value {
        return Ok(Outcome::skipped("both fields are the same already"));
    }
    let data: Row = [(target.clone(), value)].into_iter().collect();
    sg.update(entity, &data)?;
    info!("copied {source} to {target} of {entity}");
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests;
