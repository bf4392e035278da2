//! The host: puts the pieces together, lets them run, and takes them apart in order.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use config::Config;
use database::Database;
use eventlog::pacing;
use runtime::{Connector, Engine};
use shotgun::{Caller, Client, retry};
use tokio::sync::{mpsc, watch};

use crate::anchor::Anchor;
use crate::clock;
use crate::compiler;
use crate::failure::chain;
use crate::halts::{self, Halts};
use crate::journal::Journal;
use crate::lane::standing::Standings;
use crate::lane::worker::Tools;
use crate::loader::Loader;
use crate::notice::{Notice, Notices};
use crate::plugins::Plugins;
use crate::poller::{self, Poller, SiteLog};
use crate::reload::{self, ConfigFile, Reloads};
use crate::setup::Setups;
use crate::storage::Storage;
use crate::storm::Storms;
use crate::timing::TimingLog;
use crate::usage::UsageKeeper;

/// How often old entries are removed from the journal, and how many at a time: a transaction of a few milliseconds.
const RETAIN_EVERY: Duration = Duration::from_secs(60);
const RETAIN_ROWS: usize = 10_000;

/// Requests that the poller can have on their way: one, and one beside it when the first is slow.
const POLLER_CONNECTIONS: usize = 2;

/// How plugins' reads are tried again. What takes longer than this is the lane's to try again.
const PLUGIN_RETRY: retry::Options = retry::Options {
    attempts: 3,
    delay_first: Duration::from_millis(250),
    delay_max: Duration::from_secs(1),
};

/// The poller has its own way to try again.
const NO_RETRY: retry::Options =
    retry::Options { attempts: 1, delay_first: Duration::ZERO, delay_max: Duration::ZERO };

/// A host that is ready to run.
pub struct Host {
    config: Arc<Config>,
    engine: Engine,
    tools: Tools,
    poller: Poller<SiteLog>,
    setups: Setups,
    /// A connection for looking at what is halted.
    look: Storage,
    stop: watch::Sender<bool>,
    /// Read again while the host runs.
    file: Option<ConfigFile>,
}

impl Host {
    /// Opens the database, the engine and the way to the site. Asks the site nothing.
    pub fn open(
        config: Config,
        notices: Notices,
        timing: Option<TimingLog>,
    ) -> anyhow::Result<Self> {
        let config = Arc::new(config);
        let database = open_database(&config)?;
        let cache_key = database.code_key().context("failed to read the database")?;
        let last = database.last_seq().context("failed to read the database")?;
        let halting = database.halting().context("failed to read the database")?;
        let halts = Halts::new(halting);
        let look = Storage::new(database.connect().map_err(crate::failure::database)?);
        let storage = Storage::new(database);
        let engine = compiler::own(Engine::new(Some(&config.plugins.cache), cache_key)?);
        let client = client(&config)?;
        let journal = Journal::new(storage.clone(), last);
        let tools = Tools {
            standings: Standings::new(Setups::followed(&config)),
            storage: storage.clone(),
            journal: journal.clone(),
            notices: notices.clone(),
            timing,
            halts: halts.clone(),
            storms: Storms::new(config.storm_rounds, script_users(&config)),
            doubt_wait: config.site.doubt_wait,
        };
        let stop = watch::Sender::new(false);
        let script = &config.site.script;
        let poller = Poller {
            log: SiteLog {
                // Plugins cannot make the poller wait for a connection.
                client: client.with_own_permits(POLLER_CONNECTIONS).with_retry(NO_RETRY),
                caller: Caller::script(&script.name, script.key.clone()),
            },
            storage,
            journal,
            notices,
            options: poller_options(&config.stream),
            stopping: stop.subscribe(),
            problems_told: Mutex::default(),
        };
        let setups = Setups::new(config.clone(), client, connector(&config)?, halts);
        Ok(Self { config, engine, tools, poller, setups, look, stop, file: None })
    }

    /// Follows its configuration, too.
    #[must_use]
    pub fn following(self, file: ConfigFile) -> Self {
        Self { file: Some(file), ..self }
    }

    /// Makes it stop, when it is told so: `stopper.send_replace(true)`.
    pub fn stopper(&self) -> watch::Sender<bool> {
        self.stop.clone()
    }

