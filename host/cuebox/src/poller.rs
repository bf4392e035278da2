//! Drives the cursor: ask, fetch, fold in, commit, announce, wait. Makes no decision of its own: what to ask is `Cursor`'s to
//! say, and when `Pace`'s.

mod log;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use eventlog::cursor::{self, Arrival, Cursor, Page, State};
use eventlog::pacing::{self, Pace};
use eventlog::{EventId, EventLogEntry, Timestamp};
use shotgun::{CallError, EventPage, Fetched};
use tokio::sync::watch;

pub use log::{EventLog, SiteLog};

use crate::clock::{self, Instant};
use crate::failure::chain;
use crate::host;
use crate::journal::{Journal, JournalEntry};
use crate::notice::{Notice, Notices};
use crate::storage::Storage;

/// How many of the newest ids are looked at on the very first start, to know which of them are still to come.
const RECENT_IDS: usize = 500;

/// How long to wait before a database that did not take a page is tried again.
const DATABASE_RETRY: Duration = Duration::from_secs(1);

/// What the poller works with.
pub struct Poller<L> {
    pub log: L,
    pub storage: Storage,
    pub journal: Journal,
    pub notices: Notices,
    pub options: Options,
    /// Becomes true when the host stops.
    pub stopping: watch::Receiver<bool>,
    /// What was said of entries that cannot be read.
    pub problems_told: Mutex<BTreeSet<String>>,
}

/// How to read the stream.
#[derive(Debug, Clone)]
pub struct Options {
    pub cursor: cursor::Options,
    pub pace: pacing::Options,
}

/// How often what was fetched is tried to be saved when the host stops. Then it is fetched again after the next start.
const COMMITS_WHEN_STOPPING: u32 = 2;

/// Problems with entries that are remembered as told.
const PROBLEMS_MAX: usize = 1000;

/// Why a poll was not finished.
#[derive(Debug, thiserror::Error)]
enum PollError {
    /// The site did not answer, or refused.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The host stops. What was fetched last may not be saved: nothing may be folded in or committed after that.
    #[error("the host stops")]
    Stopped,
}

/// An entry and the row it was read from.
type Row = (EventLogEntry, String);

/// The site has not answered since, and it was told.
struct Outage {
    since: Instant,
    /// Told again when this changes: a refused key is another matter than a connection.
    transient: bool,
}

impl<L: EventLog> Poller<L> {
    /// Reads the stream until the host stops. A page that was fetched is committed before that.
    pub async fn run(mut self) {
        let Some(cursor) = self.start().await else { return };
        let mut reading = Reading {
            pace: Pace::new(self.options.pace),
            cursor,
            outage: None,
            is_introduced: false,
        };
        while let Some(pause) = self.poll(&mut reading).await {
            if self.pause(pause).await {
                return;
            }
        }
    }

    /// The cursor as it was saved; on the very first start, one at the newest entry of the site.
    async fn start(&mut self) -> Option<Cursor> {
        let saved = loop {
            match self.storage.ask(|database| database.load_stream()).await {
                Ok(saved) => break saved,
                Err(error) => self.trouble("load the position in the stream", &error),
            }
            if self.pause(DATABASE_RETRY).await {
                return None;
            }
        };
        if let Some(stream) = saved {
            let state = state_of(stream);
            let (after, gaps) = (state.high_water, state.gaps.len());
            self.notices.tell(Notice::StreamResumed { after, gaps });
            return Some(Cursor::resume(self.options.cursor, &state, clock::now()));
        }
        self.start_anew().await
    }

