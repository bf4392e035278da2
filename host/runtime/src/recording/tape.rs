//! The tape of one instance: what is written down, and in a replay what is answered from.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;

use super::played::Played;
use super::transcript::{CallEnding, Exchange, LogLine, Section, Transcript};
use crate::bindings::cuebox::plugin::types::Event;
use crate::outcome::Outcome;

/// Where the dealings of one instance with the host are written down. The default is nowhere. A clone is the same tape.
#[derive(Clone, Default)]
pub struct Tape(Option<Arc<Mutex<Reel>>>);

/// Why there is no transcript of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Incomplete {
    /// More happened than may be written down.
    #[error("what happened takes more than {bytes_max} bytes")]
    TooLarge {
        /// The most that may be written down.
        bytes_max: usize,
    },
    /// No event was handed to a callback yet.
    #[error("no event was handed over")]
    NoDelivery,
}

/// Ends a call in a replay.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// The recorded call ended here, too.
    #[error("the recorded call ended here")]
    Cut,
    /// What is in the recording is no answer to this function.
    #[error("the recorded answer of `{function}` cannot be used: {why}")]
    Spoilt { function: &'static str, why: String },
}

/// The place of a call on the tape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    in_handle: bool,
    index: usize,
}

/// What is to be done about a call.
pub(super) enum Step {
    /// Make it. If there is a place, its answer is to be written there.
    Perform(Option<Place>),
    /// This was the answer.
    Answered(Place, Json),
    /// The guest's call ended in it.
    Cut,
    /// It was not made when this was recorded.
    Unknown(Place),
}

pub(super) struct Reel {
    register: Section,
    handle: Option<Section>,
    handed: Option<(String, Event)>,
    bytes: usize,
    bytes_max: usize,
    /// What is answered from; none while recording.
    pub(super) played: Option<Played>,
}

impl Tape {
    /// A tape that records, at most about so many bytes.
    #[must_use]
    pub fn recording(bytes_max: usize) -> Self {
        Self::new(bytes_max, None)
    }

    /// A tape that answers from what was recorded, and records what happens then.
    #[must_use]
    pub fn replaying(transcript: Arc<Transcript>) -> Self {
        Self::new(usize::MAX, Some(Played::new(transcript)))
    }

    fn new(bytes_max: usize, played: Option<Played>) -> Self {
        let (register, handle, handed) = (Section::default(), None, None);
        let reel = Reel { register, handle, handed, bytes: 0, bytes_max, played };
        Self(Some(Arc::new(Mutex::new(reel))))
    }

    /// What was written down.
    pub fn transcript(&self) -> Result<Transcript, Incomplete> {
        let Some(reel) = self.reel() else { return Err(Incomplete::NoDelivery) };
        if reel.bytes > reel.bytes_max {
            return Err(Incomplete::TooLarge { bytes_max: reel.bytes_max });
        }
        let (Some((callback, event)), Some(handle)) = (reel.handed.clone(), reel.handle.clone())
        else {
            return Err(Incomplete::NoDelivery);
        };
        Ok(Transcript { callback, event, register: reel.register.clone(), handle })
    }

