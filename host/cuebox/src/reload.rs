//! Reads the configuration again when its file is saved, or on SIGHUP, and hands it over: whole, or not at all.

use std::path::PathBuf;
use std::time::Duration;

use config::Config;
use tokio::signal::unix::Signal;
use tokio::sync::mpsc;

use crate::command;
use crate::failure::chain;
use crate::notice::{Notice, Notices};
use crate::watcher;

/// The file of a configuration, and how it stood there when the host started.
pub struct ConfigFile {
    /// Where it is.
    pub path: PathBuf,
    /// What stood in it.
    pub text: String,
    /// SIGHUP.
    pub signal: Signal,
}

/// A configuration that was read again.
pub struct Reread {
    pub config: Config,
    /// What stands in its file.
    pub text: String,
}

/// The configurations that are read again, and what stood in the file of the one that is in force.
pub struct Reloads {
    pub rereads: mpsc::Receiver<Reread>,
    pub text: String,
}

/// Looks at the file whenever it may have changed. Runs until nobody listens.
pub async fn follow(
    file: ConfigFile,
    settle: Duration,
    notices: Notices,
    say: mpsc::Sender<Reread>,
) {
    let ConfigFile { path, text, mut signal } = file;
    // None while it cannot be read, which is told once.
    let mut last = Some(text);
    let (mut looks, complaint) = watcher::watch_file(&path, settle);
    if let Some(why) = complaint {
        let doing = "watch the configuration";
        notices.tell(Notice::HostTrouble { doing, why });
    }
    loop {
        let is_asked = tokio::select! {
            looked = looks.recv() => match looked {
                Some(()) => false,
                None => return,
            },
            signalled = signal.recv() => signalled.is_some(),
        };
        let reading = path.clone();
        let read = tokio::task::spawn_blocking(move || command::read_config_text(&reading)).await;
        let read = read.expect("reading neither panics nor is cancelled");
        // The environment and files of secrets may differ, too, which only a signal asks for.
        let seen = read.as_ref().ok().cloned();
        if !is_asked && seen == last {
            continue;
        }
        last = seen;
        let config = read.and_then(|text| Ok((command::parse_config(&path, &text)?, text)));
        match config {
            Ok((config, text)) => {
                if say.send(Reread { config, text }).await.is_err() {
                    return;
                }
            }
            Err(error) => notices.tell(Notice::ConfigRefused { why: chain(error.as_ref()) }),
        }
    }
}
