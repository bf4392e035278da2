//! The site's event log, as the poller reads it.

use eventlog::EventId;
use shotgun::{CallError, EventPage, Fetched};

use super::faults::Fault;
use super::plan::{GAP_TIMEOUT, Row, millis};
use super::true_time;
use super::world::World;
use crate::poller::EventLog;

/// The event log of a world.
pub struct SimulatedLog(pub World);

impl EventLog for SimulatedLog {
    async fn introduce(&self) -> Result<(), CallError> {
        self.ask().await
    }

    async fn newer(&self, after: EventId, limit: usize) -> Result<EventPage, CallError> {
        self.ask().await?;
        let after = match self.0.fault {
            Some(Fault::Refetches) => {
                self.lowest_young_gap().map_or(after.0, |id| after.0.min(id - 1))
            }
            _ => after.0,
        };
        let mut rows: Vec<String> =
            self.0.shown().filter(|row| row.id > after).take(limit).map(json).collect();
        let is_full = rows.len() >= limit;
        if let Some(hidden) = self.0.fault.and_then(|fault| self.hidden_by(fault, after, &rows)) {
            rows.extend(hidden);
        }
        Ok(page(&rows, is_full))
    }

    async fn by_id(&self, ids: &[EventId]) -> Result<EventPage, CallError> {
        self.ask().await?;
        if self.0.fault == Some(Fault::Refetches) {
            return Ok(page(&[], false));
        }
        let rows = self.0.shown().filter(|row| ids.contains(&EventId(row.id)));
        Ok(page(&rows.map(json).collect::<Vec<_>>(), false))
    }

    async fn recent(&self, limit: usize) -> Result<Vec<EventId>, CallError> {
        self.ask().await?;
        self.0.was_asked_for_newest();
        let mut ids: Vec<EventId> = self.0.shown().map(|row| EventId(row.id)).collect();
        ids.reverse();
        ids.truncate(limit);
        Ok(ids)
    }
}

impl SimulatedLog {
    async fn ask(&self) -> Result<(), CallError> {
        match self.0.travel().await {
            true => Ok(()),
            false => Err(unreachable()),
        }
    }

    /// The daemon's: the lowest id that is missing, and has not been for long.
    fn lowest_young_gap(&self) -> Option<u64> {
        let (plan, now) = (&self.0.plan, true_time());
        let is_shown = |id: u64| self.0.shown().any(|row| row.id == id);
        let first = plan.rows.first()?.id;
        let last = self.0.shown().map(|row| row.id).max()?;
        (first..last).find(|id| {
            let passed = plan.passed_at(*id).filter(|passed| *passed <= now);
            !is_shown(*id) && passed.is_some_and(|passed| now - passed < millis(GAP_TIMEOUT))
        })
    }

    /// The ids that a fault makes the host believe in as if they had been there.
    fn hidden_by(&self, fault: Fault, after: u64, rows: &[String]) -> Option<Vec<String>> {
        let last = self.0.shown().filter(|row| row.id > after).take(rows.len()).last()?.id;
        let is_shown = |id: u64| self.0.shown().any(|row| row.id == id);
        let is_old = |id: u64| {
            let above = self.0.shown().find(|row| row.id > id);
            above.is_some_and(|row| match fault {
                Fault::Dates => true_time() - row.begun > millis(GAP_TIMEOUT),
                // The host's clock, held against the site's dates.
                Fault::MixesClocks => {
                    let now = super::now().map_or(0, |now| now.0) - super::BEGINNING;
                    now - row.begun > millis(GAP_TIMEOUT)
                }
                _ => true,
            })
        };
        if !matches!(fault, Fault::Dates | Fault::MixesClocks | Fault::FilterHidesGaps) {
            return None;
        }
        let missing = (after + 1..last).filter(|id| !is_shown(*id) && is_old(*id));
        Some(missing.map(|id| json(&Row { id, task: 0, begun: 0, shown: None })).collect())
    }
}

/// An entry as the site writes it. What is about task 0 is of a type that nobody wants.
fn json(row: &Row) -> String {
    let Row { id, task, begun, .. } = row;
    let at = jiff::Timestamp::from_millisecond(super::BEGINNING + begun).expect("a moment");
    let at = at.strftime("%FT%TZ");
    let event_type = if *task == 0 { "Shotgun_Other_Change" } else { "Shotgun_Task_Change" };
    serde_json::json!({
        "type": "EventLogEntry",
        "id": id,
        "event_type": event_type,
        "attribute_name": "sg_status_list",
        "meta": {},
        "entity": {"type": "Task", "id": task, "name": "t"},
        "user": null,
        "project": null,
        "session_uuid": null,
        "created_at": at.to_string(),
    })
    .to_string()
}

fn page(rows: &[String], is_full: bool) -> EventPage {
    let entries = rows.iter().map(|json| Fetched {
        entry: shotgun::wire::parse_entry(json).expect("an entry"),
        json: json.clone(),
    });
    EventPage { entries: entries.collect(), malformed: Vec::new(), rows: rows.len(), is_full }
}

fn unreachable() -> CallError {
    CallError::Unreachable { peer: "the site".to_owned(), reason: "made up".to_owned() }
}
