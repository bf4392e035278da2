//! A checksum per row: SQLite notices a broken page, but not a wrong bit inside a value.

use rusqlite::types::Type;

#[cfg(test)]
mod tests;

/// Odd, so that multiplying by it loses nothing; the digits are those of the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// A checksum in the making. Every step is reversible, so a change within any one word always changes the result.
/// It guards against a failing disk, not against a person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checksum(u64);

impl Checksum {
    /// The checksum of a row with nothing in it.
    pub(crate) fn new() -> Self {
        Self(FACTOR)
    }

    /// With one number more.
    pub(crate) fn number(self, number: u64) -> Self {
        Self((self.0.rotate_left(23) ^ number).wrapping_mul(FACTOR))
    }

    /// With one signed number more, or its absence.
    pub(crate) fn moment(self, moment: Option<i64>) -> Self {
        match moment {
            Some(moment) => self.number(1).number(moment.cast_unsigned()),
            None => self.number(0),
        }
    }

    /// With some bytes more, and how many they are.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        let mut checksum = self.number(bytes.len() as u64);
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            let word = word.try_into().expect("chunks_exact gives 8 bytes");
            checksum = checksum.number(u64::from_le_bytes(word));
        }
        let mut rest = [0; 8];
        rest[..words.remainder().len()].copy_from_slice(words.remainder());
        checksum.number(u64::from_le_bytes(rest))
    }

    /// As it is written into the row.
    pub(crate) fn stored(self) -> i64 {
        self.0.cast_signed()
    }

    /// Compares with what the row holds; `row` names it in the error.
    pub(crate) fn verify(self, stored: i64, row: impl FnOnce() -> String) -> rusqlite::Result<()> {
        if self.stored() == stored {
            return Ok(());
        }
        let finding = format!("{} does not match its checksum", row());
        Err(rusqlite::Error::FromSqlConversionFailure(0, Type::Integer, finding.into()))
    }
}
