//! Keeps the lanes in step with the plugin files and with the operator's wishes: loads what is new beside what runs, swaps,
//! ends what is gone.

mod holding;
mod reloading;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use database::PluginRow;
use eventlog::Seq;
use runtime::{Digest, KeyValues};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::admission::Refused;
use crate::catalog::{self, Change, File, Form, Listing};
use crate::clock;
use crate::failure::chain;
use crate::host;
use crate::lane::worker::{Command, StoredPlugin, Tools, Worker};
use crate::loader::{self, LoadError, Loader, Request};
use crate::notice::Notice;
use crate::reload::Reloads;
use crate::setup::Setups;
use crate::watcher;
use reloading::{Made, Renewed, Texts};

/// How often to look whether the command line tool changed something in the database.
const FOLLOW_EVERY: Duration = Duration::from_millis(250);

/// How long until a plugin is loaded again whose `register` the site did not answer, or whose file could not be read.
const LOAD_AGAIN: Duration = Duration::from_secs(2);

/// Commands that can wait for a lane. A lane obeys between two calls, so they are few.
const COMMANDS_MAX: usize = 16;

/// All plugins of one host.
pub struct Plugins {
    loader: Loader,
    tools: Tools,
    setups: Setups,
    directories: Vec<PathBuf>,
    listing: Listing,
    /// Complaints that were made about the directories, so that each is made once.
    complaints: Vec<String>,
    plugins: BTreeMap<String, Plugin>,
    loads: JoinSet<Loaded>,
    renewals: JoinSet<Renewed>,
    /// How many loads were begun, of all plugins: no two have the same number, not even of a plugin that went and came back.
    loads_begun: u64,
    /// Plugins that are to be loaded again, and when.
    again: BTreeMap<String, tokio::time::Instant>,
    /// The lock file as it was when a file was last refused because of it.
    lock_seen: Option<(SystemTime, u64)>,
    /// The plugins whose files went while no host ran were looked for.
    absent_are_marked: bool,
    database_version: i64,
}

/// One plugin, as long as its file is there.
struct Plugin {
    file: File,
    /// The number of its last load; of several under way, that one counts.
    load: u64,
    live: Option<Digest>,
    /// What that is made of.
    made: Option<Made>,
    /// How often its settings were changed.
    generation: u64,
    /// The last load failed in a way that can pass, which was told.
    waits: bool,
    /// The file that waits until the operator approves it.
    held: Option<Digest>,
    /// Its file is not the one that is locked.
    is_unlocked: bool,
    /// It was to be loaded while it was halted.
    waits_for_release: bool,
    key_values: KeyValues,
    commands: mpsc::Sender<Command>,
    lane: JoinHandle<()>,
}

/// A plugin's keys as the database has them.
type StoredKeys = Vec<(String, Vec<u8>)>;

/// Why a plugin's state cannot be opened: the database, in one of its questions.
type OpenError = Box<dyn std::error::Error + Send + Sync>;

/// What came of a load.
struct Loaded {
    plugin: String,
    load: u64,
    /// By which settings.
    generation: u64,
    took: Duration,
    /// It is the copy of a file that ran.
    is_copy: bool,
    result: Result<loader::Loaded, LoadError>,
}

impl Plugins {
    /// No plugins yet; those in `directories` are found when it runs.
    pub fn new(loader: Loader, tools: Tools, setups: Setups, directories: Vec<PathBuf>) -> Self {
        Self {
            loader,
            tools,
            setups,
            directories,
            listing: Listing::new(),
            complaints: Vec::new(),
            plugins: BTreeMap::new(),
            loads: JoinSet::new(),
            renewals: JoinSet::new(),
            loads_begun: 0,
            again: BTreeMap::new(),
            lock_seen: None,
            absent_are_marked: false,
            database_version: 0,
        }
    }

    /// Keeps the lanes in step until the host stops; then lets each finish its call and save.
    pub async fn run(
        mut self,
        settle: Duration,
        mut reloads: Reloads,
        mut stopping: watch::Receiver<bool>,
    ) {
        let mut texts = Texts::new(&reloads);
        let (mut looks, complaint) = watcher::watch(&self.directories, settle);
        if let Some(why) = complaint {
            let path = list(&self.directories);
            self.tools.notices.tell(Notice::PluginsUnreadable { path, why });
        }
        let mut follow = tokio::time::interval(FOLLOW_EVERY);
        self.look().await;
        loop {
            tokio::select! {
                () = host::stop(&mut stopping) => break,
                Some(()) = looks.recv() => self.look().await,
                Some(loaded) = self.loads.join_next(), if !self.loads.is_empty() => {
                    match loaded {
                        Ok(loaded) => self.loaded(loaded).await,
                        // A panic of ours; it was said on stderr. Whatever file it was, the others run on.
                        Err(error) => self.trouble("load a plugin", &error),
                    }
                }
                Some(reread) = reloads.rereads.recv() => self.reconfigure(reread, &mut texts).await,
                Some(renewed) = self.renewals.join_next(), if !self.renewals.is_empty() => {
                    match renewed {
                        Ok(renewed) => self.renewed(renewed).await,
                        Err(error) => self.trouble("make new instances of a plugin", &error),
                    }
                }
                _ = follow.tick() => {
                    self.restart_broken_lanes();
                    self.follow().await;
                    self.follow_lock();
                    self.load_again();
                    self.load_released();
                }
            }
        }
        self.end().await;
    }

