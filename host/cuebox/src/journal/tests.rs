use std::sync::Arc;

use database::{Append, Database, NewEntry, Stream};
use eventlog::{EventId, Seq, SiteTime, Timestamp};

use super::{ENTRIES_MAX, Journal, JournalEntry, JournalPage, PAGE_ENTRIES, Pages, decode};
use crate::storage::Storage;

fn json(id: u64) -> String {
    format!(r#"{{"id":{id},"event_type":"Shotgun_Task_New","created_at":"2026-01-31T10:00:00Z"}}"#)
}

/// A journal with entries up to `last`, each with its place as its id, all of them on disk only.
fn journal(last: u64) -> Journal {
    let mut database = Database::in_memory("http://127.0.0.1:9").unwrap();
    database.start_stream(&Stream { high_water: EventId(0), gaps: Vec::new() }).unwrap();
    let rows: Vec<String> = (1..=last).map(json).collect();
    let entries: Vec<NewEntry<'_>> = (1..)
        .zip(&rows)
        .map(|(id, json)| NewEntry { id: EventId(id), created_at: SiteTime(0), late: false, json })
        .collect();
    let append = Append {
        entries: &entries,
        received_at: Timestamp(0),
        high_water: EventId(last),
        opened: &[],
        given_up: &[],
        closed: &[],
        forgotten: &[],
        dropped: None,
    };
    database.append(&append).unwrap();
    Journal::new(Storage::new(database), Seq(last))
}

fn page(first: u64, entries: usize) -> JournalPage {
    let entry = |seq: u64| -> JournalEntry {
        decode(database::JournalEntry {
            seq: Seq(seq),
            id: EventId(seq),
            created_at: SiteTime(0),
            received_at: Timestamp(0),
            late: false,
            json: json(seq),
        })
        .unwrap()
    };
    Arc::new((first..first + entries as u64).map(entry).collect())
}

#[tokio::test]
async fn entries_come_in_order_from_memory_and_from_disk() {
    let journal = journal(1200);
    let (mut position, mut seen) = (Seq(0), Vec::new());
    while let Some((page, from)) = journal.after(position).await.unwrap() {
        seen.extend(page[from..].iter().map(|entry| entry.entry.id.0));
        position = page.last().unwrap().seq;
    }
    assert_eq!(seen, (1..=1200).collect::<Vec<u64>>());
    let (page, from) = journal.after(Seq(700)).await.unwrap().unwrap();
    assert_eq!(page[from].seq, Seq(701));
    assert!(journal.after(Seq(1200)).await.unwrap().is_none());
}

#[tokio::test]
async fn lanes_that_are_behind_together_share_what_is_read() {
    let journal = journal(600);
    let (first, second) = tokio::join!(journal.after(Seq(0)), journal.after(Seq(0)));
    let (first, second) = (first.unwrap().unwrap(), second.unwrap().unwrap());
    assert!(Arc::ptr_eq(&first.0, &second.0), "it was read twice");
}

#[test]
fn what_is_wanted_stays_in_memory() {
    let mut pages = Pages::default();
    pages.insert(page(1, PAGE_ENTRIES));
    let newer = |number: usize| 1_000_000 + (number * PAGE_ENTRIES) as u64;
    // The stream goes on by far more than fits, while a lane that is behind goes on wanting its page.
    for number in 0..3 * ENTRIES_MAX / PAGE_ENTRIES {
        pages.insert(page(newer(number), PAGE_ENTRIES));
        assert!(pages.find(Seq(7)).is_some(), "gone after {number} newer pages");
    }
    assert!(pages.entries <= ENTRIES_MAX, "{} entries are kept", pages.entries);
    assert_eq!(pages.entries, pages.by_first.values().map(|kept| kept.page.len()).sum::<usize>());
    assert_eq!(pages.by_first.len(), pages.by_use.len());
    assert!(pages.find(Seq(newer(0))).is_none(), "what nobody wants goes");
    assert!(
        pages.find(Seq(newer(3 * ENTRIES_MAX / PAGE_ENTRIES - 1))).is_some(),
        "the newest stays"
    );
}

#[test]
fn a_page_that_comes_again_counts_once() {
    let mut pages = Pages::default();
    pages.insert(page(1, 10));
    pages.insert(page(1, 20));
    assert_eq!((pages.entries, pages.by_first.len(), pages.by_use.len()), (20, 1, 1));
    assert!(pages.find(Seq(21)).is_none());
    assert_eq!(pages.find(Seq(20)).unwrap().1, 19);
}
