//! One call of a guest: what goes into it, and what follows from how it ended.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use database::{Ending, Failure, Parked};
use eventlog::{EventId, Timestamp};
use runtime::{Blame, Effects, Event, Halted, KeyValueChange, Outcome, Registration, Report};
use tokio::time::Instant;

use super::guest::{Guest, Plugin, paced};
use super::worker::Worker;
use super::{Delivery, Verdict, failing, version};
use crate::clock;
use crate::journal::{JournalEntry, JournalPage};
use crate::notice::{Delivered, Notice};
use crate::storm::Loop;

/// An entry of a page that is kept for as long as the entry is needed.
#[derive(Debug, Clone)]
pub struct EntryRef {
    page: JournalPage,
    index: usize,
}

/// What is handed to a guest.
#[derive(Debug)]
pub struct Handed {
    pub callback: Arc<str>,
    /// In journal order; at least one.
    pub entries: Vec<EntryRef>,
    pub attempt: u32,
}

/// A call that has ended.
pub struct Ended {
    pub handed: Handed,
    pub started_at: Timestamp,
    pub report: Report,
    /// The instance, if it can be called again.
    pub guest: Option<Box<dyn Guest>>,
}

/// The same, of a delivery of the lane.
pub struct Called {
    delivery: Delivery<EntryRef>,
    ended: Ended,
}

/// A call that is about to be made: all that it needs, so that it can be made beside others.
struct Call {
    handed: Handed,
    plugin: Arc<dyn Plugin>,
    registration: Arc<Registration>,
    guest: Option<Box<dyn Guest>>,
    session_uuid: Option<String>,
    effects: Effects,
}

impl EntryRef {
    /// The entry at a place of a page.
    pub fn new(page: JournalPage, index: usize) -> Self {
        Self { page, index }
    }

    /// The entry.
    pub fn entry(&self) -> &JournalEntry {
        &self.page[self.index]
    }
}

impl Handed {
    /// The event that it is known by: the first.
    pub fn event_id(&self) -> EventId {
        self.entries[0].entry().entry.id
    }

    /// The newest of its entries, which the guest is handed.
    pub fn newest(&self) -> &JournalEntry {
        self.entries.last().expect("there is at least one").entry()
    }

    fn event(&self) -> Cow<'_, Event> {
        let event = self.newest().event();
        let earlier = &self.entries[..self.entries.len() - 1];
        match (self.attempt, earlier) {
            (1, []) => Cow::Borrowed(event),
            (attempt, []) => Cow::Owned(Event { attempt, ..event.clone() }),
            (attempt, _) => {
                let earlier = earlier.iter().map(|entry| entry.entry().event());
                Cow::Owned(Event { attempt, ..runtime::with_earlier(event, earlier) })
            }
        }
    }
}

impl Call {
    async fn make(self) -> Ended {
        let plugin = self.plugin.clone();
        paced(&*plugin, self.make_here()).await
    }

    async fn make_here(self) -> Ended {
        let Self { handed, plugin, registration, guest, session_uuid, effects } = self;
        let started_at = clock::now();
        let started = match guest {
            Some(guest) => Ok(guest),
            None => version::start(&*plugin, &registration).await,
        };
        let mut guest = match started {
            Ok(guest) => guest,
            Err(outcome) => {
                let report = Report::without_call(outcome);
                return Ended { handed, started_at, report, guest: None };
            }
        };
        let event = handed.event();
        let report = guest.call(&handed.callback, &event, session_uuid, effects).await;
        drop(event);
        let guest = report.outcome.leaves_instance_usable().then_some(guest);
        Ended { handed, started_at, report, guest }
    }
}

impl Worker {
    /// Begins a delivery, unless it has to wait until a call in doubt can be looked for.
    pub(super) fn start(&mut self, delivery: Delivery<EntryRef>) {
        let handed = Handed {
            callback: delivery.name.clone(),
            entries: delivery.entries().map(|(_, entry)| entry.clone()).collect(),
            attempt: delivery.attempt,
        };
        if let Some(halted) = self.halted_project(&handed) {
            self.hold_back(&delivery, &halted);
            return self.lane.hold_back(&delivery, clock::moment());
        }
        let entries = handed.entries.iter().map(EntryRef::entry);
        if let Some(found) = self.tools.storms.look(&self.plugin, entries) {
            if self.tools.storms.stop(&found) {
                self.tools.notices.tell(Notice::Storm(found));
            }
            return self.lane.leave(&delivery);
        }
        if let Some(pause) = self.doubt_pause(&handed) {
            return self.lane.delay(&delivery, pause, Instant::now());
        }
        let call = self.prepare(handed);
        self.calls.push(Box::pin(async move { Called { delivery, ended: call.make().await } }));
    }

