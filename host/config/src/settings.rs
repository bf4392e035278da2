//! The configuration as the program uses it: valid, typed, and complete. No `Debug` of it shows a secret.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use artifact::signature;
use policy::setting::Values;
use policy::{Grants, OnError};
use shotgun::{ProxyUrl, Secret, SiteUrl};

/// All settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// How to reach the site.
    pub site: Site,
    /// How to follow its event log.
    pub stream: Stream,
    /// What outlives the process.
    pub database: Database,
    /// What is kept as evidence of what plugins change.
    pub audit: Audit,
    /// Where plugins come from.
    pub plugins: Plugins,
    /// What a plugin may use up, unless its own settings say otherwise.
    pub limits: Limits,
    /// How often a failing callback is handed the same event, unless a plugin's own settings say otherwise.
    pub retry: Retry,
    /// When a plugin that only fails is let rest, unless its own settings say otherwise.
    pub breaker: Breaker,
    /// How often a write may come round as a consequence of itself; none for any number.
    pub storm_rounds: Option<u32>,
    /// Which deliveries are recorded, unless a plugin's own settings say otherwise.
    pub record: Record,
    /// What was written for single plugins, by name. See [`Config::plugin`].
    pub by_plugin: BTreeMap<String, Plugin>,
    /// What is logged, and where to.
    pub log: Log,
}

/// `[site]`
#[derive(Debug, Clone)]
pub struct Site {
    /// The address: scheme, host and port.
    pub url: SiteUrl,
    /// Who follows the event log, and who plugins are on the site.
    pub script: Script,
    /// The proxy in between.
    pub proxy: Option<ProxyUrl>,
    /// More certificates to trust, PEM.
    pub ca_file: Option<PathBuf>,
    /// For one request, whole.
    pub timeout: Duration,
    /// For making a connection.
    pub connect_timeout: Duration,
    /// Whether writes carry the session of the event behind them.
    pub use_session_uuid: bool,
    /// How long a write whose answer was lost is left alone before it is looked for.
    pub doubt_wait: Duration,
    /// Requests under way at once.
    pub connections: usize,
}

/// A script user of the site and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The name on the site's Scripts page.
    pub name: String,
    /// The application key.
    pub key: Secret,
}

/// `[stream]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Between questions while there is something new.
    pub poll_busy: Duration,
    /// Between questions while there is not. Not below `poll_busy`.
    pub poll_quiet: Duration,
    /// Events a question asks for.
    pub page_size: usize,
    /// How long a missing id is waited for.
    pub gap_timeout: Duration,
    /// How often given-up ids are asked for.
    pub sweep_interval: Duration,
    /// When those are forgotten. Not below `gap_timeout`.
    pub sweep_timeout: Duration,
    /// Missing ids kept at once.
    pub gaps_max: usize,
}

/// `[database]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// The SQLite file.
    pub path: PathBuf,
    /// When a commit counts as made.
    pub synchronous: Synchronous,
    /// How long events are kept.
    pub retention: Duration,
}

/// `[audit]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audit {
    /// Whether the site is asked what is in the fields that an update sets.
    pub before: bool,
}

/// When a commit counts as made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// When the operating system has it.
    Normal,
    /// When the disk has it.
    Full,
}

/// `[plugins]`
#[derive(Debug, Clone)]
pub struct Plugins {
    /// Folders with plugins, in order.
    pub paths: Vec<PathBuf>,
    /// How long a file must have stayed the same.
    pub settle: Duration,
    /// The folder for compiled code.
    pub cache: PathBuf,
    /// The folder for copies of the files that run.
    pub versions: PathBuf,
    /// The file that says which files may run.
    pub lock: PathBuf,
    /// Whether no others may.
    pub locked: bool,
    /// Whose signatures count.
    pub signatures: Signatures,
    /// What Python plugins run in; none for the one beside the program.
    pub python_runtime: Option<PathBuf>,
    /// The same for plugins that are JavaScript files.
    pub javascript_runtime: Option<PathBuf>,
}

/// `[plugins.signatures]`
#[derive(Debug, Clone)]
pub struct Signatures {
    /// Whether a plugin's file must be signed.
    pub required: SignatureRule,
    /// The keys that vouch for files.
    pub keys: Vec<TrustedKey>,
}

