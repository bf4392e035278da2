//! A crew at work, whose events are not all visible at once.

use site::crew::Crew;
use site::server::{Pace, Worker};
use site::{CommitOrder, CommitRule};

use super::{Studio, eventually};

/// The crew's writes per second: some tens of events.
const RATE: f64 = 20.0;

/// Some events are late, and some ids are never used.
const RULE: CommitRule = CommitRule { late: 0.05, late_by_ms: (10, 800), missing: 0.02, seed: 11 };

/// The work that goes on until it is stopped.
pub struct Load(Worker);

impl Load {
    pub fn start(studio: &Studio) -> Self {
        studio.site.order_commits(&CommitOrder::Policy(RULE));
        let crew = Crew::new(11, studio.production.roster.clone());
        Self(studio.site.employ(crew, Pace { writes_per_second: RATE, writes_max: None }))
    }

    /// Sends the crew home, and waits until all of its events are visible.
    pub async fn stop(self, studio: &Studio) {
        self.0.stop().await;
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
}
