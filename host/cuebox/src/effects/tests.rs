use std::collections::BTreeSet;

use database::{AuditFilter, Database};
use eventlog::Seq;

use super::*;

/// A storage that knows the plugin `p`.
fn storage() -> Storage {
    let mut database = Database::in_memory("http://site").expect("made");
    database.ensure_plugin("p", Seq(0)).expect("added");
    Storage::new(database)
}

async fn book(storage: &Storage) -> Arc<EffectBook> {
    let stored = storage
        .ask(|database| StoredEffects {
            effects: database.effects("p").expect("read"),
            newest_created: database.newest_created("p").expect("read"),
        })
        .await;
    Arc::new(EffectBook::new(
        "p".into(),
        storage.clone(),
        Storms::new(None, BTreeSet::new()),
        stored,
    ))
}

fn effect(number: u32, answer: Option<&str>) -> Effect {
    Effect {
        number,
        function: "create".to_owned(),
        subject: "Note".to_owned(),
        request: RequestDigest::of("create", "Note", &[b"a"]),
        answer: answer.map(str::to_owned),
    }
}

fn version() -> Digest {
    Digest::of(b"v1")
}

fn answered() -> Ending {
    Ending { kind: EndingKind::Answered, entities: vec!["Note:41".to_owned()], detail: None }
}

fn not_made() -> Ending {
    Ending { kind: EndingKind::NotMade, entities: Vec::new(), detail: None }
}

fn delivery(book: &Arc<EffectBook>) -> DeliveryEffects {
    DeliveryEffects {
        book: book.clone(),
        event: EventId(7),
        callback: "on_note".to_owned(),
        digest: version(),
    }
}

/// The first effect of a delivery is about to be made.
async fn intend(journal: &DeliveryEffects, below: &[Created]) -> Result<(), JournalError> {
    journal.begin(&effect(1, None), Beginning::New { below }, &Evidence::default()).await
}

/// What the next attempt is told, in this process and after a restart of it.
async fn remembered(storage: &Storage, here: &Arc<EffectBook>) -> [String; 2] {
    let told = |book: &Arc<EffectBook>| format!("{:?}", book.of(EventId(7), "on_note", version()));
    [told(here), told(&book(storage).await)]
}

#[tokio::test]
async fn an_effect_is_remembered_here_and_after_a_restart() {
    let storage = storage();
    let here = book(&storage).await;
    let journal = delivery(&here);
    intend(&journal, &[("Note".to_owned(), 40)]).await.expect("stored");
    assert!(here.in_doubt_since(EventId(7), "on_note").is_some());
    assert!(here.in_doubt_since(EventId(7), "other").is_none());
    let [here_open, restarted_open] = remembered(&storage, &here).await;
    assert_eq!(here_open, restarted_open);
    assert!(here_open.contains("answer: None"), "{here_open}");

    journal
        .end(&effect(1, Some("{}")), &[("Note".to_owned(), 41)], &answered())
        .await
        .expect("stored");
    let [here_done, restarted_done] = remembered(&storage, &here).await;
    assert_eq!(here_done, restarted_done);
    assert!(here_done.contains("answer: Some"), "{here_done}");
    assert!(here.in_doubt_since(EventId(7), "on_note").is_none());
    assert_eq!(journal.below("Note"), Some(41));
    assert_eq!(delivery(&book(&storage).await).below("Note"), Some(41));
}

#[tokio::test]
async fn a_call_that_was_not_made_is_forgotten_everywhere() {
    let storage = storage();
    let here = book(&storage).await;
    let journal = delivery(&here);
    intend(&journal, &[]).await.expect("stored");
    journal.end(&effect(1, None), &[], &not_made()).await.expect("dropped");
    for told in remembered(&storage, &here).await {
        assert!(told.contains("remembered: []"), "{told}");
    }
    assert!(!here.settle(EventId(7), "on_note"), "there is nothing to drop");
}

/// What is said in the audit of how effects begin and end is the evidence of what a plugin did.
#[tokio::test]
async fn the_audit_says_how_each_effect_began_and_ended() {
    let storage = storage();
    let here = book(&storage).await;
    let (journal, evidence) = (delivery(&here), Evidence::default());
    let beginnings = [
        (Beginning::New { below: &[] }, AuditKind::Intended),
        (Beginning::Repeated, AuditKind::Repeated),
        (Beginning::Pretended, AuditKind::Pretended),
    ];
    let endings = [
        (EndingKind::Answered, AuditKind::Answered),
        (EndingKind::Found, AuditKind::Found),
        (EndingKind::InDoubt, AuditKind::InDoubt),
        (EndingKind::NotMade, AuditKind::NotMade),
    ];
    let mut expected = Vec::new();
    for (beginning, kind) in beginnings {
        journal.begin(&effect(1, None), beginning, &evidence).await.expect("stored");
        expected.push(kind);
    }
    for (ending, kind) in endings {
        let ending = Ending { kind: ending, ..not_made() };
        journal.end(&effect(1, None), &[], &ending).await.expect("stored");
        expected.push(kind);
    }
    let all = AuditFilter { plugin: None, event: None };
    let said = storage.ask(move |database| database.audit(all)).await.expect("read");
    let said: Vec<AuditKind> = said.iter().map(|record| record.record.kind).collect();
    assert_eq!(said, expected);
}

#[tokio::test]
async fn what_cannot_be_stored_does_not_go_out() {
    let storage = storage();
    let here = Arc::new(EffectBook::new(
        "nobody".into(),
        storage,
        Storms::new(None, BTreeSet::new()),
        StoredEffects { effects: Vec::new(), newest_created: Vec::new() },
    ));
    let error = intend(&delivery(&here), &[]).await;
    error.expect_err("the database knows no such plugin");
    assert!(here.in_doubt_since(EventId(7), "on_note").is_none());
}

#[tokio::test]
async fn a_finished_delivery_takes_its_effects_along() {
    let storage = storage();
    let here = book(&storage).await;
    intend(&delivery(&here), &[]).await.expect("stored");
    assert!(!here.settle(EventId(7), "other"));
    assert!(here.settle(EventId(7), "on_note"));
    assert!(!here.settle(EventId(7), "on_note"));
}

/// A record that another delivery may have made has a lower number than one that is made after it.
#[tokio::test]
async fn what_is_in_doubt_is_looked_for_among_older_records_too() {
    let storage = storage();
    let here = book(&storage).await;
    let doubtful = delivery(&here);
    intend(&doubtful, &[("Note".to_owned(), 40)]).await.expect("stored");
    let other = DeliveryEffects { event: EventId(8), ..delivery(&here) };
    // It asked for the newest record beside the first, and was answered after that had made one.
    intend(&other, &[("Note".to_owned(), 41)]).await.expect("stored");
    other
        .end(&effect(1, Some("{}")), &[("Note".to_owned(), 42)], &answered())
        .await
        .expect("stored");
    assert_eq!(doubtful.below("Note"), Some(40), "41 may be the one in doubt");
    assert_eq!(delivery(&book(&storage).await).below("Note"), Some(40), "after a restart, too");
    doubtful
        .end(&effect(1, Some("{}")), &[("Note".to_owned(), 41)], &answered())
        .await
        .expect("stored");
    assert_eq!(doubtful.below("Note"), Some(41));
}
