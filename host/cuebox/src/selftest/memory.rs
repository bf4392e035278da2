//! What this process takes up.

use std::collections::VecDeque;

/// How many looks are remembered. Attacks hold memory while they last, and the allocator gives back in its own time, so that one look
/// can find a tenth more than another; what the process keeps is in all of them.
const LOOKS: usize = 1_000;

/// What the last looks found.
#[derive(Default)]
pub struct Looks(VecDeque<u64>);

impl Looks {
    /// Looks once more.
    pub fn look(&mut self) {
        if self.0.len() == LOOKS {
            self.0.pop_front();
        }
        self.0.extend(resident());
    }

    /// The least of them; none where the operating system does not say.
    pub fn least(&self) -> Option<u64> {
        self.0.iter().min().copied()
    }
}

/// Resident memory in bytes; none where the operating system does not say it in this way.
pub fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes << 10)
}
