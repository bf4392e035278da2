//! The database, off the async threads: every question is asked on a thread that may block.

use std::sync::{Arc, Mutex, PoisonError};

use database::Database;

/// One connection to the database, shared by all that run in this host. Cheap to clone.
#[derive(Clone)]
pub struct Storage(Arc<Mutex<Database>>);

impl Storage {
    /// Takes over an open database.
    pub fn new(database: Database) -> Self {
        Self(Arc::new(Mutex::new(database)))
    }

    /// Asks the database. One question at a time; each is a transaction, or less.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Database) -> T + Send + 'static,
    ) -> T {
        let database = self.0.clone();
        let asking = tokio::task::spawn_blocking(move || {
            // SQLite rolls a transaction back that a panic cut off, so the connection is as good as before.
            question(&mut database.lock().unwrap_or_else(PoisonError::into_inner))
        });
        asking.await.expect("a question to the database neither panics nor is cancelled")
    }
}