    async fn start_anew(&mut self) -> Option<Cursor> {
        let mut pace = Pace::new(self.options.pace);
        let mut outage = None;
        let recent = loop {
            let asked = self.ask(|| self.log.recent(RECENT_IDS)).await;
            match asked {
                Ok(recent) => break recent,
                Err(PollError::Stopped) => return None,
                Err(PollError::Call(error)) => self.lost(&mut outage, &error),
            }
            if self.pause(pace.after_failure(jitter())).await {
                return None;
            }
        };
        self.back(&mut outage);
        let cursor = Cursor::begin(self.options.cursor, &recent, clock::now());
        let stream = stream_of(cursor.state());
        let (after, gaps) = (stream.high_water, stream.gaps.len());
        while let Err(error) = {
            let stream = stream.clone();
            self.storage.ask(move |database| database.start_stream(&stream)).await
        } {
            self.trouble("save where the stream begins", &error);
            if self.pause(DATABASE_RETRY).await {
                return None;
            }
        }
        self.notices.tell(Notice::StreamStarted { after, gaps });
        Some(cursor)
    }

    /// One poll: the missing ids that are due, then newer entries for as long as there are full pages of them. Answers how
    /// long to wait until the next; none if the host stops.
    async fn poll(&mut self, reading: &mut Reading) -> Option<Duration> {
        match self.try_poll(reading).await {
            Ok(pause) => {
                self.back(&mut reading.outage);
                Some(pause)
            }
            Err(PollError::Stopped) => None,
            Err(PollError::Call(error)) => {
                self.lost(&mut reading.outage, &error);
                let pause = reading.pace.after_failure(jitter());
                let asked = error.retry_after().unwrap_or_default().min(RETRY_AFTER_MAX);
                Some(pause.max(asked))
            }
        }
    }

    async fn try_poll(&mut self, reading: &mut Reading) -> Result<Duration, PollError> {
        if !reading.is_introduced {
            // Tells the client how many rows the site puts on a page.
            self.ask(|| self.log.introduce()).await?;
            reading.is_introduced = true;
        }
        let found = self.ask_for_missing(&mut reading.cursor).await?;
        let mut fetched = self.fetch_newer(reading.cursor.newer().after).await?;
        // While pages are full, the next one is under way as this one is committed. A full page that brought nothing is no
        // reason to ask again at once: it would be the same.
        while fetched.is_full && !*self.stopping.borrow() {
            let page = self.fold(&mut reading.cursor, fetched);
            if page.entries.is_empty() {
                self.commit(page).await?;
                return Ok(reading.pace.after_page(true, true));
            }
            let next = self.fetch_newer(reading.cursor.newer().after);
            let (committed, next) = tokio::join!(self.commit(page), next);
            committed?;
            fetched = next?;
        }
        let page = self.fold(&mut reading.cursor, fetched);
        let empty = page.entries.is_empty() && !found;
        self.commit(page).await?;
        let pause = reading.pace.after_page(false, empty);
        Ok(reading.until_due(pause))
    }

