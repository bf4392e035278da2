//! Plugins that stand in for guests: they write to the site through the real sequence around a change, count in key-values, and fail.

use std::sync::Arc;
use std::time::Duration;

use eventlog::matching::{Filter, Pattern};
use futures_util::future::BoxFuture;
use runtime::{
    Callback, Change, Created, Digest, DoubtEnding, Effects, Event, Evidence, Forgetful,
    KeyValueChange, Outcome, Registration, Report, RequestDigest, Unmade,
};

use super::faults::Fault;
use super::history::Seen;
use super::world::{Fate, World};
use crate::lane::guest::{Guest, Plugin, Started};

/// The one callback of every plugin.
pub const CALLBACK: &str = "callback";

/// The key under which a plugin counts its events.
pub const COUNT: &str = "count";

/// A plugin of the plan.
#[derive(Clone)]
pub struct Simulated {
    pub world: World,
    pub plugin: usize,
}

impl Simulated {
    pub fn registration(&self) -> Registration {
        let event_type = match self.plugin {
            super::plan::STEADY => Pattern::Every,
            _ => Pattern::Named("Shotgun_Task_Change".to_owned()),
        };
        let coalesce = self.world.plan.plugins[self.plugin].coalesce;
        let filters = vec![Filter { event_type, attributes: Vec::new() }];
        let callback = Callback { name: CALLBACK.to_owned(), filters, on_error: None, coalesce };
        Registration { callbacks: vec![callback] }
    }
}

impl Plugin for Simulated {
    fn digest(&self) -> Digest {
        Digest::of(format!("plugin {}", self.plugin).as_bytes())
    }

    fn start(&self) -> BoxFuture<'_, Started> {
        Box::pin(async { Ok((Box::new(self.clone()) as Box<dyn Guest>, self.registration())) })
    }
}

impl Guest for Simulated {
    fn call<'a>(
        &'a mut self,
        _callback: &'a str,
        event: &'a Event,
        _session_uuid: Option<String>,
        effects: Effects,
    ) -> BoxFuture<'a, Report> {
        Box::pin(self.handle(event, effects))
    }
}

impl Simulated {
    async fn handle(&self, event: &Event, mut effects: Effects) -> Report {
        let world = &self.world;
        let (plugin, fuse) = (self.plugin, world.fuse());
        let events: Vec<u64> =
            event.earlier.iter().map(|earlier| earlier.id).chain([event.id]).collect();
        fuse.step().await;
        world.see(Seen::Called { plugin, events: events.clone(), attempt: event.attempt });
        let draw = world.draw_for(plugin, events[0], event.attempt);
        tokio::time::sleep(Duration::from_millis(draw % 25)).await;
        fuse.step().await;
        if world.fault == Some(Fault::LosesIntents) {
            effects = Effects::new(Vec::new(), Arc::new(Forgetful));
        }
        let mut report = Report::without_call(Outcome::Done);
        for number in 0..world.plan.plugins[plugin].writes {
            let mut change = Creation { simulated: self.clone(), mark: mark(number, &events) };
            if world.fault == Some(Fault::CommitsFirst) {
                self.create_behind(change, effects.clone());
                continue;
            }
            report.effects += 1;
            match effects.carry_out(&mut change).await {
                Ok(Ok(_)) => {}
                Ok(Err(NoAnswer)) => {
                    report.outcome = Outcome::SiteUnavailable("no answer".to_owned());
                    break;
                }
                Err(error) => {
                    report.outcome = Outcome::HostFailed(error.to_string());
                    break;
                }
            }
        }
        if report.outcome == Outcome::Done {
            report.outcome = self.ending(draw >> 16);
        }
        let done = report.outcome == Outcome::Done;
        if done {
            let count = world.count(plugin, events.len() as u64);
            let (key, value) = (COUNT.to_owned(), Some(count.to_string().into_bytes()));
            report.key_values = vec![KeyValueChange { key, value }];
        }
        world.see(Seen::Returned { plugin, events, done });
        report
    }

