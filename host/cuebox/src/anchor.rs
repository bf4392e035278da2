//! Notes in the log where the audit ends: whoever keeps the log elsewhere can tell by it that nothing was cut off.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use database::AuditHash;

use crate::failure::chain;
use crate::notice::{Notice, Notices};
use crate::storage::Storage;

/// How often, while there are new records. What was added since is what can be cut off unseen.
const EVERY: Duration = Duration::from_secs(600);

/// Tells where the audit ends. A clone is the same one.
#[derive(Clone)]
pub struct Anchor {
    storage: Storage,
    notices: Notices,
    told: Arc<Mutex<Option<AuditHash>>>,
}

impl Anchor {
    pub fn new(storage: Storage, notices: Notices) -> Self {
        Self { storage, notices, told: Arc::default() }
    }

    /// Tells it now and then, without an end.
    pub async fn keep_telling(self) {
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            ticks.tick().await;
            self.tell().await;
        }
    }

    /// Tells it, unless nothing was added since it was told last.
    pub async fn tell(&self) {
        match self.storage.ask(|database| database.audit_head()).await {
            Ok(Some(head)) => {
                let told =
                    self.told.lock().unwrap_or_else(PoisonError::into_inner).replace(head.hash);
                if told != Some(head.hash) {
                    self.notices.tell(Notice::AuditHead { head });
                }
            }
            Ok(None) => {}
            Err(error) => {
                let why = chain(&error);
                self.notices.tell(Notice::HostTrouble { doing: "read where the audit ends", why });
            }
        }
    }
}
