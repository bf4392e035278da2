//! A button in the site's pages without a web server: approves the Versions that were selected when it was pressed, and reports
//! back by a Note.

use cuebox_plugin::prelude::*;
use serde::Deserialize;

cuebox_plugin::plugin!(register);

/// Reads the settings.
pub fn register(registrar: &mut Registrar) -> Result<()> {
    let button: u64 = config::parse("button")?
        .ok_or_else(|| Error::setting("button", "is required and missing"))?;
    let status = config::get("status")?.unwrap_or_else(|| "apr".to_owned());
    registrar
        .callback("pressed", move |sg, event| pressed(sg, event, button, &status))
        .on("Shotgun_ActionMenuItem_Triggered", &[]);
    Ok(())
}

/// What the site tells of the page on which the button was pressed.
#[derive(Deserialize)]
struct Meta {
    ami_payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    entity_type: String,
    /// Numbers between commas.
    selected_ids: String,
}

fn pressed(sg: &Shotgun, event: &Event, button: u64, status: &str) -> Result<Outcome> {
    let item = event.required_entity()?;
    if (item.entity_type.as_str(), item.id) != ("ActionMenuItem", button) {
        return Ok(Outcome::skipped("another button"));
    }
    let Meta { ami_payload: Payload { entity_type, selected_ids } } = event.meta()?;
    if entity_type != "Version" {
        return Ok(Outcome::rejected(format!(
            "the button is for Versions, not for {entity_type}s"
        )));
    }
    let ids = selected_ids.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::parse);
    let ids: Vec<u64> = ids.collect::<std::result::Result<_, _>>().map_err(Error::plugin)?;
    if ids.is_empty() {
        return Ok(Outcome::skipped("nothing was selected"));
    }
    let versions: Vec<EntityRef> = ids.iter().map(|id| EntityRef::new("Version", *id)).collect();
    let mut batch = Batch::new();
    for version in &versions {
        batch.update(version, json!({ "sg_status_list": status }));
    }
    batch.create(
        "Note",
        json!({
            "project": event.required_project()?,
            "subject": format!("{} Versions are {status}", versions.len()),
            "note_links": versions,
        }),
    );
    sg.batch(batch)?;
    info!("{} Versions are {status}", versions.len());
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests;
