//! What one request writes, all of it or nothing.

use super::auth::Actor;
use super::event_log::EventRow;
use super::{Ending, Hold, Model, Now};
use crate::wire::ApiError;

/// A request at work.
pub struct Transaction<'a> {
    pub model: &'a mut Model,
    pub actor: &'a Actor,
    pub now: Now,
    /// The rows for the event log, with the ids they have taken.
    pub rows: Vec<EventRow>,
}

/// Runs `work` as one transaction: when it fails, the records and the event log are as before. The ids it took are not
/// given out again.
pub fn run<T>(
    model: &mut Model,
    actor: &Actor,
    now: Now,
    ending: Ending,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, ApiError>,
) -> Result<(T, Option<Hold>), ApiError> {
    if actor.logs {
        model.commits.before_transaction(&mut model.log);
    }
    model.tables.begin();
    let mut transaction = Transaction { model, actor, now, rows: Vec::new() };
    let outcome = work(&mut transaction);
    let Transaction { model, rows, .. } = transaction;
    match outcome {
        Ok(done) => {
            model.tables.commit();
            model.personal.commit();
            model.remember_activity(&rows);
            let hold = match ending {
                Ending::Policy => {
                    model.commits.commit(rows, now, &mut model.log);
                    None
                }
                Ending::Hold => Some(model.commits.hold(rows)),
            };
            Ok((done, hold))
        }
        Err(error) => {
            model.tables.roll_back();
            model.personal.roll_back();
            Err(error)
        }
    }
}
