//! The live stream: new events as they can be seen, and the site's state each second, as server-sent events.
//!
//! Nothing is kept for a browser that is slow: the next message is made when the one before it was taken, from what the log
//! holds then. What does not fit into it is passed over, and the message says how much that was.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use futures_util::stream::{Stream, unfold};
use serde::Deserialize;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use super::super::shared::Shared;
use super::events::Filter;
use super::status::status;
use cursor::Cursor;

mod cursor;
#[cfg(test)]
mod tests;

/// How often the log is looked at. A person sees no delay in it, and a busy log is told in few messages.
const TICK: Duration = Duration::from_millis(100);
/// How often the state is told. A browser that hears nothing for several of these takes the site for lost.
const STATUS_EVERY: Duration = Duration::from_secs(1);
/// What a browser waits before it connects anew.
const RETRY: Duration = Duration::from_secs(1);

/// Where a browser left off, and what it wants.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LiveQuery {
    /// The highest id it has seen. A browser that comes back by itself says so in a header, which is newer.
    after: Option<u64>,
    /// `true` leaves events out: only the state is wanted.
    quiet: bool,
    what: Option<String>,
    entity_type: Option<String>,
    entity_id: Option<u64>,
    project: Option<u64>,
    user: Option<String>,
}

/// One browser's stream.
struct Live {
    shared: Arc<Shared>,
    cursor: Option<Cursor>,
    ticks: Interval,
    told: Option<Instant>,
    /// Made in the same moment and not taken yet: two at most.
    ready: VecDeque<Event>,
}

pub(super) async fn stream(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<LiveQuery>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let after = last.or(query.after);
    let filter = query.filter();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let live = Live {
        shared,
        cursor: filter.map(|filter| Cursor::new(filter, after)),
        ticks,
        told: None,
        ready: VecDeque::new(),
    };
    Sse::new(unfold(live, |mut live| async move {
        let event = live.next().await;
        Some((Ok(event), live))
    }))
}

impl Live {
    async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return event;
            }
            let now = self.ticks.tick().await;
            self.look(now);
        }
    }

    /// Makes the messages that are due.
    fn look(&mut self, now: Instant) {
        let site_now = self.shared.now();
        // Late rows come by themselves, and not only when somebody asks the site for something.
        let due = self.shared.viewed().model.next_commit();
        if due.is_some_and(|due| due <= site_now) {
            self.shared.stage().model.settle(site_now);
        }
        let stage = self.shared.viewed();
        if let Some(cursor) = &mut self.cursor
            && let Some(batch) = cursor.next(&stage.model)
        {
            let event = Event::default().event("events").id(batch.newest().to_string());
            self.ready.push_back(event.data(json(&batch)));
        }
        if self.told.is_none_or(|told| now.duration_since(told) >= STATUS_EVERY) {
            let requests = self.shared.counters().came();
            let faults = self.shared.faults();
            let status = status(&stage, &faults, requests, site_now, self.shared.uptime());
            let event = Event::default().event("status").data(json(&status));
            self.ready.push_back(event.retry(RETRY));
            self.told = Some(now);
        }
    }
}

fn json(what: &impl serde::Serialize) -> String {
    serde_json::to_string(what).expect("what is shown has only text keys")
}

impl LiveQuery {
    /// None if no events are wanted.
    fn filter(self) -> Option<Filter> {
        let filter = Filter {
            what: self.what,
            entity_type: self.entity_type,
            entity_id: self.entity_id,
            project: self.project,
            user: self.user,
        };
        (!self.quiet).then(|| filter.folded())
    }
}
