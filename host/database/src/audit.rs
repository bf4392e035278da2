//! The audit: evidence of what plugins changed outside, in a chain of hashes. Records are added with the effect they are about, in one
//! transaction, and never changed or dropped.
//!
//! A call leaves a record before it goes out and one at its end; records of one call share its delivery and its number. Whoever can
//! write the file can make up a whole chain: that is found by a hash that was noted elsewhere before.

use eventlog::{EventId, Timestamp};
use rusqlite::{Row, params};

use crate::effect::DeliveryKey;
use crate::open::Database;
use crate::query::{Query, QueryError};

mod chain;
mod verify;

pub use chain::{AuditHash, NotAHash};
pub use verify::{AuditFault, AuditVerdict};

#[cfg(test)]
pub(crate) mod tests;

const LAST: &str = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
const GIVEN: &str = "SELECT seq FROM sqlite_sequence WHERE name = 'audit'";
const ADD: &str = "INSERT INTO audit (number, at, kind, plugin, digest, event, callback, effect, function, subject, entities, lines,
    before, asked, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)";
const CHOSEN: &str = "SELECT number, at, kind, plugin, digest, event, callback, effect, function, subject, entities, lines, before,
    asked, detail, hash FROM audit
    WHERE (?1 IS NULL OR plugin = ?1) AND (?2 IS NULL OR event = ?2) ORDER BY number";

/// What a record says of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditKind {
    /// It is about to go out.
    Intended,
    /// Nobody knew whether it had been made, and it is about to go out once more.
    Repeated,
    /// It was made, and answered.
    Answered,
    /// Nobody knew whether it had been made; what it makes was found.
    Found,
    /// It was certainly not made.
    NotMade,
    /// It was sent, and nobody knows whether it was made.
    InDoubt,
    /// The plugin is in shadow: the call was decided, and not made.
    Pretended,
}

/// What is added to the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditRecord {
    /// By the host's clock.
    pub at: Timestamp,
    /// What it says of the call.
    pub kind: AuditKind,
    /// Whose call.
    pub delivery: DeliveryKey,
    /// The plugin's version.
    pub digest: String,
    /// The call's place among those of its delivery.
    pub effect: u32,
    /// The function of the contract.
    pub function: String,
    /// The entity type, or the name of a method.
    pub subject: String,
    /// What the call is about, or what it made, one a line: `Type:id`, or `Type` for what has no number yet.
    pub entities: String,
    /// The lines that allowed it, one a line, each with its place: the operator's, and the author's.
    pub lines: String,
    /// What was there before, as JSON.
    pub before: Option<String>,
    /// What was asked, as JSON.
    pub asked: Option<String>,
    /// How it ended, as JSON.
    pub detail: Option<String>,
}

/// A record of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its place, from 1.
    pub number: u64,
    /// What was added.
    pub record: NewAuditRecord,
    /// Its hash, and that of all before it.
    pub hash: AuditHash,
}

/// Where the audit ends. Noted elsewhere, it shows later that nothing up to here was changed or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHead {
    /// How many records there are.
    pub records: u64,
    /// The hash of the last one.
    pub hash: AuditHash,
}

/// Which records are asked for: those for which all of this holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuditFilter<'a> {
    /// Of this plugin.
    pub plugin: Option<&'a str>,
    /// About this event.
    pub event: Option<EventId>,
}

impl AuditKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Intended,
        Self::Repeated,
        Self::Answered,
        Self::Found,
        Self::NotMade,
        Self::InDoubt,
        Self::Pretended,
    ];

    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Repeated => "repeated",
            Self::Answered => "answered",
            Self::Found => "found",
            Self::NotMade => "not-made",
            Self::InDoubt => "in-doubt",
            Self::Pretended => "pretended",
        }
    }

    /// Whether it is the first record of a call.
    #[must_use]
    pub fn begins(self) -> bool {
        matches!(self, Self::Intended | Self::Pretended)
    }
}

impl Database {
    /// Records of the audit, in order.
    pub fn audit(&self, filter: AuditFilter<'_>) -> Result<Vec<AuditRecord>, QueryError> {
        let AuditFilter { plugin, event } = filter;
        let chosen = params![plugin, event.map(|event| event.0)];
        self.ask("read the audit").all(CHOSEN, chosen, AuditRecord::read)
    }

    /// Where the audit ends; none if there is no record yet.
    pub fn audit_head(&self) -> Result<Option<AuditHead>, QueryError> {
        self.ask("read the end of the audit").first(LAST, [], |row| {
            Ok(AuditHead { records: row.get(0)?, hash: AuditHash(row.get(1)?) })
        })
    }
}

/// Adds a record, within the transaction of what it is evidence of.
pub(crate) fn append(query: Query<'_>, record: &NewAuditRecord) -> Result<(), QueryError> {
    let last = query.first(LAST, [], |row| Ok(AuditHash(row.get(1)?)))?;
    // Not one after the last that is there: a record that was taken away leaves a hole.
    let given: u64 = query.first(GIVEN, [], |row| row.get(0))?.unwrap_or(0);
    let number = given + 1;
    let hash = chain::hash(last, number, record);
    let NewAuditRecord { at, kind, delivery, digest, effect, function, subject, .. } = record;
    let row = params![
        number,
        at.0,
        kind.as_str(),
        delivery.plugin,
        digest,
        delivery.event.0,
        delivery.callback,
        effect,
        function,
        subject,
        record.entities,
        record.lines,
        record.before,
        record.asked,
        record.detail,
        hash.0
    ];
    query.execute(ADD, row).map(drop)
}

impl AuditRecord {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let kind: String = row.get(2)?;
        let known = AuditKind::ALL.into_iter().find(|known| known.as_str() == kind);
        let kind = known.ok_or_else(|| {
            let finding = format!("a record of the audit is `{kind}`, which cuebox does not know");
            rusqlite::Error::FromSqlConversionFailure(
                2,
                rusqlite::types::Type::Text,
                finding.into(),
            )
        })?;
        let record = NewAuditRecord {
            at: Timestamp(row.get(1)?),
            kind,
            delivery: DeliveryKey {
                plugin: row.get(3)?,
                event: EventId(row.get(5)?),
                callback: row.get(6)?,
            },
            digest: row.get(4)?,
            effect: row.get(7)?,
            function: row.get(8)?,
            subject: row.get(9)?,
            entities: row.get(10)?,
            lines: row.get(11)?,
            before: row.get(12)?,
            asked: row.get(13)?,
            detail: row.get(14)?,
        };
        Ok(Self { number: row.get(0)?, record, hash: AuditHash(row.get(15)?) })
    }
}
