use database::{AuditHash, DeliveryKey, NewAuditRecord};
use eventlog::{EventId, Timestamp};

use super::*;

fn record(number: u64, effect: u32, kind: AuditKind, entities: &str) -> AuditRecord {
    let record = NewAuditRecord {
        at: Timestamp(0),
        kind,
        delivery: DeliveryKey {
            plugin: "p".to_owned(),
            event: EventId(1),
            callback: "c".to_owned(),
        },
        digest: String::new(),
        effect,
        function: "create".to_owned(),
        subject: "Note".to_owned(),
        entities: entities.to_owned(),
        lines: String::new(),
        before: None,
        asked: None,
        detail: None,
    };
    AuditRecord { number, record, hash: AuditHash([0; 32]) }
}

#[test]
fn records_of_one_call_are_one() {
    use AuditKind::{Answered, Found, Intended, NotMade, Repeated};
    let calls = gathered(vec![
        record(1, 1, Intended, "Note"),
        record(2, 2, Intended, "Shot:7"),
        record(3, 1, Answered, "Note:9"),
        record(4, 2, NotMade, ""),
        // A later attempt uses the number again.
        record(5, 2, Intended, "Shot:7"),
        record(6, 2, Repeated, "Shot:7"),
        record(7, 2, Found, ""),
        record(8, 3, Intended, "Note"),
    ]);
    let told: Vec<_> = calls
        .iter()
        .map(|call| (call.first.number, call.entities().collect::<Vec<_>>(), call.ending()))
        .collect();
    assert_eq!(
        told,
        [
            (1, vec!["Note:9"], "made"),
            (2, vec!["Shot:7"], "not made"),
            (5, vec!["Shot:7"], "made: it was found after its answer was lost"),
            (8, vec!["Note"], "sent, and no end is known; nobody knows whether it was made"),
        ]
    );
    assert!(calls[2].has(6) && !calls[1].has(6));
}

#[test]
fn an_end_without_a_beginning_is_shown_all_the_same() {
    let calls = gathered(vec![record(4, 1, AuditKind::Answered, "Note:9")]);
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].entities().collect::<Vec<_>>(), ["Note:9"]);
}
