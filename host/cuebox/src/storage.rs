//! The database, off the async threads: every question is asked on a thread that may block. Raises the alarm when changes
//! are not taken; whoever wanted one tries again.

mod alarm;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use database::Database;
use tracing::{debug, error, info};

use alarm::{Alarm, Notice};

/// One connection to the database, shared by all that run in this host. Cheap to clone.
#[derive(Clone)]
pub struct Storage {
    connection: Arc<Mutex<Connection>>,
    /// Makes every question a moment at which the process may die.
    #[cfg(test)]
    fuse: Option<crate::simulation::Fuse>,
}

struct Connection {
    database: Database,
    alarm: Alarm,
}

impl Storage {
    /// Takes over an open database.
    pub fn new(database: Database) -> Self {
        let connection = Arc::new(Mutex::new(Connection { database, alarm: Alarm::default() }));
        #[cfg(test)]
        return Self { connection, fuse: None };
        #[cfg(not(test))]
        Self { connection }
    }

    /// One whose questions are answered at once, on this thread: simulations are the same each time.
    #[cfg(test)]
    pub fn simulated(database: Database, fuse: crate::simulation::Fuse) -> Self {
        Self { fuse: Some(fuse), ..Self::new(database) }
    }

    /// Asks the database. One question at a time; each is a transaction, or less.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Database) -> T + Send + 'static,
    ) -> T {
        #[cfg(test)]
        if let Some(fuse) = &self.fuse {
            fuse.step().await;
            let answer = ask(&self.connection, question);
            fuse.step().await;
            return answer;
        }
        let connection = self.connection.clone();
        let asking = tokio::task::spawn_blocking(move || ask(&connection, question));
        asking.await.expect("a question to the database neither panics nor is cancelled")
    }
}

fn ask<T>(connection: &Mutex<Connection>, question: impl FnOnce(&mut Database) -> T) -> T {
    // SQLite rolls a transaction back that a panic cut off, so the connection is as good as before.
    let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = question(&mut connection.database);
    connection.look();
    answer
}

impl Connection {
    /// Tells whether changes are taken, before whoever asked for one can say that it was not.
    fn look(&mut self) {
        let failure = self.database.write_failure().map(|failure| (&*failure.why, failure.remedy));
        if let Some((why, _)) = failure {
            debug!("The database still takes no changes: {why}");
        }
        match self.alarm.look(failure, Instant::now()) {
            Some(Notice::Lost { why, remedy }) => error!(
                "The database cannot be written: {why}. To do: {remedy}. Meanwhile no events are read and plugins wait; then all \
                 goes on by itself, and nothing is lost"
            ),
            Some(Notice::Back { after }) => info!(
                duration_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
                "The database can be written again, after {after:.1?}; all goes on"
            ),
            None => {}
        }
    }
}
