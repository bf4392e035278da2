//! The effects of one delivery: what it changed outside the guest, or may have.
//!
//! A call that changes something is remembered before it goes out, and with its answer after. When the event is handed over
//! again, a call that asks for the same is not made a second time: it gets the answer that the first one had. Where that is
//! not known, because a crash or a lost connection came between, the call is *in doubt*. Pure; where effects are kept is
//! the host's business, behind [`EffectJournal`].

mod carry;
mod evidence;
mod forgetful;

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};

pub use carry::{Carried, Change, Unmade};
pub(crate) use evidence::entity;
pub use evidence::{AllowingLine, Ending, EndingKind, Evidence, LineList};
pub use forgetful::Forgetful;

/// One call that changes something outside the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Its place among the calls of its delivery, from 1.
    pub number: u32,
    /// The function of the contract.
    pub function: String,
    /// The entity type, or the name of a method.
    pub subject: String,
    /// What was asked.
    pub request: RequestDigest,
    /// What came back, as JSON text; none while nobody knows whether the call was made.
    pub answer: Option<String>,
}

/// A digest of what a call asks, by which the same call is known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestDigest(pub [u8; 32]);

/// A record that was created: its entity type and its number.
pub type Created = (String, u64);

/// One record that is written on the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteWrite {
    /// What is done.
    pub kind: WriteKind,
    /// The record's type.
    pub entity_type: String,
    /// The record; none for one that is being created.
    pub id: Option<u64>,
    /// The fields that are set.
    pub fields: Vec<String>,
}

/// What is done to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteKind {
    /// It is created.
    Create,
    /// Its fields are set, or files put into them.
    Update,
    /// It is moved to the trash, or out of it.
    Delete,
}

/// What becomes of a question to the journal.
pub type Stored<'a> = Pin<Box<dyn Future<Output = Result<(), JournalError>> + Send + 'a>>;

/// What begins with an effect.
#[derive(Debug, Clone, Copy)]
pub enum Beginning<'a> {
    /// It is about to be made for the first time.
    New {
        /// Records that were there before: what it creates has a higher number.
        below: &'a [Created],
    },
    /// It is in doubt and about to be made once more, and may be under way from now on.
    Repeated,
    /// A plugin in shadow has asked for it. It is not made, and its answer is the one that the plugin was given.
    Pretended,
}

/// Where the effects of one delivery are kept, each together with the evidence of it.
pub trait EffectJournal: Send + Sync {
    /// Keeps an effect. When this is done, the call may go out.
    fn begin<'a>(
        &'a self,
        effect: &'a Effect,
        beginning: Beginning<'a>,
        evidence: &'a Evidence,
    ) -> Stored<'a>;

    /// Keeps how the call has ended: its answer with what it created, or that nobody knows whether it was made. One that was
    /// certainly not made is dropped.
    fn end<'a>(
        &'a self,
        effect: &'a Effect,
        created: &'a [Created],
        ending: &'a Ending,
    ) -> Stored<'a>;

    /// The newest record of a type that is known to be older than any call in doubt; none if nothing is known.
    fn below(&self, entity_type: &str) -> Option<u64>;

    /// Is told what is about to be written on the site, and once more of what was created, with its number. Keeps nothing.
    fn writes(&self, _writes: &[SiteWrite]) {}
}

/// Why an effect could not be kept.
#[derive(Debug, Clone, thiserror::Error)]
#[error("what a plugin changes could not be stored: {0}")]
pub struct JournalError(pub String);

/// What is remembered of a delivery, and where more is kept. A clone is the same one: requests that are on their way at the
/// same time share it.
#[derive(Clone)]
pub struct Effects {
    attempt: Arc<Mutex<Attempt>>,
    journal: Arc<dyn EffectJournal>,
}

/// What this attempt has asked for so far.
#[derive(Debug)]
struct Attempt {
    remembered: Vec<Effect>,
    /// For each remembered one, whether it was asked for.
    asked: Vec<bool>,
    last_number: u32,
}

/// What is known of a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Recall {
    /// It was made, and this was its answer.
    Answered(String),
    /// It may have been made.
    InDoubt(Effect),
    /// It was not asked for before.
    New(Effect),
}

