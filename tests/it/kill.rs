//! Power cuts: the host is killed at random moments under load. No event is lost, no write is repeated, the order is kept,
//! the state is never damaged.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;
use site::crew::Crew;
use site::server::Pace;
use site::{CommitOrder, CommitRule};

use crate::support::{Studio, eventually, fixture};

/// How often the host is killed. Each time it is let run for a while of its own.
const KILLS: u64 = 200;

/// The crew's writes per second meanwhile: some tens of events.
const RATE: f64 = 20.0;

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_no_event_is_lost() {
    let studio = Studio::new().await;
    studio.install("writer", &fixture("writer"), "event_type = \"Shotgun_Task_Change\"");
    // The first start, so that the stream begins before the load.
    let host = studio.start();
    host.wait_until_live("writer");
    host.kill();
    let before = studio.newest_event();
    let rule = CommitRule { late: 0.05, late_by_ms: (10, 800), missing: 0.02, seed: 11 };
    studio.site.order_commits(&CommitOrder::Policy(rule));
    let crew = Crew::new(11, studio.production.roster.clone());
    let crew = studio.site.employ(crew, Pace { writes_per_second: RATE, writes_max: None });

    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..KILLS {
        let host = studio.start_unwatched();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // From before the database is open to well into the work.
        tokio::time::sleep(Duration::from_millis(random % 500)).await;
        host.kill();
    }
    crew.stop().await;
    studio.site.order_commits(&CommitOrder::Pass);
    tokio::time::sleep(Duration::from_millis(900)).await;

    let expected: BTreeSet<u64> = events_of_interest(&studio, before);
    let host = studio.start();
    eventually("a note for every event", || {
        expected.is_subset(&notes(&studio).into_keys().collect()).then_some(())
    });
    studio.wait_for_plugin("writer", |row| row.lag == 0);
    assert!(host.stop().success());
    report(&studio, &expected);
}

fn report(studio: &Studio, expected: &BTreeSet<u64>) {
    let notes = notes(studio);
    let written: BTreeSet<u64> = notes.keys().copied().collect();
    assert_eq!(&written, expected, "a note for every event, and for none else");
    let repeated: usize = notes.values().map(|count| count - 1).sum();
    #[expect(clippy::print_stdout, reason = "the figure is what a person runs this test for")]
    {
        println!("{KILLS} kills, {} events: 0 lost, {repeated} writes repeated", expected.len());
    }
    assert_eq!(repeated, 0, "a write whose answer a kill cut off is looked for");
    let keys: BTreeMap<String, Vec<u8>> =
        studio.open_database().key_values("writer").unwrap().into_iter().collect();
    let count: usize = String::from_utf8(keys["count"].clone()).unwrap().parse().unwrap();
    assert_eq!(count, expected.len(), "key-values count each event once, whatever was repeated");
}

fn events_of_interest(studio: &Studio, after: u64) -> BTreeSet<u64> {
    let rows = studio.find("EventLogEntry", ("id", "greater_than", json!(after)), &["event_type"]);
    rows.iter()
        .filter(|row| row["event_type"] == "Shotgun_Task_Change")
        .map(|row| row["id"].as_u64().unwrap())
        .collect()
}

fn notes(studio: &Studio) -> BTreeMap<u64, usize> {
    let mut notes = BTreeMap::new();
    for note in studio.find("Note", ("content", "starts_with", json!("a note ")), &["subject"]) {
        *notes.entry(note["subject"].as_str().unwrap().parse().unwrap()).or_default() += 1;
    }
    notes
}
