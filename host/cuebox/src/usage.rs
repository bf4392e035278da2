//! Keeps what calls of plugins needed, for `cuebox grants suggest`: now and then, and at the end.

use std::time::Duration;

use database::UsageRow;
use runtime::Use;

use crate::clock;
use crate::failure::chain;
use crate::notice::{Notice, Notices};
use crate::setup::Setups;
use crate::storage::Storage;

/// How often. What was needed since is lost when the process dies: nothing but a suggestion depends on it.
const EVERY: Duration = Duration::from_secs(1);

/// Keeps what calls needed.
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
