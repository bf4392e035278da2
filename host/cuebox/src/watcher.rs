//! Tells when files in the plugin directories may have changed. Knows nothing of plugins.
//!
//! The operating system's word comes at once; on file systems that give none (network shares), a look every few seconds
//! takes its place. Both only say "look": what changed is found by comparing listings.

use std::path::PathBuf;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How often to look where nobody tells.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A file that keeps being written is looked at after this time all the same.
const SETTLES_MAX: u32 = 20;

/// Watches directories.
pub struct Watcher {
    /// Kept for its life: dropping it ends the watch.
    _watcher: Option<RecommendedWatcher>,
    touched: mpsc::Receiver<()>,
    /// How long it has to be quiet before files are looked at.
    settle: Duration,
    /// Why the operating system does not tell; then only looking is left.
    pub complaint: Option<String>,
}

impl Watcher {
    /// Watches the directories, those that there are.
    pub fn start(directories: &[PathBuf], settle: Duration) -> Self {
        // One place is enough: a word that finds it taken says the same as the one that is there.
        let (sender, touched) = mpsc::channel(1);
        let started = notify::recommended_watcher(move |_event| {
            let _ = sender.try_send(());
        });
        let watching = started.and_then(|mut watcher| {
            for directory in directories {
                watcher.watch(directory, RecursiveMode::NonRecursive)?;
            }
            Ok(watcher)
        });
        match watching {
            Ok(watcher) => Self { _watcher: Some(watcher), touched, settle, complaint: None },
            Err(error) => {
                let complaint = format!(
                    "changes of plugin files are noticed within {LOOK_EVERY:?} only: {error}"
                );
                Self { _watcher: None, touched, settle, complaint: Some(complaint) }
            }
        }
    }

    /// Returns when it is time to look: something was touched and has settled, or nobody would have told.
    pub async fn wait(&mut self) {
        let look_at = Instant::now() + LOOK_EVERY;
        let told = tokio::time::timeout_at(look_at, self.touched.recv()).await;
        if !matches!(told, Ok(Some(()))) {
            // The channel is closed if there is no watcher: then the time is all there is to wait for.
            return tokio::time::sleep_until(look_at).await;
        }
        for _ in 0..SETTLES_MAX {
            let quiet = tokio::time::timeout(self.settle, self.touched.recv()).await.is_err();
            if quiet {
                return;
            }
        }
    }
}
