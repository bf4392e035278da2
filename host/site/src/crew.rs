//! A simulated crew: decides which write its people make next. Pure: the same seed and the same answers give the same
//! work. Who performs it, and how often, is the server's business.

mod day;
mod imports;
mod moves;
mod roster;
mod studio;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

pub use roster::{Member, Roster};
pub use studio::Studio;

use crate::random::Random;
use crate::script::Asker;
use crate::wire::Request;
use roster::TaskLine;

/// Shots and versions that the crew makes at most, so that a crew that works for weeks does not fill the memory with
/// them. Past this it retires the oldest version for each new one, and makes no more shots.
const SHOTS_MAX: usize = 5_000;
const VERSIONS_MAX: usize = 20_000;

/// The people and what they know of their work.
#[derive(Debug, Clone)]
pub struct Crew {
    random: Random,
    roster: Roster,
    /// Numbers the names of what the crew makes.
    made: u64,
}

/// One write: who makes it, and what.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// Whom it is from, if the call does not prove it.
    pub by: Asker,
    /// The call: of a person, with the password.
    pub request: Request,
    purpose: Purpose,
}

/// What the crew must remember once a write succeeded.
#[derive(Debug, Clone, PartialEq)]
enum Purpose {
    Status {
        task: usize,
        next: usize,
    },
    Version,
    Shot,
    Task {
        shot: Value,
    },
    Retire {
        version: u64,
    },
    Revive {
        version: u64,
    },
    Delivered,
    /// One for each of a batch.
    All(Vec<Purpose>),
    /// Nothing to remember.
    Passing,
}

impl Crew {
    /// A crew of the people of `roster`. Without people or without shots it has nothing to do.
    #[must_use]
    pub fn new(seed: u64, roster: Roster) -> Self {
        Self { random: Random::new(seed), roster, made: 0 }
    }

    /// What the crew knows by now.
    pub(crate) fn into_roster(self) -> Roster {
        self.roster
    }

    /// The next write. None if there is nobody, or nothing to work on.
    pub fn next_write(&mut self) -> Option<Write> {
        let member = self.random.pick(&self.roster.members)?.clone();
        // Out of a hundred writes, as in a studio's log: mostly statuses, then what goes with them.
        let (call, purpose) = match self.random.below(100) {
            0..50 => self.move_task(),
            50..65 => self.submit_version(&member),
            65..77 => self.write_note(&member),
            77..86 => self.cut_shot(),
            86..92 => self.assign_task(&member),
            92..96 => self.add_shot(),
            96..98 => self.add_task(),
            _ => self.retire_version(),
        }?;
        Some(Write::of(member.signs(call), purpose))
    }

    /// Learns what became of a write: what was made can be worked on.
    pub fn remember(&mut self, write: &Write, results: &Value) {
        self.learn(&write.purpose, results);
    }

    /// Learns that a write was refused, as when somebody else retired the record: that is not tried again.
    pub fn refused(&mut self, write: &Write) {
        self.give_up(&write.purpose);
    }

    fn learn(&mut self, purpose: &Purpose, results: &Value) {
        let id = results["id"].as_u64();
        match (purpose, id) {
            (Purpose::Status { task, next }, _) => {
                if let Some(line) = self.roster.tasks.get_mut(*task) {
                    line.status = *next;
                }
            }
            (Purpose::Version, Some(id)) => self.roster.versions.push_back(id),
            (Purpose::Shot, Some(id)) => self.roster.shots.push(json!({"type": "Shot", "id": id})),
            (Purpose::Task { shot }, Some(id)) => {
                self.roster.tasks.push(TaskLine { id, entity: shot.clone(), status: 0 });
            }
            (Purpose::Retire { version }, _) => {
                self.roster.versions.retain(|id| id != version);
                self.roster.retired.push_back(*version);
            }
            (Purpose::Revive { version }, _) => {
                self.roster.retired.retain(|id| id != version);
                self.roster.versions.push_back(*version);
            }
            (Purpose::Delivered, _) => self.roster.delivered += 1,
            (Purpose::All(purposes), _) => {
                let results = results.as_array().map(Vec::as_slice).unwrap_or_default();
                purposes
                    .iter()
                    .zip(results)
                    .for_each(|(purpose, results)| self.learn(purpose, results));
            }
            _ => {}
        }
    }

    fn give_up(&mut self, purpose: &Purpose) {
        match purpose {
            Purpose::Retire { version } => self.roster.versions.retain(|id| id != version),
            Purpose::Revive { version } => self.roster.retired.retain(|id| id != version),
            Purpose::All(purposes) => purposes.iter().for_each(|purpose| self.give_up(purpose)),
            _ => {}
        }
    }
}

impl Write {
    /// A write of somebody whose credentials are in the request.
    fn of(request: Request, purpose: Purpose) -> Self {
        Self { by: Asker::Proven, request, purpose }
    }
}