    /// Lists the directories and acts on what changed.
    async fn look(&mut self) {
        let files = match list_files(&self.directories).await {
            Ok(files) => files,
            Err((path, error)) => {
                // A share that is away for a moment takes no plugin away.
                let why = error.to_string();
                return self
                    .complain(format!("{path}: {why}"), Notice::PluginsUnreadable { path, why });
            }
        };
        let (listing, unusable) = catalog::name(files);
        for unusable in unusable {
            let why = unusable.to_string();
            self.complain(
                why.clone(),
                Notice::PluginsUnreadable { path: list(&self.directories), why },
            );
        }
        let changes = catalog::changes(&self.listing, &listing);
        self.listing = listing;
        for change in changes {
            match change {
                Change::Removed { plugin } => self.remove(&plugin).await,
                Change::Changed { plugin, file } => self.change(plugin, file).await,
            }
        }
        if !self.absent_are_marked {
            self.absent_are_marked = self.mark_absent().await;
        }
    }

    /// Marks the plugins as removed whose files went while no host ran: they would hold back the journal for ever.
    async fn mark_absent(&self) -> bool {
        let rows = match self.tools.storage.ask(|database| database.plugins()).await {
            Ok(rows) => rows,
            Err(error) => {
                self.trouble("look for plugins that were removed", &error);
                return false;
            }
        };
        for row in rows {
            if row.removed_at.is_none() && !self.listing.contains_key(&row.name) {
                self.mark_removed(&row.name).await;
            }
        }
        true
    }

    async fn change(&mut self, name: String, file: File) {
        if let Some(plugin) = self.plugins.get_mut(&name) {
            plugin.file = file;
            return self.load(&name);
        }
        match self.open(&name, file).await {
            Ok(plugin) => {
                self.plugins.insert(name.clone(), plugin);
                self.load(&name);
            }
            Err(error) => {
                // It counts as new at the next look.
                self.listing.remove(&name);
                self.trouble("open a plugin's state; trying again", &*error);
            }
        }
    }

    /// Finds, or makes, what the database keeps of a plugin, and starts its lane. A plugin that is new begins at the newest
    /// event.
    async fn open(&self, name: &str, file: File) -> Result<Plugin, OpenError> {
        let newest: Seq = self.tools.journal.last();
        let plugin = name.to_owned();
        let (stored, key_values, first) = self
            .tools
            .storage
            .ask(move |database| {
                let row = database.ensure_plugin(&plugin, newest)?;
                let (keys, first) = (database.key_values(&plugin)?, database.first_seq()?);
                let stored = StoredPlugin::load(database, row)?;
                Ok::<(StoredPlugin, StoredKeys, Option<Seq>), OpenError>((stored, keys, first))
            })
            .await?;
        let missed = missed(stored.row.position, first, newest);
        if missed > 0 {
            self.tools
                .notices
                .tell(Notice::PluginMissed { plugin: name.to_owned(), entries: missed });
        }
        let (commands, receiver) = mpsc::channel(COMMANDS_MAX);
        let stored = StoredPlugin { row: self.wish(stored.row), ..stored };
        let lane = tokio::spawn(Worker::new(stored, self.tools.clone(), receiver).run());
        Ok(Plugin {
            file,
            load: 0,
            live: None,
            made: None,
            generation: 0,
            waits: false,
            held: None,
            is_unlocked: false,
            waits_for_release: false,
            key_values: KeyValues::new(key_values),
            commands,
            lane,
        })
    }

    /// A plugin that the configuration turns off is off, whatever the database says.
    fn wish(&self, mut row: PluginRow) -> PluginRow {
        row.enabled &= self.setups.is_enabled(&row.name);
        row
    }

    fn load(&mut self, name: &str) {
        let path = self.plugins[name].file.path.clone();
        self.load_file(name, path, None);
    }