    /// Makes a call, and waits for its end.
    pub(super) async fn call(&mut self, handed: Handed) -> Ended {
        let ended = self.prepare(handed).make().await;
        self.tell(&ended);
        ended
    }

    fn prepare(&mut self, handed: Handed) -> Call {
        let digest = self.version().digest();
        let effects = self.effects.of(handed.event_id(), &handed.callback, digest);
        let version = self.version();
        let session_uuid = handed.newest().entry.session_uuid.clone();
        Call {
            plugin: version.plugin.clone(),
            registration: version.registration.clone(),
            guest: version.instances.pop(),
            session_uuid: session_uuid.filter(|_| version.options.uses_session_uuid),
            effects,
            handed,
        }
    }

    /// How long to wait before a call in doubt can be looked for: it may still be under way at the site.
    pub(super) fn doubt_pause(&self, handed: &Handed) -> Option<Duration> {
        let since = self.effects.in_doubt_since(handed.event_id(), &handed.callback)?;
        let left = self.tools.doubt_wait.saturating_sub(since.elapsed());
        (!left.is_zero()).then_some(left)
    }

    /// Does what follows from a call.
    pub(super) async fn conclude(&mut self, called: Called) {
        let Called { delivery, ended } = called;
        self.tell(&ended);
        let Ended { handed, report, guest, .. } = ended;
        self.version().keep(guest);
        let Report { outcome, log, effects, key_values, .. } = report;
        let policy = self.version().policy(delivery.callback);
        let failed_before = self.lane.failed_in_row();
        let now = clock::moment();
        let verdict = self.lane.ended(&delivery, &outcome, effects > 0, &policy, now);
        let failure = Failure {
            event: handed.event_id(),
            error: format!("callback `{}` {outcome}", delivery.name),
            at: now.time,
        };
        match verdict {
            Verdict::Finished => self.finished(&handed, key_values),
            Verdict::GivenUp => {
                self.unsaved.failures.push(failure);
                self.settle(&handed);
            }
            Verdict::PutAside => {
                self.put_aside(&delivery, &failure, log);
                self.unsaved.failures.push(failure);
            }
            Verdict::Pending => {}
            Verdict::HeldBack(project) => {
                let why = match &outcome {
                    Outcome::Halted { why, .. } => why.as_str().into(),
                    _ => "".into(),
                };
                self.hold_back(&delivery, &Halted { project: Some(project), why });
                if self.gate.halted(Some(project)).is_none() {
                    // It was released meanwhile, and nobody says so again.
                    self.redrives.look_again();
                }
            }
            Verdict::Again(_) => self.save_progress(&delivery, failure, &outcome).await,
            Verdict::Stop => self.stop(&delivery, failure, &outcome).await,
        }
        if self.lane.failed_in_row() != failed_before {
            self.rest(failed_before);
        }
    }

    fn put_aside(&mut self, delivery: &Delivery<EntryRef>, failure: &Failure, log: String) {
        let (event, attempts) = (failure.event, delivery.attempt);
        let ending = Ending { error: failure.error.clone(), attempts, at: failure.at, log };
        self.tools.notices.tell(Notice::PutAside {
            plugin: self.plugin.to_string(),
            callback: delivery.name.to_string(),
            event,
            attempts,
        });
        self.park(delivery, ending, None);
    }

    /// Keeps a delivery among the dead letters: for the operator, or until a project is released.
    fn park(&mut self, delivery: &Delivery<EntryRef>, ending: Ending, halted_project: Option<u64>) {
        let mut entries = delivery.entries();
        let event = entries.next().expect("there is at least one").1.entry().entry.id;
        let more = entries.map(|(seq, _)| seq).collect();
        let (seq, callback) = (delivery.seq(), delivery.name.to_string());
        self.unsaved.parked.push(Parked { event, seq, more, callback, ending, halted_project });
    }

    /// The halt of a project that one of the events is about.
    pub(super) fn halted_project(&self, handed: &Handed) -> Option<Halted> {
        handed.entries.iter().find_map(|entry| {
            let entry = &entry.entry().entry;
            let entity = entry.entity.as_ref().filter(|entity| entity.entity_type == "Project");
            let project = entry.project.as_ref().or(entity)?;
            self.gate.halted(Some(project.id)).filter(|halted| halted.project.is_some())
        })
    }

    /// Puts a delivery aside until a project is released. It has not failed, and keeps its effects.
    fn hold_back(&mut self, delivery: &Delivery<EntryRef>, halted: &Halted) {
        let number = halted.project.unwrap_or_default();
        let error = format!("held back: project {number} is halted: {}", halted.why);
        let (attempts, at) = (delivery.attempt - 1, clock::now());
        let ending = Ending { error, attempts, at, log: String::new() };
        self.park(delivery, ending, halted.project);
    }

