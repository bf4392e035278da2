//! A crew whose days are those of a studio: slow mornings, bursts before the dailies, imports of hundreds of rows in one
//! transaction, a script at night, quiet weekends. Pure: what is done at which moment is a function of the seed and of
//! what the site answered.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::day::{Appointment, Minute, Mood, WORKING_SECONDS, WRITES_A_DAY};
use super::{Crew, Roster, Write};
use crate::model::Now;
use crate::random::Random;

/// Of a leap of time that is longer than this, only what follows it is worked through, in milliseconds: a week.
const BEHIND_MS_MAX: i64 = 7 * 86_400_000;

/// A studio at work.
#[derive(Debug, Clone)]
pub struct Studio {
    crew: Crew,
    seed: u64,
    /// How much more is done than people do by themselves.
    zeal: f64,
    people: usize,
    /// The minute that is planned next; none before the studio opened.
    next: Option<Minute>,
    agenda: VecDeque<(Now, Duty)>,
}

/// What is to be done at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duty {
    Somebody(Mood),
    Appointed(Appointment),
}

impl Studio {
    /// A studio of the people of `roster`, each of whom makes some eighty writes in a working day.
    #[must_use]
    pub fn new(seed: u64, roster: Roster) -> Self {
        let people = roster.members.len();
        let crew = Crew::new(seed, roster);
        Self { crew, seed, zeal: 1.0, people, next: None, agenda: VecDeque::new() }
    }

    /// Lets people together make this many writes a second of the site's time in the mean of a working day.
    #[must_use]
    pub fn at_rate(mut self, writes_per_second: f64) -> Self {
        let by_themselves = self.people as f64 * WRITES_A_DAY / WORKING_SECONDS;
        self.zeal = if by_themselves > 0.0 { writes_per_second / by_themselves } else { 0.0 };
        self
    }

    /// The next write that is due when it is `now`, and the moment it is of. The first call opens the studio.
    pub fn next(&mut self, now: Now) -> Option<(Now, Write)> {
        let opened = self.next.unwrap_or(Minute::from(now));
        let is_behind = now.0 - opened.begins().0 > BEHIND_MS_MAX;
        if is_behind {
            self.agenda.clear();
        }
        self.next = Some(if is_behind { Minute::from(now) } else { opened });
        loop {
            while let Some((at, duty)) = self.agenda.pop_front_if(|(at, _)| *at <= now) {
                if let Some(write) = self.crew.does(duty) {
                    return Some((at, write));
                }
            }
            let minute =
                self.next.filter(|minute| minute.begins() <= now && self.agenda.is_empty())?;
            self.plan(minute);
            self.next = Some(minute.next());
        }
    }

    /// Learns that a write was made.
    pub fn remember(&mut self, write: &Write, results: &serde_json::Value) {
        self.crew.remember(write, results);
    }

    /// Learns that a write was refused.
    pub fn refused(&mut self, write: &Write) {
        self.crew.refused(write);
    }

    /// Plans a minute. What it holds does not depend on the minutes before.
    fn plan(&mut self, minute: Minute) {
        let mut random =
            Random::new(self.seed ^ minute.0.unsigned_abs().wrapping_mul(0xA076_1D64_78BD_642F));
        let (each, mood) = minute.writes();
        let expected = each * self.people as f64 * self.zeal;
        let writes = expected as u64 + u64::from(random.chance(expected.fract()));
        let begins = minute.begins();
        let mut moments: Vec<Now> =
            (0..writes).map(|_| Now(begins.0 + random.below(60_000) as i64)).collect();
        moments.sort_unstable();
        let appointed = minute.appointment().map(|what| (begins, Duty::Appointed(what)));
        self.agenda.extend(appointed);
        self.agenda.extend(moments.into_iter().map(|at| (at, Duty::Somebody(mood))));
    }
}

impl Crew {
    fn does(&mut self, duty: Duty) -> Option<Write> {
        match duty {
            Duty::Somebody(mood) => self.write_in(mood),
            Duty::Appointed(Appointment::Turnover) => self.turnover(),
            Duty::Appointed(Appointment::Delivery) => self.delivery(),
            Duty::Appointed(Appointment::Nightly) => self.nightly(),
        }
    }

    /// What somebody writes who is busy with this.
    fn write_in(&mut self, mood: Mood) -> Option<Write> {
        let member = self.random.pick(&self.roster.members)?.clone();
        let dice = self.random.below(100);
        let (call, purpose) = match mood {
            Mood::BeforeDailies => match dice {
                0..65 => self.submit_version(&member),
                65..95 => self.move_task(),
                _ => self.write_note(&member),
            },
            Mood::Dailies => match dice {
                0..60 => self.write_note(&member),
                60..95 => self.move_task(),
                _ => self.retire_version(),
            },
            Mood::Usual => match dice {
                0..48 => self.move_task(),
                48..62 => self.submit_version(&member),
                62..74 => self.write_note(&member),
                74..83 => self.cut_shot(),
                83..89 => self.assign_task(&member),
                89..91 => self.add_shot(),
                91..93 => self.add_task(),
                93..97 => self.retire_version(),
                _ => self.revive_version(),
            },
        }?;
        Some(Write::of(member.signs(call), purpose))
    }
}
