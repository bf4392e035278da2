//! One total for everything that a guest makes this host keep: its memories, its tables, and buffers of the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The total of one instance. A clone is the same one.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    used: Arc<AtomicUsize>,
    max: usize,
}

/// Bytes that are counted for as long as this is kept.
#[derive(Debug)]
pub(crate) struct Held {
    ledger: Ledger,
    bytes: usize,
}

impl Ledger {
    pub(crate) fn new(max: usize) -> Self {
        Self { used: Arc::default(), max }
    }

    /// Counts `bytes`, unless the total, with what is counted `elsewhere`, would pass the limit.
    pub(crate) fn take(&self, bytes: usize, elsewhere: usize) -> bool {
        let room = self.max.saturating_sub(elsewhere);
        let more = |used: usize| used.checked_add(bytes).filter(|after| *after <= room);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// The limit.
    pub(crate) fn max(&self) -> usize {
        self.max
    }

    /// What is left of the limit.
    pub(crate) fn left(&self) -> usize {
        self.max.saturating_sub(self.used.load(Ordering::Relaxed))
    }

    /// A buffer that is empty as yet.
    pub(crate) fn hold(&self) -> Held {
        Held { ledger: self.clone(), bytes: 0 }
    }
}

impl Held {
    /// Counts more, unless that passes the limit.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let granted = self.ledger.take(bytes, 0);
        self.bytes += if granted { bytes } else { 0 };
        granted
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.ledger.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
