//! `cuebox run`: the host, until it is told to stop.

use std::path::Path;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::command;
use crate::host::Host;
use crate::log;
use crate::notice::Notices;
use crate::timing::TimingLog;

/// Runs the host.
pub async fn run(config_path: &Path) -> anyhow::Result<()> {
    let config = command::read_config(config_path)?;
    let _logging = log::start(&config.log)?;
    let timing = match (&config.log.directory, config.log.timing) {
        (Some(directory), true) => Some(TimingLog::start(directory, config.log.keep)?),
        _ => None,
    };
    let host = Host::open(config, Notices::default(), timing)?;
    let stopper = host.stopper();
    tokio::spawn(async move {
        // However many signals come: the first one stops the host, and the rest change nothing.
        if stop_signal().await.is_ok() {
            stopper.send_replace(true);
        }
        ignore_signals().await
    });
    host.run().await;
    Ok(())
}

/// Waits for SIGTERM or Ctrl-C.
pub async fn stop_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot listen for Ctrl-C"),
    }
}

async fn ignore_signals() {
    while stop_signal().await.is_ok() {}
}
