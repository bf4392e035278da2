//! What the poller asks of the event log. On the hot path of catching up: a page is walked once to find its rows and once
//! to read them, and copied once.

use eventlog::{EventId, EventLogEntry};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::client::Client;
use crate::envelope::Asked;
use crate::error::CallError;
use crate::query::{Filters, Paging, Read, Sort};
use crate::retry::Kind;
use crate::wire::{ENTRY_FIELDS, MalformedEntry, parse_entry};

/// What the site showed of its event log.
#[derive(Debug, Clone, Default)]
pub struct EventPage {
    /// The entries that could be read, in the site's order.
    pub entries: Vec<Fetched>,
    /// The rows that could not be read.
    pub malformed: Vec<MalformedEntry>,
    /// How many rows there were, read or not.
    pub rows: usize,
    /// Whether the site gave as many rows as were asked for, so that there may be more.
    pub is_full: bool,
}

/// An entry and the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The entry.
    pub entry: EventLogEntry,
    /// The row as the site wrote it: a JSON object.
    pub json: String,
}

/// The plain case of an answer, in one pass. Anything else takes the way through the envelope.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    exception: Option<&'a RawValue>,
    #[serde(borrow)]
    results: Page<'a>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    entities: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct IdRow {
    id: u64,
}

const EXPECTED: &str = "an object with a list of entities";

impl Client {
    /// The entries with ids above `after`, lowest first: at the most `limit` of them, and no more than the site puts on
    /// one page.
    pub async fn events_newer(
        &self,
        caller: &Caller,
        after: EventId,
        limit: usize,
    ) -> Result<EventPage, CallError> {
        let filters = Filters::condition("id", "greater_than", json!([after.0]));
        self.events(caller, filters, limit).await
    }

    /// Those of the entries with these ids that the site shows, by id. As many requests as the ids take pages.
    pub async fn events_by_id(
        &self,
        caller: &Caller,
        ids: &[EventId],
    ) -> Result<EventPage, CallError> {
        let mut all = EventPage::default();
        for ids in ids.chunks(self.clamp(ids.len())) {
            let values = Value::Array(ids.iter().map(|id| id.0.into()).collect());
            let page =
                self.events(caller, Filters::condition("id", "in", values), ids.len()).await?;
            all.entries.extend(page.entries);
            all.malformed.extend(page.malformed);
            all.rows += page.rows;
        }
        all.is_full = all.rows == ids.len();
        Ok(all)
    }

    /// The highest ids, highest first: at the most `limit` of them, and no more than the site puts on one page.
    pub async fn recent_event_ids(
        &self,
        caller: &Caller,
        limit: usize,
    ) -> Result<Vec<EventId>, CallError> {
        let read = Read {
            fields: vec!["id".to_owned()],
            order: vec![Sort { field: "id".to_owned(), descending: true }],
            ..Read::new("EventLogEntry")
        };
        let parse = |asked: &Asked<'_>, body: &str| {
            let rows = rows(asked, body)?.into_iter();
            let ids =
                rows.map(|row| serde_json::from_str::<IdRow>(row.get()).map(|row| EventId(row.id)));
            ids.collect::<Result<Vec<_>, _>>().map_err(|_| asked.wrong_shape("entities with ids"))
        };
        let params = read.wire(self.one_page(limit));
        self.rpc(Kind::Read, "read", Some(caller), Some(&params), parse).await
    }

    /// The entries that match these filters, lowest id first: at the most `limit` of them, and no more than the site puts on one page.
    pub async fn events(
        &self,
        caller: &Caller,
        filters: Filters,
        limit: usize,
    ) -> Result<EventPage, CallError> {
        let read = Read {
            filters,
            fields: ENTRY_FIELDS.map(str::to_owned).to_vec(),
            order: vec![Sort { field: "id".to_owned(), descending: false }],
            ..Read::new("EventLogEntry")
        };
        let params = read.wire(self.one_page(limit));
        let parse =
            |asked: &Asked<'_>, body: &str| Ok(page(&rows(asked, body)?, self.clamp(limit)));
        self.rpc(Kind::Read, "read", Some(caller), Some(&params), parse).await
    }

    fn one_page(&self, limit: usize) -> Paging {
        let rows =
            u32::try_from(self.clamp(limit)).expect("clamped to a number of rows that is a u32");
        Paging { rows, page: 1, looping: false }
    }

    /// `limit` within what the site puts on a page; at least one, since no page has none.
    fn clamp(&self, limit: usize) -> usize {
        limit.clamp(1, usize::try_from(self.page_rows_max()).unwrap_or(usize::MAX))
    }
}

impl EventPage {
    /// Reads the text of an answer to a question for `limit` entries, as the client does. Pure: sends nothing.
    pub fn read(body: &str, limit: usize) -> Result<Self, CallError> {
        let asked = Asked { peer: "the site", method: "read", caller: None };
        Ok(page(&rows(&asked, body)?, limit))
    }
}

/// The rows of an answer, unread.
fn rows<'a>(asked: &Asked<'_>, body: &'a str) -> Result<Vec<&'a RawValue>, CallError> {
    match serde_json::from_str::<Envelope<'_>>(body) {
        Ok(envelope) if envelope.exception.is_none() => Ok(envelope.results.entities),
        _ => asked.object_as::<Page<'_>>(body, EXPECTED).map(|page| page.entities),
    }
}

/// Reads the rows; one that cannot be read does not end the page.
fn page(rows: &[&RawValue], limit: usize) -> EventPage {
    let mut page =
        EventPage { rows: rows.len(), is_full: rows.len() >= limit, ..EventPage::default() };
    page.entries.reserve_exact(rows.len());
    for row in rows {
        match parse_entry(row.get()) {
            Ok(entry) => page.entries.push(Fetched { entry, json: row.get().to_owned() }),
            Err(malformed) => page.malformed.push(malformed),
        }
    }
    page
}

#[cfg(test)]
mod tests;
