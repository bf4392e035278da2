//! The `cuebox` program: follows the event log of a site and hands every event to sandboxed plugins.

mod admission;
mod anchor;
mod authoring;
mod catalog;
mod cli;
mod clock;
mod command;
mod compiler;
mod effects;
mod failure;
mod halts;
mod host;
mod journal;
mod lane;
mod loader;
mod lock;
mod log;
mod news;
mod notice;
mod plugins;
mod poller;
mod recording;
mod reload;
mod script;
mod selftest;
mod setup;
#[cfg(test)]
mod simulation;
mod storage;
mod storm;
mod timing;
mod usage;
mod watcher;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use cli::Cli;

/// Entries are read on one thread and dropped on another, which the system's own allocator takes a fifth of the time for when
/// catching up.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long is waited for what still runs in the background at the end: a question to the database is over by then.
const SHUTDOWN: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let cli::Command::CompileWorker(limits) = &cli.command {
        return compiler::work(limits);
    }
    let runtime = tokio::runtime::Runtime::new()
        .expect("a process that cannot start a thread cannot run anything");
    let result = runtime.block_on(command::run(cli));
    // What had to be saved is saved. Plugins that are being compiled would otherwise be waited for, each in its turn.
    runtime.shutdown_timeout(SHUTDOWN);
    match result {
        Ok(()) => cli::ExitCode::Ok.into(),
        Err(error) => {
            let (text, code) = failure::describe(&error);
            // A reader that went away changes nothing: the code says it too.
            let _ = writeln!(std::io::stderr(), "cuebox: {text}");
            code.into()
        }
    }
}
