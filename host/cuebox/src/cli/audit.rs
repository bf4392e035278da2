//! `cuebox audit`: what can be written.

use clap::{Args, Subcommand};
use database::AuditHash;
use eventlog::SiteTime;

use super::EntityChoice;
use super::plugins::{entity, instant};

/// `cuebox audit`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Audit {
    #[command(subcommand)]
    action: Option<AuditAction>,

    #[command(flatten)]
    list: AuditList,
}

/// What to do with the audit.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum AuditAction {
    /// List what plugins changed, the oldest first (the default)
    List(AuditList),
    /// Show one call: what allowed it, what was there before, what was asked, and how it ended
    Show {
        /// The number, as the list shows it
        number: u64,

        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Find out whether a record was changed, taken away or put in; exit code 1 if so
    ///
    /// Whoever can write the file can make up a whole chain of records: note the head that this prints elsewhere, or keep the log,
    /// which has it, and give it with --head the next time.
    Verify {
        /// A head that was noted earlier; some record must have it
        #[arg(long, value_name = "HASH")]
        head: Option<AuditHash>,

        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `cuebox audit list`
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct AuditList {
    /// Only calls of this plugin
    #[arg(long, value_name = "NAME")]
    pub plugin: Option<String>,

    /// Only calls about this event
    #[arg(long, value_name = "ID")]
    pub event: Option<u64>,

    /// Only calls that changed or made this, such as Shot, or Shot:7
    #[arg(long, value_name = "TYPE[:ID]", value_parser = entity)]
    pub entity: Option<EntityChoice>,

    /// Only calls since this moment of the host's clock, such as 2026-03-02T08:30:00Z
    #[arg(long, value_name = "MOMENT", value_parser = instant)]
    pub since: Option<SiteTime>,

    /// Only what plugins in shadow would have changed
    #[arg(long)]
    pub shadow: bool,

    /// Print JSON, with all that is known of each
    #[arg(long)]
    pub json: bool,
}

impl Audit {
    /// What to do: the list is the default.
    #[must_use]
    pub fn action(self) -> AuditAction {
        self.action.unwrap_or(AuditAction::List(self.list))
    }
}