    /// Loads a file. `copy_of` says that it is the copy of one that ran, and of which.
    fn load_file(&mut self, name: &str, path: PathBuf, copy_of: Option<Digest>) {
        let plugin = self.plugins.get_mut(name).expect("only plugins that are there are loaded");
        plugin.waits_for_release = self.tools.halts.gate(name).is_closed();
        if plugin.waits_for_release {
            // To load it would be to run it.
            return;
        }
        self.loads_begun += 1;
        plugin.load = self.loads_begun;
        let (load, generation) = (plugin.load, plugin.generation);
        let draft = self.setups.draft(name, plugin.key_values.clone());
        let options = self.setups.options(name);
        let record = self.setups.record(name);
        let request = self.setups.request(name, path, Vec::new());
        let request = Request { expected: copy_of, record, ..request };
        let (loader, plugin, storage) =
            (self.loader.clone(), name.to_owned(), self.tools.storage.clone());
        self.loads.spawn(async move {
            let started = Instant::now();
            let result = match holding::with_known(storage, request).await {
                Ok(request) => loader.load(request, draft, options).await,
                Err(error) => Err(error),
            };
            let is_copy = copy_of.is_some();
            Loaded { plugin, load, generation, took: started.elapsed(), is_copy, result }
        });
    }

    async fn loaded(&mut self, loaded: Loaded) {
        let Some(plugin) = self.plugins.get_mut(&loaded.plugin) else { return };
        if plugin.load != loaded.load {
            return;
        }
        if plugin.generation != loaded.generation {
            // By settings that are not in force any more.
            return self.load(&loaded.plugin);
        }
        let name = loaded.plugin;
        let (version, made) = match loaded.result {
            Ok(_) if loaded.is_copy && plugin.live.is_some() => return,
            Ok(loader::Loaded { version, component, shelf, admitted, file }) => {
                let made = Made::new(component, shelf, &admitted);
                let (is_new, is_copy) = (plugin.live != Some(admitted.digest), loaded.is_copy);
                plugin.waits = false;
                if !is_copy {
                    self.let_in(&name, is_new, admitted, file).await;
                }
                if !is_new {
                    // The file was touched, and is what it was.
                    return;
                }
                (version, made)
            }
            Err(error) => return self.refused(name, error, loaded.is_copy).await,
        };
        let digest = version.digest();
        let Some(plugin) = self.plugins.get_mut(&name) else { return };
        let swapped = plugin.live.replace(digest).is_some();
        plugin.made = Some(made);
        let callbacks = version.registration.callbacks.len();
        if plugin.commands.send(Command::Run(Box::new(version))).await.is_err() {
            // The lane has ended; it is found, and started again, at the next tick.
            return;
        }
        self.tools.notices.tell(Notice::PluginLive {
            plugin: name,
            digest,
            callbacks,
            took: loaded.took,
            swapped,
        });
    }

    /// Tells of a file that cannot be used.
    async fn refused(&mut self, name: String, error: LoadError, is_copy: bool) {
        let Some(plugin) = self.plugins.get_mut(&name) else { return };
        if error.is_of_halt() {
            plugin.waits_for_release = true;
            return;
        }
        if let (LoadError::Refused { source: Refused::Held(held), .. }, false) = (&error, is_copy) {
            let held = held.clone();
            return self.hold(&name, &held).await;
        }
        let told = plugin.waits;
        plugin.waits = error.is_transient();
        let runs_on = plugin.live.is_some();
        if error.is_transient() && !is_copy {
            self.again.insert(name.clone(), tokio::time::Instant::now() + LOAD_AGAIN);
        }
        let is_of_lock = error.is_of_lock() && !is_copy;
        if !(told && error.is_transient()) {
            let why = chain(&error);
            self.tools.notices.tell(Notice::PluginRefused { plugin: name.clone(), why, runs_on });
        }
        if is_of_lock {
            self.wait_for_lock(&name).await;
        }
    }

    fn load_again(&mut self) {
        let now = tokio::time::Instant::now();
        let due: Vec<String> =
            self.again.extract_if(.., |_, at| *at <= now).map(|(name, _)| name).collect();
        for name in due {
            if self.plugins.get(&name).is_some_and(|plugin| plugin.waits) {
                self.load(&name);
            }
        }
    }

    /// Loads what was to be loaded while it was halted.
    fn load_released(&mut self) {
        let halts = self.tools.halts.clone();
        let released = self
            .plugins
            .iter()
            .filter(|(name, plugin)| plugin.waits_for_release && !halts.gate(name).is_closed());
        let released: Vec<String> = released.map(|(name, _)| name.clone()).collect();
        for name in released {
            if let Some(plugin) = self.plugins.get_mut(&name) {
                plugin.waits_for_release = false;
                if plugin.made.is_some() {
                    self.renew(&name);
                }
            }
            self.load(&name);
        }
    }

