//! Numbers that look random and are the same in every run.

/// xorshift64*.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % limit
    }

    /// Turns one bit over; which one.
    pub fn flip(&mut self, bytes: &mut [u8]) -> usize {
        let bit = usize::try_from(self.below(bytes.len() as u64 * 8)).expect("fits");
        bytes[bit / 8] ^= 1 << (bit % 8);
        bit
    }
}
