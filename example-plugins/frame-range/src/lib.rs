//! Writes a Version's frame range as text, and how many frames it has.

use cuebox_plugin::prelude::*;

cuebox_plugin::plugin!(register);

const FIRST: &str = "sg_first_frame";
const LAST: &str = "sg_last_frame";

/// Registers one callback, for either end of the range.
pub fn register(registrar: &mut Registrar) -> Result<()> {
    registrar.callback("convert", convert).on("Shotgun_Version_Change", &[FIRST, LAST]);
    Ok(())
}

/// Converts what the Version holds now, which may be newer than the event.
fn convert(sg: &Shotgun, event: &Event) -> Result<Outcome> {
    let entity = event.required_entity()?;
    let fields = [FIRST, LAST, "frame_range", "frame_count"];
    let Some(version) = sg.read::<Row>(entity, fields)? else {
        return Ok(Outcome::skipped("the Version is gone"));
    };
    let (Some(first), Some(last)) = (version[FIRST].as_i64(), version[LAST].as_i64()) else {
        return Ok(Outcome::skipped("only one end of the range is known"));
    };
    if last < first {
        return Ok(Outcome::rejected(format!(
            "{entity} ends at {last}, before its first frame {first}"
        )));
    }
    let (range, count) = (format!("{first}-{last}"), last - first + 1);
    if version["frame_range"] == range && version["frame_count"] == count {
        return Ok(Outcome::skipped("the range is there already"));
    }
    sg.update(entity, json!({ "frame_range": range, "frame_count": count }))?;
    info!("{entity} has {count} frames, {range}");
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests;
