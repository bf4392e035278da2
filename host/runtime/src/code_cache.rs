//! Compiled code on disk, so that a restart does not compile every plugin again.
//!
//! What is loaded from here runs outside the sandbox, so a file counts only if it carries a seal (HMAC-SHA-256) made with a
//! key that is not in this directory. The seal covers the digest of the component and everything that decides how it is
//! compiled, wasmtime's version among it: a planted, damaged, renamed or outdated file is compiled over.

use std::fs;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use wasmtime::component::Component;

use crate::component::Digest;

const SEAL_BYTES: usize = 32;

pub(crate) struct CodeCache {
    directory: PathBuf,
    key: [u8; 32],
    engine_hash: [u8; 32],
}

impl CodeCache {
    /// Uses, and makes if need be, the directory.
    pub(crate) fn open(
        directory: &Path,
        engine: &wasmtime::Engine,
        key: [u8; 32],
    ) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let mut hasher = Sha256Hasher(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let engine_hash = hasher.0.finalize().into();
        Ok(Self { directory: directory.to_owned(), key, engine_hash })
    }

    /// The compiled component, if there is one that this host sealed.
    pub(crate) fn load(&self, engine: &wasmtime::Engine, digest: Digest) -> Option<Component> {
        let file = fs::read(self.path(digest)).ok()?;
        let (seal, code) = file.split_at_checked(SEAL_BYTES)?;
        self.mac(digest, code).verify_slice(seal).ok()?;
        deserialize(engine, code)
    }

    /// Keeps the compiled component. A failure costs only time: it is told in the log, and the next start compiles again.
    pub(crate) fn save(&self, digest: Digest, component: &Component) {
        if let Err(error) = self.try_save(digest, component) {
            tracing::warn!(
                path = %self.directory.display(),
                "Compiled code could not be kept, the next start compiles again: {error}"
            );
        }
    }

    fn try_save(&self, digest: Digest, component: &Component) -> io::Result<()> {
        let code = component.serialize().map_err(|error| io::Error::other(format!("{error:#}")))?;
        let mut file = self.mac(digest, &code).finalize().into_bytes().to_vec();
        file.extend_from_slice(&code);
        let path = self.path(digest);
        let unfinished = path.with_extension(format!("{}.tmp", std::process::id()));
        let kept = fs::write(&unfinished, &file).and_then(|()| fs::rename(&unfinished, &path));
        if kept.is_err() {
            // On a full disk half of it is worse than nothing. If it cannot be removed, there is nothing more to do.
            let _ = fs::remove_file(&unfinished);
        }
        kept
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.directory.join(format!("{digest}-{}.cwasm", hex::encode(&self.engine_hash[..8])))
    }

    fn mac(&self, digest: Digest, code: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(digest.to_string().as_bytes());
        mac.update(&self.engine_hash);
        mac.update(code);
        mac
    }
}

/// Loads what was compiled, by this host.
#[allow(unsafe_code)]
pub(crate) fn deserialize(engine: &wasmtime::Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: these very bytes came from the compiler of an engine that compiles as this one does: from this host's own compiler a
    // moment ago, or from the cache with a seal under a key that only this host's database holds.
    unsafe { Component::deserialize(engine, code) }.ok()
}

struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn finish(&self) -> u64 {
        unreachable!("only the whole digest is used")
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

#[cfg(test)]
mod tests;
