//! Files that wait: for the operator's approval because they ask for more than the one that runs, or for the lock file. What ran
//! before runs on, after a restart from a copy.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use database::{ArtifactRow, ArtifactState, Database, QueryError};
use runtime::Digest;

use super::Plugins;
use crate::admission::{Admitted, Held};
use crate::clock;
use crate::failure::chain;
use crate::loader::{self, LoadError, Request};
use crate::notice::Notice;
use crate::storage::Storage;

/// Adds what is remembered of the plugin's files.
pub(super) async fn with_known(
    storage: Storage,
    mut request: Request,
) -> Result<Request, LoadError> {
    let plugin = request.rules.plugin.clone();
    match storage.ask(move |database| database.artifacts(&plugin)).await {
        Ok(known) => {
            request.rules.known = known;
            Ok(request)
        }
        Err(error) => {
            let path = request.path.display().to_string();
            Err(LoadError::Unknown { path, why: chain(&error) })
        }
    }
}

/// Which of these plugins' files, which waited, do not wait any more.
pub(super) fn approved(
    database: &Database,
    held: Vec<(String, String)>,
) -> Result<Vec<String>, QueryError> {
    let mut approved = Vec::new();
    for (plugin, digest) in held {
        let is_approved =
            |row: &ArtifactRow| row.digest == digest && row.state == ArtifactState::Approved;
        if database.artifacts(&plugin)?.iter().any(is_approved) {
            approved.push(plugin);
        }
    }
    Ok(approved)
}

impl Plugins {
    /// Remembers that a file is let in, and keeps a copy of it if another one can be held because of it.
    pub(super) async fn let_in(
        &mut self,
        name: &str,
        is_new: bool,
        admitted: Admitted,
        file: loader::File,
    ) {
        let plugin = self.plugins.get_mut(name).expect("it was loaded");
        let waited = plugin.held.take().is_some();
        plugin.is_unlocked = false;
        if !is_new && !waited {
            return;
        }
        let digest = admitted.digest.to_string();
        if admitted.manifest.is_some() || self.setups.lock_path().is_some() {
            let (folder, digest) = (self.setups.versions(), digest.clone());
            let kept = tokio::task::spawn_blocking(move || keep(&folder, &digest, &file)).await;
            if let Err(error) = kept.unwrap_or_else(|error| Err(error.into())) {
                self.trouble("keep a copy of a plugin's file", &error);
            }
        }
        let (plugin, manifest) = (name.to_owned(), admitted.manifest_text);
        let saved = self.tools.storage.ask(move |database| {
            database.artifact_runs(&plugin, &digest, manifest.as_deref(), clock::now())?;
            database.running_digests()
        });
        match saved.await {
            Ok(running) => drop_others(&self.setups.versions(), &running.into_iter().collect()),
            Err(error) => self.trouble("save which file of a plugin runs", &error),
        }
    }

    /// Remembers that a file waits for the operator, and sees to it that the one before runs.
    pub(super) async fn hold(&mut self, name: &str, held: &Held) {
        let Some(plugin) = self.plugins.get_mut(name) else { return };
        let was_told = plugin.held.replace(held.digest) == Some(held.digest);
        let runs_on = plugin.live.is_some();
        let (row_plugin, digest) = (name.to_owned(), held.digest.to_string());
        let manifest = held.manifest_text.clone();
        let saved = self.tools.storage.ask(move |database| {
            database.hold_artifact(&row_plugin, &digest, manifest.as_deref(), clock::now())
        });
        if let Err(error) = saved.await {
            self.trouble("save that a plugin's file is held", &error);
        }
        if !was_told {
            let (plugin, digest, why) = (name.to_owned(), held.digest, held.to_string());
            self.tools.notices.tell(Notice::PluginHeld { plugin, digest, why });
        }
        if !runs_on {
            self.load_copy(name).await;
        }
    }

    /// Remembers that a file waits for the lock file, and sees to it that the one before runs.
    pub(super) async fn wait_for_lock(&mut self, name: &str) {
        self.lock_seen = self.lock_now();
        let Some(plugin) = self.plugins.get_mut(name) else { return };
        plugin.is_unlocked = true;
        if plugin.live.is_none() {
            self.load_copy(name).await;
        }
    }

    /// Loads the files again that the lock file kept out, when it has changed.
    pub(super) fn follow_lock(&mut self) {
        if self.setups.lock_path().is_none() || self.lock_now() == self.lock_seen {
            return;
        }
        self.lock_seen = self.lock_now();
        let waiting = self.plugins.iter().filter(|(_, plugin)| plugin.is_unlocked);
        let waiting: Vec<String> = waiting.map(|(name, _)| name.clone()).collect();
        for name in waiting {
            self.load(&name);
        }
    }

    fn lock_now(&self) -> Option<(SystemTime, u64)> {
        let metadata = fs::metadata(self.setups.lock_path()?).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    }

    /// The files that wait for the operator.
    pub(super) fn held(&self) -> Vec<(String, String)> {
        let held = self.plugins.iter().filter_map(|(name, plugin)| {
            plugin.held.map(|digest| (name.clone(), digest.to_string()))
        });
        held.collect()
    }

    /// Loads the copy of the file that ran last, if there is one.
    async fn load_copy(&mut self, name: &str) {
        let plugin = name.to_owned();
        let rows = self.tools.storage.ask(move |database| database.artifacts(&plugin)).await;
        let running = rows.into_iter().flatten().find(|row| row.state == ArtifactState::Running);
        let Some(digest) = running.and_then(|row| row.digest.parse::<Digest>().ok()) else {
            return;
        };
        let path = path_of(&self.setups.versions(), &digest.to_string());
        if path.exists() {
            self.load_file(name, path, Some(digest));
        }
    }
}

fn path_of(folder: &Path, digest: &str) -> PathBuf {
    folder.join(format!("{digest}.wasm"))
}

/// Keeps a file, with its signature, under its digest. Whole or not at all.
fn keep(folder: &Path, digest: &str, file: &loader::File) -> io::Result<()> {
    let path = path_of(folder, digest);
    fs::create_dir_all(folder)?;
    if let Some(signature) = &file.signature {
        fs::write(loader::signature_path(&path), signature)?;
    }
    let unfinished = path.with_extension(format!("{}.tmp", std::process::id()));
    let kept = fs::write(&unfinished, &file.bytes).and_then(|()| fs::rename(&unfinished, &path));
    if kept.is_err() {
        // On a full disk half of it is worse than nothing. If it cannot be removed, there is nothing more to do.
        let _ = fs::remove_file(&unfinished);
    }
    kept
}

/// Removes the copies of files that do not run any more. One that cannot be removed is tried again with the next.
fn drop_others(folder: &Path, running: &BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let digest = name.split('.').next().unwrap_or_default();
        let is_copy = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_copy && !running.contains(digest) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
