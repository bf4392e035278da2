//! Records of the audit, gathered by call: pure.

use std::collections::BTreeMap;

use database::{AuditKind, AuditRecord};
use serde_json::{Value, json};

use super::line::AuditedLine;

#[cfg(test)]
mod tests;

/// What is known of one call.
#[derive(Debug)]
pub struct AuditedCall {
    /// That it was about to go out. If the evidence was cut off, what comes first of it.
    pub first: AuditRecord,
    later: Vec<AuditRecord>,
}

/// The calls of these records, in the order in which they began.
pub fn gathered(records: Vec<AuditRecord>) -> Vec<AuditedCall> {
    let mut calls: Vec<AuditedCall> = Vec::new();
    // The numbers of a delivery's calls begin anew when it is handed over anew.
    let mut newest = BTreeMap::new();
    for record in records {
        let key = (record.record.delivery.clone(), record.record.effect);
        let known = newest.get(&key).copied().filter(|_| !record.record.kind.begins());
        match known {
            Some(index) => {
                let call: &mut AuditedCall = &mut calls[index];
                call.later.push(record);
            }
            None => {
                newest.insert(key, calls.len());
                calls.push(AuditedCall { first: record, later: Vec::new() });
            }
        }
    }
    calls
}

impl AuditedCall {
    /// All that is kept of it, in order.
    pub fn records(&self) -> impl Iterator<Item = &AuditRecord> {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// The newest of it.
    pub fn last(&self) -> &AuditRecord {
        self.later.last().unwrap_or(&self.first)
    }

    /// Whether a record is about it.
    pub fn has(&self, number: u64) -> bool {
        self.records().any(|record| record.number == number)
    }

    /// What it is about, and what it made.
    pub fn entities(&self) -> impl Iterator<Item = &str> {
        let made: Vec<&str> =
            self.later.iter().flat_map(|later| later.record.entities.lines()).collect();
        // What was made stands in the place of its type.
        let is_made =
            |entity: &&str| !entity.contains(':') && made.iter().any(|made| is_a(made, entity));
        let asked: Vec<&str> =
            self.first.record.entities.lines().filter(|entity| !is_made(entity)).collect();
        let made: Vec<&str> = made.into_iter().filter(|made| !asked.contains(made)).collect();
        asked.into_iter().chain(made)
    }

    /// The lines that allowed it, the operator's and the author's.
    pub fn lines(&self) -> impl Iterator<Item = AuditedLine<'_>> {
        let record = &self.first.record;
        AuditedLine::all(&record.delivery.plugin, &record.lines)
    }

    /// How it ended, in words.
    pub fn ending(&self) -> &'static str {
        match self.last().record.kind {
            AuditKind::Intended | AuditKind::Repeated => {
                "sent, and no end is known; nobody knows whether it was made"
            }
            AuditKind::Answered => "made",
            AuditKind::Found => "made: it was found after its answer was lost",
            AuditKind::NotMade => "not made",
            AuditKind::InDoubt => "in doubt: the answer was lost",
            AuditKind::Pretended => "not made: the plugin is in shadow",
        }
    }

    /// As `--json` prints it. Moments are in milliseconds since the Unix epoch, by the host's clock.
    pub fn to_json(&self) -> Value {
        let record = &self.first.record;
        let records: Vec<Value> = self.records().map(record_to_json).collect();
        json!({
            "number": self.first.number,
            "at": record.at.0,
            "plugin": record.delivery.plugin,
            "version": record.digest,
            "event": record.delivery.event.0,
            "callback": record.delivery.callback,
            "function": record.function,
            "subject": record.subject,
            "entities": self.entities().collect::<Vec<_>>(),
            "lines": self.lines().map(|line| line.to_json()).collect::<Vec<_>>(),
            "before": parsed(record.before.as_deref()),
            "asked": parsed(record.asked.as_deref()),
            "ending": self.last().record.kind.as_str(),
            "detail": parsed(self.last().record.detail.as_deref()),
            "records": records,
        })
    }
}

fn is_a(entity: &str, entity_type: &str) -> bool {
    entity.split_once(':').is_some_and(|(own, _)| own == entity_type)
}

fn record_to_json(record: &AuditRecord) -> Value {
    json!({
        "number": record.number,
        "at": record.record.at.0,
        "kind": record.record.kind.as_str(),
        "hash": record.hash.to_string(),
    })
}

/// JSON as a value; what is none is shown as a text.
fn parsed(json: Option<&str>) -> Value {
    json.map_or(Value::Null, |json| {
        serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned()))
    })
}