    /// Asks the site, until the host stops: then no answer is waited for.
    async fn ask<T, F>(&self, ask: impl Fn() -> F) -> Result<T, PollError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let mut stopping = self.stopping.clone();
        tokio::select! {
            biased;
            answer = hedged(ask) => Ok(answer?),
            () = host::stop(&mut stopping) => Err(PollError::Stopped),
        }
    }

    async fn fetch_newer(&self, after: EventId) -> Result<EventPage, PollError> {
        let limit = self.options.cursor.page_size;
        self.ask(|| self.log.newer(after, limit)).await
    }

    /// Asks for the gaps that are due, by id. Answers whether any was filled.
    async fn ask_for_missing(&mut self, cursor: &mut Cursor) -> Result<bool, PollError> {
        let asked = cursor.missing(clock::now());
        if asked.is_empty() {
            return Ok(false);
        }
        let fetched = self.ask(|| self.log.by_id(&asked)).await?;
        self.tell_malformed(&fetched);
        let page = cursor.handle_missing(&asked, rows_of(fetched.entries), clock::now());
        let found = !page.entries.is_empty();
        self.commit(page).await?;
        Ok(found)
    }

    fn fold(&self, cursor: &mut Cursor, fetched: EventPage) -> Page<Row> {
        self.tell_malformed(&fetched);
        let page = cursor.handle_newer(rows_of(fetched.entries), clock::now());
        if !page.opened.is_empty() {
            let backlog = cursor.backlog_len();
            self.notices.tell(Notice::GapsOpened { gaps: page.opened.len(), backlog });
        }
        page
    }

    /// Commits entries, cursor and backlog in one transaction, then announces them. Does not return before it is done: the
    /// cursor has moved on and can not go back. Unless the host stops: then the cursor is given up with the page.
    async fn commit(&self, page: Page<Row>) -> Result<(), PollError> {
        if page.is_empty() && page.opened.is_empty() {
            return Ok(());
        }
        let received_at = clock::now();
        let mut page = page;
        let mut tries = 0;
        let first = loop {
            let (returned, appended) = self
                .storage
                .ask(move |database| {
                    let appended = append(database, &page, received_at);
                    (page, appended)
                })
                .await;
            page = returned;
            tries += 1;
            match appended {
                Ok(first) => break first,
                Err(error) if *self.stopping.borrow() && tries >= COMMITS_WHEN_STOPPING => {
                    self.trouble("save events; they are fetched again at the next start", &error);
                    return Err(PollError::Stopped);
                }
                Err(error) if tries == 1 => {
                    self.trouble("save events; none is read until that works", &error);
                }
                Err(_) => {}
            }
            tokio::time::sleep(DATABASE_RETRY).await;
        };
        self.announce(page, first, received_at);
        Ok(())
    }

    fn announce(&self, page: Page<Row>, first: eventlog::Seq, received_at: Timestamp) {
        self.tell_of_gaps(&page, received_at);
        if page.entries.is_empty() {
            return;
        }
        let late = page.entries.iter().filter(|arrival| arrival.late).count();
        let newest = page.high_water;
        let mut seq = first;
        let entries: Vec<JournalEntry> = page
            .entries
            .into_iter()
            .map(|Arrival { entry: (entry, _), late }| {
                let placed = JournalEntry::new(seq, received_at, late, entry);
                seq = seq.next();
                placed
            })
            .collect();
        let count = entries.len();
        self.journal.publish(entries);
        self.notices.tell(Notice::Arrived { entries: count, late, newest });
    }

    fn tell_of_gaps(&self, page: &Page<Row>, received_at: Timestamp) {
        let late: Vec<(EventId, Duration)> = page
            .closed
            .iter()
            .filter(|gap| gap.given_up.is_some())
            .map(|gap| (gap.id, received_at.since(gap.first_seen)))
            .collect();
        if !late.is_empty() {
            self.notices.tell(Notice::ArrivedLate { late });
        }
        if !page.given_up.is_empty() {
            let ids = page.given_up.iter().map(|gap| gap.id).collect();
            self.notices.tell(Notice::GapsGivenUp { ids });
        }
        if !page.forgotten.is_empty() {
            self.notices.tell(Notice::GapsForgotten { ids: page.forgotten.clone() });
        }
        if let Some(dropped) = page.dropped {
            self.notices.tell(Notice::GapsDropped {
                ids: dropped.count,
                first: dropped.first,
                last: dropped.last,
            });
        }
    }

    /// Tells of each entry once: the newest one comes with every poll as long as nothing newer can be read.
    fn tell_malformed(&self, fetched: &EventPage) {
        let mut told = self.problems_told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() > PROBLEMS_MAX {
            told.clear();
        }
        let problems: Vec<String> = fetched
            .malformed
            .iter()
            .map(ToString::to_string)
            .filter(|problem| told.insert(problem.clone()))
            .collect();
        if !problems.is_empty() {
            self.notices.tell(Notice::Malformed { problems });
        }
    }

    /// Tells of an outage once, and once more if it turns into another kind.
    fn lost(&self, outage: &mut Option<Outage>, error: &CallError) {
        let transient = error.is_transient();
        let told = outage.as_ref().is_some_and(|outage| outage.transient == transient);
        let since = outage.as_ref().map_or_else(Instant::now, |outage| outage.since);
        *outage = Some(Outage { since, transient });
        if !told {
            self.notices.tell(Notice::SiteLost { why: chain(error), transient });
        }
    }

    fn back(&self, outage: &mut Option<Outage>) {
        if let Some(outage) = outage.take() {
            self.notices.tell(Notice::SiteBack { after: outage.since.elapsed() });
        }
    }

    fn trouble(&self, doing: &'static str, error: &dyn std::error::Error) {
        self.notices.tell(Notice::HostTrouble { doing, why: chain(error) });
    }

    /// Waits; answers whether the host stops.
    async fn pause(&mut self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = host::stop(&mut self.stopping) => true,
            () = tokio::time::sleep(pause) => false,
        }
    }
}