    fn ending(&self, draw: u64) -> Outcome {
        let failing = self.world.plan.plugins[self.plugin].failing;
        if self.world.is_mended() || draw % 100 >= failing {
            return Outcome::Done;
        }
        match (draw >> 8) % 6 {
            0 => Outcome::Rejected("never".to_owned()),
            1 => Outcome::Trapped("broke".to_owned()),
            2 => Outcome::RetryAfter(Duration::from_secs(1 + (draw >> 16) % 5)),
            3 => Outcome::SiteUnavailable("away".to_owned()),
            _ => Outcome::Failed("no".to_owned()),
        }
    }

    /// A host that says that it is done before the change is made.
    fn create_behind(&self, mut change: Creation, effects: Effects) {
        let fuse = self.world.fuse();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            fuse.step().await;
            let _ = effects.carry_out(&mut change).await;
        });
    }
}

/// What a record says that is made for these events.
pub fn mark(number: u64, events: &[u64]) -> String {
    format!("{number} for {events:?}")
}

/// The creation of a record.
struct Creation {
    simulated: Simulated,
    mark: String,
}

/// The site did not answer.
#[derive(Debug)]
struct NoAnswer;

impl Change for Creation {
    type Error = NoAnswer;

    fn function(&self) -> &str {
        "create"
    }

    fn subject(&self) -> &str {
        "Note"
    }

    fn request(&self) -> RequestDigest {
        RequestDigest::of("create", "Note", &[self.mark.as_bytes()])
    }

    fn creates(&self) -> Vec<String> {
        vec!["Note".to_owned()]
    }

    fn created(&self, answer: &str) -> Vec<Created> {
        answer.parse().map(|number| ("Note".to_owned(), number)).into_iter().collect()
    }

    fn ending_of_repetition(&self) -> DoubtEnding {
        DoubtEnding::NotMade
    }

    async fn evidence(&mut self, _is_first: bool) -> Result<Evidence, NoAnswer> {
        Ok(Evidence {
            entities: vec!["Note".to_owned()],
            asked: Some(self.mark.clone()),
            ..Evidence::default()
        })
    }

    fn detail(&self, _answer: &str) -> Option<String> {
        None
    }

    async fn newest(&mut self, _entity_type: &str) -> Result<Option<u64>, NoAnswer> {
        match self.simulated.world.travel().await {
            true => Ok(Some(self.simulated.world.newest_record().unwrap_or(0))),
            false => Err(NoAnswer),
        }
    }

    async fn make(&mut self) -> Result<String, Unmade<NoAnswer>> {
        let Simulated { world, plugin } = &self.simulated;
        let unmade = |is_in_doubt| Err(Unmade { error: NoAnswer, is_in_doubt, detail: None });
        let fuse = world.fuse();
        fuse.step().await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        let fate = world.fate();
        match fate {
            Fate::Refused => return unmade(false),
            Fate::LostBefore => {}
            Fate::Late(after) => world.create_later(*plugin, &self.mark, after),
            Fate::Answered | Fate::LostAfter => {
                let number = world.create(*plugin, &self.mark);
                // The process may die with the record made and the answer on its way.
                fuse.step().await;
                tokio::time::sleep(Duration::from_millis(5)).await;
                fuse.step().await;
                if fate == Fate::Answered {
                    return Ok(number.to_string());
                }
            }
        }
        unmade(true)
    }

    async fn find_made(
        &mut self,
        below: &(dyn Fn(&str) -> u64 + Sync),
    ) -> Result<Option<String>, NoAnswer> {
        let Simulated { world, plugin } = &self.simulated;
        match world.travel().await {
            true => {
                let found = world.find_record(below("Note"), *plugin, &self.mark);
                Ok(found.map(|number| number.to_string()))
            }
            false => Err(NoAnswer),
        }
    }
}