/// Whether a plugin's file must be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureRule {
    /// Signatures are not looked at.
    Never,
    /// A signature that is there must be good.
    IfPresent,
    /// There must be a good one.
    Always,
}

/// `[plugins.signatures.key.NAME]`
#[derive(Debug, Clone)]
pub struct TrustedKey {
    /// The key.
    pub key: signature::Key,
    /// The plugins that it can vouch for: names, or the beginnings of names with a `*` at the end.
    pub plugins: Vec<String>,
}

/// `[limits]` and `[plugin.NAME.limits]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Instructions of the guest in one call.
    pub fuel: ByClass<u64>,
    /// One call, with the host's part in it.
    pub deadline: Duration,
    /// Starting an instance and its `register`.
    pub register_deadline: Duration,
    /// The guest's memories and tables, and what the host keeps for it, together.
    pub memory_bytes: ByClass<usize>,
    /// The guest's tables together.
    pub table_elements: usize,
    /// Core instances in the component.
    pub instances: usize,
    /// Calls to the host in one call of the guest.
    pub host_calls: u32,
    /// One answer of the site.
    pub answer_bytes: usize,
    /// One log line.
    pub log_line_bytes: usize,
    /// The log lines of one call.
    pub log_bytes: usize,
    /// The plugin's log lines in a second.
    pub log_bytes_per_second: usize,
    /// The plugin's keys and values together.
    pub key_value_bytes: usize,
    /// Calls of the plugin to the site in a minute.
    pub site_calls_per_minute: u32,
    /// HTTP requests in one call of the guest.
    pub http_requests: u32,
    /// HTTP requests on their way at once.
    pub http_connections: u32,
    /// The body of an HTTP request.
    pub http_request_bytes: usize,
    /// The body of an answer to one.
    pub http_answer_bytes: usize,
    /// The plugin's file.
    pub component_bytes: usize,
}

/// `[retry]` and `[plugin.NAME.retry]`: how often a failing callback is handed the same event, and how far apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How often in all; at least once.
    pub attempts: u32,
    /// The pause after the first failure; it doubles from one to the next.
    pub pause: Duration,
    /// The longest one.
    pub pause_max: Duration,
}

/// `[breaker]` and `[plugin.NAME.breaker]`: when a plugin that goes on after failures is let rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaker {
    /// After so many deliveries in a row that were given up; none for never.
    pub failures: Option<u32>,
    /// For how long; it doubles each time that the plugin fails again.
    pub pause: Duration,
    /// The longest one.
    pub pause_max: Duration,
}

/// What a guest is, as far as what it needs goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Compiled code, or a small interpreter.
    Small,
    /// It carries an interpreter with what that has loaded.
    Large,
}

/// A limit that is not the same for each class of guests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByClass<T> {
    /// For small ones.
    pub small: T,
    /// For large ones.
    pub large: T,
}

impl Class {
    /// What the memories of large guests begin with, at least: plugins in Rust, Go and on QuickJS with 1 to 4 MiB, those on
    /// StarlingMonkey and in Python with 9 MiB or more.
    pub const LARGE_BYTES: u64 = 8 << 20;

    /// The class of a guest whose memories begin with so many bytes together.
    #[must_use]
    pub fn of(initial_memory_bytes: u64) -> Self {
        if initial_memory_bytes >= Self::LARGE_BYTES { Self::Large } else { Self::Small }
    }
}

impl<T: Copy> ByClass<T> {
    /// What holds for a class.
    pub fn of(&self, class: Class) -> T {
        match class {
            Class::Small => self.small,
            Class::Large => self.large,
        }
    }
}

