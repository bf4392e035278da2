//! Tells a chat when a Version is approved.

use std::time::Duration;

use cuebox_plugin::prelude::*;

cuebox_plugin::plugin!(register);

/// When a chat that is away is asked again.
const LATER: Duration = Duration::from_secs(60);

/// Reads the settings.
pub fn register(registrar: &mut Registrar) -> Result<()> {
    let url = config::require("url")?;
    let approved = config::get("approved")?.unwrap_or_else(|| "apr".to_owned());
    registrar
        .callback("announce", move |_, event| announce(event, &url, &approved))
        .on("Shotgun_Version_Change", &["sg_status_list"]);
    Ok(())
}

fn announce(event: &Event, url: &str, approved: &str) -> Result<Outcome> {
    if event.new_status() != Some(approved) {
        return Ok(Outcome::skipped("the Version is not approved"));
    }
    let version = event.required_entity()?.name.as_deref().unwrap_or("A Version");
    let answer =
        http::post(url).json(json!({ "text": format!("{version} is approved") })).send()?;
    match answer.status {
        200..300 => Ok(Outcome::Done),
        // It is busy, or has a fault of its own.
        429 | 500.. => Ok(Outcome::RetryAfter(LATER)),
        status => Ok(Outcome::rejected(format!("the chat answered {status}"))),
    }
}

#[cfg(test)]
mod tests;
