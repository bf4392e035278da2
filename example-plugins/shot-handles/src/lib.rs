//! Gives new Shots their handles: the frames before and after the cut that are worked on as well.

use cuebox_plugin::prelude::*;

cuebox_plugin::plugin!(register);

const FRAMES: i64 = 8;

/// A field and the frames that new Shots get in it.
struct Handle {
    field: String,
    frames: i64,
}

/// Reads the settings and checks that the site has both fields.
pub fn register(registrar: &mut Registrar) -> Result<()> {
    let handles = [handle("head", "sg_head_duration")?, handle("tail", "sg_tail_duration")?];
    for Handle { field, .. } in &handles {
        let schema = registrar.shotgun().schema_field("Shot", field)?;
        if schema.data_type != "number" || !schema.editable {
            return Err(Error::Plugin(format!(
                "Shot.{field} is not a number field that can be written"
            )));
        }
    }
    registrar
        .callback("set-handles", move |sg, event| set_handles(sg, event, &handles))
        .on("Shotgun_Shot_New", &[]);
    Ok(())
}

fn handle(end: &str, field: &str) -> Result<Handle> {
    let field = config::get(&format!("{end}_field"))?.unwrap_or_else(|| field.to_owned());
    let key = format!("{end}_frames");
    let frames = config::parse_or(&key, FRAMES)?;
    if frames < 0 {
        return Err(Error::setting(key, "is less than 0"));
    }
    Ok(Handle { field, frames })
}

/// Sets the handles that the Shot was not created with.
fn set_handles(sg: &Shotgun, event: &Event, handles: &[Handle]) -> Result<Outcome> {
    let entity = event.required_entity()?;
    let fields = handles.iter().map(|handle| handle.field.as_str());
    let Some(shot) = sg.read::<Row>(entity, fields)? else {
        return Ok(Outcome::skipped("the Shot is gone again"));
    };
    let is_unset = |handle: &&Handle| shot.get(&handle.field).is_none_or(Value::is_null);
    let missing: Row = handles
        .iter()
        .filter(is_unset)
        .map(|handle| (handle.field.clone(), handle.frames.into()))
        .collect();
    if missing.is_empty() {
        return Ok(Outcome::skipped("the Shot was created with handles"));
    }
    sg.update(entity, &missing)?;
    info!("{entity} got its handles");
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests;
