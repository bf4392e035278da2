//! Whether the audit is as it was written.

use std::fmt;

use super::{AuditHash, AuditHead, AuditRecord, GIVEN, chain};
use crate::open::Database;
use crate::query::QueryError;

const ALL: &str = "SELECT number, at, kind, plugin, digest, event, callback, effect, function, subject, entities, lines, before,
    asked, detail, hash FROM audit ORDER BY number";

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerdict {
    /// How far the chain is whole: how many records, and the hash of the last of them. None if the first one is wrong, or there is none.
    pub whole: Option<AuditHead>,
    /// Where it is broken; none if it is not.
    pub fault: Option<AuditFault>,
    /// The number of the record whose hash had been noted; none if no record has it, or none was asked for.
    pub noted: Option<u64>,
}

/// What is wrong with the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditFault {
    /// A record is not there that was.
    Missing {
        /// Its number.
        number: u64,
    },
    /// A record, or its hash, is not what was written; or one before it was another.
    Changed {
        /// Its number.
        number: u64,
    },
    /// A row is none of ours.
    Unreadable {
        /// How many records come before it.
        after: u64,
    },
}

impl Database {
    /// Reads the whole audit, and holds every record against its hash. `noted` is a hash that was noted earlier: some record must have
    /// it.
    pub fn verify_audit(&self, noted: Option<AuditHash>) -> Result<AuditVerdict, QueryError> {
        let query = self.ask("verify the audit");
        let failed = |error| query.error(error);
        let mut verdict = AuditVerdict { whole: None, fault: None, noted: None };
        let given: u64 = query.first(GIVEN, [], |row| row.get(0))?.unwrap_or(0);
        let mut statement = self.connection.prepare_cached(ALL).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let before = verdict.whole.map_or(0, |head| head.records);
            let Ok(record) = AuditRecord::read(row) else {
                verdict.fault = Some(AuditFault::Unreadable { after: before });
                return Ok(verdict);
            };
            verdict.fault = record.fault(verdict.whole);
            if verdict.fault.is_some() {
                return Ok(verdict);
            }
            if noted == Some(record.hash) {
                verdict.noted = Some(record.number);
            }
            verdict.whole = Some(AuditHead { records: record.number, hash: record.hash });
        }
        let records = verdict.whole.map_or(0, |head| head.records);
        if records != given {
            verdict.fault = Some(AuditFault::Missing { number: records + 1 });
        }
        Ok(verdict)
    }
}

impl AuditRecord {
    /// What is wrong with this record, where the ones before it are whole.
    fn fault(&self, before: Option<AuditHead>) -> Option<AuditFault> {
        let expected = before.map_or(1, |head| head.records + 1);
        if self.number != expected {
            return Some(AuditFault::Missing { number: expected });
        }
        let hash = chain::hash(before.map(|head| head.hash), self.number, &self.record);
        (hash != self.hash).then_some(AuditFault::Changed { number: self.number })
    }
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { number } => write!(f, "record {number} is missing"),
            Self::Changed { number } => write!(f, "record {number} is not what was written"),
            Self::Unreadable { after } => {
                write!(f, "what follows record {after} is no record of the audit")
            }
        }
    }
}
