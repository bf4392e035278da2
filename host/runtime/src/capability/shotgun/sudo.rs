//! Writing in the name of the person who caused an event, where the operator wants that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::shotgun::query::{Filters, Read};
use serde_json::Value;

use super::hold;
use crate::bindings::cuebox::plugin::shotgun::Error;
use crate::capability::Capabilities;

/// The type of people. Scripts are of another one.
const PERSON: &str = "HumanUser";

/// How long a login is believed.
const BELIEVED: Duration = Duration::from_secs(600);

/// In whose name a plugin writes.
#[derive(Debug, Clone)]
pub enum Sudo {
    /// Its script user's.
    Never,
    /// That of the person who caused the event; its script user's if a script did, or nobody is known.
    EventUser(Logins),
}

/// The logins of people, as far as they were asked for. A clone is the same one.
#[derive(Debug, Clone, Default)]
pub struct Logins(Arc<Mutex<BTreeMap<u64, (Instant, String)>>>);

impl Capabilities {
    /// The login of the person in whose name the next change is made; none for the script user's own.
    pub(super) async fn login(&mut self) -> Result<Option<String>, Error> {
        let Sudo::EventUser(logins) = self.setup.sudo.clone() else { return Ok(None) };
        let Some(id) = self.call.person else { return Ok(None) };
        if let Some(login) = logins.known(id) {
            return Ok(Some(login));
        }
        let read = Read {
            filters: Filters::is_record(id),
            fields: vec!["login".to_owned()],
            limit: Some(1),
            ..Read::new(PERSON)
        };
        let rows = self.perform("find", async |client, caller| client.read(caller, &read).await);
        let rows = rows.await.map_err(|error| self.translate(&error))?;
        let row: Option<Value> = rows
            .iter()
            .next()
            .map(serde_json::from_str)
            .transpose()
            .map_err(|_| hold::unreadable())?;
        let login =
            row.as_ref().and_then(|row| row["login"].as_str()).filter(|login| !login.is_empty());
        match login {
            Some(login) => {
                logins.learn(id, login);
                Ok(Some(login.to_owned()))
            }
            // The script user may be allowed more than that person was: it does not stand in.
            None => {
                let why = format!(
                    "{PERSON} {id}, who caused the event, has no login, or is not there any more: nothing can be written in that name"
                );
                self.refusals.denied(&why);
                Err(Error::Denied(why))
            }
        }
    }
}

impl Logins {
    fn known(&self, id: u64) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, login) = known.get(&id)?;
        (since.elapsed() < BELIEVED).then(|| login.clone())
    }

    fn learn(&self, id: u64, login: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(id, (Instant::now(), login.to_owned()));
    }
}

/// Whether the site does not let the script user act as somebody. Its message has the login in it, which nobody is to see.
pub(super) fn is_refusal(message: &str) -> bool {
    message.contains("'sudo'")
}