/// Asks, and asks again beside that while there is no answer: a site that came back answers a new question at once, and an
/// old one, on a dead connection, never. The first question keeps its whole time, for a site that is merely slow.
async fn hedged<T, F>(ask: impl Fn() -> F) -> Result<T, CallError>
where
    F: Future<Output = Result<T, CallError>>,
{
    let mut first = std::pin::pin!(ask());
    if let Ok(answer) = tokio::time::timeout(HEDGE_AFTER, &mut first).await {
        return answer;
    }
    loop {
        tokio::select! {
            biased;
            answer = &mut first => return answer,
            answer = tokio::time::timeout(HEDGE_AFTER, ask()) => if let Ok(answer) = answer {
                return answer;
            },
        }
    }
}

/// How long to wait for an answer before another is asked for beside it.
const HEDGE_AFTER: Duration = Duration::from_secs(3);

/// The longest that a site can have itself left alone by `Retry-After`.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// What the poller carries from one poll to the next.
struct Reading {
    cursor: Cursor,
    pace: Pace,
    outage: Option<Outage>,
    /// Whether the site has been asked what it is.
    is_introduced: bool,
}

impl Reading {
    /// No longer than until a gap is due.
    fn until_due(&self, pause: Duration) -> Duration {
        let now = clock::now();
        self.cursor.poll_timeout().map_or(pause, |due| pause.min(due.since(now).max(BUSIEST)))
    }
}

/// Polls are no closer together than this, whatever is due.
const BUSIEST: Duration = Duration::from_millis(100);

fn append(
    database: &mut database::Database,
    page: &Page<Row>,
    received_at: Timestamp,
) -> Result<eventlog::Seq, database::AppendError> {
    let entries: Vec<database::NewEntry<'_>> = page
        .entries
        .iter()
        .map(|Arrival { entry: (entry, json), late }| database::NewEntry {
            id: entry.id,
            created_at: entry.created_at,
            late: *late,
            json,
        })
        .collect();
    let opened: Vec<database::Gap> = page.opened.iter().copied().map(stored_gap).collect();
    let given_up: Vec<(EventId, Timestamp)> =
        page.given_up.iter().map(|gap| (gap.id, gap.given_up.unwrap_or(received_at))).collect();
    let closed: Vec<EventId> = page.closed.iter().map(|gap| gap.id).collect();
    database.append(&database::Append {
        entries: &entries,
        received_at,
        high_water: page.high_water,
        opened: &opened,
        given_up: &given_up,
        closed: &closed,
        forgotten: &page.forgotten,
        dropped: page.dropped.map(|dropped| database::DroppedIds {
            first: dropped.first,
            last: dropped.last,
            count: dropped.count,
        }),
    })
}

fn rows_of(fetched: Vec<Fetched>) -> Vec<Row> {
    fetched.into_iter().map(|fetched| (fetched.entry, fetched.json)).collect()
}

fn state_of(stream: database::Stream) -> State {
    let gaps = stream.gaps.into_iter().map(|gap| cursor::Gap {
        id: gap.id,
        first_seen: gap.first_seen,
        given_up: gap.given_up,
    });
    State { high_water: stream.high_water, gaps: gaps.collect() }
}

fn stream_of(state: State) -> database::Stream {
    database::Stream {
        high_water: state.high_water,
        gaps: state.gaps.into_iter().map(stored_gap).collect(),
    }
}

fn stored_gap(gap: cursor::Gap) -> database::Gap {
    database::Gap { id: gap.id, first_seen: gap.first_seen, given_up: gap.given_up }
}

/// Spreads the retries of many hosts; any number does.
fn jitter() -> u64 {
    clock::now().0.cast_unsigned()
}
