//! Makes the Tasks that wait for a Task ready when it is finished.

use cuebox_plugin::prelude::*;

cuebox_plugin::plugin!(register);

const STATUS: &str = "sg_status_list";

/// Short codes of statuses of a Task.
struct Statuses {
    finished: String,
    waiting: String,
    ready: String,
}

/// Reads the settings.
pub fn register(registrar: &mut Registrar) -> Result<()> {
    let status = |key: &str, default: &str| -> Result<String> {
        Ok(config::get(key)?.unwrap_or_else(|| default.to_owned()))
    };
    let statuses = Statuses {
        finished: status("finished", "fin")?,
        waiting: status("waiting", "wtg")?,
        ready: status("ready", "rdy")?,
    };
    registrar
        .callback("flip", move |sg, event| flip(sg, event, &statuses))
        .on("Shotgun_Task_Change", &[STATUS]);
    Ok(())
}

fn flip(sg: &Shotgun, event: &Event, statuses: &Statuses) -> Result<Outcome> {
    if event.new_status() != Some(&statuses.finished) {
        return Ok(Outcome::skipped("the Task is not finished"));
    }
    let task = event.required_entity()?;
    let waiting = sg
        .find("Task")
        .filter(field("upstream_tasks").is(task))
        .filter(field(STATUS).is(&statuses.waiting))
        .all::<EntityRef>()?;
    if waiting.is_empty() {
        return Ok(Outcome::skipped("no Task waits for it"));
    }
    let mut batch = Batch::new();
    for downstream in &waiting {
        batch.update(downstream, json!({ STATUS: statuses.ready }));
    }
    sg.batch(batch)?;
    info!("{task} is finished: {} Tasks are ready", waiting.len());
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests;
