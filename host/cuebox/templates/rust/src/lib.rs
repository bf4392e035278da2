//! Starts a Shot when one of its Tasks starts.

use cuebox_plugin::prelude::*;

cuebox_plugin::plugin!(register);

/// Called once when the plugin is loaded: reads the settings, says which events it wants.
pub fn register(registrar: &mut Registrar) -> Result<()> {
    let started = config::require("started")?;
    registrar
        .callback("start-shot", move |sg, event| start_shot(sg, event, &started))
        .on("Shotgun_Task_Change", &["sg_status_list"]);
    Ok(())
}

/// Called for each event, one at a time.
fn start_shot(sg: &Shotgun, event: &Event, started: &str) -> Result<Outcome> {
    if event.new_status() != Some(started) {
        return Ok(Outcome::skipped("the Task does not start"));
    }
    let task = sg.read::<Task>(event.required_entity()?, ["entity", "entity.Shot.sg_status_list"])?;
    let Some(Task { entity: Some(shot), shot_status: Some(status) }) = task else {
        return Ok(Outcome::skipped("the Task is not of a Shot"));
    };
    if status == started {
        return Ok(Outcome::skipped("the Shot has started already"));
    }
    sg.update(&shot, json!({ "sg_status_list": started }))?;
    info!("{shot} has started");
    Ok(Outcome::Done)
}

/// A Task, and through its link the Shot's status.
#[derive(serde::Deserialize)]
struct Task {
    entity: Option<EntityRef>,
    #[serde(rename = "entity.Shot.sg_status_list")]
    shot_status: Option<String>,
}
