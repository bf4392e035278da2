//! A value that moves on, and those who wait for it. They are woken in the order in which they began to wait: what a host does then
//! follows from what happened, and a simulation of it is the same each time. (tokio's `watch` wakes them by chance.)

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The value. Cheap to clone.
#[derive(Debug)]
pub struct News<T>(Arc<Inner<T>>);

#[derive(Debug)]
struct Inner<T> {
    value: Mutex<T>,
    /// How often it has changed.
    version: AtomicU64,
    changed: Notify,
}

/// One who waits for it.
#[derive(Debug)]
pub struct Follower<T> {
    news: News<T>,
    seen: u64,
}

impl<T> News<T> {
    /// A value that has not changed yet.
    pub fn new(value: T) -> Self {
        let value = Mutex::new(value);
        Self(Arc::new(Inner { value, version: AtomicU64::new(0), changed: Notify::new() }))
    }

    /// Changes it, unless `change` says that it did not; then those who wait are woken.
    pub fn change(&self, change: impl FnOnce(&mut T) -> bool) {
        if change(&mut self.lock()) {
            self.0.version.fetch_add(1, Ordering::Release);
            self.0.changed.notify_waiters();
        }
    }

    /// Looks at it.
    pub fn read<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(&self.lock())
    }

    /// One who has seen it as it is.
    pub fn follow(&self) -> Follower<T> {
        Follower { seen: self.version(), news: self.clone() }
    }

    fn version(&self) -> u64 {
        self.0.version.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.0.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Default> Default for News<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Clone for News<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Follower<T> {
    /// What has changed up to now is no news.
    pub fn mark_seen(&mut self) {
        self.seen = self.news.version();
    }

    /// Whether it has changed since it was last seen.
    pub fn has_changed(&self) -> bool {
        self.news.version() != self.seen
    }

    /// Returns when it has changed since it was last seen, which it then is.
    pub async fn changed(&mut self) {
        self.unseen().await;
        self.mark_seen();
    }

    /// Returns when it has changed since it was last seen, and leaves that so.
    pub async fn unseen(&self) {
        let news = self.news.clone();
        loop {
            let changed = news.0.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            if self.has_changed() {
                return;
            }
            changed.await;
        }
    }
}

#[cfg(test)]
mod tests;
