//! Two callbacks that share what they know: in memory while the plugin runs, in key-values beyond that.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use cuebox_plugin::prelude::*;
use serde::Deserialize;

cuebox_plugin::plugin!(register);

/// How many Versions were ever seen; outlives the process.
const VERSIONS_SEEN: &str = "versions-seen";

/// From a Shot's id to the name of its latest Version; gone when the plugin is swapped or the process ends.
type LatestVersions = Rc<RefCell<BTreeMap<u64, String>>>;

/// Registers both callbacks; each captures the same map.
pub fn register(registrar: &mut Registrar) -> Result<()> {
    let latest = LatestVersions::default();
    let remembered = Rc::clone(&latest);
    registrar
        .callback("remember", move |sg, event| remember(sg, event, &remembered))
        .on("Shotgun_Version_New", &[]);
    registrar
        .callback("tell", move |sg, event| tell(sg, event, &latest))
        .on("Shotgun_Shot_Change", &["sg_status_list"]);
    Ok(())
}

#[derive(Deserialize)]
struct Version {
    code: String,
    entity: Option<EntityRef>,
}

/// Remembers which Version of a Shot came last, and counts.
fn remember(sg: &Shotgun, event: &Event, latest: &LatestVersions) -> Result<Outcome> {
    let Some(version) = sg.read::<Version>(event.required_entity()?, ["code", "entity"])? else {
        return Ok(Outcome::skipped("the Version is gone again"));
    };
    let Some(shot) = version.entity.filter(|entity| entity.entity_type == "Shot") else {
        return Ok(Outcome::skipped("the Version is not of a Shot"));
    };
    let count = keyvalue::increment(VERSIONS_SEEN, 1)?;
    info!("{} is the latest Version of {shot}; {count} seen so far", version.code);
    latest.borrow_mut().insert(shot.id, version.code);
    Ok(Outcome::Done)
}

#[derive(Deserialize)]
struct Shot {
    description: Option<String>,
}

/// Writes the latest Version into the description of a Shot whose status changed.
fn tell(sg: &Shotgun, event: &Event, latest: &LatestVersions) -> Result<Outcome> {
    let entity = event.required_entity()?;
    let Some(code) = latest.borrow().get(&entity.id).cloned() else {
        return Ok(Outcome::skipped("no Version of this Shot was seen since the plugin started"));
    };
    let count = keyvalue::counter(VERSIONS_SEEN)?;
    let description = format!("Latest Version: {code}");
    match sg.read::<Shot>(entity, ["description"])? {
        None => Ok(Outcome::skipped("the Shot is gone")),
        Some(shot) if shot.description.as_ref() == Some(&description) => {
            Ok(Outcome::skipped("it says so already"))
        }
        Some(_) => {
            sg.update(entity, json!({ "description": description }))?;
            info!("told {entity} of {code}, one of {count} Versions seen so far");
            Ok(Outcome::Done)
        }
    }
}

#[cfg(test)]
mod tests;
