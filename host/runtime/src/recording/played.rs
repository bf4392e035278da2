//! A recording as a host: which recorded answer is the one to a call, what time it is, and what chance says.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::transcript::{CallEnding, Section, Transcript};
use crate::capability::supposed::FIRST_ID;

/// By how much a clock moves on with each reading that was not recorded.
const TICK_NANOS: u64 = 1000;

/// What is answered from, and how far that is used up.
pub(super) struct Played {
    transcript: Arc<Transcript>,
    in_handle: bool,
    used: Used,
    /// What this replay has written into key-values.
    pub(super) written: BTreeMap<String, Option<Vec<u8>>>,
    /// The recorded end of the call was reached where the host had made it.
    is_cut: bool,
    made_up: u64,
}

/// How far a section is used up.
#[derive(Default)]
struct Used {
    calls: Vec<bool>,
    /// All calls before this one are used.
    first: usize,
    wall_clock: usize,
    monotonic_clock: usize,
    random: usize,
    waits: usize,
    /// Nanoseconds that have passed since the last recorded readings.
    beyond: u64,
    /// How often chance was asked past its recorded bytes.
    drawn: u64,
}

/// What a wait found when this was recorded.
pub(super) enum Waited {
    /// These were ready.
    Found(Vec<u32>),
    /// The guest's call ended in it.
    Cut,
    /// It was not recorded.
    Unknown,
}

impl Played {
    pub(super) fn new(transcript: Arc<Transcript>) -> Self {
        let used = Used::of(&transcript.register);
        let (written, in_handle) = (BTreeMap::new(), false);
        Self { transcript, in_handle, used, written, is_cut: false, made_up: 0 }
    }

    pub(super) fn begin_handle(&mut self) {
        self.in_handle = true;
        self.used = Used::of(&self.transcript.handle);
        self.written.clear();
    }

    fn section(&self) -> &Section {
        if self.in_handle { &self.transcript.handle } else { &self.transcript.register }
    }

    /// The answer of the first call of a function that is as asked for and was not given yet; none inside if the guest's call
    /// ended in it.
    pub(super) fn take(
        &mut self,
        function: &str,
        is_it: impl Fn(&Json) -> bool,
    ) -> Option<Option<Json>> {
        let transcript = self.transcript.clone();
        let section = if self.in_handle { &transcript.handle } else { &transcript.register };
        let calls = section.calls.iter().enumerate().skip(self.used.first);
        let (index, call) = calls
            .filter(|(index, _)| !self.used.calls[*index])
            .find(|(_, call)| call.function == function && is_it(&call.arguments))?;
        self.used.calls[index] = true;
        while self.used.calls.get(self.used.first) == Some(&true) {
            self.used.first += 1;
        }
        // An exchange over HTTP without an answer goes on beside others; it ends no call.
        self.is_cut |= call.answer.is_none() && function != super::http::FUNCTION;
        Some(call.answer.clone())
    }

    /// How the recorded call ended, if this one has come to where the host had ended it.
    pub(super) fn ending_of_cut(&self) -> Option<CallEnding> {
        self.is_cut.then(|| self.section().ending.clone())
    }

    /// The number of a record that is made up.
    pub(super) fn made_up_id(&mut self) -> u64 {
        self.made_up += 1;
        FIRST_ID + self.made_up
    }

    /// What the wall clock says.
    pub(super) fn wall_clock(&mut self) -> (u64, u32) {
        let reading = self.section().wall_clock.get(self.used.wall_clock).copied();
        self.used.wall_clock += 1;
        reading.unwrap_or_else(|| {
            let recorded = &self.transcript;
            let readings = recorded.register.wall_clock.iter().chain(&recorded.handle.wall_clock);
            let created_at = u64::try_from(recorded.event.created_at).unwrap_or(0);
            let (seconds, nanos) = readings.last().copied().unwrap_or((created_at / 1000, 0));
            let beyond = u64::from(nanos).saturating_add(self.used.tick());
            let nanos = u32::try_from(beyond % 1_000_000_000).unwrap_or(0);
            (seconds.saturating_add(beyond / 1_000_000_000), nanos)
        })
    }

    /// What the clock says that only goes on.
    pub(super) fn monotonic_clock(&mut self) -> u64 {
        let reading = self.section().monotonic_clock.get(self.used.monotonic_clock).copied();
        self.used.monotonic_clock += 1;
        reading.unwrap_or_else(|| {
            let recorded = &self.transcript;
            let before = &recorded.register.monotonic_clock;
            let own: &[u64] = if self.in_handle { &recorded.handle.monotonic_clock } else { &[] };
            let last = before.iter().chain(own).last().copied().unwrap_or(0);
            last.saturating_add(self.used.tick())
        })
    }

    /// Lets time pass without waiting.
    pub(super) fn pass(&mut self, nanos: u64) {
        self.used.beyond = self.used.beyond.saturating_add(nanos);
    }

    /// So many random bytes.
    pub(super) fn random(&mut self, length: usize) -> Vec<u8> {
        let recorded = self.section().random.get(self.used.random).cloned();
        self.used.random += 1;
        match recorded {
            Some(bytes) if bytes.0.len() == length => bytes.0,
            _ => self.used.draw(length),
        }
    }

    /// What the next wait found.
    pub(super) fn waited(&mut self) -> Waited {
        let recorded = self.section().waits.get(self.used.waits).cloned();
        self.used.waits += 1;
        match recorded {
            Some(Some(found)) => Waited::Found(found),
            Some(None) => {
                self.is_cut = true;
                Waited::Cut
            }
            None => Waited::Unknown,
        }
    }
}

impl Used {
    fn of(section: &Section) -> Self {
        Self { calls: vec![false; section.calls.len()], ..Self::default() }
    }

    fn tick(&mut self) -> u64 {
        self.beyond = self.beyond.saturating_add(TICK_NANOS);
        self.beyond
    }

    /// Bytes that look random, and are the same each time.
    fn draw(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            self.drawn += 1;
            bytes.extend_from_slice(&Sha256::digest(self.drawn.to_le_bytes()));
        }
        bytes.truncate(length);
        bytes
    }
}

#[cfg(test)]
mod tests;