    /// Runs until it is stopped. Events that were fetched are saved then, calls that run are finished and saved.
    pub async fn run(self) -> anyhow::Result<()> {
        let Self { config, engine, tools, poller, setups, look, stop, file } = self;
        let notices = tools.notices.clone();
        let retaining =
            tokio::spawn(retain(tools.storage.clone(), notices.clone(), config.database.retention));
        let anchor = Anchor::new(tools.storage.clone(), notices.clone());
        let anchoring = tokio::spawn(anchor.clone().keep_telling());
        let keeper = UsageKeeper {
            setups: setups.clone(),
            storage: tools.storage.clone(),
            notices: notices.clone(),
        };
        let keeping = tokio::spawn(keeper.clone().keep_on());
        let halts = tools.halts.clone();
        let watching =
            tokio::spawn(halts::watch(look, tools.storage.clone(), halts, notices.clone()));
        let loader = Loader::new(engine, Some(&config.plugins));
        let (say, rereads) = mpsc::channel(1);
        let texts = file.as_ref().map(|file| file.text.clone()).unwrap_or_default();
        if let Some(file) = file {
            tokio::spawn(reload::follow(file, config.plugins.settle, notices.clone(), say));
        }
        let reloads = Reloads { rereads, text: texts };
        let plugins = Plugins::new(loader, tools, setups, config.plugins.paths.clone());
        let running = plugins.run(config.plugins.settle, reloads, stop.subscribe());
        let polling = tokio::spawn(poller.run());
        let stopper = stop.clone();
        let polling = async {
            let ended = polling.await;
            // A host that reads no events must not look as if it ran.
            stopper.send_replace(true);
            ended
        };
        let mut stopping = stop.subscribe();
        let telling = async {
            self::stop(&mut stopping).await;
            notices.tell(Notice::Stopping);
        };
        let ((), (), polled) = tokio::join!(running, telling, polling);
        anchoring.abort();
        keeping.abort();
        anchor.tell().await;
        keeper.keep().await;
        // They hold the database, which is closed, and its log folded into it, when the last holder is gone.
        for task in [retaining, watching, anchoring, keeping] {
            task.abort();
            let _ = task.await;
        }
        polled.context("a fault of the host ended the reading of the event log")
    }
}

/// The script users that plugins write as.
pub fn script_users(config: &Config) -> BTreeSet<String> {
    let own = config.by_plugin.values().filter_map(|plugin| plugin.script.as_ref());
    own.chain([&config.site.script]).map(|script| script.name.clone()).collect()
}

/// Opens the database for a host: no other host can have it at the same time.
fn open_database(config: &Config) -> anyhow::Result<Database> {
    let site = config.site.url.to_string();
    let opened = Database::open_for_host(&config.database.path, database_options(config, &site));
    opened.map_err(crate::failure::database)
}

/// Opens the database for a look, or a small change, beside a host.
pub fn open_database_for_tools(config: &Config) -> anyhow::Result<Database> {
    let site = config.site.url.to_string();
    let opened = Database::open_for_tools(&config.database.path, database_options(config, &site));
    opened.map_err(crate::failure::database)
}

/// How the configuration wants the database opened.
pub fn database_options<'a>(config: &Config, site: &'a str) -> database::Options<'a> {
    let synchronous = match config.database.synchronous {
        config::Synchronous::Normal => database::Synchronous::Normal,
        config::Synchronous::Full => database::Synchronous::Full,
    };
    database::Options { synchronous, site }
}

/// Returns when the host is told to stop, or is gone.
pub async fn stop(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// The way to the site, by the configuration.
pub fn client(config: &Config) -> anyhow::Result<Client> {
    let site = &config.site;
    let ca_certificates = ca_certificates(config)?;
    let answer_bytes_max = config.limits.answer_bytes;
    Ok(Client::new(shotgun::Options {
        site: site.url.clone(),
        proxy: site.proxy.clone(),
        ca_certificates,
        connect_timeout: site.connect_timeout,
        timeout: site.timeout,
        answer_bytes_max,
        connections_max: site.connections,
        retry: PLUGIN_RETRY,
    })?)
}

/// The way to the hosts of plugins' HTTP requests: what proves the site proves them.
pub fn connector(config: &Config) -> anyhow::Result<Connector> {
    Ok(Connector::new(Connector::system_resolver(), &ca_certificates(config)?))
}

fn ca_certificates(config: &Config) -> anyhow::Result<Vec<Vec<u8>>> {
    let Some(path) = &config.site.ca_file else { return Ok(Vec::new()) };
    let pem = std::fs::read(path)
        .with_context(|| format!("cannot read {} (`ca_file` under [site])", path.display()))?;
    Ok(vec![pem])
}

fn poller_options(stream: &config::Stream) -> poller::Options {
    poller::Options {
        cursor: eventlog::cursor::Options {
            page_size: stream.page_size,
            gap_timeout: stream.gap_timeout,
            sweep_interval: stream.sweep_interval,
            sweep_timeout: stream.sweep_timeout,
            gaps_max: stream.gaps_max,
        },
        pace: pacing::Options::between(stream.poll_busy, stream.poll_quiet),
    }
}

/// Removes what is old enough and no plugin needs any more, little by little.
async fn retain(storage: Storage, notices: Notices, retention: Duration) {
    let mut ticks = tokio::time::interval(RETAIN_EVERY);
    loop {
        ticks.tick().await;
        let keep_after = eventlog::Timestamp(
            clock::now().0.saturating_sub(i64::try_from(retention.as_millis()).unwrap_or(i64::MAX)),
        );
        let removed = storage.ask(move |database| database.retain(keep_after, RETAIN_ROWS)).await;
        if let Err(error) = removed {
            let why = chain(&error);
            notices.tell(Notice::HostTrouble { doing: "remove old events", why });
        }
    }
}
