//! The sandbox: compiles plugin files, runs them within their limits, and is all that they can reach.
//!
//! The only crate that names wasmtime. What a plugin version is made of is a [`Component`]; a live one is an [`Instance`];
//! a call into it ends in exactly one [`Outcome`].

mod bindings;
mod capability;
mod code_cache;
mod component;
mod effect;
mod engine;
mod event;
mod fit;
mod instance;
mod limits;
mod outcome;
mod recording;
mod refusals;
mod registration;

pub use capability::{
    Connection, Connector, CurrentGrants, Gate, Halted, Halts, HttpAnswer, HttpAnswering,
    HttpRequest, KeyValueChange, KeyValues, KnownFields, Logins, Resolver, Resolving, Setup, Sudo,
    Usage, Use,
};
pub use component::{Component, Digest, Interpreter};
pub use effect::{
    AllowingLine, Beginning, Carried, Change, Created, Doubt, DoubtEnding, Effect, EffectJournal,
    Effects, Ending, EndingKind, Evidence, Forgetful, JournalError, LineList, RequestDigest,
    SiteWrite, Stored, Unmade, WriteKind,
};
pub use engine::{CompileError, Compiler, Engine, EngineError, machine_code};
pub use event::{event_of, with_earlier};
pub use fit::misfits;
pub use instance::{Event, EventChange, Instance, Report, StartError};
pub use limits::{Limits, Quotas};
pub use outcome::{Blame, Outcome};
pub use recording::{
    CallEnding, Content, Exchange, Incomplete, LogLine, Section, Tape, Transcript,
};
pub use refusals::{REFUSALS_TARGET, RefusalCounts, RefusalTally};
pub use registration::{Callback, Registration, RegistrationError};
