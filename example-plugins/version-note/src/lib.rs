//! Makes a Note of what is written into a Version's description, so that it is found, and answered, where notes are.

use cuebox_plugin::prelude::*;

cuebox_plugin::plugin!(register);

/// Registers one callback.
pub fn register(registrar: &mut Registrar) -> Result<()> {
    registrar.callback("note", note).on("Shotgun_Version_Change", &["description"]);
    Ok(())
}

fn note(sg: &Shotgun, event: &Event) -> Result<Outcome> {
    let Some(text) = event.new_value().and_then(FieldValue::as_text).map(str::trim) else {
        return Ok(Outcome::skipped("the description is empty"));
    };
    if text.is_empty() {
        return Ok(Outcome::skipped("the description is empty"));
    }
    let version = event.required_entity()?;
    let name = version.name.as_deref().unwrap_or("a Version");
    let note = sg.create(
        "Note",
        json!({
            "project": event.required_project()?,
            "subject": format!("About {name}"),
            "content": text,
            "note_links": [version],
        }),
    )?;
    info!("{note} is about {version}");
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests;
