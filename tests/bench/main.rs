//! Figures of the program: how fast it catches up, what a call costs, how late live events are, what a start, a swap and the
//! memory come to, what a bad neighbour costs, and what is paid for remembering. Prints them; nothing here passes or fails by time.
//!
//! `just bench` prints all, `just bench NAME` those of one part. The host is the real binary in a process of its own; the
//! stand-in site is in this one.

mod call;
mod catch_up;
mod figures;
mod guests;
mod languages;
mod live;
mod neighbours;
mod remembering;
mod stages;
mod start;
mod studio;

use std::process::ExitCode;

use anyhow::Context as _;

/// A part of the figures: its name on the command line, and what prints it.
type Part = (&'static str, fn() -> anyhow::Result<()>);

const PARTS: [Part; 8] = [
    ("catch-up", catch_up::print),
    ("call", call::print),
    ("languages", languages::print),
    ("live", live::print),
    ("start", start::print),
    ("neighbours", neighbours::print),
    ("remembering", remembering::print),
    ("stages", stages::print),
];

fn main() -> ExitCode {
    // Cargo adds options of its own.
    let asked: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let Some(unknown) = asked.iter().find(|name| PARTS.iter().all(|(part, _)| part != name)) {
        let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        figures::say(&format!("there is no part `{unknown}`; there are: {}", names.join(", ")));
        return ExitCode::FAILURE;
    }
    match print(&asked) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            figures::say(&format!("stopped: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn print(asked: &[String]) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("no runtime for the site")?;
    let _entered = runtime.enter();
    figures::say_machine();
    for (name, part) in PARTS {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            part().with_context(|| format!("in `{name}`"))?;
        }
    }
    Ok(())
}
