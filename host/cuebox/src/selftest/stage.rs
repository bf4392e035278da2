//! What the attacks take place on: a site and other hosts on loopback, a folder with plugins and a configuration, an engine.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use config::{Config, Lookup};
use eventlog::{EntityRef, EventId, EventLogEntry, SiteTime};
use runtime::{Connector, Effects, Engine, Event, Forgetful, Report, Resolver};
use site::Site;
use site::faults::Rule;
use site::model::Now;
use site::seed::{self, HOST_SCRIPT, Script};
use tempfile::TempDir;

use super::Row;
use super::files::File;
use super::kinds::{self, Kind, Places};
use super::neighbour::Work;
use super::web::Web;
use crate::failure::Failure;
use crate::halts::Halts;
use crate::lane::guest::{Guest, Plugin, paced};
use crate::loader::Loader;
use crate::log::Logging;
use crate::setup::Setups;
use crate::{cli, clock, compiler, host, log};

/// What no plugin may get at, and no log may have: keys on the site, a secret for a header, a setting of another plugin, and a value
/// that nobody was granted to read.
pub const CANARIES: [&str; 5] = [
    "canary-of-the-host-4f0c1d",
    "canary-of-plugins-9b27ea",
    "canary-of-a-header-71d3c8",
    "canary-of-a-neighbour-c05e",
    "canary-of-a-value-e8a94b",
];

/// The lines of a plugin whose requests to `PORT` the host puts a secret into.
pub const SECRET_LINE: &str = "grant.http = [{ allow = \"GET http://127.0.0.1:PORT/\", header = { authorization = \"Bearer {canary}\" } }]\n\
                               secrets.canary = \"canary-of-a-header-71d3c8\"";

/// The script user that all plugins sign in as, but for the one that the site keeps waiting.
const PLUGINS_SCRIPT: &str = "plugins";
const WAITING_SCRIPT: &str = "waiting";

/// How long the site keeps it waiting: sites take longer.
const SITE_TIME_MILLISECONDS: u64 = 25;

/// The callback of every guest here.
const CALLBACK: &str = "hostile";

/// What the bytes of canaries are masked with where a guest is to look for them.
const MASK: u8 = 0x5a;

/// Compiling takes less for every honest file that is carried here, and bombs need not go off in full.
const COMPILING: compiler::Limits =
    compiler::Limits { cpu_seconds: 2, memory_bytes: 512 << 20, patience: Duration::from_secs(60) };

/// All of it.
pub struct Stage {
    /// The kinds that attack.
    pub kinds: Vec<Kind>,
    /// What the configuration says of them.
    pub config: Arc<Config>,
    pub setups: Setups,
    pub loader: Loader,
    /// One whose compiler has small limits.
    pub small_loader: Loader,
    pub site: Site,
    /// A host that some may ask.
    pub granted: Web,
    /// One that nobody may.
    pub forbidden: Web,
    folder: TempDir,
    /// Ends before the log is read.
    logging: Logging,
}

