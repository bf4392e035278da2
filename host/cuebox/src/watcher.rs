//! Tells when files in the plugin directories may have changed. Knows nothing of plugins.
//!
//! The operating system's word comes at once; on file systems that give none (network shares), a look every few seconds
//! takes its place. Both only say "look": what changed is found by comparing listings.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How often to look where nobody tells.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Files that keep being written are looked at after so many times of settling all the same.
const SETTLES_MAX: u32 = 20;

/// Watches directories, and says `()` when it is time to look: something was touched and has settled, or nobody would have
/// told. Also answers why the operating system does not tell, if it does not; then the time is all there is.
pub fn watch(directories: &[PathBuf], settle: Duration) -> (mpsc::Receiver<()>, Option<String>) {
    // One place is enough in both: a word that finds it taken says the same as the one that is there.
    let (touch, touched) = mpsc::channel(1);
    let (say, looks) = mpsc::channel(1);
    let (watcher, complaint) = match watcher(directories, touch, |_| true) {
        Ok(watcher) => (Some(watcher), None),
        Err(error) => (
            None,
            Some(format!(
                "changes of plugin files are noticed within {LOOK_EVERY:?} only: {error}"
            )),
        ),
    };
    tokio::spawn(tell(watcher, touched, say, settle));
    (looks, complaint)
}

/// The same for one file. What happens to others in its folder is no reason to look.
pub fn watch_file(path: &Path, settle: Duration) -> (mpsc::Receiver<()>, Option<String>) {
    let (touch, touched) = mpsc::channel(1);
    let (say, looks) = mpsc::channel(1);
    let name = path.file_name().map(ToOwned::to_owned);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = [folder.unwrap_or(Path::new(".")).to_owned()];
    let is_meant = move |event: &Event| {
        event.paths.is_empty() || event.paths.iter().any(|path| path.file_name() == name.as_deref())
    };
    let (watcher, complaint) = match watcher(&folder, touch, is_meant) {
        Ok(watcher) => (Some(watcher), None),
        Err(error) => {
            (None, Some(format!("changes are noticed within {LOOK_EVERY:?} only: {error}")))
        }
    };
    tokio::spawn(tell(watcher, touched, say, settle));
    (looks, complaint)
}

fn watcher(
    directories: &[PathBuf],
    touch: mpsc::Sender<()>,
    is_meant: impl Fn(&Event) -> bool + Send + 'static,
) -> notify::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| is_only_read(&event.kind) || !is_meant(&event)) {
            return;
        }
        let _ = touch.try_send(());
    })?;
    for directory in directories {
        watcher.watch(directory, RecursiveMode::NonRecursive)?;
    }
    Ok(watcher)
}

/// Whether nothing was changed. Every look opens the directory, and would bring about the next one.
fn is_only_read(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Access(access) if !matches!(access, AccessKind::Close(AccessMode::Write)))
}

/// Runs until nobody listens. Holds the watcher: dropping it ends the watch.
async fn tell(
    watcher: Option<RecommendedWatcher>,
    mut touched: mpsc::Receiver<()>,
    say: mpsc::Sender<()>,
    settle: Duration,
) {
    loop {
        if watcher.is_none() {
            tokio::time::sleep(LOOK_EVERY).await;
        } else if let Ok(Some(())) = timeout(LOOK_EVERY, touched.recv()).await {
            for _ in 0..SETTLES_MAX {
                if timeout(settle, touched.recv()).await.is_err() {
                    break;
                }
            }
        }
        if say.send(()).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