/// `[plugin.NAME]`
#[derive(Clone, PartialEq)]
pub struct Plugin {
    /// Whether it is run.
    pub enabled: bool,
    /// What a failing callback does, unless it says so itself.
    pub on_error: OnError,
    /// How long an instance lives.
    pub instance: InstanceLife,
    /// How many events, of different entities, can be in calls at once.
    pub parallel: usize,
    /// The plugins that come first with every event.
    pub after: Vec<String>,
    /// Whether what it changes is kept as evidence, and not made.
    pub shadow: bool,
    /// Who it is on the site, if not the site's own script user.
    pub script: Option<Script>,
    /// Whether it writes in the name of the person who caused the event.
    pub sudo: bool,
    /// What it can ask for as its configuration. May hold secrets.
    pub settings: Values,
    /// What it may do.
    pub grants: Grants,
    /// What the host puts into its HTTP requests, by name.
    pub secrets: BTreeMap<String, Secret>,
    /// What it may use up.
    pub limits: Limits,
    /// How often a failing callback is handed the same event.
    pub retry: Retry,
    /// When it is let rest.
    pub breaker: Breaker,
    /// Which of its deliveries are recorded.
    pub record: Record,
    /// What differs for single callbacks, by their names.
    pub callbacks: BTreeMap<String, Callback>,
}

/// `[record]` and `[plugin.NAME.record]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Which deliveries.
    pub deliveries: RecordedDeliveries,
    /// The folder for recordings.
    pub directory: PathBuf,
    /// Recordings of the plugin that are kept.
    pub keep: usize,
    /// One recording.
    pub bytes: usize,
}

/// Which deliveries are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedDeliveries {
    /// None.
    None,
    /// Those that fail.
    Failed,
    /// All.
    All,
}

/// `[plugin.NAME.callback.CALLBACK]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// What happens when it fails, whatever it says itself.
    pub on_error: Option<OnError>,
    /// How often before that.
    pub retry: Retry,
    /// For how long the events of an entity are gathered for it, whatever it says itself; zero for not at all.
    pub coalesce: Option<Duration>,
}

/// How long an instance lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InstanceLife {
    /// Until it fails or the plugin's file changes.
    #[default]
    Kept,
    /// For one event.
    PerEvent,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// What is logged, as `tracing_subscriber::EnvFilter` reads it. Was tried.
    pub level: String,
    /// How a line looks.
    pub format: LogFormat,
    /// The folder for files; none for none.
    pub directory: Option<PathBuf>,
    /// How lines are spread over files.
    pub mode: LogMode,
    /// Days of each file that are kept.
    pub keep: usize,
    /// Whether there is a timing log.
    pub timing: bool,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Time, level, message, fields.
    Human,
    /// One object.
    Json,
}

/// How log lines are spread over files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogMode {
    /// One file for all.
    One,
    /// One for each plugin and one for the rest.
    PerPlugin,
}

impl Config {
    /// The settings of a plugin: those written for it, or those of a plugin that is not mentioned.
    #[must_use]
    pub fn plugin(&self, name: &str) -> Plugin {
        self.by_plugin.get(name).cloned().unwrap_or_else(|| {
            let record = self.record.clone();
            Plugin::unmentioned(self.limits.clone(), self.retry, self.breaker, record)
        })
    }
}

impl Plugin {
    /// A plugin that the configuration does not mention: run, without settings, grants or a script user of its own.
    #[must_use]
    pub fn unmentioned(limits: Limits, retry: Retry, breaker: Breaker, record: Record) -> Self {
        Self {
            enabled: true,
            on_error: OnError::Deactivate,
            instance: InstanceLife::default(),
            parallel: 1,
            after: Vec::new(),
            shadow: false,
            script: None,
            sudo: false,
            settings: Values::new(),
            grants: Grants::default(),
            secrets: BTreeMap::new(),
            limits,
            retry,
            breaker,
            record,
            callbacks: BTreeMap::new(),
        }
    }
}

/// Shows the names of the settings and not their values.
impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("enabled", &self.enabled)
            .field("on_error", &self.on_error)
            .field("instance", &self.instance)
            .field("parallel", &self.parallel)
            .field("after", &self.after)
            .field("shadow", &self.shadow)
            .field("script", &self.script)
            .field("sudo", &self.sudo)
            .field("settings", &self.settings.keys().collect::<Vec<_>>())
            .field("grants", &self.grants)
            .field("secrets", &self.secrets)
            .field("limits", &self.limits)
            .field("retry", &self.retry)
            .field("breaker", &self.breaker)
            .field("record", &self.record)
            .field("callbacks", &self.callbacks)
            .finish()
    }
}
