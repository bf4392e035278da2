//! Writes how many Shots of a Sequence are finished into its description.

use cuebox_plugin::prelude::*;

cuebox_plugin::plugin!(register);

/// A Shot's Sequence, and through that link its description.
#[derive(serde::Deserialize)]
struct Shot {
    sg_sequence: Option<EntityRef>,
    #[serde(rename = "sg_sequence.Sequence.description")]
    description: Option<String>,
}

/// Reads the setting.
pub fn register(registrar: &mut Registrar) -> Result<()> {
    let finished = config::get("finished")?.unwrap_or_else(|| "fin".to_owned());
    registrar
        .callback("summarize", move |sg, event| summarize(sg, event, &finished))
        .on("Shotgun_Shot_Change", &["sg_status_list"]);
    Ok(())
}

/// Has the site count, which is one question, however many Shots there are.
fn summarize(sg: &Shotgun, event: &Event, finished: &str) -> Result<Outcome> {
    let fields = ["sg_sequence", "sg_sequence.Sequence.description"];
    let Some(shot) = sg.read::<Shot>(event.required_entity()?, fields)? else {
        return Ok(Outcome::skipped("the Shot is gone"));
    };
    let Some(sequence) = shot.sg_sequence else {
        return Ok(Outcome::skipped("the Shot is in no Sequence"));
    };
    let shots = sg
        .summarize("Shot")
        .filter(field("sg_sequence").is(&sequence))
        .field("id", "count")
        .group_by("sg_status_list")
        .read()?;
    let done = shots.groups.iter().find(|group| group.group_value == finished);
    let done = done.and_then(|group| group.summaries["id"].as_u64()).unwrap_or(0);
    let description = format!("{done} of {} Shots are finished", shots.summaries["id"]);
    if shot.description.as_ref() == Some(&description) {
        return Ok(Outcome::skipped("it says so already"));
    }
    sg.update(&sequence, json!({ "description": description }))?;
    info!("{sequence}: {description}");
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests;
