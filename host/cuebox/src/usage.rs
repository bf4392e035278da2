//! Keeps what calls of plugins needed, for `cuebox grants suggest`, and what they were refused, for `cuebox plugins`: now and then,
//! and at the end.

use std::time::Duration;

use database::UsageRow;
use runtime::Use;

use crate::clock;
use crate::failure::chain;
use crate::notice::{Notice, Notices};
use crate::setup::Setups;
use crate::storage::Storage;

/// How often. What is new since is lost when the process dies: nothing that is decided depends on it.
const EVERY: Duration = Duration::from_secs(1);

/// Keeps what calls needed and were refused.
#[derive(Clone)]
pub struct UsageKeeper {
    pub setups: Setups,
    pub storage: Storage,
    pub notices: Notices,
}

impl UsageKeeper {
    /// Keeps it now and then, without an end.
    pub async fn keep_on(self) {
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            ticks.tick().await;
            self.keep().await;
        }
    }

    /// Keeps what is new.
    pub async fn keep(&self) {
        for (plugin, uses) in self.setups.take_usage() {
            let rows: Vec<UsageRow> = uses.into_iter().map(row).collect();
            let at = clock::now();
            let kept =
                self.storage.ask(move |database| database.add_usage(&plugin, &rows, at)).await;
            if let Err(error) = kept {
                let why = chain(&error);
                self.notices.tell(Notice::HostTrouble { doing: "keep what a plugin needed", why });
            }
        }
        for (plugin, refused) in self.setups.take_refusals() {
            let at = clock::now();
            let kept =
                self.storage.ask(move |database| database.add_refusals(&plugin, refused, at));
            if let Err(error) = kept.await {
                let why = chain(&error);
                let doing = "count what a plugin was refused";
                self.notices.tell(Notice::HostTrouble { doing, why });
            }
        }
    }
}

fn row(one: Use) -> UsageRow {
    match one {
        Use::Shotgun { needed, is_granted } => UsageRow {
            kind: SHOTGUN.to_owned(),
            operation: needed.need.operation.as_str().to_owned(),
            subject: needed.need.subject,
            field: needed.need.field,
            project: needed.project,
            granted: is_granted,
        },
        Use::Http { method, url, is_granted } => UsageRow {
            kind: HTTP.to_owned(),
            operation: method,
            subject: url,
            field: None,
            project: None,
            granted: is_granted,
        },
    }
}

/// What a row is about.
pub const SHOTGUN: &str = "shotgun";
pub const HTTP: &str = "http";
