//! Scripted faults: decides for each request whether the site misbehaves, and how. Knows no socket and no clock:
//! `server` performs what is decided here.

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::random::Random;

/// More rules than anybody writes, so that a client that posts rules in a loop cannot fill the memory.
const RULES_MAX: usize = 1_000;

/// The rules that are in force, in the order in which they were added. The first that applies to a request decides.
#[derive(Debug, Clone)]
pub struct Faults {
    active: Vec<Active>,
    random: Random,
}

/// One rule: which requests it applies to, when and how often, and what then happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The RPC method, such as `read`; `*` for all.
    #[serde(default = "every_method")]
    pub method: String,
    /// Only requests about this entity type; of a batch, those with a request about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<String>,
    /// Begins this many milliseconds after the rule was added.
    #[serde(default)]
    pub after_ms: u64,
    /// Lasts this many milliseconds; for ever if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_ms: Option<u64>,
    /// Strikes at most this many times; without end if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Strikes a request it applies to with this probability, from 0 to 1.
    #[serde(default = "always")]
    pub probability: f64,
    /// Before or after the request was executed; what is natural for the fault if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Moment>,
    /// What happens.
    pub fault: Fault,
}

/// What the client sees instead of the answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fault {
    /// An HTTP status with a short text.
    Status {
        /// From 300 to 599.
        status: u16,
        /// Sent as `Retry-After`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<u64>,
    },
    /// The connection is reset without an answer.
    Reset,
    /// The answer's head promises the whole body, and the connection ends after this many bytes of it.
    Truncate {
        /// How much of the body is sent; half if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<usize>,
    },
    /// A page of HTML with status 200, as from a proxy's login page.
    Html,
    /// Status 200 and `application/json`, but no JSON.
    Malformed,
    /// The right answer, this much later.
    Slow {
        /// How much later.
        millis: u64,
    },
    /// No answer, ever; the connection stays open.
    Hang,
    /// API error 102, as for a key that was changed.
    RefuseKey,
    /// Well-formed JSON whose `results` are not what the method promises.
    WrongShape {
        /// What is sent as `results`.
        results: Value,
    },
}

/// On which side of the execution a fault strikes. For a write this decides whether it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moment {
    /// The request is not executed (a slow one is, afterwards).
    Before,
    /// The request is executed and its answer is lost, spoilt or late.
    After,
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
    /// The rule as it was added.
    #[serde(flatten)]
    pub rule: Rule,
    /// How often it struck.
    pub struck: u64,
    /// When it was added, on the clock of [`Faults::strike`].
    #[serde(skip)]
    added: Duration,
}

/// Why a rule was not taken.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum RuleError {
    /// The probability is not one.
    #[error("probability {0} is not between 0 and 1")]
    Probability(f64),
    /// The status would not be an error to a client.
    #[error("status {0} is not between 300 and 599")]
    Status(u16),
    /// There is no room for more.
    #[error("there are {RULES_MAX} rules already, and no more are kept")]
    TooMany,
}

fn every_method() -> String {
    "*".to_owned()
}

fn always() -> f64 {
    1.0
}

impl Faults {
    /// No rules yet. `seed` decides the outcome of every probability.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { active: Vec::new(), random: Random::new(seed) }
    }

    /// Puts a rule in force from `now` on.
    ///
    /// # Errors
    /// If the rule cannot be followed.
    pub fn add(&mut self, rule: Rule, now: Duration) -> Result<(), RuleError> {
        if !(0.0..=1.0).contains(&rule.probability) {
            return Err(RuleError::Probability(rule.probability));
        }
        if let Fault::Status { status, .. } = rule.fault
            && !(300..=599).contains(&status)
        {
            return Err(RuleError::Status(status));
        }
        if self.active.len() >= RULES_MAX {
            return Err(RuleError::TooMany);
        }
        self.active.push(Active { rule, struck: 0, added: now });
        Ok(())
    }

    /// Takes all rules out of force.
    pub fn clear(&mut self) {
        self.active.clear();
    }

    /// Starts the sequence of probabilities anew.
    pub fn reseed(&mut self, seed: u64) {
        self.random = Random::new(seed);
    }

    /// The rules and how often each struck, also those that are spent.
    #[must_use]
    pub fn active(&self) -> &[Active] {
        &self.active
    }

    /// Decides about one request to `method` that names `entity_types`, and counts it.
    pub fn strike(&mut self, method: &str, entity_types: &[&str], now: Duration) -> Option<Strike> {
        let random = &mut self.random;
        let active = self.active.iter_mut().find(|active| {
            active.applies(method, entity_types, now)
                // A certain rule draws nothing, so that adding one does not change the luck of the others.
                && (active.rule.probability >= 1.0 || random.chance(active.rule.probability))
        })?;
        active.struck += 1;
        let fault = active.rule.fault.clone();
        let moment = active.rule.when.unwrap_or_else(|| fault.natural_moment());
        Some(Strike { fault, moment })
    }
}

impl Active {
    fn applies(&self, method: &str, entity_types: &[&str], now: Duration) -> bool {
        let rule = &self.rule;
        let begin = self.added.saturating_add(Duration::from_millis(rule.after_ms));
        let end = rule.for_ms.map(|millis| begin.saturating_add(Duration::from_millis(millis)));
        (rule.method == "*" || rule.method == method)
            && rule.entity_type.as_deref().is_none_or(|wanted| entity_types.contains(&wanted))
            && now >= begin
            && end.is_none_or(|end| now < end)
            && rule.count.is_none_or(|count| self.struck < count)
    }
}

impl Rule {
    /// A rule that strikes every request to `method` (`*` for all), without end.
    #[must_use]
    pub fn new(method: &str, fault: Fault) -> Self {
        Self {
            method: method.to_owned(),
            entity_type: None,
            after_ms: 0,
            for_ms: None,
            count: None,
            probability: always(),
            when: None,
            fault,
        }
    }

    /// Only requests about `entity_type`.
    #[must_use]
    pub fn about(mut self, entity_type: &str) -> Self {
        self.entity_type = Some(entity_type.to_owned());
        self
    }

    /// At most `count` times.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// On this side of the execution.
    #[must_use]
    pub fn when(mut self, moment: Moment) -> Self {
        self.when = Some(moment);
        self
    }

    /// With this probability.
    #[must_use]
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }
}

impl Fault {
    /// A status without `Retry-After`.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status { status, retry_after_seconds: None }
    }

    /// Only a truncated answer needs one that can be cut.
    fn natural_moment(&self) -> Moment {
        match self {
            Self::Truncate { .. } => Moment::After,
            _ => Moment::Before,
        }
    }
}
