//! `cuebox run`: the host, until it is told to stop.

use std::path::Path;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

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
    let mut signals = StopSignals::listen()?;
    tokio::spawn(async move {
        // However many signals come: the first one stops the host, and the rest change nothing.
        loop {
            signals.next().await;
            stopper.send_replace(true);
        }
    });
    host.run().await
}

/// SIGTERM and Ctrl-C. From `listen` on, they do not end the process.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Begins to listen.
    pub fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
