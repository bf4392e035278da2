use eventlog::Seq;
use proptest::prelude::*;
use rusqlite::types::Value;

use super::*;
use crate::effect::EffectRow;

/// A record about an effect.
pub(crate) fn evidence(effect: &EffectRow) -> NewAuditRecord {
    NewAuditRecord {
        at: effect.intended_at,
        kind: if effect.answer.is_some() { AuditKind::Answered } else { AuditKind::Intended },
        delivery: effect.delivery.clone(),
        digest: "d1".to_owned(),
        effect: effect.number,
        function: effect.function.clone(),
        subject: effect.subject.clone(),
        entities: "Shot:7".to_owned(),
        lines: "update Shot.code".to_owned(),
        before: Some("[{\"code\":\"a\"}]".to_owned()),
        asked: Some("{\"code\":\"b\"}".to_owned()),
        detail: effect.answer.clone(),
    }
}

fn effect(number: u32, answer: Option<&str>) -> EffectRow {
    EffectRow {
        delivery: DeliveryKey {
            plugin: "p".to_owned(),
            event: EventId(100 + u64::from(number)),
            callback: "on_shot".to_owned(),
        },
        number,
        function: "update".to_owned(),
        subject: "Shot".to_owned(),
        request: vec![1],
        intended_at: Timestamp(1_000 + i64::from(number)),
        answer: answer.map(str::to_owned),
    }
}

fn with_plugin() -> Database {
    let mut database = Database::in_memory("http://site").expect("made");
    database.ensure_plugin("p", Seq(0)).expect("added");
    database
}

/// A database with the evidence of some calls: two records for each.
fn with_calls(calls: u32) -> Database {
    let mut database = with_plugin();
    for number in 1..=calls {
        for effect in [effect(number, None), effect(number, Some("{\"id\":7}"))] {
            database.store_effect(&effect, &[], &evidence(&effect)).expect("stored");
        }
    }
    database
}

/// What somebody does who has the file and no scruples.
fn tamper(database: &Database, sql: &str) {
    let without_guards =
        format!("DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_cut; {sql}");
    database.connection.execute_batch(&without_guards).expect("tampered with");
}

fn fault(database: &Database) -> Option<AuditFault> {
    database.verify_audit(None).expect("read").fault
}

#[test]
fn evidence_is_added_with_the_effect_and_reads_back() {
    let mut database = with_plugin();
    assert_eq!(database.audit_head().expect("read"), None);
    let (open, answered) = (effect(1, None), effect(1, Some("{}")));
    database.store_effect(&open, &[], &evidence(&open)).expect("stored");
    database.store_effect(&answered, &[], &evidence(&answered)).expect("stored");
    let refused = NewAuditRecord { kind: AuditKind::NotMade, ..evidence(&open) };
    database.forget_effect(&refused).expect("dropped");
    database
        .note_effect(&NewAuditRecord { kind: AuditKind::InDoubt, ..evidence(&open) })
        .expect("kept");
    let records = database.audit(AuditFilter::default()).expect("read");
    let kinds: Vec<_> = records.iter().map(|record| record.record.kind.as_str()).collect();
    assert_eq!(kinds, ["intended", "answered", "not-made", "in-doubt"]);
    assert_eq!(records[1].record, evidence(&answered));
    let head = database.audit_head().expect("read").expect("there are records");
    assert_eq!((head.records, head.hash), (4, records[3].hash));
    let verdict = database.verify_audit(None).expect("read");
    assert_eq!(verdict, AuditVerdict { whole: Some(head), fault: None, noted: None });
}

#[test]
fn records_are_chosen_by_plugin_event_and_moment() {
    let database = with_calls(3);
    let count = |filter| database.audit(filter).expect("read").len();
    let all = AuditFilter::default();
    assert_eq!(count(all), 6);
    assert_eq!(count(AuditFilter { plugin: Some("p"), ..all }), 6);
    assert_eq!(count(AuditFilter { plugin: Some("q"), ..all }), 0);
    assert_eq!(count(AuditFilter { event: Some(EventId(102)), ..all }), 2);
}

#[test]
fn an_effect_that_is_not_stored_leaves_no_evidence() {
    let mut database = with_plugin();
    let mut stranger = effect(1, None);
    stranger.delivery.plugin = "nobody".to_owned();
    database
        .store_effect(&stranger, &[], &evidence(&stranger))
        .expect_err("it knows no such plugin");
    assert_eq!(database.audit_head().expect("read"), None);
}

#[test]
fn the_file_refuses_to_change_or_drop_a_record() {
    let database = with_calls(1);
    for sql in ["UPDATE audit SET event = 1", "DELETE FROM audit"] {
        let error = database.connection.execute(sql, []).expect_err("it is refused");
        assert!(error.to_string().contains("the audit is only added to"), "{error}");
    }
    assert_eq!(fault(&database), None);
}

