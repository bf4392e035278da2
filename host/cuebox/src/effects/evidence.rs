//! What the audit holds of an effect, in the words of the database.

use database::{AuditKind, NewAuditRecord};
use runtime::{Effect, Ending, EndingKind, Evidence};

use super::DeliveryEffects;
use crate::clock;

impl DeliveryEffects {
    /// What is kept before a call goes out.
    pub(super) fn before(
        &self,
        effect: &Effect,
        kind: AuditKind,
        evidence: &Evidence,
    ) -> NewAuditRecord {
        let lines: Vec<String> = evidence.lines.iter().map(ToString::to_string).collect();
        NewAuditRecord {
            entities: evidence.entities.join("\n"),
            lines: lines.join("\n"),
            before: evidence.before.clone(),
            asked: evidence.asked.clone(),
            ..self.record(effect, kind)
        }
    }

    /// What is kept when it has ended.
    pub(super) fn after(&self, effect: &Effect, ending: &Ending) -> NewAuditRecord {
        let kind = match ending.kind {
            EndingKind::Answered => AuditKind::Answered,
            EndingKind::Found => AuditKind::Found,
            EndingKind::NotMade => AuditKind::NotMade,
            EndingKind::InDoubt => AuditKind::InDoubt,
        };
        NewAuditRecord {
            entities: ending.entities.join("\n"),
            detail: ending.detail.clone(),
            ..self.record(effect, kind)
        }
    }

    fn record(&self, effect: &Effect, kind: AuditKind) -> NewAuditRecord {
        NewAuditRecord {
            at: clock::now(),
            kind,
            delivery: self.key(),
            digest: self.digest.to_string(),
            effect: effect.number,
            function: effect.function.clone(),
            subject: effect.subject.clone(),
            entities: String::new(),
            lines: String::new(),
            before: None,
            asked: None,
            detail: None,
        }
    }
}
