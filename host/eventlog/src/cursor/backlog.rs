//! The gaps, and how often each is asked for. Knows nothing of entries and of the high-water mark.
//!
//! Our clock may be set back or forward while we wait. It may then be wrong how often a gap is asked for; it may not happen
//! that one is forgotten for it. So a gap is forgotten after a number of sweeps that were made, not at a time.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use super::{Dropped, Gap, Options};
use crate::{EventId, Timestamp};

/// A gap this young is asked for at every poll: most fill within a second (a site shows rows 0.3 to 0.4 s after the call).
const FRESH: Duration = Duration::from_secs(2);
/// Shorter than a busy poll's interval, and long enough that catching up, page after page, does not ask with every page.
const FRESH_INTERVAL: Duration = Duration::from_millis(200);
/// A gap this young may well be a long batch.
const YOUNG: Duration = Duration::from_secs(30);
const YOUNG_INTERVAL: Duration = Duration::from_secs(1);
const OLD_INTERVAL: Duration = Duration::from_secs(5);

/// The open gaps.
#[derive(Debug, Clone)]
pub(super) struct Backlog {
    gaps: BTreeMap<EventId, Waiting>,
}

/// What became of the ids of new holes, and of the gaps that had to make room.
pub(super) struct Opened {
    pub(super) opened: Vec<Gap>,
    /// Gaps that were open; a part of `dropped`.
    pub(super) evicted: Vec<EventId>,
    pub(super) dropped: Option<Dropped>,
}

/// The asked-for gaps that the site does not show.
pub(super) struct Absent {
    pub(super) given_up: Vec<Gap>,
    pub(super) forgotten: Vec<EventId>,
}

#[derive(Debug, Clone)]
struct Waiting {
    gap: Gap,
    /// From when its age counts: as `gap.first_seen`, or later put right because the clock was set back. In memory only.
    since: Timestamp,
    /// When it was last asked for and not found. In memory only, so that a restart asks for everything at once.
    asked: Option<Timestamp>,
    /// How many more sweeps it gets. Has a meaning only once it is given up.
    sweeps_left: u64,
}

impl Backlog {
    pub(super) fn load(options: &Options, gaps: &[Gap], now: Timestamp) -> Self {
        let gaps = gaps.iter().map(|&gap| (gap.id, Waiting::load(options, gap, now))).collect();
        Self { gaps }
    }

    pub(super) fn len(&self) -> usize {
        self.gaps.len()
    }

    pub(super) fn gaps(&self) -> impl Iterator<Item = Gap> {
        self.gaps.values().map(|waiting| waiting.gap)
    }

    pub(super) fn close(&mut self, id: EventId) -> Option<Gap> {
        self.gaps.remove(&id).map(|waiting| waiting.gap)
    }

    /// Adds the ids of `holes`, which ascend and lie above every gap there is, and drops the lowest ids beyond `gaps_max`.
    /// Works from the top down, so that a hole of millions costs no more than the ids of it that are kept.
    pub(super) fn open(&mut self, holes: &[Range<u64>], gaps_max: usize, now: Timestamp) -> Opened {
        let (mut evicted, mut dropped) = (Vec::new(), None);
        if holes.is_empty() {
            return Opened { opened: Vec::new(), evicted, dropped };
        }
        let mut room = u64::try_from(gaps_max).unwrap_or(u64::MAX);
        let mut kept = Vec::with_capacity(holes.len());
        for hole in holes.iter().rev() {
            let from = hole.end - room.min(hole.end - hole.start);
            room -= hole.end - from;
            kept.push(from..hole.end);
            if from > hole.start {
                Dropped::add(
                    &mut dropped,
                    EventId(hole.start),
                    EventId(from - 1),
                    from - hole.start,
                );
            }
        }
        while u64::try_from(self.gaps.len()).unwrap_or(u64::MAX) > room {
            let Some((id, _)) = self.gaps.pop_first() else { break };
            Dropped::add(&mut dropped, id, id, 1);
            evicted.push(id);
        }
        let ids = kept.into_iter().rev().flatten().map(EventId);
        let opened: Vec<Gap> = ids.map(|id| Gap { id, first_seen: now, given_up: None }).collect();
        self.gaps.extend(opened.iter().map(|&gap| (gap.id, Waiting::open(gap))));
        Opened { opened, evicted, dropped }
    }

