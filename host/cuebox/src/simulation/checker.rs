//! Judges a run by what was seen, and by what the world was. Knows nothing of cursors, lanes and databases.

use std::collections::{BTreeMap, BTreeSet};

use super::guest::mark;
use super::history::{Run, Seen};
use super::plan::{Plan, Row, STEADY, SWEEP_INTERVAL, SWEEP_TIMEOUT, millis};

/// A promise that was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// An entry that the site showed in time was never handled.
    Lost,
    /// A delivery was made again that was finished, and no process had died right after it.
    Repeated,
    /// A record was made twice.
    WrittenTwice,
    /// A delivery was finished, and its record is not there.
    NotWritten,
    /// Events came in another order than they arrived in.
    OutOfOrder,
    /// A plugin was handed an event before the one that comes first.
    CameFirst,
    /// An entry waited although the site showed it and the host ran.
    Stalled,
    /// The key-values are not in step with the events.
    Miscounted,
    /// An event is still put aside, although nothing fails any more.
    LeftAside,
    /// A record was made, and the audit does not know; or the audit is broken.
    NoEvidence,
}

/// How long after a delivery it may still be taken back by a crash: nothing else may be done meanwhile.
const COMMITTED_AFTER: i64 = 200;

/// How long an entry may wait that the site shows, while it answers most of the time.
const STALLED_AFTER: i64 = 20_000;

/// What was not kept, and of what.
pub fn violations(plan: &Plan, run: &Run) -> Vec<(Violation, String)> {
    let checker = Checker { plan, run, found: Vec::new() };
    checker.check()
}

struct Checker<'a> {
    plan: &'a Plan,
    run: &'a Run,
    found: Vec<(Violation, String)>,
}