    pub(super) fn reel(&self) -> Option<MutexGuard<'_, Reel>> {
        // A panic between two statements of this file leaves a whole reel behind.
        self.0.as_ref().map(|reel| reel.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn is_replaying(&self) -> bool {
        self.reel().is_some_and(|reel| reel.played.is_some())
    }

    /// The instance has registered.
    pub(crate) fn registered(&self, fuel: u64) {
        let Some(mut reel) = self.reel() else { return };
        reel.register.fuel = fuel;
        reel.register.ending = CallEnding { outcome: "done".to_owned(), text: "done".to_owned() };
    }

    /// An event is handed to a callback.
    pub(crate) fn handed(&self, callback: &str, event: &Event) {
        let Some(mut reel) = self.reel() else { return };
        reel.take(callback.len() + event.meta.len());
        reel.handed = Some((callback.to_owned(), event.clone()));
        reel.handle = Some(Section::default());
        if let Some(played) = &mut reel.played {
            played.begin_handle();
        }
    }

    /// The call of `handle` has ended.
    pub(crate) fn ended(&self, outcome: &Outcome, fuel: u64) {
        let Some(mut reel) = self.reel() else { return };
        // Where the host ended the recorded call, it ends this one with the same words.
        let recorded = reel.played.as_ref().and_then(Played::ending_of_cut);
        let section = reel.section();
        section.ending = recorded.unwrap_or_else(|| CallEnding::from(outcome));
        section.fuel = fuel;
    }

    /// The guest logs a line. What is past `bytes_max` in one call is not in its log either.
    pub(crate) fn line(&self, level: tracing::Level, context: &str, text: &str, bytes_max: usize) {
        let Some(mut reel) = self.reel() else { return };
        let logged: usize = reel.section().log.iter().map(|line| line.text.len()).sum();
        if logged + text.len() > bytes_max || !reel.take(context.len() + text.len()) {
            return;
        }
        let level = level.as_str().to_ascii_lowercase();
        let (context, text) = (context.to_owned(), text.to_owned());
        reel.section().log.push(LogLine { level, context, text });
    }

    /// The guest calls a function. What becomes of it is to be written at the place.
    pub(super) fn open(&self, function: &str, arguments: impl FnOnce() -> Json) -> Option<Place> {
        let mut reel = self.reel()?;
        let arguments = arguments();
        if !reel.take(length(&arguments)) {
            return None;
        }
        let function = function.to_owned();
        let in_handle = reel.handle.is_some();
        let calls = &mut reel.section().calls;
        calls.push(Exchange { function, arguments, answer: None });
        Some(Place { in_handle, index: calls.len() - 1 })
    }

    /// What is to be done about a call.
    pub(super) fn step(&self, place: Option<Place>) -> Step {
        let (Some(mut reel), Some(place)) = (self.reel(), place) else {
            return Step::Perform(None);
        };
        let Reel { played, .. } = &*reel;
        if played.is_none() {
            return Step::Perform(Some(place));
        }
        let Some(call) = reel.call(place).cloned() else { return Step::Unknown(place) };
        let played = reel.played.as_mut().expect("it was just there");
        match played.take(&call.function, |asked| *asked == call.arguments) {
            Some(Some(answer)) => Step::Answered(place, answer),
            Some(None) => Step::Cut,
            None => Step::Unknown(place),
        }
    }

    /// Changes what is written at a place.
    pub(super) fn write(&self, place: Option<Place>, write: impl FnOnce(&mut Exchange)) {
        let (Some(mut reel), Some(place)) = (self.reel(), place) else { return };
        let Some(call) = reel.call(place) else { return };
        write(call);
        let size = call.answer.as_ref().map_or(0, length);
        reel.take(size);
    }
}

impl Reel {
    /// The section that is being written.
    pub(super) fn section(&mut self) -> &mut Section {
        self.handle.as_mut().unwrap_or(&mut self.register)
    }

    fn call(&mut self, place: Place) -> Option<&mut Exchange> {
        let section = match place.in_handle {
            true => self.handle.as_mut()?,
            false => &mut self.register,
        };
        section.calls.get_mut(place.index)
    }

    /// Whether so much more may be written down. What is past the bound is lost, and with it the transcript.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        self.bytes <= self.bytes_max
    }
}

/// About as many bytes as a value takes up on disk.
fn length(json: &Json) -> usize {
    const OVERHEAD: usize = 8;
    OVERHEAD
        + match json {
            Json::Null | Json::Bool(_) | Json::Number(_) => 0,
            Json::String(text) => text.len(),
            Json::Array(items) => items.iter().map(length).sum(),
            Json::Object(object) => {
                object.iter().map(|(key, value)| key.len() + length(value)).sum()
            }
        }
}

#[cfg(test)]
mod tests;
