//! Signatures beside files, in the form of minisign (`FILE.wasm.minisig`): one key signs all bytes of a file, the `plugin.toml`
//! within among them.

use std::fmt;

use minisign_verify::{PublicKey, Signature};

#[cfg(test)]
mod tests;

/// What is added to a file's name for that of its signature.
pub const SUFFIX: &str = ".minisig";

/// Longest signature that is read. They have some three hundred bytes, and a comment.
pub const BYTES_MAX: usize = 4096;

/// A key that can vouch for files.
#[derive(Clone)]
pub struct Key {
    name: String,
    key: PublicKey,
}

/// Why a text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a public key of minisign; write the line of 56 letters that begins with RW")]
pub struct KeyError;

/// What there is to say about a file and its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// There is no signature.
    Unsigned,
    /// A known key vouches for every byte.
    Good {
        /// The key's name.
        key: String,
        /// What was signed with the bytes: minisign puts the time and the file's name there.
        comment: String,
    },
    /// None of the keys made it.
    UnknownKey,
    /// It is that of other bytes: the file was changed after it was signed, or belongs to another signature.
    Modified {
        /// The name of the key that made the signature.
        key: String,
    },
    /// It is no signature.
    Garbled,
}

impl Key {
    /// Reads a public key, as `minisign` prints it.
    pub fn parse(name: &str, text: &str) -> Result<Self, KeyError> {
        let key = PublicKey::from_base64(text.trim()).map_err(|_| KeyError)?;
        Ok(Self { name: name.to_owned(), key })
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Looks which of the keys vouches for the bytes.
pub fn judge<'k>(
    bytes: &[u8],
    signature: Option<&str>,
    keys: impl IntoIterator<Item = &'k Key>,
) -> Verdict {
    let Some(text) = signature else { return Verdict::Unsigned };
    let Ok(signature) = Signature::decode(text) else { return Verdict::Garbled };
    let mut made_it = None;
    for Key { name, key } in keys {
        match key.verify(bytes, &signature, false) {
            Ok(()) => {
                let comment = signature.trusted_comment();
                return Verdict::Good { key: name.clone(), comment: one_line(comment) };
            }
            Err(minisign_verify::Error::UnexpectedKeyId) => {}
            Err(_) => made_it = made_it.or(Some(name.clone())),
        }
    }
    made_it.map_or(Verdict::UnknownKey, |key| Verdict::Modified { key })
}

fn one_line(comment: &str) -> String {
    comment.chars().filter(|c| c.is_ascii() && !c.is_ascii_control()).take(200).collect()
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.name)
    }
}