impl Stage {
    /// Sets it for the kinds whose names begin with `only`, with short deadlines if there are to be many runs.
    pub async fn set(only: Option<&str>, many: bool) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("cuebox-selftest-").context("cannot make a folder")?;
        let script =
            |name: &str, key: &str| Script { name: name.to_owned(), key: Some(key.to_owned()) };
        let options = seed::Options {
            seed: 7,
            now: Now(clock::now().0),
            scripts: vec![
                script(HOST_SCRIPT, CANARIES[0]),
                script(PLUGINS_SCRIPT, CANARIES[1]),
                script(WAITING_SCRIPT, CANARIES[1]),
            ],
        };
        let (site, _) = Site::with_production(&options).await?;
        site.add_fault(waiting())?;
        let (granted, forbidden) = (Web::start().await?, Web::start().await?);
        let places =
            Places { granted: granted.port(), forbidden: forbidden.port(), needles: needles() };
        let kinds = chosen(only, &places)?;
        let config = Arc::new(read(&text(&site.url(), &kinds, many), folder.path())?);
        let logging = log::start_with(&config.log, false, None)?;
        write_files(&kinds, &config.plugins.paths[0])?;
        let (engine, small) = (engine(&config)?, engine(&config)?);
        let program = std::env::current_exe().context("cannot find this program")?;
        let small = small.with_compiler(compiler::compiler(&program, COMPILING));
        let connector = Connector::new(resolver(), &[]);
        Ok(Self {
            setups: Setups::new(
                config.clone(),
                host::client(&config)?,
                connector,
                Halts::default(),
            ),
            loader: Loader::new(compiler::own(engine), None),
            small_loader: Loader::new(small, None),
            kinds,
            config,
            site,
            granted,
            forbidden,
            folder,
            logging,
        })
    }

    /// The file of a plugin.
    pub fn path(&self, plugin: &str) -> PathBuf {
        self.config.plugins.paths[0].join(format!("{plugin}.wasm"))
    }

    /// How many bytes were logged so far.
    pub fn logged(&self) -> u64 {
        let files = self.log_files().unwrap_or_default();
        files.iter().filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum()
    }

    fn log_files(&self) -> std::io::Result<Vec<PathBuf>> {
        std::fs::read_dir(self.folder.path().join("logs"))?.map(|entry| Ok(entry?.path())).collect()
    }

    /// Ends everything, and searches what was logged, and the code that was kept, for what may be nowhere.
    pub async fn search(self) -> anyhow::Result<Row> {
        let begun = std::time::Instant::now();
        let mut files = self.log_files()?;
        files.extend(
            std::fs::read_dir(&self.config.plugins.cache)?
                .filter_map(|entry| Some(entry.ok()?.path())),
        );
        drop(self.logging);
        self.site.stop().await;
        let mut found = Vec::new();
        for path in &files {
            let text = String::from_utf8_lossy(&std::fs::read(path)?).into_owned();
            found
                .extend(canary_in(&text).map(|canary| format!("`{canary}` in {}", path.display())));
        }
        let held = found.is_empty() && !files.is_empty();
        let by = if held { format!("none in {} files", files.len()) } else { found.join(", ") };
        let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
        let tries = "all of them together: a key in the log, or in the code that is kept";
        Ok(Row { kind: "canaries", tries, held, by, milliseconds, runs: 1 })
    }
}

/// What no plugin may get at, if it is in a text.
pub fn canary_in(text: &str) -> Option<&'static str> {
    CANARIES.into_iter().find(|canary| text.contains(canary))
}

/// An event with a value that nobody was granted to read.
pub fn event() -> Event {
    let link = |entity_type: &str| {
        let name = Some(CANARIES[4].to_owned());
        Some(EntityRef { entity_type: entity_type.to_owned(), id: 1, name })
    };
    let meta = serde_json::json!({
        "type": "attribute_change", "attribute_name": "sg_status_list", "entity_type": "Task", "entity_id": 1,
        "field_data_type": "status_list", "old_value": CANARIES[4], "new_value": CANARIES[4],
    });
    let entry = EventLogEntry {
        id: EventId(1),
        event_type: "Shotgun_Task_Change".to_owned(),
        attribute_name: Some("sg_status_list".to_owned()),
        entity: link("Task"),
        project: link("Project"),
        user: link("HumanUser"),
        session_uuid: None,
        created_at: SiteTime(1_775_000_000_000),
        meta: meta.to_string(),
    };
    runtime::event_of(&entry, false)
}

/// What keeps one script user waiting.
fn waiting() -> Rule {
    let rule = serde_json::json!({
        "caller": WAITING_SCRIPT, "fault": {"kind": "slow", "millis": SITE_TIME_MILLISECONDS},
    });
    serde_json::from_value(rule).expect("it is a rule")
}

/// Hands an event to the callback of a guest, as a lane does; the guest, and what came of it.
pub async fn hand_over(
    plugin: &dyn Plugin,
    mut guest: Box<dyn Guest>,
    event: Arc<Event>,
) -> (Box<dyn Guest>, Report) {
    let effects = Effects::new(Vec::new(), Arc::new(Forgetful));
    let calling = async move {
        let report = guest.call(CALLBACK, &event, None, effects).await;
        (guest, report)
    };
    paced(plugin, calling).await
}

fn needles() -> String {
    let masked = |canary: &str| {
        canary.bytes().map(|byte| format!("{:02x}", byte ^ MASK)).collect::<String>()
    };
    // The last is for those to see who may read everything.
    CANARIES[..4].iter().map(|canary| masked(canary)).collect::<Vec<_>>().join(",")
}

fn chosen(only: Option<&str>, places: &Places) -> anyhow::Result<Vec<Kind>> {
    let mut kinds = kinds::all(places);
    kinds.retain(|kind| only.is_none_or(|only| kind.name.starts_with(only)));
    if kinds.is_empty() {
        let only = only.unwrap_or_default();
        let failure = Failure::new(
            cli::ExitCode::CommandLine,
            format!("there is no kind of hostile plugin `{only}`"),
        );
        return Err(failure.with_remedy(format!("there are {}", super::names().join(", "))).into());
    }
    Ok(kinds)
}