    /// Lets the lanes follow what the command line tool wrote into the database.
    async fn follow(&mut self) {
        let (seen, held) = (self.database_version, self.held());
        let answer = self
            .tools
            .storage
            .ask(move |database| {
                let version = database.data_version()?;
                if version == seen {
                    return Ok((version, Vec::new(), Vec::new()));
                }
                let approved = holding::approved(database, held)?;
                Ok::<_, database::QueryError>((version, database.plugins()?, approved))
            })
            .await;
        let Ok((version, rows, approved)) = answer else {
            // Told by whoever needs an answer; this one is asked again at once.
            return;
        };
        self.database_version = version;
        for name in approved {
            self.load(&name);
        }
        for row in rows {
            if let Some(plugin) = self.plugins.get(&row.name) {
                // A lane that has ended is started again, and begins with what the database says.
                let is_allowed = self.setups.is_enabled(&row.name);
                let _ = plugin.commands.send(Command::Follow { is_allowed }).await;
            }
        }
    }

    /// Starts lanes again that a fault of ours has ended, at the next look: their files then count as new.
    fn restart_broken_lanes(&mut self) {
        let broken: Vec<String> = self
            .plugins
            .iter()
            .filter(|(_, plugin)| plugin.lane.is_finished())
            .map(|(name, _)| name.clone())
            .collect();
        for name in broken {
            self.plugins.remove(&name);
            self.listing.remove(&name);
            self.tools.notices.tell(Notice::LaneBroke { plugin: name });
        }
    }

    async fn remove(&mut self, name: &str) {
        let Some(plugin) = self.plugins.remove(name) else { return };
        plugin.end().await;
        self.mark_removed(name).await;
    }

    async fn mark_removed(&self, name: &str) {
        let removed = name.to_owned();
        let now = clock::now();
        let marked =
            self.tools.storage.ask(move |database| database.mark_removed(&removed, now)).await;
        if let Err(error) = marked {
            self.trouble("save that a plugin was removed", &error);
        }
        self.tools.notices.tell(Notice::PluginRemoved { plugin: name.to_owned() });
    }

    async fn end(mut self) {
        self.loads.shutdown().await;
        self.renewals.shutdown().await;
        // All are told before any is waited for: each takes at most its deadline.
        let lanes: Vec<JoinHandle<()>> =
            std::mem::take(&mut self.plugins).into_values().map(|plugin| plugin.lane).collect();
        for lane in lanes {
            let _ = lane.await;
        }
    }

    fn trouble(&self, doing: &'static str, error: &dyn std::error::Error) {
        self.tools.notices.tell(Notice::HostTrouble { doing, why: chain(error) });
    }

    fn complain(&mut self, complaint: String, notice: Notice) {
        if !self.complaints.contains(&complaint) {
            self.complaints.push(complaint);
            self.tools.notices.tell(notice);
        }
    }
}

impl Plugin {
    /// Lets the lane finish its call and save.
    async fn end(self) {
        drop(self.commands);
        let _ = self.lane.await;
    }
}

/// How many entries after `position` are gone: `first` is the place of the first that is left, `newest` of the last ever.
fn missed(position: Seq, first: Option<Seq>, newest: Seq) -> u64 {
    let left = first.map_or(newest.0, |first| first.0 - 1);
    left.saturating_sub(position.0)
}

/// The plugin files in the directories, in their order, and by name within each. Hidden files are skipped.
pub async fn list_files(directories: &[PathBuf]) -> Result<Vec<File>, (String, io::Error)> {
    let directories = directories.to_vec();
    tokio::task::spawn_blocking(move || {
        let mut files = Vec::new();
        for directory in &directories {
            let listed = list_directory(directory);
            files.extend(listed.map_err(|error| (directory.display().to_string(), error))?);
        }
        Ok(files)
    })
    .await
    .expect("listing neither panics nor is cancelled")
}

fn list_directory(directory: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden || Form::of(&path).is_none() {
            continue;
        }
        // What is gone between the listing and this look was not there.
        let Ok(metadata) = std::fs::metadata(&path) else { continue };
        if metadata.is_file() {
            let modified = metadata.modified()?;
            let signature = std::fs::metadata(loader::signature_path(&path)).ok();
            let signature =
                signature.and_then(|beside| Some((beside.modified().ok()?, beside.len())));
            files.push(File { path, modified, length: metadata.len(), signature });
        }
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}

fn list(directories: &[PathBuf]) -> String {
    directories.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