    /// A call has done what it was made for: its keys are kept, and what it changed need not be known any more.
    pub(super) fn finished(&mut self, handed: &Handed, key_values: Vec<KeyValueChange>) {
        let changes = key_values.into_iter().map(|change| (change.key, change.value));
        self.unsaved.key_values.extend(changes);
        self.settle(handed);
    }

    /// What a delivery changed need not be known any more.
    fn settle(&mut self, handed: &Handed) {
        let (event, callback) = (handed.event_id(), &*handed.callback);
        if self.effects.settle(event, callback) {
            self.unsaved.settled.push((event, callback.to_owned()));
        }
    }

    /// Lets the plugin rest if it does nothing but fail. Told when it begins, and when it is over.
    fn rest(&mut self, failed_before: u32) {
        let breaker = self.version().options.breaker;
        let rested = failing::rest(&breaker, failed_before).is_some();
        let failures = self.lane.failed_in_row();
        let plugin = self.plugin.to_string();
        match failing::rest(&breaker, failures) {
            Some(pause) => {
                if !rested {
                    self.tools.notices.tell(Notice::PluginRests { plugin, failures, pause });
                }
                self.lane.rest_until(Instant::now() + pause);
            }
            None if rested => self.tools.notices.tell(Notice::PluginRecovered { plugin }),
            None => {}
        }
    }

    /// Keeps how far a delivery is, and counts the failure if it is the plugin's.
    async fn save_progress(
        &mut self,
        delivery: &Delivery<EntryRef>,
        failure: Failure,
        outcome: &Outcome,
    ) {
        self.commit().await;
        let (plugin, progress) = (self.plugin.clone(), self.lane.progress(delivery));
        let delivery = delivery.stored();
        let failure = (outcome.blame() == Some(Blame::Guest)).then_some(failure);
        let saved = self
            .tools
            .storage
            .ask(move |database| database.put_off(&plugin, &delivery, progress, failure.as_ref()))
            .await;
        if let Err(error) = saved {
            self.trouble("save how often an event was tried", &error);
        }
    }

    async fn stop(&mut self, delivery: &Delivery<EntryRef>, failure: Failure, outcome: &Outcome) {
        self.commit().await;
        self.stopped = true;
        let (plugin, event) = (self.plugin.clone(), failure.event);
        let saved =
            self.tools.storage.ask(move |database| database.stop_plugin(&plugin, &failure)).await;
        if let Err(error) = saved {
            self.trouble("save that a plugin stopped", &error);
        }
        self.publish();
        self.tools.notices.tell(Notice::PluginStopped {
            plugin: self.plugin.to_string(),
            callback: delivery.name.to_string(),
            event,
            why: outcome.to_string(),
        });
    }

    /// Stops the plugin together with those that it sets off.
    pub(super) async fn stop_in_storm(&mut self, found: &Loop) {
        self.finish_calls().await;
        self.commit().await;
        self.stopped = true;
        let (plugin, error) = (self.plugin.clone(), found.to_string());
        let failure = Failure { event: found.event, error, at: clock::now() };
        let saved = self
            .tools
            .storage
            .ask(move |database| database.stop_plugin_in_storm(&plugin, &failure))
            .await;
        if let Err(error) = saved {
            self.trouble("save that a plugin stopped", &error);
        }
        self.publish();
    }

    fn tell(&self, ended: &Ended) {
        let Ended { handed, started_at, report, .. } = ended;
        let event = handed.event_id();
        for doubt in &report.doubts {
            self.tools.notices.tell(Notice::DoubtEnded {
                plugin: self.plugin.to_string(),
                callback: handed.callback.to_string(),
                event,
                doubt: doubt.clone(),
            });
        }
        let failed = report.outcome.blame().is_some();
        let of_interest = failed
            || self.tools.timing.is_some()
            || self.tools.notices.is_watched()
            || tracing::enabled!(tracing::Level::DEBUG);
        if !of_interest {
            return;
        }
        let entry = &handed.entries[0].entry().entry;
        let delivered = Delivered {
            plugin: self.plugin.to_string(),
            callback: handed.callback.to_string(),
            event,
            more: handed.entries.len() - 1,
            event_type: entry.event_type.clone(),
            created_at: entry.created_at.0,
            attempt: handed.attempt,
            outcome: report.outcome.clone(),
            effects: report.effects,
            duration: report.duration,
            fuel: report.fuel,
            started_at: *started_at,
        };
        if let Some(timing) = &self.tools.timing {
            timing.write(&delivered);
        }
        self.tools.notices.tell(Notice::Delivered(delivered));
    }
}