impl Checker<'_> {
    fn check(mut self) -> Vec<(Violation, String)> {
        for plugin in 0..self.plan.plugins.len() {
            self.check_losses(plugin);
            self.check_repetitions(plugin);
            self.check_records(plugin);
            self.check_evidence(plugin);
            self.check_order(plugin);
            self.check_after(plugin);
            self.check_left(plugin);
        }
        if !self.run.left.audit_is_whole {
            self.find(Violation::NoEvidence, "the audit is broken".to_owned());
        }
        self.check_stalls();
        self.found
    }

    fn find(&mut self, violation: Violation, what: String) {
        self.found.push((violation, what));
    }

    /// The calls of a plugin, and whether each ended with its events done: when it ended.
    fn calls(&self, plugin: usize) -> Vec<(i64, &[u64])> {
        let calls = self.run.history.iter().filter_map(|moment| match &moment.seen {
            Seen::Called { plugin: called, events, .. } if *called == plugin => {
                Some((moment.at, events.as_slice()))
            }
            _ => None,
        });
        calls.collect()
    }

    fn returns(&self, plugin: usize) -> Vec<(i64, &[u64], bool)> {
        let returns = self.run.history.iter().filter_map(|moment| match &moment.seen {
            Seen::Returned { plugin: called, events, done } if *called == plugin => {
                Some((moment.at, events.as_slice(), *done))
            }
            _ => None,
        });
        returns.collect()
    }

    fn done(&self, plugin: usize) -> BTreeSet<u64> {
        let done = self.returns(plugin).into_iter().filter(|(.., done)| *done);
        done.flat_map(|(_, events, _)| events.to_vec()).collect()
    }

    /// The first time that each event was handed over, in that order.
    fn first_calls(&self, plugin: usize) -> Vec<(u64, i64)> {
        let mut seen = BTreeSet::new();
        let calls = self.calls(plugin).into_iter();
        let all = calls.flat_map(|(at, events)| events.iter().map(move |event| (*event, at)));
        all.filter(|(event, _)| seen.insert(*event)).collect()
    }

    /// When the first host asked the site for its newest entries: what was shown by then is before the stream.
    fn begun_at(&self) -> Option<i64> {
        self.run.begun_at
    }

    fn check_losses(&mut self, plugin: usize) {
        let Some(begun_at) = self.begun_at() else { return };
        let done = self.done(plugin);
        let swept = self.swept_for();
        let first = self.first_of_stream(begun_at);
        let mut lost = Vec::new();
        for row in self.plan.rows.iter().filter(|row| row.id > first) {
            let Some(shown) = row.shown.filter(|shown| *shown > begun_at) else { continue };
            let missed = self.plan.passed_at(row.id).unwrap_or(i64::MAX).max(begun_at);
            if shown <= missed.saturating_add(swept) && !done.contains(&row.id) {
                lost.push(row.id);
            }
        }
        for id in lost {
            self.find(Violation::Lost, format!("event {id} for plugin {plugin}"));
        }
    }

    /// Whether it was shown before anything with a higher id: it was never missing. What was is asked for from time to time.
    fn is_in_place(&self, row: &Row) -> bool {
        self.plan.passed_at(row.id).is_none_or(|passed| Some(passed) >= row.shown)
    }

    /// For how long an id is asked for that is missing. A clock that is set can use up a sweep each time; and what it leaps forward
    /// looks like an absence to a process that begins after that.
    fn swept_for(&self) -> i64 {
        let jumps = &self.plan.jumps;
        let sweeps = i64::try_from(jumps.len() + 1).unwrap_or(0) * millis(SWEEP_INTERVAL);
        let leapt: i64 = jumps.iter().map(|(_, by)| (*by).max(0)).sum();
        let unseen = if self.plan.lives.is_empty() { 0 } else { leapt };
        millis(SWEEP_TIMEOUT) - sweeps - unseen
    }

    /// The lowest id that was there when the stream began, or else came first: what is below it is from before.
    fn first_of_stream(&self, begun_at: i64) -> u64 {
        let there = self.plan.rows.iter().filter(|row| row.shown.is_some_and(|at| at <= begun_at));
        let came = self.plan.rows.iter().filter(|row| row.shown.is_some());
        let lowest_there = there.map(|row| row.id).min();
        lowest_there.or_else(|| came.min_by_key(|row| row.shown).map(|row| row.id - 1)).unwrap_or(0)
    }

    fn deaths(&self) -> Vec<i64> {
        let ends = self.run.history.iter();
        ends.filter(|moment| moment.seen == Seen::Ended { died: true })
            .map(|moment| moment.at)
            .collect()
    }

    fn check_repetitions(&mut self, plugin: usize) {
        let deaths = self.deaths();
        let mut done: BTreeMap<u64, i64> = BTreeMap::new();
        let mut repeated = Vec::new();
        for moment in &self.run.history {
            match &moment.seen {
                Seen::Called { plugin: called, events, .. } if *called == plugin => {
                    for event in events {
                        let taken_back = |at: &i64| {
                            deaths.iter().any(|death| (*at..=at + COMMITTED_AFTER).contains(death))
                        };
                        if done.get(event).is_some_and(|at| !taken_back(at)) {
                            repeated.push((*event, moment.at));
                        }
                    }
                }
                Seen::Returned { plugin: called, events, done: true } if *called == plugin => {
                    done.extend(events.iter().map(|event| (*event, moment.at)));
                }
                _ => {}
            }
        }
        for (event, at) in repeated {
            self.find(Violation::Repeated, format!("event {event} for plugin {plugin} at {at}"));
        }
    }

    fn check_records(&mut self, plugin: usize) {
        let mut records: BTreeMap<&str, usize> = BTreeMap::new();
        for moment in &self.run.history {
            if let Seen::Created { plugin: creator, mark } = &moment.seen
                && *creator == plugin
            {
                *records.entry(mark).or_default() += 1;
            }
        }
        let twice: Vec<String> = records
            .iter()
            .filter(|(_, count)| **count > 1)
            .map(|(mark, count)| format!("{mark} of plugin {plugin}: {count} times"))
            .collect();
        let writes = self.plan.plugins[plugin].writes;
        let returns = self.returns(plugin).into_iter().filter(|(.., done)| *done);
        let marks =
            returns.flat_map(|(_, events, _)| (0..writes).map(|number| mark(number, events)));
        let missing: Vec<String> = marks
            .filter(|mark| !records.contains_key(mark.as_str()))
            .map(|mark| format!("{mark} of plugin {plugin}"))
            .collect();
        for what in twice {
            self.find(Violation::WrittenTwice, what);
        }
        for what in missing {
            self.find(Violation::NotWritten, what);
        }
    }

    fn check_evidence(&mut self, plugin: usize) {
        let audited = &self.run.left.audited[plugin];
        let created = self.run.history.iter().filter_map(|moment| match &moment.seen {
            Seen::Created { plugin: creator, mark } if *creator == plugin => Some(mark),
            _ => None,
        });
        let missing: Vec<String> = created
            .filter(|mark| !audited.contains(*mark))
            .map(|mark| format!("{mark} of plugin {plugin}"))
            .collect();
        for what in missing {
            self.find(Violation::NoEvidence, what);
        }
    }

    fn check_order(&mut self, plugin: usize) {
        let plan = &self.plan.plugins[plugin];
        let is_strict = plan.parallel == 1 && plan.coalesce.is_none();
        let row = |id: u64| self.plan.rows.iter().find(|row| row.id == id);
        let mut wrong = Vec::new();
        let calls = self.first_calls(plugin);
        for (index, (later, _)) in calls.iter().enumerate() {
            let Some(later) = row(*later).filter(|row| self.is_in_place(row)) else { continue };
            let earlier = calls[..index].iter().filter_map(|(id, _)| row(*id));
            let bound = earlier.filter(|earlier| is_strict || earlier.task == later.task);
            // What has the lower id comes first, unless it was not there yet when the other one came.
            wrong.extend(
                bound
                    .filter(|earlier| later.id < earlier.id && later.shown < earlier.shown)
                    .map(|earlier| (earlier.id, later.id)),
            );
        }
        for (earlier, later) in wrong {
            let what = format!("event {later} after {earlier} for plugin {plugin}");
            self.find(Violation::OutOfOrder, what);
        }
    }

    fn check_after(&mut self, plugin: usize) {
        let Some(leader) = self.plan.plugins[plugin].after else { return };
        let mut returned: BTreeMap<u64, i64> = BTreeMap::new();
        for (at, events, _) in self.returns(leader) {
            for event in events {
                returned.entry(*event).or_insert(at);
            }
        }
        let early: Vec<u64> = self
            .first_calls(plugin)
            .into_iter()
            .filter(|(event, at)| returned.get(event).is_none_or(|returned| returned > at))
            .map(|(event, _)| event)
            .collect();
        for event in early {
            let what = format!("event {event} for plugin {plugin}, before plugin {leader}");
            self.find(Violation::CameFirst, what);
        }
    }

    fn check_left(&mut self, plugin: usize) {
        let (letters, count) = (self.run.left.letters[plugin], self.run.left.counts[plugin]);
        if letters > 0 {
            self.find(Violation::LeftAside, format!("{letters} for plugin {plugin}"));
        }
        let done = self.done(plugin).len() as u64;
        if count != done {
            let what = format!("plugin {plugin} counted {count} events, and handled {done}");
            self.find(Violation::Miscounted, what);
        }
    }

    /// An entry in its place comes to the steady plugin soon, as long as a host runs and the site answers.
    fn check_stalls(&mut self) {
        let Some(begun_at) = self.begun_at() else { return };
        let called: BTreeMap<u64, i64> = self.first_calls(STEADY).into_iter().collect();
        let stalls: Vec<u64> = self
            .plan
            .rows
            .iter()
            .filter(|row| row.shown.is_some_and(|shown| shown > begun_at && self.is_quiet(shown)))
            .filter(|row| {
                self.plan.passed_at(row.id).is_none_or(|passed| Some(passed) >= row.shown)
            })
            .filter(|row| {
                let until = row.shown.unwrap_or(0) + STALLED_AFTER;
                called.get(&row.id).is_none_or(|at| *at > until)
            })
            .map(|row| row.id)
            .collect();
        for id in stalls {
            self.find(Violation::Stalled, format!("event {id}"));
        }
    }

    /// From a moment on one host runs for long enough, and the site answers.
    fn is_quiet(&self, from: i64) -> bool {
        let (from, until) = (from - 5_000, from + STALLED_AFTER);
        let runs = self.run.history.iter().all(|moment| {
            let is_turn = matches!(moment.seen, Seen::Began | Seen::Ended { .. });
            !is_turn || moment.at < from || moment.at > until
        });
        let last = self.run.history.iter().rfind(|moment| {
            moment.at < from && matches!(moment.seen, Seen::Began | Seen::Ended { .. })
        });
        let is_up = last.is_some_and(|moment| moment.seen == Seen::Began);
        let answers = self.plan.outages.iter().all(|out| out.end < from || out.start > until);
        runs && is_up && answers && until < self.plan.end
    }
}
