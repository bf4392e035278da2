//! `cuebox backup` and `cuebox restore`: the database as of one moment, and back to it.

use std::path::Path;

use database::{BackupError, Database, RestoreError};

use crate::cli::ExitCode;
use crate::clock;
use crate::command;
use crate::command::plugins::{open, say};
use crate::failure::{self, Failure};
use crate::host;

/// Copies the database, beside whatever runs.
pub fn back_up(config_path: &Path, file: &Path) -> anyhow::Result<()> {
    let database = open(config_path)?;
    let bytes = database.back_up(file).map_err(|error| match error {
        BackupError::Query(error) => anyhow::Error::from(error),
        error => Failure::new(ExitCode::Failed, failure::chain(&error)).into(),
    })?;
    let last = database.last_seq()?;
    say(&format!(
        "Copied the database to {} ({} KiB), and checked the copy. The journal ends at place {last}.",
        file.display(),
        bytes.div_ceil(1024)
    ))
}

/// Puts a backup in the database's place, or says what that would mean.
pub fn restore(config_path: &Path, file: &Path, yes: bool) -> anyhow::Result<()> {
    let config = command::read_config(config_path)?;
    let path = &config.database.path;
    if !yes {
        return say(&format!(
            "{} takes the place of {}, which is set aside. Plugins go on from where they were at the backup: what they have \
             handled since, they are handed again, and what they wrote for it, they write again.\n\
             Nothing was done. To do it, stop the host and say yes: --yes",
            file.display(),
            path.display()
        ));
    }
    let site = config.site.url.to_string();
    let options = host::database_options(&config, &site);
    let restored = Database::restore(file, path, options, clock::now()).map_err(refused)?;
    let stream = restored.high_water.map_or_else(
        || "The stream had not begun: it begins at the newest event.".to_owned(),
        |high_water| format!("The stream goes on after event {high_water}."),
    );
    let aside = restored.set_aside.map_or_else(String::new, |aside| {
        format!(" The database that was there is {} now.", aside.display())
    });
    say(&format!("{} is in place, and sound. {stream}{aside}", file.display()))
}

fn refused(error: RestoreError) -> anyhow::Error {
    match error {
        RestoreError::Open(error) => failure::database(error),
        error => Failure::new(ExitCode::Database, failure::chain(&error)).into(),
    }
}
