//! The engine of builds and tests, with a cache of compiled code: an interpreter takes seconds to compile. A file from elsewhere is
//! compiled within the limits that a host has for it.
//!
//! The cache belongs to the user and not to the plugin's folder: a folder that came from elsewhere must not bring code that runs
//! outside the sandbox. What is in it is sealed with a key that only the user can read.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use runtime::Engine;
use uuid::Uuid;

use crate::compiler;

#[cfg(test)]
mod tests;

/// The engine, which keeps compiled code where the user's caches are; nowhere, if the user has no such place.
pub fn engine() -> anyhow::Result<Engine> {
    let Some(folder) = folder(|name| std::env::var_os(name).map(PathBuf::from)) else {
        return Ok(compiler::own(Engine::new(None, [0; 32])?));
    };
    let cannot = || format!("cannot keep compiled code in {}", folder.display());
    let key = key(&folder).with_context(cannot)?;
    Ok(compiler::own(Engine::new(Some(&folder.join("code")), key)?))
}

/// `$XDG_CACHE_HOME/cuebox`, or `~/.cache/cuebox`.
fn folder(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let caches = variable("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    let caches = caches.or_else(|| variable("HOME").map(|home| home.join(".cache")))?;
    Some(caches.join("cuebox"))
}

/// The key that is kept in the folder; makes it the first time.
fn key(folder: &Path) -> std::io::Result<[u8; 32]> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let path = folder.join("code.key");
    let [first, second] = [Uuid::new_v4(), Uuid::new_v4()];
    let unfinished = folder.join(format!("code.key.{first}"));
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(first.as_bytes())?;
    file.write_all(second.as_bytes())?;
    // Of two that come at once, the key of one counts for both.
    let kept = fs::hard_link(&unfinished, &path);
    fs::remove_file(&unfinished)?;
    match kept {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let key: Vec<u8> = fs::read(&path)?;
    key.try_into().map_err(|_| std::io::Error::other(format!("{} is no key", path.display())))
}
