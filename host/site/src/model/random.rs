//! A small random source that is the same on every run with the same seed. Not for secrets.

/// SplitMix64.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// What a sequence is begun with that goes on as this one.
    pub fn state(&self) -> u64 {
        self.0
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number less than `bound`; 0 if that is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }

    /// True with probability `fraction`.
    pub fn happens(&mut self, fraction: f64) -> bool {
        // The 53 upper bits make every double in 0..1 that is a multiple of 2^-53.
        (self.next() >> 11) as f64 / (1u64 << 53) as f64 <= fraction && fraction > 0.0
    }

    /// A text of the shape of a version 4 UUID.
    pub fn uuid(&mut self) -> String {
        uuid::Builder::from_random_bytes(
            ((u128::from(self.next()) << 64) | u128::from(self.next())).to_be_bytes(),
        )
        .into_uuid()
        .to_string()
    }
}
