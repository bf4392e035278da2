//! `cuebox run`: the host, until it is told to stop.

use std::path::Path;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::command;
use crate::host::Host;
use crate::log;
use crate::notice::Notices;
use crate::reload::ConfigFile;
use crate::timing::TimingLog;

/// Runs the host.
pub async fn run(config_path: &Path) -> anyhow::Result<()> {
    let text = command::read_config_text(config_path)?;
    let config = command::parse_config(config_path, &text)?;
    let _logging = log::start(&config.log)?;
    let timing = match (&config.log.directory, config.log.timing) {
        (Some(directory), true) => Some(TimingLog::start(directory, config.log.keep)?),
        _ => None,
    };
    let signal = signal(SignalKind::hangup()).context("cannot listen for signals")?;
    let file = ConfigFile { path: config_path.to_owned(), text, signal };
    let host = Host::open(config, Notices::default(), timing)?.following(file);
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