    /// The ids whose turn it is, ascending. If they are more than a page, those that have been due for longest.
    pub(super) fn due(&self, options: &Options, now: Timestamp) -> Vec<EventId> {
        let turn = |waiting: &Waiting| Some((waiting.turn(options, now)?, waiting.gap.id));
        let mut due: Vec<(Timestamp, EventId)> = self.gaps.values().filter_map(turn).collect();
        if due.len() > options.page_size {
            due.select_nth_unstable(options.page_size);
            due.truncate(options.page_size);
        }
        let mut ids: Vec<EventId> = due.into_iter().map(|(_, id)| id).collect();
        ids.sort_unstable();
        ids
    }

    pub(super) fn poll_timeout(&self, options: &Options) -> Option<Timestamp> {
        self.gaps.values().map(|waiting| waiting.due(options)).min()
    }

    /// Notes that these ids were asked for; those that are still gaps were not found.
    pub(super) fn asked(&mut self, options: &Options, ids: &[EventId], now: Timestamp) -> Absent {
        let mut absent = Absent { given_up: Vec::new(), forgotten: Vec::new() };
        for id in ids {
            let Some(waiting) = self.gaps.get_mut(id) else { continue };
            if waiting.gap.given_up.is_none() {
                if waiting.missed(options, now) {
                    absent.given_up.push(waiting.gap);
                }
            } else if waiting.swept(options, now) {
                self.gaps.remove(id);
                absent.forgotten.push(*id);
            }
        }
        absent
    }
}

impl Waiting {
    fn open(gap: Gap) -> Self {
        Self { gap, since: gap.first_seen, asked: None, sweeps_left: 0 }
    }

    fn load(options: &Options, gap: Gap, now: Timestamp) -> Self {
        let done =
            gap.given_up.map_or(0, |given_up| sweeps(now.since(given_up), options.sweep_interval));
        // One more than are left by the clock: the one at once, which says what the site has shown while we were away.
        let sweeps_left = sweeps_max(options).saturating_sub(done).saturating_add(1);
        Self { sweeps_left, ..Self::open(gap) }
    }

    /// When it is to be asked for next.
    fn due(&self, options: &Options) -> Timestamp {
        self.asked.map_or(self.since, |asked| asked.plus(self.interval(options, asked)))
    }

    fn interval(&self, options: &Options, asked: Timestamp) -> Duration {
        if self.gap.given_up.is_some() {
            return options.sweep_interval;
        }
        match asked.since(self.since) {
            age if age < FRESH => FRESH_INTERVAL,
            age if age < YOUNG => YOUNG_INTERVAL,
            _ => OLD_INTERVAL,
        }
    }

    /// Its place in the queue of those that are due, if it is. Those whose times lie in the future are due before all
    /// others, because the clock was set back and their times say nothing.
    fn turn(&self, options: &Options, now: Timestamp) -> Option<Timestamp> {
        if self.asked.unwrap_or(self.since) > now {
            return Some(Timestamp(i64::MIN));
        }
        Some(self.due(options)).filter(|due| *due <= now)
    }

    /// Whether it is given up, having been asked for in vain.
    fn missed(&mut self, options: &Options, now: Timestamp) -> bool {
        self.asked = Some(now);
        self.since = self.since.min(now);
        let give_up = now.since(self.since) >= options.gap_timeout;
        if give_up {
            self.gap.given_up = Some(now);
            self.sweeps_left = sweeps_max(options);
        }
        give_up
    }

    /// Whether that was the last sweep. One that came too early, as after the clock was set back, does not count.
    fn swept(&mut self, options: &Options, now: Timestamp) -> bool {
        if self.asked.is_none_or(|asked| now.since(asked) >= options.sweep_interval) {
            self.sweeps_left = self.sweeps_left.saturating_sub(1);
        }
        self.asked = Some(now);
        self.sweeps_left == 0
    }
}

/// So many sweeps that the last one is not before the end of the sweep timeout.
fn sweeps_max(options: &Options) -> u64 {
    let interval = options.sweep_interval;
    sweeps(
        options.sweep_timeout.saturating_add(interval).saturating_sub(Duration::from_nanos(1)),
        interval,
    )
    .max(1)
}

fn sweeps(duration: Duration, interval: Duration) -> u64 {
    u64::try_from(duration.as_nanos() / interval.as_nanos()).unwrap_or(u64::MAX)
}
