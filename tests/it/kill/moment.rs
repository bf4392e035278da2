//! When a host is killed.

use std::time::{Duration, Instant};

use site::faults::{Fault, Moment, Rule};

use crate::support::{Host, Studio};

/// How long the site is at work on a request in the middle of which the host is killed. Well under `doubt_wait`: what the
/// host left behind is over when the next one looks for it.
const WORK: Duration = Duration::from_millis(40);

/// How long a write is waited for. A host that starts makes none for a while, and one without events none at all.
const WRITE_WITHIN: Duration = Duration::from_millis(700);

/// Chooses the moments of a campaign: always the same.
pub struct Moments {
    random: u64,
    /// How many of them were within a write.
    pub within_writes: u32,
}

impl Moments {
    pub fn new(seed: u64) -> Self {
        Self { random: seed | 1, within_writes: 0 }
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % limit
    }

    /// Waits for the moment. Half of them are anywhere, from before the database is open to well into the work; half are
    /// within a write: as it is on its way, executed, or answered.
    pub async fn wait(&mut self, studio: &Studio, host: &Host) {
        if self.below(2) == 0 {
            return tokio::time::sleep(Duration::from_millis(self.below(500))).await;
        }
        let method = ["create", "batch", "update"][self.below(3) as usize];
        let side = [Moment::Before, Moment::After][self.below(2) as usize];
        self.wait_for_write(studio, host, method, side).await;
    }

    async fn wait_for_write(&mut self, studio: &Studio, host: &Host, method: &str, side: Moment) {
        let slow = Fault::Slow { millis: WORK.as_millis() as u64 };
        studio.site.add_fault(Rule::new(method, slow).of("cuebox").when(side).times(1)).unwrap();
        let struck = || studio.site.faults().iter().any(|rule| rule.struck > 0);
        let started = Instant::now();
        while !struck() && started.elapsed() < WRITE_WITHIN && !host.is_over() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.within_writes += u32::from(struck());
        let within = self.below(WORK.as_micros() as u64 * 5 / 4);
        tokio::time::sleep(Duration::from_micros(within)).await;
        studio.site.clear_faults();
    }
}