#[test]
fn records_that_are_taken_away_are_missed_wherever_they_were() {
    for (number, missed) in [(1, 1), (3, 3), (6, 6)] {
        let database = with_calls(3);
        tamper(&database, &format!("DELETE FROM audit WHERE number = {number}"));
        assert_eq!(fault(&database), Some(AuditFault::Missing { number: missed }));
    }
    let mut database = with_calls(3);
    tamper(&database, "DELETE FROM audit WHERE number > 4");
    let next = effect(9, None);
    database.store_effect(&next, &[], &evidence(&next)).expect("stored");
    assert_eq!(fault(&database), Some(AuditFault::Missing { number: 5 }), "the hole stays");
}

#[test]
fn records_in_another_order_are_found() {
    let database = with_calls(3);
    tamper(
        &database,
        "UPDATE audit SET number = 100 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 3;
         UPDATE audit SET number = 3 WHERE number = 100; UPDATE sqlite_sequence SET seq = 6 WHERE name = 'audit'",
    );
    assert_eq!(fault(&database), Some(AuditFault::Changed { number: 2 }));
}

#[test]
fn a_record_that_is_put_in_is_found() {
    let database = with_calls(2);
    tamper(
        &database,
        "UPDATE audit SET number = number + 100 WHERE number > 2; UPDATE audit SET number = number - 99 WHERE number > 2;
         INSERT INTO audit SELECT 3, at, kind, plugin, digest, event, callback, effect, function, subject, entities, lines,
         before, asked, detail, hash FROM audit WHERE number = 2; UPDATE sqlite_sequence SET seq = 5 WHERE name = 'audit'",
    );
    assert_eq!(fault(&database), Some(AuditFault::Changed { number: 3 }));
}

/// Whoever makes a chain of their own is found by a hash that was noted before.
#[test]
fn a_chain_that_was_made_up_lacks_the_hash_that_was_noted() {
    let (written, other) = (with_calls(3), with_calls(2));
    let head = |database: &Database| database.audit_head().expect("read").expect("not empty");
    let verdict = other.verify_audit(Some(head(&written).hash)).expect("read");
    assert_eq!(
        (verdict.fault, verdict.noted),
        (None, None),
        "whole, and not the one that was noted"
    );
    let verdict = written.verify_audit(Some(head(&other).hash)).expect("read");
    assert_eq!((verdict.fault, verdict.noted), (None, Some(4)), "two were added since");
}

#[test]
fn a_hash_reads_as_it_is_printed() {
    let hash = AuditHash(std::array::from_fn(|at| at as u8 * 7));
    assert_eq!(hash.to_string().parse(), Ok(hash));
    assert_eq!("ab".parse::<AuditHash>(), Err(NotAHash));
    assert_eq!(format!("{:z<64}", "").parse::<AuditHash>(), Err(NotAHash));
}

const COLUMNS: [&str; 16] = [
    "number", "at", "kind", "plugin", "digest", "event", "callback", "effect", "function",
    "subject", "entities", "lines", "before", "asked", "detail", "hash",
];

/// The value with one bit of one byte changed; one that is not there is there then.
fn another(value: Value, place: usize, bit: u8) -> Value {
    let flip = |bytes: &mut [u8]| {
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
    };
    match value {
        Value::Integer(number) => Value::Integer(number ^ (1 << bit)),
        Value::Blob(mut bytes) => {
            flip(&mut bytes);
            Value::Blob(bytes)
        }
        Value::Text(text) if !text.is_empty() => {
            // ASCII stays ASCII.
            let mut bytes = text.into_bytes();
            flip(&mut bytes);
            Value::Text(String::from_utf8(bytes).expect("it is ASCII"))
        }
        _ => Value::Text("x".to_owned()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_changed_byte_of_any_column_is_found(
        calls in 1u32..4,
        record in 0u64..8,
        column in proptest::sample::select(&COLUMNS[..]),
        place in 0usize..31,
        bit in 0u8..7,
    ) {
        let database = with_calls(calls);
        let number = 1 + record % (2 * u64::from(calls));
        let select = format!("SELECT {column} FROM audit WHERE number = ?1");
        let value: Value = database.connection.query_row(&select, [number], |row| row.get(0)).expect("read");
        tamper(&database, "");
        let update = format!("UPDATE OR IGNORE audit SET {column} = ?1 WHERE number = ?2");
        let changed = database.connection.execute(&update, params![another(value, place, bit), number]);
        // Two records cannot have the same number.
        prop_assume!(changed.expect("tampered with") == 1);
        let verdict = database.verify_audit(None).expect("read");
        prop_assert!(verdict.fault.is_some(), "{column} of record {number} was changed");
        let whole = verdict.whole.map_or(0, |head| head.records);
        prop_assert!(whole < number, "what is whole ends before record {number}");
    }
}
