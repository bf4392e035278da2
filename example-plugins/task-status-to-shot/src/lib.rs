//! Finishes a Shot when the last of its Tasks is finished.

use cuebox_plugin::prelude::*;

cuebox_plugin::plugin!(register);

const STATUS: &str = "sg_status_list";

/// Short codes of statuses.
struct Statuses {
    /// A Task in one of them is finished.
    finished: Vec<String>,
    /// A Task in one of them does not count.
    ignored: Vec<String>,
    /// What the Shot gets.
    shot: String,
}

/// Reads the settings and checks that the site has these statuses.
pub fn register(registrar: &mut Registrar) -> Result<()> {
    let statuses = Statuses {
        finished: list_or("finished", &["fin"])?,
        ignored: list_or("ignored", &["omt", "na"])?,
        shot: config::get("shot_status")?.unwrap_or_else(|| "fin".to_owned()),
    };
    check(registrar.shotgun(), "Task", statuses.finished.iter().chain(&statuses.ignored))?;
    check(registrar.shotgun(), "Shot", [&statuses.shot])?;
    registrar
        .callback("roll-up", move |sg, event| roll_up(sg, event, &statuses))
        .on("Shotgun_Task_Change", &[STATUS]);
    Ok(())
}

fn list_or(key: &str, default: &[&str]) -> Result<Vec<String>> {
    match config::get(key)? {
        Some(_) => config::list(key),
        None => Ok(default.iter().map(|code| (*code).to_owned()).collect()),
    }
}

fn check<'a>(
    sg: &Shotgun,
    entity_type: &str,
    codes: impl IntoIterator<Item = &'a String>,
) -> Result<()> {
    let valid = sg.schema_field(entity_type, STATUS)?.valid_values;
    match codes.into_iter().find(|code| !valid.contains(code)) {
        Some(code) => Err(Error::Plugin(format!(
            "`{code}` is not a status of {entity_type} ({})",
            valid.join(", ")
        ))),
        None => Ok(()),
    }
}

fn roll_up(sg: &Shotgun, event: &Event, statuses: &Statuses) -> Result<Outcome> {
    let is_finished = event
        .new_status()
        .is_some_and(|status| statuses.finished.iter().any(|code| code == status));
    if !is_finished {
        return Ok(Outcome::skipped("the Task is not finished"));
    }
    let Some(task) =
        sg.read::<Task>(event.required_entity()?, ["entity", "entity.Shot.sg_status_list"])?
    else {
        return Ok(Outcome::skipped("the Task is gone"));
    };
    let Some(shot) = task.entity.filter(|entity| entity.entity_type == "Shot") else {
        return Ok(Outcome::skipped("the Task is not of a Shot"));
    };
    if task.shot_status.as_ref() == Some(&statuses.shot) {
        return Ok(Outcome::skipped("the Shot has the status already"));
    }
    let done = statuses.finished.iter().chain(&statuses.ignored);
    let open = sg.find("Task").filter(field("entity").is(&shot)).filter(field(STATUS).not_in(done));
    if open.one::<EntityRef>()?.is_some() {
        return Ok(Outcome::skipped("the Shot has Tasks that are not finished"));
    }
    sg.update(&shot, json!({ STATUS: statuses.shot }))?;
    info!("{shot} is {}: all of its Tasks are finished", statuses.shot);
    Ok(Outcome::Done)
}

/// A Task, and through its link the Shot's status.
#[derive(serde::Deserialize)]
struct Task {
    entity: Option<EntityRef>,
    #[serde(rename = "entity.Shot.sg_status_list")]
    shot_status: Option<String>,
}

#[cfg(test)]
mod tests;
