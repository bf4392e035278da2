//! What a plugin may use up. Every limit has a name, which is also its key in the configuration.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// The bounds of one plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Fuel for one call: about one unit for each instruction of the guest. Deterministic, unlike time.
    pub fuel: u64,
    /// How long one call may take, with everything that the host does for it.
    pub deadline: Duration,
    /// The same, for making an instance and its `register`.
    pub register_deadline: Duration,
    /// All linear memories of the instance together.
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
    /// Keys and values of the plugin together.
    pub key_value_bytes: usize,
}

/// Refuses growth past the limits, over all memories and tables of one instance together: limits that hold for each
/// memory by itself are no limit on a component with many.
#[derive(Debug)]
pub(crate) struct Meter {
    memory_bytes_max: usize,
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
            memory_bytes_max: limits.memory_bytes,
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

    pub(crate) fn take_refused(&mut self) -> bool {
        std::mem::take(&mut self.refused)
    }
}

/// Adds `desired - current` to `total` unless that would pass `max`.
fn grow(total: &mut usize, current: usize, desired: usize, max: usize) -> bool {
    let after = total.saturating_add(desired.saturating_sub(current));
    if after > max {
        return false;
    }
    *total = after;
    true
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let granted = grow(&mut self.memory_bytes, current, desired, self.memory_bytes_max);
        self.refused |= !granted;
        Ok(granted)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let granted = grow(&mut self.table_elements, current, desired, self.table_elements_max);
        self.refused |= !granted;
        Ok(granted)
    }

    fn instances(&self) -> usize {
        self.instances_max
    }
}

#[cfg(test)]
mod tests;
