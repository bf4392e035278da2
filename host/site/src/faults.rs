//! Scripted faults: decides for each request whether the site misbehaves, and how. Knows no socket and no clock:
//! `server` performs what is decided here.

mod limit;
mod rule;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::random::Random;
use limit::Buckets;

pub use rule::{Fault, Moment, Rule, RuleError};

/// More rules than anybody writes, so that a client that posts rules in a loop cannot fill the memory.
const RULES_MAX: usize = 1_000;

/// The rules that are in force, in the order in which they were added. The first that applies to a request decides.
#[derive(Debug, Clone)]
pub struct Faults {
    active: Vec<Active>,
    seed: u64,
    /// Rules that were added since the seed was set: the place of the next one.
    added: u64,
    /// The number of the next rule. Numbers are not used again.
    next_number: u64,
}

/// A change of the rules, as it is written in JSON: in a file of faults, and to the control endpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultOrder {
    /// Takes all rules out of force first.
    pub clear: bool,
    /// Takes the rules of these numbers out of force; those that are not there are passed over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<u64>,
    /// Starts the sequences of probabilities anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Puts these in force, beginning now.
    pub rules: Vec<Rule>,
}

/// Why an order was not followed. Nothing is changed then.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("rules[{index}]: {source}")]
pub struct FaultOrderError {
    /// The place of the rule in the order, counted from 0.
    pub index: usize,
    /// What is wrong with it.
    pub source: RuleError,
}

/// What is known of a request when it is decided whether a fault strikes.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The RPC method.
    pub method: &'a str,
    /// The entity types that it names.
    pub entity_types: &'a [&'a str],
    /// The script or login that it comes from; empty if it names none.
    pub caller: &'a str,
}

/// The decision about one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Strike {
    /// What to do.
    pub fault: Fault,
    /// On which side of the execution.
    pub moment: Moment,
}

/// A rule in force, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Active {
    /// What it is removed by.
    pub number: u64,
    /// The rule as it was added.
    #[serde(flatten)]
    pub rule: Rule,
    /// How many requests it applied to.
    pub met: u64,
    /// How often it struck.
    pub struck: u64,
    /// When it was added, on the clock of [`Faults::strike`].
    #[serde(rename = "added_ms", serialize_with = "as_millis")]
    added: Duration,
    /// Its own sequence, so that what one rule meets does not change the luck of another.
    #[serde(skip)]
    random: Random,
    #[serde(skip)]
    buckets: Buckets,
}

impl Faults {
    /// No rules yet. `seed` decides the outcome of every probability.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { active: Vec::new(), seed, added: 0, next_number: 1 }
    }

    /// Puts a rule in force from `now` on.
    ///
    /// # Errors
    /// If the rule cannot be followed.
    pub fn add(&mut self, rule: Rule, now: Duration) -> Result<(), RuleError> {
        rule.check()?;
        if self.active.len() >= RULES_MAX {
            return Err(RuleError::TooMany);
        }
        let seed = rule.seed.unwrap_or_else(|| self.seed_of(self.added));
        self.added += 1;
        let number = self.next_number;
        self.next_number += 1;
        self.active.push(Active {
            number,
            rule,
            met: 0,
            struck: 0,
            added: now,
            random: Random::new(seed),
            buckets: Buckets::default(),
        });
        Ok(())
    }

    /// Follows an order, or changes nothing.
    ///
    /// # Errors
    /// If one of the rules cannot be followed.
    pub fn follow(&mut self, order: FaultOrder, now: Duration) -> Result<(), FaultOrderError> {
        order.check()?;
        let before = if order.clear { 0 } else { self.active.len() };
        if before + order.rules.len() > RULES_MAX {
            let index = RULES_MAX.saturating_sub(before);
            return Err(FaultOrderError { index, source: RuleError::TooMany });
        }
        if order.clear {
            self.clear();
        }
        self.active.retain(|active| !order.remove.contains(&active.number));
        if let Some(seed) = order.seed {
            self.reseed(seed);
        }
        for rule in order.rules {
            self.add(rule, now).expect("the rule was checked, and there is room");
        }
        Ok(())
    }

    /// Takes all rules out of force.
    pub fn clear(&mut self) {
        self.active.clear();
        self.added = 0;
    }

    /// Starts the sequences of probabilities anew.
    pub fn reseed(&mut self, seed: u64) {
        self.seed = seed;
        self.added = self.active.len() as u64;
        for place in 0..self.active.len() {
            let own = self.active[place].rule.seed.unwrap_or_else(|| self.seed_of(place as u64));
            self.active[place].random = Random::new(own);
        }
    }

    /// What a rule without a seed of its own begins with.
    fn seed_of(&self, place: u64) -> u64 {
        Random::new(self.seed ^ place.wrapping_mul(0xA076_1D64_78BD_642F)).next()
    }

    /// The rules and how often each struck, also those that are spent.
    #[must_use]
    pub fn active(&self) -> &[Active] {
        &self.active
    }

    /// Decides about one request, and counts it.
    pub fn strike(&mut self, target: Target<'_>, now: Duration) -> Option<Strike> {
        self.active
            .iter_mut()
            .filter(|active| active.rule.fault != Fault::RefuseConnection)
            .filter(|active| active.rule.is_about(target))
            .find_map(|active| active.strike(target.caller, now))
    }

    /// Decides whether a connection that was just made is closed, and counts it.
    pub fn strike_connection(&mut self, now: Duration) -> bool {
        self.active
            .iter_mut()
            .filter(|active| active.rule.fault == Fault::RefuseConnection)
            .any(|active| active.strike("", now).is_some())
    }
}

impl FaultOrder {
    /// Whether all rules can be followed, were there room for them.
    pub(crate) fn check(&self) -> Result<(), FaultOrderError> {
        for (index, rule) in self.rules.iter().enumerate() {
            rule.check().map_err(|source| FaultOrderError { index, source })?;
        }
        Ok(())
    }
}

impl Active {
    /// Decides about a request that the rule is about.
    fn strike(&mut self, caller: &str, now: Duration) -> Option<Strike> {
        let rule = &self.rule;
        let begin = self.added.saturating_add(Duration::from_millis(rule.after_ms));
        let end = rule.for_ms.map(|millis| begin.saturating_add(Duration::from_millis(millis)));
        let in_time = now >= begin && end.is_none_or(|end| now < end);
        if !in_time || rule.count.is_some_and(|count| self.struck >= count) {
            return None;
        }
        self.met += 1;
        // A certain rule draws nothing.
        if self.met <= rule.skip
            || (rule.probability < 1.0 && !self.random.chance(rule.probability))
        {
            return None;
        }
        let fault = match &rule.fault {
            Fault::RateLimit { requests_per_second, burst } => {
                let wait = self.buckets.take(caller, *requests_per_second, *burst, now).err()?;
                let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
                Fault::Status { status: 429, retry_after_seconds: Some(seconds) }
            }
            other => other.clone(),
        };
        let moment = rule.when.unwrap_or_else(|| fault.natural_moment());
        self.struck += 1;
        Some(Strike { fault, moment })
    }
}

fn as_millis<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

impl Rule {
    fn is_about(&self, target: Target<'_>) -> bool {
        (self.method == "*" || self.method == target.method)
            && self.caller.as_deref().is_none_or(|caller| caller == target.caller)
            && self
                .entity_type
                .as_deref()
                .is_none_or(|wanted| target.entity_types.contains(&wanted))
    }
}
