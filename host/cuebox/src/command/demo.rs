//! `cuebox demo`: a site, a crew that works on it, and a host with the example plugins, all in this process, and a live
//! view of what happens.

mod view;

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use site::Site;
use site::crew::Crew;
use site::model::Now;
use site::seed::{self, HOST_SCRIPT, Production, Script};
use site::server::Pace;
use tempfile::TempDir;
use tokio::sync::broadcast;

use crate::clock;
use crate::command;
use crate::command::run::StopSignals;
use crate::host::Host;
use crate::log;
use crate::notice::{Notice, Notices};
use view::View;

/// The demo's plugins, as the build made them.
const PLUGINS: [(&str, &[u8]); 6] = [
    ("copy-field", include_bytes!(concat!(env!("OUT_DIR"), "/copy-field.wasm"))),
    ("flip-downstream", include_bytes!(concat!(env!("OUT_DIR"), "/flip-downstream.wasm"))),
    ("log-events", include_bytes!(concat!(env!("OUT_DIR"), "/log-events.wasm"))),
    ("shared-state", include_bytes!(concat!(env!("OUT_DIR"), "/shared-state.wasm"))),
    ("shot-handles", include_bytes!(concat!(env!("OUT_DIR"), "/shot-handles.wasm"))),
    ("task-status-to-shot", include_bytes!(concat!(env!("OUT_DIR"), "/task-status-to-shot.wasm"))),
];

/// The other version of `log-events`, which the demo swaps in.
const LOUD: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/log-events-loud.wasm"));

/// The plugin that is swapped.
const LOG_EVENTS: &str = "log-events";

/// How long its first version runs.
const SWAP_AFTER: Duration = Duration::from_secs(10);

/// The crew and its names are the same every time.
const SEED: u64 = 7;

/// What can be chosen.
pub struct Options {
    /// Writes of the crew per second.
    pub rate: f64,
    /// How long; until Ctrl-C if none.
    pub duration: Option<Duration>,
}

/// Runs the demo.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let signals = StopSignals::listen()?;
    let folder =
        TempDir::with_prefix("cuebox-demo-").context("cannot make a folder for the demo")?;
    let (site, production) = start_site().await?;
    let config_path = furnish(folder.path(), &site.url(), &production)?;
    let config = command::read_config(&config_path)?;
    let (lines, guest_lines) = view::guest_lines();
    let logging = log::start_with(&config.log, false, Some(lines))?;
    let notices = Notices::default();
    let view = View::new(notices.watch(), guest_lines);
    let mut watching = notices.watch();
    introduce(folder.path(), &site, &options);

    let log_events = config.plugins.paths[0].join(format!("{LOG_EVENTS}.wasm"));
    let host = Host::open(config, notices, None)?;
    let stopper = host.stopper();
    let running = tokio::spawn(host.run());
    let viewing = tokio::spawn(view.run());
    let crew = Crew::new(SEED, production.roster);
    let working = site.employ(crew, Pace { writes_per_second: options.rate, writes_max: None });
    let swapping = tokio::spawn(async move {
        wait_until_live(&mut watching, LOG_EVENTS).await;
        tokio::time::sleep(SWAP_AFTER).await;
        replace(&log_events, LOUD)
    });

    wait_for_the_end(signals, options.duration).await;
    swapping.abort();
    let written = working.stop().await;
    // What the crew wrote last is still on its way to the plugins.
    tokio::time::sleep(Duration::from_secs(1)).await;
    stopper.send_replace(true);
    running.await.context("the host broke")??;
    let seen = viewing.await.context("the view broke")?;
    view::say(&format!("\nThe crew made {written} writes. {seen}"));
    drop(logging);
    site.stop().await;
    Ok(())
}

async fn start_site() -> anyhow::Result<(Site, Production)> {
    let scripts = PLUGINS.iter().map(|(name, _)| Script { name: (*name).to_owned(), key: None });
    let options =
        seed::Options { seed: SEED, now: Now(clock::now().0), scripts: scripts.collect() };
    Ok(Site::with_production(&options).await?)
}

/// Writes the plugins and the configuration, as an operator would lay them out.
fn furnish(
    folder: &Path,
    url: &str,
    production: &Production,
) -> anyhow::Result<std::path::PathBuf> {
    let plugins = folder.join("plugins");
    std::fs::create_dir(&plugins).context("cannot make the folder for plugins")?;
    for (name, component) in PLUGINS {
        std::fs::write(plugins.join(format!("{name}.wasm")), component)
            .context("cannot write a plugin")?;
    }
    let config_path = folder.join("cuebox.toml");
    std::fs::write(&config_path, config_text(url, production))
        .context("cannot write the configuration")?;
    Ok(config_path)
}

fn config_text(url: &str, production: &Production) -> String {
    let key =
        |name: &str| production.key(name).expect("the seed made a key for each script").to_owned();
    let mut text = format!(
        "[site]\nurl = \"{url}\"\nscript_name = \"{HOST_SCRIPT}\"\nscript_key = \"{}\"\n\n\
         [log]\ndirectory = \"logs\"\nmode = \"per-plugin\"\n",
        key(HOST_SCRIPT)
    );
    for (name, _) in PLUGINS {
        let access = if name == "log-events" { "read" } else { "write" };
        text += &format!(
            "\n[plugin.{name}]\nscript_name = \"{name}\"\nscript_key = \"{}\"\ngrant.shotgun = \"{access}\"\n",
            key(name)
        );
    }
    text + "\n[plugin.copy-field.settings]\nentity_type = \"Shot\"\nsource_field = \"sg_cut_in\"\ntarget_field = \"sg_head_in\"\n"
}

fn introduce(folder: &Path, site: &Site, options: &Options) {
    let until =
        options.duration.map_or("until Ctrl-C".to_owned(), |duration| format!("for {duration:?}"));
    view::say(&format!(
        "cuebox demo, {until}\n\
         \n\
         A stand-in site with an invented production runs at {url}, in memory.\n\
         A simulated crew makes {rate} writes a second on it. The host follows its event log and hands\n\
         every event to six sandboxed plugins; some of them write back to the site.\n\
         \n\
         The site's page      {url}/\n\
         Configuration        {folder}/cuebox.toml\n\
         Plugins              {folder}/plugins   (replace one, and it is swapped between two events)\n\
         Logs                 {folder}/logs\n\
         The plugins' code    example-plugins/ in the repository; write your own: plugin-sdk/rust/README.md\n\
         \n\
         What you see:  in     events that arrived from the site\n\
         {pad}log    a line that a plugin logged, or of what it was refused\n\
         {pad}write  a callback that changed something on the site\n\
         {pad}swap   a plugin version that took over; one is swapped in after {swap} seconds\n",
        url = site.url(),
        rate = options.rate,
        folder = folder.display(),
        swap = SWAP_AFTER.as_secs(),
        pad = " ".repeat(15),
    ));
}

/// Waits until a version of the plugin runs.
async fn wait_until_live(watching: &mut broadcast::Receiver<Notice>, name: &str) {
    loop {
        match watching.recv().await {
            Ok(Notice::PluginLive { plugin, .. }) if plugin == name => return,
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// Puts a file in the place of another in one step, as a careful deployment does.
fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let unfinished = path.with_extension("new");
    std::fs::write(&unfinished, content)?;
    std::fs::rename(&unfinished, path)
}

async fn wait_for_the_end(mut signals: StopSignals, duration: Option<Duration>) {
    match duration {
        None => signals.next().await,
        Some(duration) => {
            // Over by one or by the other.
            let _ = tokio::time::timeout(duration, signals.next()).await;
        }
    }
}
