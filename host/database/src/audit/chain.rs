//! The hash of a record: over an encoding in which no two records are alike, and the hash of the record before.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::NewAuditRecord;

/// What comes first: no hash of anything else is one of a record.
const DOMAIN: &[u8] = b"cuebox audit 1";

/// A SHA-256 over a record and all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHash(pub [u8; 32]);

/// Why a text is not a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 digits from 0 to f, as `cuebox audit verify` prints them")]
pub struct NotAHash;

/// The hash of a record that comes after one with the hash `last`.
pub(super) fn hash(last: Option<AuditHash>, number: u64, record: &NewAuditRecord) -> AuditHash {
    let NewAuditRecord { at, kind, delivery, digest, effect, function, subject, .. } = record;
    let mut encoded = Encoded(Sha256::new());
    encoded.text(Some(DOMAIN));
    encoded.text(last.as_ref().map(|last| &last.0[..]));
    encoded.number(number);
    encoded.number(at.0.cast_unsigned());
    encoded.text(Some(kind.as_str().as_bytes()));
    encoded.text(Some(delivery.plugin.as_bytes()));
    encoded.text(Some(digest.as_bytes()));
    encoded.number(delivery.event.0);
    encoded.text(Some(delivery.callback.as_bytes()));
    encoded.number((*effect).into());
    encoded.text(Some(function.as_bytes()));
    encoded.text(Some(subject.as_bytes()));
    encoded.text(Some(record.entities.as_bytes()));
    encoded.text(Some(record.lines.as_bytes()));
    for text in [&record.before, &record.asked, &record.detail] {
        encoded.text(text.as_deref().map(str::as_bytes));
    }
    AuditHash(encoded.0.finalize().into())
}

/// An encoding in the making. Every part says how long it is, and whether it is there at all.
struct Encoded(Sha256);

impl Encoded {
    fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    fn text(&mut self, text: Option<&[u8]>) {
        match text {
            None => self.0.update([0]),
            Some(text) => {
                self.0.update([1]);
                self.number(text.len() as u64);
                self.0.update(text);
            }
        }
    }
}

impl fmt::Display for AuditHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for AuditHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(NotAHash);
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| NotAHash)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NotAHash)?;
        }
        Ok(Self(hash))
    }
}
