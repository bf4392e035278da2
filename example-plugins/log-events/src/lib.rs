//! Logs every event in one readable line.

use std::fmt;

use cuebox_plugin::prelude::*;

cuebox_plugin::plugin!(register);

/// Registers one callback for every event. A line that cannot be written stops nothing.
pub fn register(registrar: &mut Registrar) -> Result<()> {
    registrar.callback("log", log).on("*", &[]).on_error(OnError::Continue);
    Ok(())
}

fn log(_: &Shotgun, event: &Event) -> Result<()> {
    let sentence = Sentence(event).to_string();
    if cfg!(feature = "loud") {
        info!("*** {} ***", sentence.to_uppercase());
    } else {
        info!("{sentence}");
    }
    Ok(())
}

/// `7001 Jane changed sg_status_list of Task 5 Anim from wtg to ip, in Demo`.
struct Sentence<'a>(&'a Event);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(event) = self;
        let who = event
            .user
            .as_ref()
            .map_or("somebody", |user| user.name.as_deref().unwrap_or("somebody"));
        write!(f, "{} {who} ", event.id)?;
        match &event.change {
            Change::Attribute(change) => {
                write!(f, "changed {} of {}", change.field, Subject(event))?;
                write_values(f, change)?;
            }
            Change::Created => write!(f, "created {}", Subject(event))?,
            Change::Retired => write!(f, "retired {}", Subject(event))?,
            Change::Revived => write!(f, "revived {}", Subject(event))?,
            Change::Other => write!(f, "caused {} on {}", event.event_type, Subject(event))?,
        }
        match event.project.as_ref().and_then(|project| project.name.as_ref()) {
            Some(project) => write!(f, ", in {project}"),
            None => Ok(()),
        }
    }
}

fn write_values(f: &mut fmt::Formatter<'_>, change: &AttributeChange) -> fmt::Result {
    if !change.added.is_empty() {
        write!(f, ", adding {}", FieldValue::Entities(change.added.clone()))?;
    }
    if !change.removed.is_empty() {
        write!(f, ", removing {}", FieldValue::Entities(change.removed.clone()))?;
    }
    if change.added.is_empty() && change.removed.is_empty() {
        write!(f, " from {} to {}", change.old, change.new)?;
    }
    Ok(())
}

/// The entity of an event, if it has one.
struct Subject<'a>(&'a Event);

impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.entity {
            Some(entity) => entity.fmt(f),
            None => f.write_str("nothing"),
        }
    }
}

#[cfg(test)]
mod tests;
