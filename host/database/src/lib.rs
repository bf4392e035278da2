//! The SQLite file: the journal of entries, the cursor with its gaps, and what each plugin has finished and kept.
//!
//! What belongs together is committed together: new entries with cursor and gaps, a plugin's position with its
//! key-values. What a plugin is about to change outside is stored before it does so. A damaged, foreign or newer file is
//! refused with what to do about it, and never reset. Calls block and know no async runtime; a caller wraps them, on a
//! connection of its own ([`Database::connect`]).

mod artifact;
mod audit;
mod checksum;
mod dead_letter;
mod effect;
mod gap_story;
mod halt;
mod keyvalue;
mod moves;
mod open;
mod plugin;
mod query;
mod refusal;
mod replay;
mod retention;
mod stream;
mod usage;

pub use artifact::{ArtifactRow, ArtifactState};
pub use audit::{
    AuditFault, AuditFilter, AuditHash, AuditHead, AuditKind, AuditRecord, AuditVerdict,
    NewAuditRecord, NotAHash,
};
pub use dead_letter::{DeadLetter, Ending, LetterError, Parked};
pub use effect::{DeliveryKey, EffectRow};
pub use gap_story::{GapEnding, GapStory};
pub use halt::{Halt, HaltScope, Halting};
pub use keyvalue::KeyValueChange;
pub use moves::{Move, MoveError};
pub use open::{BackupError, Database, OpenError, Options, RestoreError, Restored, Synchronous};
pub use plugin::{
    Delivered, Failure, Finish, Pause, PluginError, PluginRow, PluginState, Progress,
};
pub use query::QueryError;
pub use refusal::RefusalRow;
pub use replay::{Replay, ReplayEntry, TakenOver, WaitingEntry};
pub use stream::{Append, AppendError, DroppedIds, Gap, JournalEntry, NewEntry, Stream};
pub use usage::UsageRow;
