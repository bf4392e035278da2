//! What differs between two runs of one delivery: effects, field by field; how they ended; what they logged. Pure.

mod effect;

use runtime::{CallEnding, Exchange, LogLine, Transcript};
use serde::Serialize;
use serde_json::Value as Json;

pub use effect::Effect;

/// Two runs of one delivery, side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Effects of the recorded run.
    pub effects: usize,
    /// What differs of them, in the order of the recorded run, then of the other.
    pub changes: Vec<EffectChange>,
    /// The same effects came in another order.
    pub is_reordered: bool,
    /// How both ended, if that differs.
    pub outcome: Option<Change<String>>,
    /// Lines of the log.
    pub log_lines: usize,
    /// From the first line of the log that differs to the last.
    pub log: Option<Change<Vec<String>>>,
    /// The first call to the host that differs.
    pub first_call: Option<FirstCall>,
    /// The fuel of both runs.
    pub fuel: Change<u64>,
}

/// Something that was, and is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change<T> {
    /// In the recorded run.
    pub recorded: T,
    /// In this one.
    pub now: T,
}

/// An effect that is not the same in both runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectChange {
    /// Only this run has it.
    Added(Effect),
    /// Only the recorded run has it.
    Removed(Effect),
    /// It is done to the same thing, with other values.
    Changed {
        /// In this run.
        effect: Effect,
        /// The values that differ.
        fields: Vec<FieldChange>,
    },
}

/// A value of an effect that differs; none where there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// The field.
    pub field: String,
    /// In the recorded run.
    pub recorded: Option<Json>,
    /// In this one.
    pub now: Option<Json>,
}

/// The first call to the host that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FirstCall {
    /// Its place among the calls, from 1.
    pub place: usize,
    /// In the recorded run; none if that had no more calls.
    pub recorded: Option<String>,
    /// In this one.
    pub now: Option<String>,
}

impl Comparison {
    /// Compares what `handle` did, and what was asked and logged from the making of the instance on.
    pub fn of(recorded: &Transcript, now: &Transcript) -> Self {
        let (before, after) = (&recorded.handle, &now.handle);
        let endings = (&before.ending, &after.ending);
        let (before, after) = (Effect::all(&before.calls), Effect::all(&after.calls));
        let changes = changes(&before, &after);
        let logs = (lines(recorded), lines(now));
        Self {
            effects: before.len(),
            is_reordered: changes.is_empty() && before != after,
            changes,
            outcome: (endings.0 != endings.1)
                .then(|| Change { recorded: said(endings.0), now: said(endings.1) }),
            log_lines: logs.0.len(),
            log: log_change(&logs.0, &logs.1),
            first_call: first_call(&calls(recorded), &calls(now)),
            fuel: Change { recorded: fuel(recorded), now: fuel(now) },
        }
    }

    /// Whether both runs had the same effects, in the same order.
    pub fn has_same_effects(&self) -> bool {
        self.changes.is_empty() && !self.is_reordered
    }

    /// Whether both runs had the same effects, logged the same, and ended in the same way.
    pub fn is_identical(&self) -> bool {
        self.has_same_effects() && self.outcome.is_none() && self.log.is_none()
    }
}

fn said(ending: &CallEnding) -> String {
    ending.text.clone()
}

fn fuel(transcript: &Transcript) -> u64 {
    transcript.register.fuel.saturating_add(transcript.handle.fuel)
}

fn calls(transcript: &Transcript) -> Vec<&Exchange> {
    transcript.register.calls.iter().chain(&transcript.handle.calls).collect()
}

fn lines(transcript: &Transcript) -> Vec<String> {
    let line = |line: &LogLine| match line.context.as_str() {
        "" => format!("{}: {}", line.level, line.text),
        context => format!("{} [{context}]: {}", line.level, line.text),
    };
    transcript.register.log.iter().chain(&transcript.handle.log).map(line).collect()
}

/// What is between the lines that both begin with and those that both end with.
fn log_change(before: &[String], after: &[String]) -> Option<Change<Vec<String>>> {
    if before == after {
        return None;
    }
    let same = before.iter().zip(after).take_while(|(before, after)| before == after).count();
    let (before, after) = (&before[same..], &after[same..]);
    let ends = before.iter().rev().zip(after.iter().rev());
    let same = ends.take_while(|(before, after)| before == after).count();
    let kept = |lines: &[String]| lines[..lines.len() - same].to_vec();
    Some(Change { recorded: kept(before), now: kept(after) })
}

fn first_call(before: &[&Exchange], after: &[&Exchange]) -> Option<FirstCall> {
    let is_same = |index: &usize| match (before.get(*index), after.get(*index)) {
        (Some(before), Some(after)) => {
            before.function == after.function && before.arguments == after.arguments
        }
        _ => false,
    };
    let place = (0..before.len().max(after.len())).find(|index| !is_same(index))?;
    let shown = |call: &Exchange| format!("{} {}", call.function, call.arguments);
    let at = |calls: &[&Exchange]| calls.get(place).copied().map(shown);
    let (recorded, now) = (at(before), at(after));
    Some(FirstCall { place: place + 1, recorded, now })
}

/// Effects that are the same are paired first, then those that are done to the same thing, both in order.
fn changes(before: &[Effect], after: &[Effect]) -> Vec<EffectChange> {
    let mut left: Vec<Option<&Effect>> = after.iter().map(Some).collect();
    let mut take = |is_it: &dyn Fn(&Effect) -> bool| {
        let found = left.iter_mut().find(|effect| effect.is_some_and(is_it));
        found.and_then(Option::take)
    };
    let unpaired = before.iter().filter(|effect| take(&|other| other == *effect).is_none());
    let unpaired: Vec<&Effect> = unpaired.collect();
    let mut changes = Vec::new();
    for effect in unpaired {
        changes.push(match take(&|other| other.is_like(effect)) {
            Some(now) => {
                let fields = field_changes(effect, now);
                EffectChange::Changed { effect: now.clone(), fields }
            }
            None => EffectChange::Removed(effect.clone()),
        });
    }
    changes.extend(left.into_iter().flatten().cloned().map(EffectChange::Added));
    changes
}

fn field_changes(before: &Effect, after: &Effect) -> Vec<FieldChange> {
    let mut fields: Vec<&String> = before.values.keys().chain(after.values.keys()).collect();
    fields.sort();
    fields.dedup();
    let change = |field: &String| {
        let (recorded, now) = (before.values.get(field), after.values.get(field));
        (recorded != now).then(|| FieldChange {
            field: field.clone(),
            recorded: recorded.cloned(),
            now: now.cloned(),
        })
    };
    fields.into_iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests;
