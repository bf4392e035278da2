//! Power cuts: the host is killed at random moments under load. No event is lost, no write is repeated, the order is kept,
//! key-values are in step, the state is never damaged.

mod account;
mod moment;

use std::collections::BTreeSet;
use std::time::Instant;

use eventlog::EventId;
use site::crew::Crew;
use site::server::{Pace, Worker};
use site::{CommitOrder, CommitRule};

use crate::support::{Studio, eventually, message};
use account::Writers;
use moment::Moments;

/// How often the host is killed in every run of the tests.
const KILLS: u32 = 200;

/// The crew's writes per second meanwhile: some tens of events.
const RATE: f64 = 20.0;

/// How late the events of some transactions appear, in milliseconds.
const LATE_BY: (u64, u64) = (10, 800);

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_nothing_is_lost_or_repeated() {
    campaign(KILLS, "normal").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_every_commit_waits_for_the_disk() {
    campaign(KILLS / 5, "full").await;
}

/// The whole campaign: `just kills`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes some minutes; fewer kills are in the tests above"]
async fn a_thousand_kills() {
    campaign(1000, "normal").await;
}

async fn campaign(kills: u32, synchronous: &str) {
    let started = Instant::now();
    let studio = Studio::new().await;
    studio.configure(&format!("[database]\nsynchronous = \"{synchronous}\""));
    let writers = Writers::install(&studio);
    begin(&studio);
    let crew = employ(&studio);
    let mut moments = Moments::new(0x2545_f491_4f6c_dd1d);
    let mut doubts = 0;
    for _ in 0..kills {
        let host = studio.start_unwatched();
        moments.wait(&studio, &host).await;
        doubts += host.count_lines(|line| message(line).starts_with("The answer of a call"));
        host.kill();
    }
    rest(&studio, crew).await;
    finish(&studio, &writers);

    let database = studio.open_database();
    let order = account::order(&database);
    let arrived: BTreeSet<u64> = order.iter().copied().collect();
    assert_eq!(arrived, writers.events(&studio), "every event arrived");
    let mut writes = 0;
    for plugin in Writers::NAMES {
        let written = writers.written(&studio, plugin);
        account::assert_same(plugin, &written, &Writers::wanted(plugin, &order));
        writes += written.len();
    }
    writers.check_key_values(&database, &order);
    let effects = Writers::NAMES.map(|plugin| database.effects(plugin).unwrap().len());
    assert_eq!(effects, [0; 4], "nothing is in doubt");
    #[expect(clippy::print_stdout, reason = "the figures are what a person runs this test for")]
    {
        println!(
            "{kills} kills in {:.0?} (synchronous = {synchronous}), {} of them within a write; {doubts} answers looked for; \
             {} events, {writes} writes: 0 lost, 0 repeated, 0 out of order",
            started.elapsed(),
            moments.within_writes,
            order.len()
        );
    }
}

/// The first start, so that the stream begins before the load.
fn begin(studio: &Studio) {
    let host = studio.start();
    for plugin in Writers::NAMES {
        host.wait_until_live(plugin);
    }
    host.kill();
}

/// Lets a crew work, whose events are not all visible at once.
fn employ(studio: &Studio) -> Worker {
    let rule = CommitRule { late: 0.05, late_by_ms: LATE_BY, missing: 0.02, seed: 11 };
    studio.site.order_commits(&CommitOrder::Policy(rule));
    let crew = Crew::new(11, studio.production.roster.clone());
    studio.site.employ(crew, Pace { writes_per_second: RATE, writes_max: None })
}

/// Sends the crew home, and waits until all of its events are visible.
async fn rest(studio: &Studio, crew: Worker) {
    crew.stop().await;
    let at_once = CommitRule { late: 0.0, late_by_ms: (0, 0), missing: 0.0, seed: 11 };
    studio.site.order_commits(&CommitOrder::Policy(at_once));
    eventually("the last event to be visible", || {
        let now = studio.site.now();
        studio.site.with_model(|model| {
            model.settle(now);
            model.waiting_event_ids().next().is_none().then_some(())
        })
    });
}

/// Lets a host finish all that there is.
fn finish(studio: &Studio, writers: &Writers) {
    let host = studio.start();
    let database = studio.open_database();
    let mut missing = writers.events(studio);
    eventually("every event in the journal", || {
        missing.retain(|id| database.entry_by_id(EventId(*id)).unwrap().is_none());
        missing.is_empty().then_some(())
    });
    for plugin in Writers::NAMES {
        studio.wait_for_plugin(plugin, |row| row.lag == 0);
    }
    assert!(host.stop().success());
}
