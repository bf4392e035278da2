//! The site's state in a few lines: what the page shows beside everything else, each second.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::faults::Faults;
use crate::model::Now;
use crate::stage::Stage;

/// Ranges of hidden ids that are told; a site that holds more back shows the lowest of them.
const RANGES_MAX: usize = 200;

/// The state at one moment.
#[derive(Debug, Serialize)]
pub(super) struct Status<'a> {
    /// The site's time, in milliseconds since the Unix epoch. The page sees from two of these how fast time passes there.
    now: i64,
    /// How long the site has been running, in milliseconds of the time of day.
    uptime_ms: u64,
    events: Events,
    /// Whether the events of later writes are kept hidden.
    holding: bool,
    /// Requests by method.
    requests: BTreeMap<String, u64>,
    faults: FaultCount,
    records: Vec<Records<'a>>,
}

#[derive(Debug, Serialize)]
struct Events {
    count: usize,
    newest: u64,
    /// How many have taken an id and cannot be seen yet.
    waiting: usize,
    /// Their ids: first and last of each row of ids.
    waiting_ids: Vec<(u64, u64)>,
}

#[derive(Debug, Serialize)]
struct FaultCount {
    rules: usize,
    struck: u64,
}

/// A type and how many records it has, retired ones included.
#[derive(Debug, Serialize)]
struct Records<'a> {
    #[serde(rename = "type")]
    entity_type: &'a str,
    name: &'a str,
    count: usize,
}

pub(super) fn status<'a>(
    stage: &'a Stage,
    faults: &Faults,
    requests: BTreeMap<String, u64>,
    now: Now,
    uptime: Duration,
) -> Status<'a> {
    let model = &stage.model;
    let waiting: Vec<u64> = model.waiting_event_ids().collect();
    let records = model.schema().types().filter(|(_, known)| known.name != "EventLogEntry");
    Status {
        now: now.0,
        uptime_ms: u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX),
        events: Events {
            count: model.event_count(),
            newest: model.newest_event_id(),
            waiting: waiting.len(),
            waiting_ids: ranges(waiting),
        },
        holding: stage.is_holding(),
        requests,
        faults: FaultCount {
            rules: faults.active().len(),
            struck: faults.active().iter().map(|active| active.struck).sum(),
        },
        records: records
            .map(|(_, known)| Records {
                entity_type: &known.name,
                name: &known.display_name,
                count: model.entity_count(&known.name),
            })
            .collect(),
    }
}

/// Rows of consecutive ids.
fn ranges(mut ids: Vec<u64>) -> Vec<(u64, u64)> {
    ids.sort_unstable();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for id in ids {
        if let Some((_, last)) = ranges.last_mut().filter(|(_, last)| *last + 1 == id) {
            *last = id;
        } else if ranges.len() < RANGES_MAX {
            ranges.push((id, id));
        } else {
            break;
        }
    }
    ranges
}
