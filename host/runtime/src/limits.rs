//! What a plugin may use up. Every limit has a name, which is also its key in the configuration.

mod ledger;
mod quotas;

use std::time::Duration;

pub(crate) use ledger::{Held, Ledger};
pub(crate) use quotas::Quota;
pub use quotas::Quotas;

/// The bounds of one plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Fuel for one call: about one unit for each instruction of the guest. Deterministic, unlike time.
    pub fuel: u64,
    /// How long one call may take, with everything that the host does for it.
    pub deadline: Duration,
    /// The same, for making an instance and its `register`.
    pub register_deadline: Duration,
    /// All that the instance makes this host keep: its linear memories, its tables, and buffers of the host.
    pub memory_bytes: usize,
    /// All tables of the instance together.
    pub table_elements: usize,
    /// Core instances inside the component.
    pub instances: usize,
    /// Calls to the host in one call of the guest.
    pub host_calls: u32,
    /// One answer of the site.
    pub answer_bytes: usize,
    /// One log line; longer ones are cut.
    pub log_line_bytes: usize,
    /// All log lines of one call; what comes after is dropped and counted.
    pub log_bytes: usize,
    /// All log lines of the plugin in a second; what comes after is dropped and counted.
    pub log_bytes_per_second: usize,
    /// Keys and values of the plugin together.
    pub key_value_bytes: usize,
    /// Calls of the plugin to the site in a minute.
    pub site_calls_per_minute: u32,
    /// HTTP requests in one call of the guest.
    pub http_requests: u32,
    /// HTTP requests that are on their way at once.
    pub http_connections: u32,
    /// The body of one HTTP request.
    pub http_request_bytes: usize,
    /// The body of one answer to an HTTP request.
    pub http_answer_bytes: usize,
}

/// What one element of a table takes up in this host: a pointer, and what is kept to fill it in later.
const TABLE_ELEMENT_BYTES: usize = 16;

/// A limit that growth met, and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exceeded {
    pub(crate) limit: &'static str,
    pub(crate) value: usize,
}

/// Refuses growth past the limits, over all memories and tables of one instance together: limits that hold for each
/// memory by itself are no limit on a component with many.
#[derive(Debug)]
pub(crate) struct Meter {
    ledger: Ledger,
    table_elements_max: usize,
    instances_max: usize,
    memory_bytes: usize,
    table_elements: usize,
    /// Growth was refused since the flag was last taken: a trap that follows is for want of memory.
    refused: bool,
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            ledger: Ledger::new(limits.memory_bytes),
            table_elements_max: limits.table_elements,
            instances_max: limits.instances,
            memory_bytes: 0,
            table_elements: 0,
            refused: false,
        }
    }

    /// Bytes of linear memory in use.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// The total that memories, tables and buffers share.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn take_refused(&mut self) -> bool {
        std::mem::take(&mut self.refused)
    }

    /// Lets a memory grow, while so many bytes are kept for the guest `elsewhere`.
    pub(crate) fn grow_memory(
        &mut self,
        current: usize,
        desired: usize,
        elsewhere: usize,
    ) -> Result<(), Exceeded> {
        let more = desired.saturating_sub(current);
        self.take(more, elsewhere)?;
        self.memory_bytes += more;
        Ok(())
    }

    /// The same for a table.
    pub(crate) fn grow_table(
        &mut self,
        current: usize,
        desired: usize,
        elsewhere: usize,
    ) -> Result<(), Exceeded> {
        let more = desired.saturating_sub(current);
        let after = self.table_elements.saturating_add(more);
        if after > self.table_elements_max {
            self.refused = true;
            return Err(Exceeded { limit: "table_elements", value: self.table_elements_max });
        }
        self.take(more.saturating_mul(TABLE_ELEMENT_BYTES), elsewhere)?;
        self.table_elements = after;
        Ok(())
    }

    fn take(&mut self, bytes: usize, elsewhere: usize) -> Result<(), Exceeded> {
        if self.ledger.take(bytes, elsewhere) {
            return Ok(());
        }
        self.refused = true;
        Err(Exceeded { limit: "memory_bytes", value: self.ledger.max() })
    }

    /// Core instances that there may be.
    pub(crate) fn instances_max(&self) -> usize {
        self.instances_max
    }
}

#[cfg(test)]
mod tests;
