//! What a lane does when it is told something: another version, or what the operator wants.

use std::sync::Arc;

use database::PluginState;

use super::Lane;
use super::worker::{Command, DATABASE_RETRY, StoredPlugin, Worker};
use crate::effects::EffectBook;
use crate::lane::version::Version;
use crate::notice::Notice;

impl Worker {
    /// Obeys. No call is in progress.
    pub(super) async fn obey(&mut self, command: Command) {
        match command {
            Command::Run(version) => self.swap(*version).await,
            Command::Follow { is_allowed } => self.follow(is_allowed).await,
        }
        self.publish();
    }

    async fn swap(&mut self, version: Version) {
        let digest = version.digest().to_string();
        let unknown = version.unknown_callbacks();
        if !unknown.is_empty() {
            let plugin = self.plugin.to_string();
            self.tools.notices.tell(Notice::CallbacksUnknown { plugin, callbacks: unknown });
        }
        self.lane.follow(version.plan());
        self.version = Some(version);
        // After a restart of the host the version that was stopped, or put off, stays so; any other one begins afresh.
        if self.digest.as_ref() != Some(&digest) {
            self.lane.forgive();
            if self.stopped {
                self.resume().await;
            }
        }
        self.digest = Some(digest.clone());
        let plugin = self.plugin.clone();
        let saved =
            self.tools.storage.ask(move |database| database.set_digest(&plugin, &digest)).await;
        if let Err(error) = saved {
            self.trouble("save the version of a plugin", &error);
        }
    }

    async fn resume(&mut self) {
        self.stopped = false;
        self.tools.storms.forgive(&self.plugin);
        let plugin = self.plugin.clone();
        if let Err(error) =
            self.tools.storage.ask(move |database| database.resume_plugin(&plugin)).await
        {
            self.trouble("save that a plugin goes on", &error);
        }
        self.tools.notices.tell(Notice::PluginResumed { plugin: self.plugin.to_string() });
    }

    /// Asks the database itself: what another had read before could be older than this lane's own last stop.
    async fn follow(&mut self, is_allowed: bool) {
        let Some(stored) = self.own_state().await else { return };
        self.redrives.look_again();
        let (enabled, state) = (stored.row.enabled && is_allowed, stored.row.state);
        if stored.row.moves != self.lane.moves() {
            self.go_to(stored).await;
        }
        let plugin = || self.plugin.to_string();
        if self.enabled != enabled {
            self.enabled = enabled;
            self.tools.notices.tell(Notice::PluginSwitched { plugin: plugin(), enabled });
        }
        if self.stopped && state == PluginState::Active {
            self.stopped = false;
            self.tools.storms.forgive(&self.plugin);
            self.lane.forgive();
            self.tools.notices.tell(Notice::PluginResumed { plugin: plugin() });
        }
    }

    /// Goes on where the operator moved the plugin to. What it has done meanwhile is kept.
    async fn go_to(&mut self, stored: StoredPlugin) {
        self.commit().await;
        let from = self.lane.position();
        self.lane = Lane::new(&stored.row, stored.attempts);
        if let Some(version) = &self.version {
            self.lane.follow(version.plan());
        }
        let storage = self.tools.storage.clone();
        let storms = self.tools.storms.clone();
        let book = EffectBook::new(self.plugin.clone(), storage, storms, stored.effects);
        self.effects = Arc::new(book);
        let plugin = self.plugin.to_string();
        self.tools.notices.tell(Notice::PluginMoved { plugin, from, to: stored.row.position });
    }

    /// What the database keeps of this plugin. Asks until it answers, or the lane is to end.
    async fn own_state(&mut self) -> Option<StoredPlugin> {
        let mut told = false;
        loop {
            let plugin = self.plugin.clone();
            let asked = self.tools.storage.ask(move |database| {
                let row = database.plugin(&plugin)?;
                row.map(|row| StoredPlugin::load(database, row)).transpose()
            });
            match asked.await {
                Ok(stored) => return stored,
                Err(error) if !told => {
                    self.trouble("read what the operator wants; trying again", &error);
                    told = true;
                }
                Err(_) => {}
            }
            if self.is_to_end() {
                return None;
            }
            tokio::time::sleep(DATABASE_RETRY).await;
        }
    }
}
