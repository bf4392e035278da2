//! Finishes a Task when one of its Versions is approved.

use cuebox_plugin::prelude::*;

cuebox_plugin::plugin!(register);

/// A Version's Task, and through that link its status.
#[derive(serde::Deserialize)]
struct Version {
    sg_task: Option<EntityRef>,
    #[serde(rename = "sg_task.Task.sg_status_list")]
    task_status: Option<String>,
}

/// Reads the settings.
pub fn register(registrar: &mut Registrar) -> Result<()> {
    let approved = config::get("approved")?.unwrap_or_else(|| "apr".to_owned());
    let finished = config::get("task_status")?.unwrap_or_else(|| "fin".to_owned());
    registrar
        .callback("roll-up", move |sg, event| roll_up(sg, event, &approved, &finished))
        .on("Shotgun_Version_Change", &["sg_status_list"]);
    Ok(())
}

fn roll_up(sg: &Shotgun, event: &Event, approved: &str, finished: &str) -> Result<Outcome> {
    if event.new_status() != Some(approved) {
        return Ok(Outcome::skipped("the Version is not approved"));
    }
    let fields = ["sg_task", "sg_task.Task.sg_status_list"];
    let Some(version) = sg.read::<Version>(event.required_entity()?, fields)? else {
        return Ok(Outcome::skipped("the Version is gone"));
    };
    let Some(task) = version.sg_task else {
        return Ok(Outcome::skipped("the Version is of no Task"));
    };
    if version.task_status.as_deref() == Some(finished) {
        return Ok(Outcome::skipped("the Task has the status already"));
    }
    sg.update(&task, json!({ "sg_status_list": finished }))?;
    info!("{task} is {finished}: a Version of it is approved");
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests;
