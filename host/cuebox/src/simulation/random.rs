//! Numbers from a seed: the same on every machine.

/// A stream of numbers (SplitMix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(hash(&[seed, 0x51]))
    }

    /// From 0 to below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0) % end.max(1)
    }

    /// From `from` to below `end`.
    pub fn between(&mut self, from: i64, end: i64) -> i64 {
        let span = u64::try_from(end - from).expect("a range ascends");
        from + i64::try_from(self.below(span)).expect("a range of i64")
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// One number of several.
pub fn hash(parts: &[u64]) -> u64 {
    parts.iter().fold(0x1234_5678_9abc_def0, |state, part| mix(state ^ mix(*part)))
}

fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