/// The configuration, as an operator would write it who runs all of these.
fn text(url: &str, kinds: &[Kind], many: bool) -> String {
    let deadline = if many { "50ms" } else { "400ms" };
    let mut text = format!(
        "[site]\nurl = \"{url}\"\nscript_name = \"{HOST_SCRIPT}\"\nscript_key = \"{host}\"\n\
         [log]\ndirectory = \"logs\"\n\
         [limits]\nfuel = 60_000_000\ndeadline = \"30s\"\nregister_deadline = \"30s\"\nmemory_bytes = \"8MiB\"\n\
         table_elements = 20_000\nhost_calls = 500\nanswer_bytes = \"64KiB\"\nlog_line_bytes = \"1KiB\"\nlog_bytes = \"16KiB\"\n\
         log_bytes_per_second = \"1GiB\"\nkey_value_bytes = \"512KiB\"\nsite_calls_per_minute = 1_000_000\n\
         http_requests = 50\nhttp_connections = 4\nhttp_request_bytes = \"64KiB\"\nhttp_answer_bytes = \"64KiB\"\n",
        host = CANARIES[0]
    );
    let mut section = |name: &str, script: &str, lines: &str| {
        text += &format!(
            "[plugin.{name}]\nscript_name = \"{script}\"\nscript_key = \"{}\"\n{lines}",
            CANARIES[1]
        );
    };
    for work in Work::ALL {
        let (name, canary) = (work.plugin(), CANARIES[3]);
        let (script, grant) = match work {
            Work::Counts => (PLUGINS_SCRIPT, ""),
            Work::Reads => (WAITING_SCRIPT, "grant.shotgun = [\"read Task.content\"]\n"),
        };
        let lines = format!("settings.mode = \"{name}\"\nsettings.canary = \"{canary}\"\n{grant}");
        section(name, script, &lines);
    }
    for kind in kinds {
        let deadline = match kind.ends {
            kinds::Ending::Deadline => format!("limits.deadline = \"{deadline}\"\n"),
            _ => String::new(),
        };
        section(kind.name, PLUGINS_SCRIPT, &format!("{}{deadline}", kind.config));
    }
    text
}

fn read(text: &str, directory: &Path) -> anyhow::Result<Config> {
    let lookup = Lookup {
        file_name: "the configuration of the selftest",
        directory,
        variable: &|_| None,
        file: &|_| Err(std::io::ErrorKind::NotFound.into()),
    };
    Config::read(text, &lookup)
        .map(|loaded| loaded.config)
        .map_err(|problems| anyhow::anyhow!("{problems}"))
}

fn write_files(kinds: &[Kind], folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    for work in Work::ALL {
        std::fs::write(folder.join(format!("{}.wasm", work.plugin())), File::Hostile.bytes()?)?;
    }
    for kind in kinds {
        std::fs::write(folder.join(format!("{}.wasm", kind.name)), kind.file.bytes()?)?;
    }
    Ok(())
}

fn engine(config: &Config) -> anyhow::Result<Engine> {
    Ok(Engine::new(Some(&config.plugins.cache), [7; 32])?)
}

/// Names that lead where they should not. `turns` leads to a host that may be asked, once out of three times.
fn resolver() -> Resolver {
    let turns = AtomicU64::new(0);
    let addresses: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("metadata.example.com", ["169.254.169.254"].as_slice()),
        ("loopback.example.com", &["127.0.0.1"]),
        ("mapped.example.com", &["::ffff:127.0.0.1"]),
        ("translated.example.com", &["64:ff9b::7f00:1"]),
        ("mixed.example.com", &["93.184.215.14", "127.0.0.1"]),
        ("private.example.com", &["10.0.0.1"]),
        ("nowhere.example.com", &[]),
    ]);
    Arc::new(move |name| {
        let parsed = |texts: &[&str]| texts.iter().filter_map(|text| text.parse().ok()).collect();
        let found: Vec<IpAddr> = match name.as_str() {
            "turns.example.com" => match turns.fetch_add(1, Ordering::SeqCst) % 3 {
                0 => parsed(&["127.0.0.1"]),
                _ => parsed(&["127.0.0.2"]),
            },
            name => parsed(addresses.get(name).copied().unwrap_or_default()),
        };
        Box::pin(async move { Ok(found) })
    })
}
