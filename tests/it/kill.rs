//! Power cuts: the host is killed at random moments under load. No event is lost, no write is repeated, the order is kept,
//! key-values are in step, the state is never damaged.

mod cut;
mod moment;

use std::time::Instant;

use crate::support::{Load, Studio, Writers, message};
use moment::Moments;

/// How often the host is killed in every run of the tests.
const KILLS: u32 = 200;

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
    // The first start, so that the stream begins before the load.
    let host = studio.start();
    Writers::wait_until_live(&host);
    host.kill();
    let load = Load::start(&studio);
    let mut moments = Moments::new(0x2545_f491_4f6c_dd1d);
    let mut doubts = 0;
    for _ in 0..kills {
        let host = studio.start_unwatched();
        moments.wait(&studio, &host).await;
        doubts += host.count_lines(|line| message(line).starts_with("The answer of a call"));
        host.kill();
    }
    load.stop(&studio).await;
    let host = studio.start();
    writers.wait_until_done(&studio);
    assert!(host.stop().success());
    let (events, writes) = writers.check(&studio);
    #[expect(clippy::print_stdout, reason = "the figures are what a person runs this test for")]
    {
        println!(
            "{kills} kills in {:.0?} (synchronous = {synchronous}), {} of them within a write; {doubts} answers looked for; \
             {events} events, {writes} writes: 0 lost, 0 repeated, 0 out of order",
            started.elapsed(),
            moments.within_writes,
        );
    }
}