/// A call of which nobody knew whether it had been made, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The function of the contract.
    pub function: String,
    /// The entity type, or the name of a method.
    pub subject: String,
    /// How it ended.
    pub ending: DoubtEnding,
}

/// How a doubt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoubtEnding {
    /// What it makes was found: it had been made, and was not made again.
    Found,
    /// What it makes was not there: it had not been made, and is now.
    NotMade,
    /// It was made again; to make it twice changes nothing.
    RepeatedSafely,
    /// It was made again, and may have been made twice.
    RepeatedBlindly,
    /// The plugin did not ask for it again. Nobody knows whether it was made.
    LeftOpen,
    /// The plugin ended its call before it was answered. Nobody knows whether it was made.
    CutOff,
}

impl RequestDigest {
    /// The digest of a call of `function` about `subject` with these arguments.
    pub fn of(function: &str, subject: &str, arguments: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in [function.as_bytes(), subject.as_bytes()].iter().chain(arguments) {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        Self(digest.finalize().into())
    }

    /// The same call of a plugin in shadow: what was pretended is not taken for made when the shadow ends, nor the other way round.
    pub(crate) fn in_shadow(self) -> Self {
        Self::of("shadow", "", &[&self.0])
    }
}

impl Effects {
    /// What earlier attempts have left behind, in order, and where this one's effects are kept.
    pub fn new(remembered: Vec<Effect>, journal: Arc<dyn EffectJournal>) -> Self {
        let last_number = remembered.iter().map(|effect| effect.number).max().unwrap_or(0);
        let attempt = Attempt { asked: vec![false; remembered.len()], remembered, last_number };
        Self { attempt: Arc::new(Mutex::new(attempt)), journal }
    }

    /// Looks a call up. Of several that ask for the same, each is found once, in order.
    pub(crate) fn recall(&self, function: &str, subject: &str, request: RequestDigest) -> Recall {
        self.attempt().recall(function, subject, request)
    }

    /// The calls in doubt that this attempt has not asked for.
    pub(crate) fn left_open(&self) -> Vec<Doubt> {
        let attempt = self.attempt();
        let open = attempt.remembered.iter().zip(&attempt.asked);
        let open = open.filter(|(effect, asked)| effect.answer.is_none() && !**asked);
        let doubts = open.map(|(effect, _)| Doubt {
            function: effect.function.clone(),
            subject: effect.subject.clone(),
            ending: DoubtEnding::LeftOpen,
        });
        doubts.collect()
    }

    fn attempt(&self) -> MutexGuard<'_, Attempt> {
        // A panic between two statements of this file leaves a whole attempt behind.
        self.attempt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn journal(&self) -> Arc<dyn EffectJournal> {
        self.journal.clone()
    }
}

impl Attempt {
    fn recall(&mut self, function: &str, subject: &str, request: RequestDigest) -> Recall {
        let is_it =
            |index: &usize| !self.asked[*index] && self.remembered[*index].request == request;
        if let Some(index) = (0..self.remembered.len()).find(is_it) {
            self.asked[index] = true;
            let effect = self.remembered[index].clone();
            return match effect.answer {
                Some(answer) => Recall::Answered(answer),
                None => Recall::InDoubt(effect),
            };
        }
        self.last_number += 1;
        Recall::New(Effect {
            number: self.last_number,
            function: function.to_owned(),
            subject: subject.to_owned(),
            request,
            answer: None,
        })
    }
}

impl fmt::Debug for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effects").field("attempt", &self.attempt()).finish_non_exhaustive()
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { function, subject, ending } = self;
        let ending = match ending {
            DoubtEnding::Found => "had been made, and is not made again",
            DoubtEnding::NotMade => "had not been made, and is now",
            DoubtEnding::RepeatedSafely => {
                "is made again, which changes nothing if it had been made"
            }
            DoubtEnding::RepeatedBlindly => "is made again, and may have been made twice",
            DoubtEnding::LeftOpen => {
                "was not asked for again, and nobody knows whether it had been made"
            }
            DoubtEnding::CutOff => {
                "was cut off at the end of the call, and nobody knows whether it was made"
            }
        };
        write!(f, "`{function}` of {subject} {ending}")
    }
}

#[cfg(test)]
mod tests;
