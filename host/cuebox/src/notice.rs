//! What happens in the host, one value for each thing that a person may want to know of. Each is logged once, here, and told
//! to whoever watches: the demo's live view does.

use std::sync::Arc;
use std::time::Duration;

use database::AuditHead;
use eventlog::{EventId, Seq};
use runtime::{Blame, Digest, Doubt, DoubtEnding, Outcome};
use tokio::sync::broadcast;
use tracing::{debug, error, info, warn};

use crate::storm::Loop;

/// How many notices a watcher can be behind before it misses some.
const WATCHER_LAG_MAX: usize = 4096;

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Notice {
    /// The stream begins here.
    StreamStarted { after: EventId, gaps: usize },
    /// The stream goes on where it was.
    StreamResumed { after: EventId, gaps: usize },
    /// Entries were added to the journal.
    Arrived { entries: usize, late: usize, newest: EventId },
    /// Entries were added that had been given up; so long after they were first missed.
    ArrivedLate { late: Vec<(EventId, Duration)> },
    /// Ids below the highest one have not appeared.
    GapsOpened { gaps: usize, backlog: usize },
    /// Ids were given up; they go on being asked for, more seldom.
    GapsGivenUp { ids: Vec<EventId> },
    /// Ids did not appear for so long that they are not asked for any more.
    GapsForgotten { ids: Vec<EventId> },
    /// More gaps than the backlog can hold.
    GapsDropped { ids: u64, first: EventId, last: EventId },
    /// Rows of the event log that cannot be read.
    Malformed { problems: Vec<String> },
    /// The site does not answer; told once until it does again.
    SiteLost { why: String, transient: bool },
    /// The site answers again.
    SiteBack { after: Duration },
    /// A plugin version runs.
    PluginLive { plugin: String, digest: Digest, callbacks: usize, took: Duration, swapped: bool },
    /// A plugin file can not be used. The version before it, if there is one, runs on.
    PluginRefused { plugin: String, why: String, runs_on: bool },
    /// A plugin's file asks for more than the one that runs, and waits until the operator approves it.
    PluginHeld { plugin: String, digest: Digest, why: String },
    /// A plugin's file is gone.
    PluginRemoved { plugin: String },
    /// A plugin was away for so long that entries after its position were dropped.
    PluginMissed { plugin: String, entries: u64 },
    /// A plugin's lane ended by a fault of the host; it is started again.
    LaneBroke { plugin: String },
    /// The operator turned a plugin off or on.
    PluginSwitched { plugin: String, enabled: bool },
    /// A plugin was stopped before an event.
    PluginStopped { plugin: String, callback: String, event: EventId, why: String },
    /// A stopped plugin goes on.
    PluginResumed { plugin: String },
    /// The operator moved a plugin's position.
    PluginMoved { plugin: String, from: Seq, to: Seq },
    /// An event was put aside for a callback that failed.
    PutAside { plugin: String, callback: String, event: EventId, attempts: u32 },
    /// A dead letter was handed over again, and is finished.
    LetterHandled { plugin: String, callback: String, event: EventId, number: u64 },
    /// A dead letter was handed over again, and failed again.
    LetterFailed { plugin: String, callback: String, event: EventId, number: u64, why: String },
    /// A plugin does nothing but fail, and rests.
    PluginRests { plugin: String, failures: u32, pause: Duration },
    /// A plugin comes after another, which does not go on.
    PluginWaits { plugin: String, other: String },
    /// A plugin that rested handles events again.
    PluginRecovered { plugin: String },
    /// The configuration has settings for callbacks that the plugin does not have.
    CallbacksUnknown { plugin: String, callbacks: Vec<String> },
    /// A callback is finished with an event, or failed with it.
    Delivered(Delivered),
    /// What became of a call of which nobody knew whether it had been made.
    DoubtEnded { plugin: String, callback: String, event: EventId, doubt: Doubt },
    /// The configuration was read again, and these keys are in force; those after them will be after a restart.
    ConfigApplied { now: Vec<String>, later: Vec<String> },
    /// The configuration was read again and is not used: the one before stays in force.
    ConfigRefused { why: String },
    /// A plugin does not start with what the configuration says now; it runs on as before.
    SettingsRefused { plugin: String, why: String },
    /// Plugins set each other off, and are stopped.
    Storm(Arc<Loop>),
    /// The operator halted something.
    Halted { what: String, reason: String },
    /// What was halted goes on.
    Released { what: String },
    /// The plugins can not be listed; the ones that run go on.
    PluginsUnreadable { path: String, why: String },
    /// Where the audit ends.
    AuditHead { head: AuditHead },
    /// The host could not do its own work.
    HostTrouble { doing: &'static str, why: String },
    /// The host is about to stop.
    Stopping,
}

/// How one delivery went.
#[derive(Debug, Clone)]
pub struct Delivered {
    pub plugin: String,
    pub callback: String,
    pub event: EventId,
    /// How many later events of the same entity were handed over with it.
    pub more: usize,
    pub event_type: String,
    /// By the site's clock, in milliseconds since the Unix epoch.
    pub created_at: i64,
    pub attempt: u32,
    pub outcome: Outcome,
    pub effects: u32,
    pub duration: Duration,
    pub fuel: u64,
    /// When the call began and ended, by the host's clock.
    pub started_at: eventlog::Timestamp,
}

/// Where notices go. Cheap to clone.
#[derive(Clone)]
pub struct Notices(broadcast::Sender<Notice>);

impl Default for Notices {
    fn default() -> Self {
        Self(broadcast::Sender::new(WATCHER_LAG_MAX))
    }
}

impl Notices {
    /// Logs what happened, and tells the watchers.
    pub fn tell(&self, notice: Notice) {
        log(&notice);
        // No watcher is no error.
        let _ = self.0.send(notice);
    }

    /// All that happens from now on.
    pub fn watch(&self) -> broadcast::Receiver<Notice> {
        self.0.subscribe()
    }

    /// Whether anybody watches; saves making notices for nobody.
    pub fn is_watched(&self) -> bool {
        self.0.receiver_count() > 0
    }
}

fn log(notice: &Notice) {
    match notice {
        Notice::Delivered(delivered) => log_delivered(delivered),
        Notice::StreamStarted { .. }
        | Notice::StreamResumed { .. }
        | Notice::Arrived { .. }
        | Notice::ArrivedLate { .. }
        | Notice::GapsOpened { .. }
        | Notice::GapsGivenUp { .. }
        | Notice::GapsForgotten { .. }
        | Notice::GapsDropped { .. }
        | Notice::Malformed { .. } => log_stream(notice),
        Notice::PluginLive { .. }
        | Notice::PluginRefused { .. }
        | Notice::PluginHeld { .. }
        | Notice::PluginRemoved { .. }
        | Notice::PluginMissed { .. }
        | Notice::LaneBroke { .. }
        | Notice::PluginSwitched { .. }
        | Notice::PluginStopped { .. }
        | Notice::PluginResumed { .. }
        | Notice::PluginMoved { .. }
        | Notice::PluginRests { .. }
        | Notice::PluginWaits { .. }
        | Notice::PluginRecovered { .. }
        | Notice::CallbacksUnknown { .. } => log_plugin(notice),
        Notice::PutAside { .. } | Notice::LetterHandled { .. } | Notice::LetterFailed { .. } => {
            log_letter(notice);
        }
        Notice::SiteLost { why, transient: true } => {
            warn!("The site cannot be reached; trying again until it can: {why}");
        }
        Notice::SiteLost { why, transient: false } => {
            error!(
                "The site refuses to be read; trying again, but this needs someone to act: {why}"
            );
        }
        Notice::SiteBack { after } => {
            info!(duration_ms = millis(*after), "The site answers again, after {after:.1?}");
        }
        Notice::PluginsUnreadable { path, why } => {
            warn!("Plugins in `{path}` cannot be listed; the ones that run go on: {why}");
        }
        Notice::DoubtEnded { plugin, callback, event, doubt } => {
            log_doubt(plugin, callback, *event, doubt);
        }
        Notice::AuditHead { head } => info!(
            audit.records = head.records,
            audit.head = %head.hash,
            "The audit has {} records; head {}",
            head.records,
            head.hash
        ),
        Notice::ConfigApplied { now, later } => log_applied(now, later),
        Notice::ConfigRefused { why } => {
            error!("The configuration is not taken over, the one before stays in force: {why}");
        }
        Notice::SettingsRefused { plugin, why } => error!(
            plugin.name = plugin,
            "Plugin `{plugin}` runs on with the settings that it had, as it does not start with the new ones: {why}"
        ),
        Notice::Storm(found) => error!(
            event.id = found.event.0,
            plugin.name = %found.writer,
            "A storm of plugins is stopped before event {}: {found}. `cuebox plugins enable NAME` lets one go on",
            found.event
        ),
        Notice::Halted { what, reason } => {
            warn!("{what} is halted: {reason}. `cuebox release` lets it go on");
        }
        Notice::Released { what } => info!("{what} is halted no more"),
        Notice::HostTrouble { doing, why } => error!("Failed to {doing}: {why}"),
        Notice::Stopping => {
            info!("Stopping: no new events are taken, what runs is finished and saved")
        }
    }
}

fn log_applied(now: &[String], later: &[String]) {
    if now.is_empty() && later.is_empty() {
        return info!("The configuration was read again, and nothing in its file has changed");
    }
    if !now.is_empty() {
        info!("The configuration was read again; in force from now on: {}", now.join(", "));
    }
    if !later.is_empty() {
        warn!(
            "Changed in the configuration, and takes effect after a restart: {}",
            later.join(", ")
        );
    }
}

fn log_letter(notice: &Notice) {
    match notice {
        Notice::PutAside { plugin, callback, event, attempts } => error!(
            plugin.name = plugin,
            callback,
            event.id = event.0,
            delivery.attempt = attempts,
            "Event {event} is put aside for callback `{callback}` of plugin `{plugin}`, which goes on; `cuebox dead-letters` \
             shows it and hands it over again"
        ),
        Notice::LetterHandled { plugin, callback, event, number } => info!(
            plugin.name = plugin,
            callback,
            event.id = event.0,
            "Dead letter {number} is finished: callback `{callback}` of plugin `{plugin}` handled event {event}"
        ),
        Notice::LetterFailed { plugin, callback, event, number, why } => error!(
            plugin.name = plugin,
            callback,
            event.id = event.0,
            "Dead letter {number} stays: callback `{callback}` of plugin `{plugin}` was handed event {event} again: {why}"
        ),
        _ => unreachable!("`log` hands over no other notice"),
    }
}

fn log_doubt(plugin: &str, callback: &str, event: EventId, doubt: &Doubt) {
    match doubt.ending {
        DoubtEnding::Found | DoubtEnding::NotMade | DoubtEnding::RepeatedSafely => info!(
            plugin.name = plugin,
            callback,
            event.id = event.0,
            "The answer of a call of plugin `{plugin}` was lost at event {event}: {doubt}"
        ),
        DoubtEnding::RepeatedBlindly | DoubtEnding::LeftOpen | DoubtEnding::CutOff => warn!(
            plugin.name = plugin,
            callback,
            event.id = event.0,
            "The answer of a call of plugin `{plugin}` was lost at event {event}: {doubt}; please look"
        ),
    }
}

fn log_delivered(delivered: &Delivered) {
    let Delivered { plugin, callback, event, outcome, attempt, effects, duration, fuel, .. } =
        delivered;
    let events = delivered.more + 1;
    let duration_ms = millis(*duration);
    match outcome.blame() {
        None => debug!(
            plugin.name = plugin, callback, event.id = event.0, event.type = delivered.event_type,
            delivery.attempt = attempt, delivery.events = events, outcome = outcome.name(), effects, fuel, duration_ms,
            "Callback `{callback}` of plugin `{plugin}`, event {event}: {outcome}"
        ),
        // That the site is away is told once for all; that a plugin waits for it, once for each event.
        Some(Blame::Site) if *attempt > 1 => debug!(
            plugin.name = plugin, callback, event.id = event.0, event.type = delivered.event_type,
            delivery.attempt = attempt, delivery.events = events, outcome = outcome.name(), effects, fuel, duration_ms,
            "Callback `{callback}` of plugin `{plugin}` {outcome}; event {event}, attempt {attempt}"
        ),
        Some(blame) => warn!(
            plugin.name = plugin, callback, event.id = event.0, event.type = delivered.event_type,
            delivery.attempt = attempt, delivery.events = events, outcome = outcome.name(), blame = ?blame, effects, fuel, duration_ms,
            "Callback `{callback}` of plugin `{plugin}` {outcome}; event {event}, attempt {attempt}"
        ),
    }
}

fn log_stream(notice: &Notice) {
    match notice {
        Notice::StreamStarted { after, gaps } => info!(
            event.id = after.0,
            backlog.len = gaps,
            "The stream begins after event {after}, the newest on the site, with {gaps} missing ids below it"
        ),
        Notice::StreamResumed { after, gaps } => {
            info!(
                event.id = after.0,
                backlog.len = gaps,
                "The stream goes on after event {after}, with {gaps} missing ids"
            );
        }
        Notice::Arrived { entries, late: 0, newest } => {
            debug!(event.id = newest.0, "{entries} events arrived, the newest is {newest}");
        }
        Notice::Arrived { entries, late, newest } => debug!(
            event.id = newest.0,
            "{entries} events arrived, {late} of them late; the newest is {newest}"
        ),
        Notice::ArrivedLate { late } => log_late(late),
        Notice::GapsOpened { gaps, backlog } => {
            debug!(
                backlog.len = backlog,
                "{gaps} ids are missing below the newest event; {backlog} in all"
            );
        }
        Notice::GapsGivenUp { ids } => warn!(
            "Events {} did not appear in time and are given up; they are asked for now and then for a day",
            list(ids)
        ),
        Notice::GapsForgotten { ids } => {
            info!("Events {} never appeared and are not asked for any more", list(ids));
        }
        Notice::GapsDropped { ids, first, last } => error!(
            "More ids are missing than the limit `gaps_max` allows: {ids} of them, from {first} to {last}, are not waited for"
        ),
        Notice::Malformed { problems } => {
            error!(
                "The site sent entries that cannot be read; they are asked for again: {}",
                problems.join("; ")
            );
        }
        _ => unreachable!("`log` hands over no other notice"),
    }
}

/// A line for each of the first few, because each is handed over out of its order.
fn log_late(late: &[(EventId, Duration)]) {
    for (event, after) in late.iter().take(LISTED) {
        warn!(
            event.id = event.0,
            duration_ms = millis(*after),
            "Event {event} had been given up and appeared after all, {} after it was first missed; it is handed over, marked as \
             late",
            lasting(*after)
        );
    }
    if let Some(more) = late.len().checked_sub(LISTED).filter(|&more| more > 0) {
        warn!("{more} more events appeared after they had been given up");
    }
}

fn log_plugin(notice: &Notice) {
    match notice {
        Notice::PluginLive { plugin, digest, callbacks, took, swapped } => info!(
            plugin.name = plugin, plugin.version = %digest, duration_ms = millis(*took),
            "Plugin `{plugin}` {} version {} with {callbacks} callback{}, ready after {took:.1?}",
            if *swapped { "goes on with" } else { "runs" },
            digest.short(),
            if *callbacks == 1 { "" } else { "s" },
        ),
        Notice::PluginRefused { plugin, why, runs_on: true } => error!(
            plugin.name = plugin,
            "The new file of plugin `{plugin}` is refused, the version before it runs on: {why}"
        ),
        Notice::PluginRefused { plugin, why, runs_on: false } => {
            error!(plugin.name = plugin, "Plugin `{plugin}` is refused and does not run: {why}");
        }
        Notice::PluginHeld { plugin, digest, why } => warn!(
            plugin.name = plugin, plugin.version = %digest,
            "The new file of plugin `{plugin}`, version {}, is held: {why}",
            digest.short(),
        ),
        Notice::PluginRemoved { plugin } => {
            info!(
                plugin.name = plugin,
                "Plugin `{plugin}` was removed; its position and keys are kept"
            );
        }
        Notice::PluginMissed { plugin, entries } => error!(
            plugin.name = plugin,
            "Plugin `{plugin}` was away for longer than `retention`: it misses {entries} events, and goes on after them"
        ),
        Notice::LaneBroke { plugin } => error!(
            plugin.name = plugin,
            "A fault of the host ended the lane of plugin `{plugin}`; it is started again where it had saved"
        ),
        Notice::PluginSwitched { plugin, enabled } => {
            info!(
                plugin.name = plugin,
                "Plugin `{plugin}` was {}",
                if *enabled { "enabled" } else { "disabled" }
            );
        }
        Notice::PluginStopped { plugin, callback, event, why } => error!(
            plugin.name = plugin,
            callback,
            event.id = event.0,
            "Plugin `{plugin}` is stopped before event {event}, because callback `{callback}` {why}. It goes on from there \
             when its file changes, or after `cuebox plugins enable {plugin}`"
        ),
        Notice::PluginResumed { plugin } => {
            info!(plugin.name = plugin, "Plugin `{plugin}` goes on")
        }
        Notice::PluginMoved { plugin, from, to } => info!(
            plugin.name = plugin,
            "Plugin `{plugin}` was moved from place {from} of the journal to {to}, and goes on after it"
        ),
        Notice::PluginRests { plugin, failures, pause } => error!(
            plugin.name = plugin,
            "Plugin `{plugin}` failed with {failures} events in a row and rests for {pause:?}; then one event is tried, and it \
             rests twice as long if that fails, too"
        ),
        Notice::PluginWaits { plugin, other } => warn!(
            plugin.name = plugin,
            "Plugin `{plugin}` comes after `{other}`, which does not go on; it waits. `cuebox plugins` says why; to disable `{other}` \
             lets `{plugin}` go on without it"
        ),
        Notice::PluginRecovered { plugin } => {
            info!(plugin.name = plugin, "Plugin `{plugin}` handles events again");
        }
        Notice::CallbacksUnknown { plugin, callbacks } => warn!(
            plugin.name = plugin,
            "Plugin `{plugin}` has no callback {}, for which there are settings under [plugin.{plugin}.callback]",
            callbacks.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
        _ => unreachable!("`log` hands over no other notice"),
    }
}

/// How many of many are named.
const LISTED: usize = 10;

/// The first few ids, and how many more there are.
fn list(ids: &[EventId]) -> String {
    let shown: Vec<String> = ids.iter().take(LISTED).map(ToString::to_string).collect();
    let more = ids.len().saturating_sub(LISTED);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A time as a person says it, to the second, and by the tenth below a minute.
pub fn lasting(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{duration:.1?}"),
        (0, 0, minutes) => format!("{minutes}m {}s", seconds % 60),
        (0, hours, minutes) => format!("{hours}h {minutes}m"),
        (days, hours, _) => format!("{days}d {hours}h"),
    }
}
